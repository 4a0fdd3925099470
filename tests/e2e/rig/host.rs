//! The program under test: `cordboard dev`, or `serve` with a file, on ports and data of its own.

use super::{Centre, PATIENCE, compiled, root, until};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Time to build the plugins, when that is the first thing ever done here.
const FIRST_START: Duration = Duration::from_mins(10);
pub(super) const PORTS: [u16; 3] = [5222, 5232, 8080];

/// A running host; it is killed at the end, and its log is shown if the scenario has failed.
pub(crate) struct Host {
    child: Child,
    arguments: Vec<String>,
    /// Where it is run.
    place: PathBuf,
    data: PathBuf,
    _folder: TempDir,
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
    /// Starts a demo and waits until it is ready.
    pub(crate) fn start() -> Self {
        Self::start_in(root())
    }

    /// The same in a workspace.
    pub(crate) fn start_in(workspace: &Path) -> Self {
        let folder = TempDir::new().expect("a folder for data");
        let offset = free_offset();
        let data = folder.path().to_owned();
        let arguments = ["dev", "--data", &text_of(&data), "--port-offset", &offset.to_string()].map(str::to_owned);
        Self::with(arguments.to_vec(), workspace, data, folder, offset)
    }

    /// The first of a few ports that nobody else takes, for further listeners of a centre.
    pub(crate) fn port_beside(centre: &Centre) -> u16 {
        PORTS[0] + centre.offset + 1
    }

    /// Serves a centre that has a file, and waits until it is ready.
    pub(crate) fn serve(centre: Centre) -> Self {
        let arguments = ["serve", "--config", &text_of(&centre.file())].map(str::to_owned);
        Self::with(arguments.to_vec(), root(), centre.data(), centre.folder, centre.offset)
    }

    fn with(arguments: Vec<String>, place: &Path, data: PathBuf, folder: TempDir, offset: u16) -> Self {
        let log = Arc::default();
        let place = place.to_owned();
        compiled::lend(&data);
        let child = spawn(&arguments, &place, &log);
        let mut host = Self { child, arguments, place, data, _folder: folder, offset, log };
        host.wait_ready(1);
        compiled::keep(&host.data);
        host
    }

    /// Kills it, as the system does when memory runs out.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("a child can be waited for");
    }

    /// Starts it, once it has ended, on what it has left.
    pub(crate) fn start_again(&mut self) {
        let starts = self.times_ready();
        self.child = spawn(&self.arguments, &self.place, &self.log);
        self.wait_ready(starts + 1);
    }

    fn times_ready(&self) -> usize {
        self.log().lines().filter(|line| line.starts_with("ready")).count()
    }

    fn wait_ready(&mut self, times: usize) {
        let begun = Instant::now();
        while self.times_ready() < times {
            let ended = self.child.try_wait().expect("a child can be asked");
            assert!(ended.is_none(), "cordboard has ended before it was ready: {ended:?}");
            assert!(begun.elapsed() < FIRST_START, "cordboard is not ready after {FIRST_START:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn customers(&self) -> u16 {
        PORTS[0] + self.offset
    }

    pub(crate) fn agents(&self) -> u16 {
        PORTS[1] + self.offset
    }

    pub(crate) fn web(&self) -> u16 {
        PORTS[2] + self.offset
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// All that it has printed and logged.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("no reader panics").clone()
    }

    /// Asks it by the command line.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Output {
        cordboard(&[arguments, &["--socket", &self.socket()]].concat()).output().expect("cordboard runs")
    }

    /// Makes an account by the command line, with this password.
    pub(crate) fn add(&self, arguments: &[&str], password: &str) -> Output {
        let mut command = cordboard(arguments);
        command.args(["--password-stdin", "--socket", &self.socket()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("cordboard runs");
        let mut input = child.stdin.take().expect("piped");
        // Wrong usage ends it before it has read.
        let _ = writeln!(input, "{password}");
        drop(input);
        child.wait_with_output().expect("cordboard ends")
    }

    /// Makes accounts of agents who serve billing, and of customers; passwords are the names.
    pub(crate) fn people(&self, agents: &[(&str, u32)], customers: &[&str]) {
        for (name, capacity) in agents {
            let arguments = ["agent", "add", name, "--skills", "billing:7", "--capacity", &format!("chat={capacity}")];
            let added = self.add(&arguments, name);
            assert!(added.status.success(), "{}", said(&added));
        }
        for name in customers {
            let added = self.add(&["customer", "add", name], name);
            assert!(added.status.success(), "{}", said(&added));
        }
    }

    /// Its resident memory in KiB: now, and the most there ever was. The kernel counts each roughly, so that a later one may be less.
    pub(crate) fn memory_kib(&self) -> (u64, u64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = |name: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(name)).expect("the kernel says it");
            value.trim_end_matches("kB").trim().parse().expect("a number")
        };
        (line("VmRSS:"), line("VmHWM:"))
    }

    /// How many pieces of executable memory it has: one for each compiled component that is alive, beside the program's own.
    pub(crate) fn code_mappings(&self) -> usize {
        let maps = fs::read_to_string(format!("/proc/{}/maps", self.child.id())).expect("it runs");
        let executable = |line: &&str| line.split_whitespace().nth(1).is_some_and(|rights| rights.contains('x'));
        maps.lines().filter(executable).count()
    }

    pub(crate) fn socket(&self) -> String {
        text_of(&self.data().join("control.sock"))
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
        self.signal("-INT");
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "the signal is sent");
    }

    /// Asks it to look at its plugins again.
    pub(crate) fn hang_up(&self) {
        self.signal("-HUP");
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

fn spawn(arguments: &[String], place: &Path, log: &Arc<Mutex<String>>) -> Child {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = cordboard(&arguments);
    command.current_dir(place).env("RUST_LOG", "info,cordboard=debug").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("cordboard starts");
    keep(child.stdout.take().expect("piped"), Arc::clone(log));
    keep(child.stderr.take().expect("piped"), Arc::clone(log));
    child
}

pub(crate) fn text_of(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}

/// All that a command has printed.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned()
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
