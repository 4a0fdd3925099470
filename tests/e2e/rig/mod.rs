//! What scenarios are made of: the program under test, foreign clients and servers, and bare sockets; all on loopback addresses.
//!
//! It knows how to start, tell, wait and clean up; what should happen is said by the scenarios.
//! Invariant: everything that it starts ends with the value that stands for it.

mod bystanders;
mod cast;
mod centre;
mod client;
mod compiled;
mod host;
mod need;
mod raw;
mod secured;
mod server;
mod talker;
mod tap;

pub(crate) use bystanders::{Bystanders, CENTER, CENTER_BILLING, CENTER_BILLING_QUEUE, accept_raw};
pub(crate) use cast::{BILLING, BILLING_QUEUE, DESK, accept, accept_at, ann, bare, jim, joe, talking};
pub(crate) use centre::Centre;
pub(crate) use client::{Client, Login, Software};
pub(crate) use host::{Host, cordboard, free_offset, said, text_of};
pub(crate) use need::{Need, missing};
pub(crate) use raw::{Raw, bind, header, plain};
pub(crate) use server::{Server, Side, Whose};
pub(crate) use talker::{fact, has};
pub(crate) use tap::Tap;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long anything may take that should happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("host/ is in the repository")
}

fn python() -> PathBuf {
    root().join("target/peers/bin/python")
}

/// The folder of the modules of Node.
fn modules() -> PathBuf {
    root().join("target/peers/node")
}

/// Waits until something holds, looking ten times a second.
pub(crate) fn until(what: &str, holds: impl FnMut() -> bool) {
    until_within(PATIENCE, what, holds);
}

/// The same with a patience of its own.
pub(crate) fn until_within(patience: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < patience, "it did not come about within {patience:?}: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
