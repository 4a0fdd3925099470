//! Somebody else's XMPP server, Prosody or ejabberd, with accounts of its own and a place for a component.

use super::host::{PORTS, free_offset, text_of};
use super::until_within;
use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    Prosody,
    Ejabberd,
}

impl Whose {
    /// Its name, also that of the provider in the operator's file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Prosody => "prosody",
            Self::Ejabberd => "ejabberd",
        }
    }

    /// The domain of its accounts.
    pub(crate) fn domain(self) -> &'static str {
        match self {
            Self::Prosody => "prosody.example",
            Self::Ejabberd => "ejabberd.example",
        }
    }
}

/// Whom a component serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Customer,
    Agent,
}

impl Side {
    /// As the operator's file has it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Agent => "agent",
        }
    }
}

/// A running server; it is killed at the end, and its log is shown if the scenario has failed.
pub(crate) struct Server {
    pub(crate) whose: Whose,
    child: Child,
    folder: TempDir,
    users: Vec<String>,
    offset: u16,
}

/// How long a server may take to start.
const STARTS: Duration = Duration::from_mins(1);
/// What a component must know.
pub(crate) const SECRET: &str = "a component's secret";

impl Server {
    /// Starts it with these accounts, whose passwords are their names, and waits until it listens.
    pub(crate) fn start(whose: Whose, users: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let users: Vec<String> = users.iter().map(|&user| user.to_owned()).collect();
        let offset = free_offset();
        set_up(whose, folder.path(), &users, offset);
        let child = spawn(whose, folder.path(), &users);
        let mut server = Self { whose, child, folder, users, offset };
        server.wait_ready(1);
        server
    }

    /// Kills it, as the system does when memory runs out.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("a child can be waited for");
    }

    /// Starts it, once it has ended, on what it has left.
    pub(crate) fn start_again(&mut self) {
        let starts = self.times_ready();
        self.child = spawn(self.whose, self.folder.path(), &self.users);
        self.wait_ready(starts + 1);
    }

    /// Where its clients connect.
    pub(crate) fn clients(&self) -> u16 {
        clients(self.offset)
    }

    /// Where components connect.
    pub(crate) fn components(&self) -> u16 {
        components(self.offset)
    }

    /// The address of one of its users.
    pub(crate) fn jid(&self, user: &str) -> String {
        format!("{user}@{}", self.whose.domain())
    }

    /// Our name at it.
    pub(crate) fn component(&self, side: Side) -> String {
        component(self.whose, side)
    }

    /// The address of one of our links or queues at it.
    pub(crate) fn link(&self, side: Side, alias: &str) -> String {
        format!("{alias}@{}", self.component(side))
    }

    /// What the operator calls it.
    pub(crate) fn provider(&self, side: Side) -> String {
        match side {
            Side::Customer => self.whose.name().to_owned(),
            Side::Agent => format!("{}-desk", self.whose.name()),
        }
    }

    /// How often ejabberd has said that its accounts are there; Prosody has them before it listens.
    fn times_ready(&self) -> usize {
        log(self.folder.path()).matches("accounts are made").count()
    }

    fn wait_ready(&mut self, times: usize) {
        let ports = [self.clients(), self.components()];
        until_within(STARTS, &format!("{:?} listens", self.whose), || {
            let ended = self.child.try_wait().expect("a child can be asked");
            assert!(ended.is_none(), "{:?} has ended: {ended:?}", self.whose);
            ports.into_iter().all(|port| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())
                && (self.whose == Whose::Prosody || self.times_ready() >= times)
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- what {:?} said ---\n{}--- end ---", self.whose, log(self.folder.path()));
        }
    }
}

fn clients(offset: u16) -> u16 {
    PORTS[0] + offset
}

fn components(offset: u16) -> u16 {
    PORTS[1] + offset
}

fn log(folder: &Path) -> String {
    String::from_utf8_lossy(&fs::read(folder.join("log")).unwrap_or_default()).into_owned()
}

fn component(whose: Whose, side: Side) -> String {
    let name = match side {
        Side::Customer => "support",
        Side::Agent => "desk",
    };
    format!("{name}.{}", whose.domain())
}

