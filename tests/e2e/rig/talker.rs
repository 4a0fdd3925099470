//! A foreign client behind a script: orders go in and events come out, one JSON object a line.

use super::PATIENCE;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// A script that runs, and the events that nobody has asked for yet.
pub(crate) struct Talker {
    name: String,
    child: Child,
    orders: Option<ChildStdin>,
    events: Receiver<Value>,
    kept: Vec<Value>,
}

/// The text under a name of an event; empty where it has none.
pub(crate) fn fact<'a>(event: &'a Value, name: &str) -> &'a str {
    event[name].as_str().unwrap_or_default()
}

/// Whether an event's text under a name has this part.
pub(crate) fn has(event: &Value, name: &str, part: &str) -> bool {
    fact(event, name).contains(part)
}

impl Talker {
    pub(crate) fn start(name: &str, command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the script starts");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, events) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no event: {line}"));
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        let orders = child.stdin.take();
        Self { name: name.to_owned(), child, orders, events, kept: Vec::new() }
    }

    pub(crate) fn order(&mut self, order: &Value) {
        let orders = self.orders.as_mut().expect("only a drop takes it");
        writeln!(orders, "{order}").expect("the script takes orders");
    }

    /// The first event of this kind for which it holds, among those kept and those to come. All others are kept.
    pub(crate) fn expect(&mut self, kind: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let fits = |event: &Value| event["event"] == kind && holds(event);
        if let Some(at) = self.kept.iter().position(&fits) {
            return self.kept.remove(at);
        }
        let begun = Instant::now();
        loop {
            match self.events.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(event) if fits(&event) => return event,
                Ok(event) => self.kept.push(event),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("{}: {what} ({kind}) did not come; there were:\n{}", self.name, self.all_kept())
                }
            }
        }
    }

    /// No event of this kind for which it holds, neither before nor for a while.
    pub(crate) fn never(&mut self, kind: &str, what: &str, during: Duration, holds: impl Fn(&Value) -> bool) {
        let begun = Instant::now();
        while let Ok(event) = self.events.recv_timeout(during.saturating_sub(begun.elapsed())) {
            self.kept.push(event);
        }
        let found = self.kept.iter().find(|event| event["event"] == kind && holds(event));
        assert!(found.is_none(), "{}: {what} ({kind}) came: {found:?}", self.name);
    }

    /// All events so far that nobody has asked for.
    pub(crate) fn gather(&mut self) -> &[Value] {
        loop {
            match self.events.recv_timeout(Duration::from_millis(1)) {
                Ok(event) => self.kept.push(event),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return &self.kept,
            }
        }
    }

    fn all_kept(&self) -> String {
        self.kept.iter().map(|event| format!("  {event}")).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Talker {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- what {} has seen and nobody asked for ---\n{}", self.name, self.all_kept());
        }
        // The end of its orders ends a script; what does not end by itself is ended.
        self.orders = None;
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
