//! slixmpp (PyPI), driven by `tests/peers/slixmpp_peer.py` over JSON lines.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const WITHIN: Duration = Duration::from_secs(20);

/// One client.
pub(crate) struct Slixmpp {
    name: String,
    child: Child,
    requests: ChildStdin,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Events not yet consumed, in order, and all bytes received.
    events: Mutex<(Vec<Value>, String)>,
    more: Condvar,
}

/// How to sign in.
pub(crate) struct SignIn<'a> {
    /// `joe@localhost`, or only the domain for a guest.
    pub(crate) jid: &'a str,
    /// Absent for a guest.
    pub(crate) password: Option<&'a str>,
    /// The listener's port.
    pub(crate) port: u16,
    /// Only this mechanism.
    pub(crate) mechanism: Option<&'a str>,
}

/// The Python that has slixmpp, or `None` after having said that it is missing.
pub(crate) fn python() -> Option<PathBuf> {
    let candidates = [super::folder().join("bin/python"), PathBuf::from("python3")];
    let found = candidates.into_iter().find(|python| {
        Command::new(python).args(["-c", "import slixmpp"]).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
    });
    if found.is_none() {
        super::absent("slixmpp", "python3 -m venv target/peers && target/peers/bin/pip install slixmpp");
    }
    found
}

impl Slixmpp {
    /// A client that has begun to connect.
    pub(crate) fn connect(python: &PathBuf, sign_in: &SignIn<'_>) -> Self {
        let mut child = Command::new(python)
            .arg("-W")
            .arg("ignore")
            .arg(super::scripts().join("slixmpp_peer.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python runs");
        let seen = Arc::new(Seen::default());
        let events = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let sink = Arc::clone(&seen);
        thread::spawn(move || {
            for line in events.lines().map_while(Result::ok) {
                sink.push(serde_json::from_str(&line).expect("the script prints JSON"));
            }
        });
        let requests = child.stdin.take().expect("stdin is piped");
        let mut peer = Self { name: sign_in.jid.to_owned(), child, requests, seen };
        peer.ask(&json!({
            "do": "connect", "jid": sign_in.jid, "password": sign_in.password, "host": "127.0.0.1",
            "port": sign_in.port, "mechanism": sign_in.mechanism,
        }));
        peer
    }

    /// A client signed in with the name as the password, present.
    pub(crate) fn online(python: &PathBuf, jid: &str, port: u16) -> Self {
        let name = jid.split('@').next();
        let mut peer = Self::connect(python, &SignIn { jid, password: name, port, mechanism: None });
        peer.expect("online", |_| true);
        peer
    }

    /// A guest signed in by SASL ANONYMOUS, present.
    pub(crate) fn guest(python: &PathBuf, domain: &str, port: u16) -> Self {
        let mut peer = Self::connect(python, &SignIn { jid: domain, password: None, port, mechanism: None });
        peer.expect("online", |_| true);
        peer
    }

    /// A request to the script.
    pub(crate) fn ask(&mut self, request: &Value) {
        writeln!(self.requests, "{request}").expect("the script reads");
        self.requests.flush().expect("the script reads");
    }

    /// Says something.
    pub(crate) fn say(&mut self, to: &str, body: &str) {
        self.ask(&json!({"do": "send", "to": to, "body": body}));
    }

    /// The first event of that kind that fits, taken out of what came; fails after a while.
    pub(crate) fn expect(&mut self, event: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let what = format!("{} expected an event {event:?} that fits", self.name);
        self.seen.take(WITHIN, event, &fits).unwrap_or_else(|have| panic!("{what}, but has {have:#?}"))
    }

    /// The next message whose text contains `part`.
    pub(crate) fn hears(&mut self, part: &str) -> Value {
        let what = format!("{} expected to hear {part:?}", self.name);
        let fits = |m: &Value| m["body"].as_str().is_some_and(|body| body.contains(part));
        self.seen.take(WITHIN, "message", &fits).unwrap_or_else(|have| panic!("{what}, but has {have:#?}"))
    }

    /// Fails if an event of that kind that fits comes within a time.
    pub(crate) fn never(&mut self, within: Duration, event: &str, fits: impl Fn(&Value) -> bool) {
        if let Ok(value) = self.seen.take(within, event, &fits) {
            panic!("{} should not have seen {value:#}", self.name);
        }
    }

    /// Every byte received so far, as text.
    pub(crate) fn received(&self) -> String {
        self.seen.events.lock().expect("no reader panics").1.clone()
    }
}

impl Drop for Slixmpp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Seen {
    fn push(&self, event: Value) {
        let mut events = self.events.lock().expect("no reader panics");
        if event["event"] == "raw" {
            events.1.push_str(event["data"].as_str().expect("raw data is text"));
        } else {
            events.0.push(event);
        }
        self.more.notify_all();
    }

    fn take(&self, within: Duration, event: &str, fits: &dyn Fn(&Value) -> bool) -> Result<Value, Vec<Value>> {
        let deadline = Instant::now() + within;
        let mut events = self.events.lock().expect("no reader panics");
        loop {
            if let Some(at) = events.0.iter().position(|e| e["event"] == event && fits(e)) {
                return Ok(events.0.remove(at));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(events.0.clone());
            }
            events = self.more.wait_timeout(events, left).expect("no reader panics").0;
        }
    }
}
