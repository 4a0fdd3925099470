//! The program `cordboard`: all of it is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cordboard::cli::run()
}
