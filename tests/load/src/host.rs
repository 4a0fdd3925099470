//! A Cordboard of one's own: built plugins, a configuration, data in a temporary folder, free ports; ended with the value.
//!
//! Invariant: it listens on 127.0.0.1 only, since its passwords are its agents' names.

use crate::process::Process;
use crate::server::{Centre, Door, Server};
use anyhow::{Context, bail};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use tempfile::TempDir;

const CUSTOMER_DOMAIN: &str = "center.example";
const DESK_DOMAIN: &str = "desk.center.example";
const LINK: &str = "billing";
/// Its log, in its folder.
const LOG: &str = "log";
const PLUGINS: [(&str, &str); 3] = [("adapters", "xmpp"), ("rules", "least-busy"), ("rules", "longest-idle")];
/// Accounts that are made at a time: a processor is busy with each password for a while.
const ACCOUNTS_AT_ONCE: usize = 4;

/// What to start.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// The program `cordboard`.
    pub program: PathBuf,
    /// Where the temporary folder is made; a commit is as fast as the disk there.
    pub folder: PathBuf,
    /// `immediate` or `relaxed`.
    pub durability: String,
    /// Names for so many agents.
    pub agents: usize,
    /// `RUST_LOG` of the host.
    pub log: String,
}

/// A running host; it is killed at the end.
pub struct Host {
    child: Child,
    folder: TempDir,
    ports: [u16; 2],
    accounts: Vec<(String, String)>,
}

impl Host {
    /// Builds the plugins, starts the program, waits until it is ready and makes the agents' accounts.
    pub fn start(options: &HostOptions) -> anyhow::Result<Self> {
        let folder = TempDir::new_in(&options.folder)
            .with_context(|| format!("can't make a folder in {}", options.folder.display()))?;
        let ports = free_ports()?;
        fs::write(folder.path().join("cordboard.toml"), configuration(ports, options))?;
        for (kind, name) in PLUGINS {
            build_plugin(&options.program, kind, name, folder.path())?;
        }
        let child = spawn(options, folder.path())?;
        let names = (0..options.agents).map(|number| format!("agent{number}"));
        let host = Self { child, folder, ports, accounts: names.map(|name| (name.clone(), name)).collect() };
        host.make_accounts(&options.program)?;
        Ok(host)
    }

    /// Where to connect, and what to measure.
    pub fn server(&self) -> Server {
        let door = |port: u16, domain: &str| Door {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            domain: domain.to_owned(),
        };
        let [customers, agents] = self.ports;
        let agents = door(agents, DESK_DOMAIN);
        Server {
            name: "cordboard".to_owned(),
            customers: door(customers, CUSTOMER_DOMAIN),
            process: Some(Process(self.child.id())),
            centre: Some(Centre { agents, link: LINK.to_owned(), accounts: self.accounts.clone() }),
            accounts: Vec::new(),
        }
    }

    /// The file of one of its plugins.
    pub fn plugin(&self, name: &str) -> PathBuf {
        plugin_file(self.folder.path(), name)
    }

    /// What it has logged.
    pub fn log(&self) -> anyhow::Result<String> {
        let log = self.folder.path().join(LOG);
        fs::read_to_string(&log).with_context(|| format!("can't read {}", log.display()))
    }

    fn make_accounts(&self, program: &Path) -> anyhow::Result<()> {
        let socket = self.folder.path().join("data/control.sock");
        for group in self.accounts.chunks(ACCOUNTS_AT_ONCE) {
            thread::scope(|scope| {
                let made = group.iter().map(|(name, password)| {
                    let socket = &socket;
                    scope.spawn(move || make_account(program, socket, name, password))
                });
                let made: Vec<_> = made.collect();
                made.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| bail!("a thread panicked")))
            })?;
        }
        Ok(())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_ports() -> anyhow::Result<[u16; 2]> {
    let sockets = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
    let mut ports = [0; 2];
    for (port, socket) in ports.iter_mut().zip(sockets) {
        *port = socket.and_then(|socket| socket.local_addr()).context("no port is free")?.port();
    }
    Ok(ports)
}

/// The agents' listener leaves the customers' one as many open files as can be.
fn configuration([customers, agents]: [u16; 2], options: &HostOptions) -> String {
    let durability = &options.durability;
    let listener = |name: &str, side: &str, port: u16, domain: &str| {
        format!(
            "[[listener]]\nname = \"{name}\"\nprotocol = \"xmpp\"\nside = \"{side}\"\naddress = \"127.0.0.1:{port}\"\n\
             domain = \"{domain}\"\ntls = \"none\"\nplain_without_tls = true\nguests = {}\n",
            side == "customer"
        )
    };
    format!(
        "name = \"Load\"\n[storage]\nfolder = \"data\"\ndurability = \"{durability}\"\n[plugins]\nfolder = \"plugins\"\n\
         {}connections = 15000\n{}connections = {}\n[[pool]]\nname = \"main\"\nrules = [\"least-busy\", \"longest-idle\"]\n\
         [[queue]]\nname = \"{LINK}\"\npool = \"main\"\n[[link]]\nalias = \"{LINK}\"\nqueue = \"{LINK}\"\n\
         [limits]\nconnections_per_source = 1000000\nmessages_per_session = 100000000\nmessages_per_second = 10000\n",
        listener("customers", "customer", customers, CUSTOMER_DOMAIN),
        listener("agents", "agent", agents, DESK_DOMAIN),
        options.agents + 16,
    )
}

fn plugin_file(folder: &Path, name: &str) -> PathBuf {
    folder.join("plugins").join(format!("{name}.wasm"))
}

fn build_plugin(program: &Path, kind: &str, name: &str, folder: &Path) -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = plugin_file(folder, name);
    let mut command = Command::new(program);
    command.args(["plugin", "build"]).arg(root.join("plugins").join(kind).join(name)).arg("-o").arg(file);
    done(&mut command, "")
}

fn make_account(program: &Path, socket: &Path, name: &str, password: &str) -> anyhow::Result<()> {
    let mut command = Command::new(program);
    command.args(["agent", "add", name, "--skills", &format!("{LINK}:5"), "--capacity", "chat=1", "--password-stdin"]);
    command.arg("--socket").arg(socket);
    done(&mut command, password)
}

/// Runs a command to its end, which must be a good one.
fn done(command: &mut Command, input: &str) -> anyhow::Result<()> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("can't run {command:?}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // Wrong usage ends it before it has read.
        let _ = writeln!(stdin, "{input}");
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        return Ok(());
    }
    bail!("{command:?} failed: {}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()))
}

/// Starts the program and waits until it is ready. Its log is in the folder as long as that is there.
fn spawn(options: &HostOptions, folder: &Path) -> anyhow::Result<Child> {
    let log = folder.join(LOG);
    let mut command = Command::new(&options.program);
    command.args(["serve", "--config"]).arg(folder.join("cordboard.toml")).env("RUST_LOG", &options.log);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&log)?);
    let mut child = command.spawn().with_context(|| format!("can't run {}", options.program.display()))?;
    let stdout = child.stdout.take().context("its output is piped")?;
    let ready = BufReader::new(stdout).lines().map_while(Result::ok).any(|line| line.starts_with("ready"));
    if ready {
        return Ok(child);
    }
    child.wait()?;
    bail!("cordboard has ended before it was ready: {}", fs::read_to_string(log)?)
}
