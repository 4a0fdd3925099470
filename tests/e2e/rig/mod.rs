//! What scenarios are made of: the program under test, and foreign clients.
//!
//! It knows how to start, tell, wait and clean up; what should happen is said by the scenarios.
//! Invariant: everything that it starts ends with the value that stands for it.

mod cast;
mod centre;
mod host;
mod libpurple;
mod profanity;
mod raw;
mod slixmpp;
mod talker;

pub(crate) use cast::{BILLING, BILLING_QUEUE, DESK, accept, accept_at, ann, bare, jim, joe, talking};
pub(crate) use centre::Centre;
pub(crate) use host::{Host, cordboard, free_offset, said, text_of};
pub(crate) use libpurple::Libpurple;
pub(crate) use profanity::Profanity;
pub(crate) use raw::{Raw, header};
pub(crate) use slixmpp::{Login, Slixmpp};
pub(crate) use talker::{fact, has};

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How long anything may take that should happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A client that a scenario needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Slixmpp,
    Profanity,
    Libpurple,
}

/// What is missing, and how it is installed; nothing if the client is there.
pub(crate) fn missing(need: Need) -> Option<String> {
    static FOUND: [OnceLock<bool>; 3] = [const { OnceLock::new() }; 3];
    let (cell, install, found): (_, _, fn() -> bool) = match need {
        Need::Slixmpp => {
            (&FOUND[0], "slixmpp; python3 -m venv target/peers && target/peers/bin/pip install slixmpp", || {
                runs(python(), &["-c", "import slixmpp"])
            })
        }
        Need::Profanity => (&FOUND[1], "profanity and tmux; apt-get install profanity tmux", || {
            runs("profanity", &["-v"]) && runs("tmux", &["-V"])
        }),
        Need::Libpurple => (&FOUND[2], "libpurple; apt-get install bitlbee-libpurple", purple),
    };
    (!cell.get_or_init(found)).then(|| install.to_owned())
}

fn runs(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> bool {
    let status =
        Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn purple() -> bool {
    let told = Command::new("bitlbee").arg("-V").stdin(Stdio::null()).output();
    told.is_ok_and(|told| String::from_utf8_lossy(&[told.stdout, told.stderr].concat()).contains("purple=1"))
}

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("host/ is in the repository")
}

fn python() -> PathBuf {
    root().join("target/peers/bin/python")
}

/// Waits until something holds, looking ten times a second.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "it did not come about within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
