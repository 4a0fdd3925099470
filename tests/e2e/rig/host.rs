//! The program under test: `cordboard dev` on ports and data of its own.

use super::{PATIENCE, root, until};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Time to build the plugins, when that is the first thing ever done here.
const FIRST_START: Duration = Duration::from_mins(10);
const PORTS: [u16; 3] = [5222, 5232, 8080];

/// A running host; it is killed at the end, and its log is shown if the scenario has failed.
pub(crate) struct Host {
    child: Child,
    data: TempDir,
    pub(crate) offset: u16,
    log: Arc<Mutex<String>>,
}

/// `cordboard` with these arguments, run in the repository.
pub(crate) fn cordboard(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cordboard"));
    command.args(arguments).current_dir(root()).stdin(Stdio::null()).env("RUST_BACKTRACE", "0");
    command
}

/// An offset at which all ports are free, and that no other scenario of this run has got.
pub(crate) fn free_offset() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 900).unwrap_or_default();
    loop {
        // All ports stay below 32768, where the kernel begins to take ports for outgoing connections.
        let offset = 5_000 + (start * 20 + NEXT.fetch_add(20, Ordering::Relaxed)) % 19_000;
        let free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port + offset)).is_ok();
        if PORTS.into_iter().all(free) {
            return offset;
        }
    }
}

impl Host {
    /// Starts one and waits until it is ready.
    pub(crate) fn start() -> Self {
        let data = TempDir::new().expect("a folder for data");
        let offset = free_offset();
        let folder = data.path().to_str().expect("a path in UTF-8").to_owned();
        let mut child = cordboard(&["dev", "--data", &folder, "--port-offset", &offset.to_string()])
            .env("RUST_LOG", "info,cordboard=debug")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("cordboard starts");
        let log = Arc::new(Mutex::new(String::new()));
        keep(child.stdout.take().expect("piped"), Arc::clone(&log));
        keep(child.stderr.take().expect("piped"), Arc::clone(&log));
        let mut host = Self { child, data, offset, log };
        host.wait_ready();
        host
    }

    fn wait_ready(&mut self) {
        let begun = Instant::now();
        while !self.log().lines().any(|line| line.starts_with("ready")) {
            let ended = self.child.try_wait().expect("a child can be asked");
            assert!(ended.is_none(), "cordboard dev has ended before it was ready: {ended:?}");
            assert!(begun.elapsed() < FIRST_START, "cordboard dev is not ready after {FIRST_START:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn customers(&self) -> u16 {
        PORTS[0] + self.offset
    }

    pub(crate) fn agents(&self) -> u16 {
        PORTS[1] + self.offset
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// All that it has printed and logged.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("no reader panics").clone()
    }

    /// Asks it by the command line.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Output {
        let socket = self.data().join("control.sock");
        let socket = socket.to_str().expect("a path in UTF-8");
        cordboard(&[arguments, &["--socket", socket]].concat()).output().expect("cordboard runs")
    }

    /// Asks it for JSON.
    pub(crate) fn look(&self, what: &str) -> Value {
        let output = self.ask(&[what, "--json"]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "cordboard {what}: {text}{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("cordboard {what} --json is no JSON ({error}): {text}"))
    }

    /// Asks until the answer, as text, has all of these.
    pub(crate) fn look_until(&self, what: &str, parts: &[&str]) -> Value {
        let mut last = Value::Null;
        until(&format!("{what} has {parts:?}"), || {
            last = self.look(what);
            let text = last.to_string();
            parts.iter().all(|part| text.contains(part))
        });
        last
    }

    /// As Ctrl-C does; the signal goes to this one process.
    pub(crate) fn interrupt(&self) {
        let status = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "the signal is sent");
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be asked") {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "cordboard has not ended within {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- what cordboard said ---\n{}--- end ---", self.log());
        }
    }
}

fn keep(from: impl Read + Send + 'static, log: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut log = log.lock().expect("no reader panics");
            log.push_str(&line);
            log.push('\n');
        }
    });
}
