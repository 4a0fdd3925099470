//! A `cordboard dev` of our own: a fresh data folder, ports nobody uses, ended with the test.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The program under test, built by cargo for this very run.
pub(crate) const CORDBOARD: &str = env!("CARGO_BIN_EXE_cordboard");

/// The first start in a fresh checkout compiles the plugins.
const START_WITHIN: Duration = Duration::from_secs(600);

/// A running host.
pub(crate) struct Host {
    child: Child,
    data: tempfile::TempDir,
    offset: u16,
    log: Arc<Mutex<Vec<String>>>,
}

impl Host {
    /// Starts one, and returns when it says `ready`.
    pub(crate) fn start() -> Self {
        Self::start_in(tempfile::tempdir().expect("a temporary folder"), free_offset())
    }

    /// Starts one on a given data folder and offset.
    pub(crate) fn start_in(data: tempfile::TempDir, offset: u16) -> Self {
        let mut child = dev(data.path(), offset).spawn().expect("cordboard starts");
        let log = Arc::new(Mutex::new(Vec::new()));
        collect(child.stderr.take().expect("stderr is piped"), &log);
        collect(child.stdout.take().expect("stdout is piped"), &log);
        let mut host = Self { child, data, offset, log };
        host.wait_ready();
        host
    }

    fn wait_ready(&mut self) {
        let deadline = Instant::now() + START_WITHIN;
        while !self.log_lines().iter().any(|line| line.starts_with("ready")) {
            if let Some(status) = self.child.try_wait().expect("the child's status") {
                panic!("cordboard ended with {status} before it was ready:\n{}", self.log_lines().join("\n"));
            }
            assert!(Instant::now() < deadline, "cordboard is not ready:\n{}", self.log_lines().join("\n"));
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Where customers' software connects.
    pub(crate) fn customers_port(&self) -> u16 {
        5222 + self.offset
    }

    /// Where agents' software connects.
    pub(crate) fn agents_port(&self) -> u16 {
        5232 + self.offset
    }

    /// Where HTTP is served.
    pub(crate) fn http_port(&self) -> u16 {
        8080 + self.offset
    }

    /// The port offset.
    pub(crate) fn offset(&self) -> u16 {
        self.offset
    }

    /// The data folder.
    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// Everything it has printed.
    pub(crate) fn log_lines(&self) -> Vec<String> {
        self.log.lock().expect("no reader panics").clone()
    }

    /// A look by the command line, as JSON.
    pub(crate) fn look(&self, what: &str) -> Value {
        let output = self.command(&[what, "--json"]);
        assert!(output.status.success(), "cordboard {what} failed: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("cordboard {what} --json: {e}: {}", String::from_utf8_lossy(&output.stdout)))
    }

    /// A command against this host.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        let socket = self.data().join("control.sock");
        Command::new(CORDBOARD).args(arguments).arg("--socket").arg(socket).output().expect("cordboard runs")
    }

    /// Waits until a look satisfies `wanted`.
    pub(crate) fn look_until(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(15);
        loop {
            let value = self.look(what);
            if wanted(&value) {
                return value;
            }
            assert!(Instant::now() < deadline, "`cordboard {what}` never showed what was wanted, but {value:#}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends it as Ctrl-C does; how long it took and how it ended.
    pub(crate) fn interrupt(&mut self) -> (Duration, std::process::ExitStatus) {
        let began = Instant::now();
        signal(self.child.id(), "INT");
        let status = self.child.wait().expect("the child's status");
        (began.elapsed(), status)
    }

    /// Kills it without a word and starts it again on the same data.
    pub(crate) fn crash_and_restart(&mut self) {
        signal(self.child.id(), "KILL");
        self.child.wait().expect("the child's status");
        self.log.lock().expect("no reader panics").clear();
        let mut child = dev(self.data.path(), self.offset).spawn().expect("cordboard starts");
        collect(child.stderr.take().expect("stderr is piped"), &self.log);
        collect(child.stdout.take().expect("stdout is piped"), &self.log);
        self.child = child;
        self.wait_ready();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("--- what cordboard printed ---\n{}\n---", self.log_lines().join("\n"));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `cordboard dev` on a data folder and a port offset, not started yet.
pub(crate) fn dev(data: &Path, offset: u16) -> Command {
    let mut command = Command::new(CORDBOARD);
    command.arg("dev").arg("--data").arg(data).arg("--port-offset").arg(offset.to_string());
    command.env("RUST_LOG", "cordboard=debug").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// An offset at which all ports of `dev` are free now, and no other test of this process was given.
pub(crate) fn free_offset() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let start = 3000 + (std::process::id() % 400) as u16 * 100;
        let offset = start.wrapping_add(step * 37) % 45_000 + 3000;
        if [5222, 5232, 8080].iter().all(|base| TcpListener::bind(("127.0.0.1", base + offset)).is_ok()) {
            return offset;
        }
    }
}

fn collect(stream: impl std::io::Read + Send + 'static, log: &Arc<Mutex<Vec<String>>>) {
    let log = Arc::clone(log);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            log.lock().expect("no reader panics").push(line);
        }
    });
}

fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status().expect("kill runs");
    assert!(status.success(), "the host was there to be signalled");
}
