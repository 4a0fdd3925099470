//! Scenarios from end to end: the real program with its plugins as components, and clients and servers that we did not write.
//!
//! A scenario says which of those it needs. Where one is absent it is skipped, loudly, and counted as ignored; with `CI=true`
//! absence is a failure. `.ci/run` installs them all.
//!
//! Invariant: scenarios share nothing: each has its own host, data folder and ports.

mod authors;
mod candidates;
mod contained;
mod conversation;
mod crash;
mod crash_load;
mod dialogs;
mod hostile;
mod kept;
mod offers;
mod operation;
mod plugins;
mod protocol;
mod race;
mod reload;
mod remote;
mod resume;
mod retained;
mod rig;
mod routing;
mod rules;
mod service;
mod sign_in;
mod transfer;
mod waits;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use rig::{Need, missing};
use std::process::ExitCode;

/// A scenario: its name is a sentence.
struct Scenario {
    name: &'static str,
    needs: &'static [Need],
    run: fn(),
}

/// Hosts that run at once unless the command line says otherwise: each has clients, too.
const AT_ONCE: usize = 2;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(AT_ONCE));
    let scenarios = [
        authors::ALL,
        candidates::ALL,
        contained::ALL,
        conversation::ALL,
        offers::ALL,
        transfer::ALL,
        dialogs::ALL,
        sign_in::ALL,
        protocol::ALL,
        race::ALL,
        hostile::ALL,
        kept::ALL,
        hostile::xml::ALL,
        hostile::door::ALL,
        hostile::streams::ALL,
        hostile::pressure::ALL,
        operation::ALL,
        routing::ALL,
        rules::ALL,
        service::ALL,
        plugins::ALL,
        plugins::soak::ALL,
        reload::ALL,
        remote::ALL,
        crash::ALL,
        waits::ALL,
        crash_load::ALL,
        resume::ALL,
        retained::ALL,
        retained::asked::ALL,
        retained::several::ALL,
        retained::outage::ALL,
        retained::moving::ALL,
        retained::poison::ALL,
    ];
    let trials =
        scenarios.into_iter().flatten().map(|scenario| Trial::ignorable_test(scenario.name, || carry_out(scenario)));
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

fn carry_out(scenario: &Scenario) -> Result<Completion, Failed> {
    let absent: Vec<String> = scenario.needs.iter().filter_map(|need| missing(*need)).collect();
    if absent.is_empty() {
        (scenario.run)();
        return Ok(Completion::Completed);
    }
    let why = format!("SKIPPED: {:?} needs {}", scenario.name, absent.join("; and "));
    if std::env::var("CI").is_ok_and(|ci| ci == "true") {
        return Err(format!("{why}. With CI=true nothing may be skipped").into());
    }
    eprintln!("\n{why}\n");
    Ok(Completion::ignored_with(absent.join("; and ")))
}
