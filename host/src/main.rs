//! The program `cordboard`: all of it is in the library, but for the choice of the allocator.

use std::process::ExitCode;
use tikv_jemallocator::Jemalloc;

/// Gives the system back what connections held before they came to rest, which glibc's keeps among what they still hold; and is faster.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    cordboard::cli::run()
}
