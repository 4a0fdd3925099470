//! The program `cordboard`: all of it is in the library, but for the choice of the allocator.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Gives the system back what connections held before they came to rest, which glibc's keeps among what they still hold; and is faster.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cordboard::cli::run()
}
