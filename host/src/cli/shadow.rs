//! `shadow`: the candidates beside the rules in service, in a table and sentences: how a shadow would have decided, and how a canary does.
//!
//! Invariant: all is made of what the service answers; what strangers chose can't move the cursor.

use super::arguments::Ask;
use super::ask::{ask_for, print_json, socket_of, unexpected};
use super::moment::moment;
use super::plugins::short;
use super::table::{Table, harmless};
use crate::centre::view::{CanaryView, CandidatesView, QuarantineView, ShadowView};
use crate::centre::{Compared, Concluded, Difference, Differing};
use crate::control::{Answer, Request};
use crate::model::lane::WHOLE_PPM;
use crate::model::{SessionId, Timestamp};
use std::fmt::Write as _;

pub(super) fn shadow(ask: &Ask) -> anyhow::Result<()> {
    let Answer::Candidates(pools) = ask_for(&socket_of(&ask.socket)?, &Request::Shadow)? else { return unexpected() };
    if ask.json {
        return print_json(&pools);
    }
    print!("{}", told(&pools));
    Ok(())
}

/// All of it.
pub(super) fn told(pools: &[CandidatesView]) -> String {
    let mut text = table(pools).to_string();
    for pool in pools {
        if let Some(shadow) = &pool.shadow {
            tell_shadow(&mut text, &pool.pool, pool.since, shadow);
        }
        if let Some(canary) = &pool.canary {
            tell_canary(&mut text, &pool.pool, pool.since, canary);
        }
    }
    text
}

fn table(pools: &[CandidatesView]) -> Table {
    let titles = ["POOL", "CANDIDATE", "RULES", "STATE", ">ASKED", ">DIFFERENT", ">FAILED", ">SKIPPED", ">FUEL"];
    let mut table = Table::new(&titles, "no pool has candidates; `shadow` and `canary` of a [[pool]] name some");
    for pool in pools {
        if let Some(ShadowView { rules, fuel, quarantined, compared }) = &pool.shadow {
            table.row([
                pool.pool.clone(),
                "shadow".to_owned(),
                chain(rules),
                if quarantined.is_some() { "QUARANTINED" } else { "compared" }.to_owned(),
                (compared.compared + compared.failed).to_string(),
                compared.differing().to_string(),
                compared.failed.to_string(),
                compared.skipped.to_string(),
                short(*fuel),
            ]);
        }
        if let Some(CanaryView { rules, fuel, share_ppm, rolled_back, decided }) = &pool.canary {
            table.row([
                pool.pool.clone(),
                "canary".to_owned(),
                chain(rules),
                if rolled_back.is_some() {
                    "ROLLED BACK".to_owned()
                } else {
                    format!("decides {}", percent(*share_ppm))
                },
                (decided.decided + decided.failed).to_string(),
                String::new(),
                decided.failed.to_string(),
                String::new(),
                short(*fuel),
            ]);
        }
    }
    table
}

fn chain(rules: &[String]) -> String {
    if rules.is_empty() { "the built-in order".to_owned() } else { rules.join(", ") }
}

/// `5 %`, `0.25 %`.
fn percent(ppm: u32) -> String {
    let (whole, rest) = (ppm / (WHOLE_PPM / 100), ppm % (WHOLE_PPM / 100));
    let rest = format!("{rest:04}");
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() { format!("{whole} %") } else { format!("{whole}.{rest} %") }
}

fn since(since: Option<Timestamp>) -> String {
    since.map_or_else(|| "so far".to_owned(), |since| format!("since {}", moment(since)))
}

// Text in memory takes everything, so what is written is not looked at.

fn tell_shadow(text: &mut String, pool: &str, began: Option<Timestamp>, shadow: &ShadowView) {
    let Compared { compared, another_agent, nobody, otherwise, another_session, failed, skipped, last } =
        &shadow.compared;
    _ = writeln!(
        text,
        "\npool {pool}: {}, the shadow answered {compared} questions that the rules in service had",
        since(began)
    );
    _ = writeln!(
        text,
        "  otherwise: {another_agent} times with another agent; {nobody} times one had somebody and the other nobody; {otherwise} times one \
         held, diverted or refused; {another_session} times with another session for a free agent"
    );
    if failed + skipped > 0 {
        _ = writeln!(
            text,
            "  not compared: {failed}, for one of its rules failed; {skipped}, for it had no calls left or asks elsewhere first"
        );
    }
    if let Some(QuarantineView { rule, why }) = &shadow.quarantined {
        _ = writeln!(text, "  nothing is compared any more: {rule} {}", harmless(why));
    }
    for Differing { at, what } in last {
        _ = write!(text, "  {}  ", moment(*at));
        tell_difference(text, what);
    }
}

fn tell_difference(text: &mut String, what: &Difference) {
    _ = match what {
        Difference::Decision { session, is_transfer, service, shadow } => {
            let (what, told): (_, fn(&Concluded) -> String) =
                if *is_transfer { (", to be transferred", taken) } else { ("", concluded) };
            writeln!(text, "session {session}{what}: {}; the shadow: {}", told(service), told(shadow))
        }
        Difference::Choice { agent, service, shadow } => {
            writeln!(text, "{agent} looked for a session: {}; the shadow: {}", first(*service), first(*shadow))
        }
    };
}

fn concluded(concluded: &Concluded) -> String {
    match concluded {
        Concluded::Offered(agent) => format!("offered to {agent}"),
        Concluded::Nobody(Some(rule)) => format!("waits, {rule} keeps nobody"),
        Concluded::Nobody(None) => "waits, nobody is free".to_owned(),
        Concluded::Held(why) => format!("held: {}", harmless(why)),
        Concluded::Diverted(target) => format!("sent to the {}", harmless(target)),
        Concluded::Refused(words) => format!("refused: {}", harmless(words)),
    }
}

/// What comes of a transfer.
fn taken(decision: &Concluded) -> String {
    match decision {
        Concluded::Offered(_) => concluded(decision),
        _ => "nobody is asked".to_owned(),
    }
}

fn first(session: Option<SessionId>) -> String {
    session.map_or_else(|| "none of them".to_owned(), |session| format!("session {session} first"))
}

fn tell_canary(text: &mut String, pool: &str, began: Option<Timestamp>, canary: &CanaryView) {
    let share = percent(canary.share_ppm);
    let (decided, failed) = (canary.decided.decided, canary.decided.failed);
    _ = writeln!(
        text,
        "\npool {pool}: {}, the canary decided {decided} times, about {share} of the sessions",
        since(began)
    );
    if failed > 0 {
        _ = writeln!(text, "  {failed} times a rule of it failed, and the rules in service decided instead");
    }
    if let Some(QuarantineView { rule, why }) = &canary.rolled_back {
        _ = writeln!(
            text,
            "  it is rolled back, and the rules in service decide about all sessions: {rule} {}",
            harmless(why)
        );
        _ = writeln!(
            text,
            "  it decides again after `cordboard plugin release {rule}`, another component of that rule, or a reload with other rules or settings"
        );
    }
}

#[cfg(test)]
mod tests;
