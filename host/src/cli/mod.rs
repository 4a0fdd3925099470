//! The command line: what is typed becomes a typed request ([`arguments`]), is carried out, and its outcome an exit code.
//!
//! Exit codes: 0 done; 1 a problem was found, or it failed; 2 the command line is wrong.
//!
//! Invariant: answers go to standard output, everything else to standard error, so that answers can be piped.

mod account;
pub mod arguments;
mod ask;
mod ban;
mod build;
mod check;
mod dev;
mod estimate;
mod explain;
mod journal;
mod moment;
mod password;
mod plugin;
mod plugins;
mod replay;
mod serve;
mod shadow;
mod show;
mod sign;
pub mod table;
#[cfg(test)]
mod tests;
mod token;

use arguments::{Arguments, Command};
use clap::Parser;
use std::process::ExitCode;

/// The data folder of `dev`.
pub const DEV_DATA: &str = ".cordboard";
/// The control socket in a data folder.
pub const CONTROL_SOCKET: &str = "control.sock";

/// The program: reads the process's arguments, carries them out. Wrong usage ends the process with code 2.
pub fn run() -> ExitCode {
    match perform(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&error);
            ExitCode::FAILURE
        }
    }
}

/// To standard error; problems of a file, which are many, say themselves that they are errors.
fn tell(error: &anyhow::Error) {
    let told = told(error);
    let prefix = if told.starts_with("error: ") { "" } else { "error: " };
    eprintln!("{prefix}{told}");
}

/// An error and its causes, but for causes that were told already.
fn told(error: &anyhow::Error) -> String {
    let mut told = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !told.contains(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told
}

fn perform(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(file) => serve::serve(&file.config),
        Command::Dev(arguments) => dev::dev(&arguments),
        Command::Replay(asked) => replay::replay(&asked),
        Command::Explain(asked) => explain::explain(&asked),
        Command::Journal(command) => journal::journal(command),
        Command::Check(file) => check::check(&file.config),
        Command::Estimate(asked) => estimate::estimate(&asked),
        Command::Agent(command) => account::agent(command),
        Command::Customer(command) => account::customer(command),
        Command::Token(command) => token::token(command),
        Command::Plugins(question) => plugins::plugins(&question),
        Command::Shadow(question) => shadow::shadow(&question),
        Command::Poison(question) => ban::poison(&question),
        Command::Bans(command) => ban::bans(command),
        Command::Close(close) => ask::close(close),
        Command::Reload(socket) => ask::reload(&socket),
        Command::Stop(question) => ask::stop(&question),
        Command::Plugin(command) => plugin::plugin(command),
        Command::Status(question) => show::status(&question),
        Command::Sessions(question) => show::show(&question, &show::SESSIONS),
        Command::Agents(question) => show::show(&question, &show::AGENTS),
        Command::Queues(question) => show::show(&question, &show::QUEUES),
        Command::Bindings(question) => show::show(&question, &show::BINDINGS),
    }
}
