//! Other people's software: whether it is here, and how it is installed.

use super::{modules, python, root};
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// A client or a server that a scenario needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Slixmpp,
    Aioxmpp,
    XmppJs,
    Profanity,
    Libpurple,
    Prosody,
    Ejabberd,
    Curl,
}

const KINDS: usize = Need::Curl as usize + 1;

/// What is missing, and how it is installed; nothing if it is there.
pub(crate) fn missing(need: Need) -> Option<String> {
    static FOUND: [OnceLock<bool>; KINDS] = [const { OnceLock::new() }; KINDS];
    let (install, found): (_, fn() -> bool) = match need {
        Need::Slixmpp => (
            "slixmpp; python3 -m venv target/peers && target/peers/bin/pip install -r tests/peers/requirements.txt",
            || runs(python(), &["-c", "import slixmpp"]),
        ),
        Need::Aioxmpp => (
            "aioxmpp; python3 -m venv target/peers && target/peers/bin/pip install -r tests/peers/requirements.txt",
            || runs(python(), &["-W", "ignore", "-c", "import aioxmpp"]),
        ),
        Need::XmppJs => ("@xmpp/client; apt-get install nodejs npm, and what .ci/run does", || {
            runs("node", &["--version"]) && modules().join("node_modules/@xmpp/client").is_dir()
        }),
        Need::Profanity => ("profanity and tmux; apt-get install profanity tmux", || {
            runs("profanity", &["-v"]) && runs("tmux", &["-V"])
        }),
        Need::Libpurple => ("libpurple; apt-get install bitlbee-libpurple", purple),
        Need::Prosody => ("Prosody; apt-get install prosody", || {
            // Asked for its version it would start.
            runs("sh", &["-c", "command -v prosody"])
        }),
        Need::Curl => ("curl; apt-get install curl", || runs("curl", &["--version"])),
        Need::Ejabberd => ("ejabberd; apt-get install ejabberd", || {
            Path::new("/usr/sbin/ejabberdctl").exists() && runs("erl", &["-noshell", "-eval", "halt()."])
        }),
    };
    (!FOUND[need as usize].get_or_init(found)).then(|| install.to_owned())
}

fn runs(program: impl AsRef<OsStr>, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn purple() -> bool {
    let told = Command::new("bitlbee").arg("-V").stdin(Stdio::null()).output();
    told.is_ok_and(|told| String::from_utf8_lossy(&[told.stdout, told.stderr].concat()).contains("purple=1"))
}