fn set_up(whose: Whose, folder: &Path, users: &[String], offset: u16) {
    let put = |name: &str, text: String| fs::write(folder.join(name), text).expect("the folder can be written");
    match whose {
        Whose::Prosody => {
            let accounts = format!("data/{}/accounts", whose.domain().replace('.', "%2e"));
            fs::create_dir_all(folder.join(&accounts)).expect("the folder can be written");
            fs::create_dir_all(folder.join("certs")).expect("the folder can be written");
            for user in users {
                put(&format!("{accounts}/{user}.dat"), format!("return {{ [\"password\"] = \"{user}\"; }};\n"));
            }
            put("prosody.cfg.lua", prosody(folder, whose, offset));
        }
        Whose::Ejabberd => put("ejabberd.yml", ejabberd(whose, offset)),
    }
}

fn prosody(folder: &Path, whose: Whose, offset: u16) -> String {
    let (home, domain) = (text_of(folder), whose.domain());
    let (clients, components) = (clients(offset), components(offset));
    let mut config = format!(
        r#"run_as_root = true
pidfile = "{home}/pid"
data_path = "{home}/data"
certificates = "certs"
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {clients} }}
component_ports = {{ {components} }}
component_interface = "127.0.0.1"
modules_enabled = {{ "roster", "saslauth", "disco", "ping" }}
modules_disabled = {{ "s2s", "tls" }}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
limits = {{ c2s = {{ rate = "100mb/s" }} }}
log = {{ info = "*console" }}
VirtualHost "{domain}"
"#
    );
    for component in [Side::Customer, Side::Agent].map(|side| component(whose, side)) {
        write!(config, "Component \"{component}\"\n  component_secret = \"{SECRET}\"\n").expect("a string takes all");
    }
    config
}

fn ejabberd(whose: Whose, offset: u16) -> String {
    let (domain, clients, components) = (whose.domain(), clients(offset), components(offset));
    let mut config = format!(
        r#"loglevel: info
hosts: ["{domain}"]
auth_method: internal
auth_password_format: plain
s2s_access: none
modules:
  mod_disco: {{}}
  mod_ping: {{}}
  mod_roster: {{}}
  mod_offline: {{}}
listen:
  - port: {clients}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    max_stanza_size: 262144
    backlog: 1024
  - port: {components}
    ip: "127.0.0.1"
    module: ejabberd_service
    hosts:
"#
    );
    for component in [Side::Customer, Side::Agent].map(|side| component(whose, side)) {
        writeln!(config, "      \"{component}\":\n        password: \"{SECRET}\"").expect("a string takes all");
    }
    config
}

fn spawn(whose: Whose, folder: &Path, users: &[String]) -> Child {
    let home = text_of(folder);
    let mut command = match whose {
        Whose::Prosody => {
            let mut command = Command::new("prosody");
            command.args(["--config", &format!("{home}/prosody.cfg.lua"), "-F"]);
            command
        }
        Whose::Ejabberd => erlang(&home, whose, users),
    };
    let log = fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).expect("a file for its log");
    let errors = log.try_clone().expect("a file for its log");
    command.env("HOME", &home).current_dir(folder).stdin(Stdio::null()).stdout(log).stderr(errors);
    command.spawn().expect("the server starts")
}

/// ejabberd without its `ejabberdctl`: an Erlang node of its own, that needs no name among other nodes.
fn erlang(home: &str, whose: Whose, users: &[String]) -> Command {
    let users = users.iter().map(|user| format!("<<\"{user}\">>")).collect::<Vec<_>>().join(",");
    let domain = whose.domain();
    let start = format!(
        "{{ok, _}} = application:ensure_all_started(ejabberd), \
         [ejabberd_auth:try_register(User, <<\"{domain}\">>, User) || User <- [{users}]], \
         io:format(\"accounts are made~n\")."
    );
    let mut command = Command::new("erl");
    command.args(["+S", "2", "-noinput", "-noshell", "-mnesia", "dir", &format!("\"{home}/spool\""), "-eval", &start]);
    command.env("EJABBERD_CONFIG_PATH", format!("{home}/ejabberd.yml"));
    command.env("EJABBERD_LOG_PATH", format!("{home}/ejabberd.log"));
    command.env("ERL_LIBS", libraries()).env("ERL_CRASH_DUMP_SECONDS", "0");
    command
}

/// Where Debian puts ejabberd for its architecture.
fn libraries() -> String {
    let script = fs::read_to_string("/usr/sbin/ejabberdctl").unwrap_or_default();
    let line = script.lines().find_map(|line| line.strip_prefix("ERL_LIBS="));
    line.unwrap_or_default().trim_matches('\'').to_owned()
}
