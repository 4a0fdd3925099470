//! `cordboard-load`: measures a Cordboard that it starts itself, or a server that is there already.
//!
//!     cargo run --release -p cordboard-load -- idle --connections 5000
//!     cargo run --release -p cordboard-load -- talk --pairs 50 --outstanding 4 --seconds 20
//!     cargo run --release -p cordboard-load -- swap --connections 2000 --swaps 20
//!     cargo run --release -p cordboard-load -- talk --pairs 50 --server 127.0.0.1:5222 --domain load.example --pid 1234
//!
//! Server and clients share the machine, so a figure is of both; the processor time is the server's alone.

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use cordboard_load::host::{Host, HostOptions};
use cordboard_load::idle::{self, Idle};
use cordboard_load::process::Process;
use cordboard_load::server::{Centre, Door, Server};
use cordboard_load::swap::{self, Swapping, Swaps};
use cordboard_load::talk::{self, Talk, TalkOptions};
use serde::Serialize;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

#[derive(Parser)]
#[command(name = "cordboard-load", about = "Measures an XMPP server with many clients")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Memory of connections that do nothing.
    Idle {
        /// How many.
        #[arg(long, default_value_t = 5000)]
        connections: usize,
        /// They send whitespace every three seconds, so that a Cordboard keeps a sandbox for each.
        #[arg(long)]
        awake: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Messages between pairs while the adapter is replaced again and again.
    Swap {
        /// How many; half of them are customers, half agents.
        #[arg(long, default_value_t = 2000)]
        connections: usize,
        /// How often the adapter is replaced.
        #[arg(long, default_value_t = 20)]
        swaps: usize,
        /// How often a rule is replaced meanwhile.
        #[arg(long, default_value_t = 100)]
        rule_swaps: usize,
        /// Milliseconds from one question of a customer to the next.
        #[arg(long, default_value_t = 4000)]
        pause_ms: u64,
        /// Seconds without swaps, to compare with.
        #[arg(long, default_value_t = 20)]
        seconds: u64,
        /// Milliseconds from the end of a swap to the next.
        #[arg(long, default_value_t = 1000)]
        rest_ms: u64,
        #[command(flatten)]
        target: Target,
    },
    /// Messages between pairs.
    Talk {
        /// How many pairs.
        #[arg(long, default_value_t = 50)]
        pairs: usize,
        /// Round trips that each customer keeps outstanding.
        #[arg(long, default_value_t = 4)]
        outstanding: usize,
        /// Seconds that are measured.
        #[arg(long, default_value_t = 20)]
        seconds: u64,
        /// Seconds before that.
        #[arg(long, default_value_t = 3)]
        warm_up: u64,
        /// Bytes of a message's text, at least.
        #[arg(long, default_value_t = 40)]
        bytes: usize,
        /// Clients use stream management (XEP-0198).
        #[arg(long)]
        acks: bool,
        #[command(flatten)]
        target: Target,
    },
}

/// Without `--server` a Cordboard is started.
#[derive(Args)]
struct Target {
    /// The program `cordboard`; default: beside this one.
    #[arg(long)]
    program: Option<PathBuf>,
    /// Where its data is put; default: the system's folder for temporary files.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// `immediate` or `relaxed`.
    #[arg(long, default_value = "immediate")]
    durability: String,
    /// `RUST_LOG` of the program.
    #[arg(long, default_value = "info")]
    log: String,
    /// A server that runs already, HOST:PORT in numbers: where customers connect, or everybody.
    #[arg(long, requires = "domain")]
    server: Option<SocketAddr>,
    /// The server's domain, or that of a Cordboard's customers.
    #[arg(long)]
    domain: Option<String>,
    /// The server's process, for its memory and processor time.
    #[arg(long)]
    pid: Option<u32>,
    /// A file of accounts, `name password` a line: of agents on a Cordboard, two for a pair on a plain server; default: guests.
    #[arg(long)]
    accounts: Option<PathBuf>,
    /// The server is a Cordboard, and agents connect here.
    #[arg(long, requires = "desk_domain", requires = "accounts", requires = "server")]
    agents: Option<SocketAddr>,
    /// The domain of its agents.
    #[arg(long)]
    desk_domain: Option<String>,
    /// The link that its customers write to.
    #[arg(long, default_value = "billing")]
    link: String,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The whole chain in one line, and never a backtrace.
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match command {
        Command::Idle { connections, awake, target } => {
            let (_host, server) = target.server(0)?;
            tell(target.json, &runtime.block_on(idle::measure(&server, connections, awake))?, show_idle)
        }
        Command::Swap { connections, swaps, rule_swaps, pause_ms, seconds, rest_ms, target } => {
            let pairs = connections / 2;
            let (Some(host), _) = target.server(pairs)? else {
                bail!("swaps are measured on a host that is started here")
            };
            let pause = Duration::from_millis(pause_ms);
            let (warm_up, measured) = (pause, Duration::from_secs(seconds));
            let options = TalkOptions { pairs, outstanding: 1, pause, bytes: 40, warm_up, measured, acks: true };
            let swaps = Swaps { adapter: swaps, rule: rule_swaps, rest: Duration::from_millis(rest_ms) };
            let measuring = swap::measure(&host, &options, swaps);
            tell(target.json, &runtime.block_on(measuring)?, show_swaps)
        }
        Command::Talk { pairs, outstanding, seconds, warm_up, bytes, acks, target } => {
            let (_host, server) = target.server(pairs)?;
            let (warm_up, measured) = (Duration::from_secs(warm_up), Duration::from_secs(seconds));
            let options = TalkOptions { pairs, outstanding, pause: Duration::ZERO, bytes, warm_up, measured, acks };
            tell(target.json, &runtime.block_on(talk::measure(&server, &options))?, show_talk)
        }
    }
}

impl Target {
    /// What to measure, and the host where it is started here.
    fn server(&self, agents: usize) -> anyhow::Result<(Option<Host>, Server)> {
        let (Some(address), Some(domain)) = (self.server, self.domain.clone()) else {
            let host = Host::start(&self.host_options(agents)?)?;
            let server = host.server();
            return Ok((Some(host), server));
        };
        let accounts = self.accounts.as_deref().map(accounts).transpose()?.unwrap_or_default();
        let customers = Door { address, domain };
        let process = self.pid.map(Process);
        let name = address.to_string();
        let Some((address, domain)) = self.agents.zip(self.desk_domain.clone()) else {
            return Ok((None, Server { name, customers, process, centre: None, accounts }));
        };
        let centre = Centre { agents: Door { address, domain }, link: self.link.clone(), accounts };
        Ok((None, Server { name, customers, process, centre: Some(centre), accounts: Vec::new() }))
    }

    fn host_options(&self, agents: usize) -> anyhow::Result<HostOptions> {
        let program = match &self.program {
            Some(program) => program.clone(),
            None => std::env::current_exe()?.with_file_name("cordboard"),
        };
        if !program.is_file() {
            bail!(
                "{} is not there; build it with `cargo build --release -p cordboard`, or name it with --program",
                program.display()
            );
        }
        let folder = self.folder.clone().unwrap_or_else(std::env::temp_dir);
        Ok(HostOptions { program, folder, durability: self.durability.clone(), agents, log: self.log.clone() })
    }
}

fn accounts(file: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let text = fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
    let account = |line: &str| {
        let (name, password) = line
            .split_once(' ')
            .with_context(|| format!("{}: {line:?} is no account; expected a name and a password", file.display()))?;
        Ok((name.to_owned(), password.to_owned()))
    };
    text.lines().map(account).collect()
}

fn tell<T: Serialize>(json: bool, value: &T, show: impl FnOnce(&T)) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(value)?);
    } else {
        show(value);
    }
    Ok(())
}

fn show_idle(idle: &Idle) {
    println!("{}: {} idle connections, made in {} ms", idle.server, idle.connections, idle.made_in_ms);
    println!("{:>12} {:>12} {:>12} {:>12}", "KiB", "before", "with them", "each");
    let row =
        |name: &str, before: u64, with: u64, each: f64| println!("{name:>12} {before:>12} {with:>12} {each:>12.1}");
    row("RSS", idle.before.rss_kib, idle.with.rss_kib, idle.rss_kib_each);
    row("PSS", idle.before.pss_kib, idle.with.pss_kib, idle.pss_kib_each);
}

fn show_swaps(swapping: &Swapping) {
    let Swapping { pairs, messages, swaps, rule_swaps, moved, stayed, longest_swap_ms, without, with, .. } = swapping;
    println!(
        "{pairs} pairs, {messages} messages in order; {swaps} swaps of the adapter and {rule_swaps} of a rule, {moved} moves, {stayed} swaps with somebody left behind"
    );
    println!("pauses of moves");
    println!("{:>24} {:>10.2}", "p99 of the worst swap, ms", swapping.pause_p99_ms);
    println!("{:>24} {:>10.2}", "of the swap in the middle", swapping.pause_p99_median_ms);
    println!("{:>24} {:>10.2}", "longest", swapping.pause_max_ms);
    println!("{:>24} {longest_swap_ms:>10}", "longest swap, ms");
    println!("{:>24} {:>10} {:>10}", "round trips", "without", "with swaps");
    let row = |name: &str, without: f64, with: f64| println!("{name:>24} {without:>10.2} {with:>10.2}");
    row("p50, ms", without.p50_ms, with.p50_ms);
    row("p99", without.p99_ms, with.p99_ms);
    row("slowest", without.max_ms, with.max_ms);
}

fn show_talk(talk: &Talk) {
    let acks = if talk.acks { ", with stream management" } else { "" };
    println!(
        "{}: {} pairs, {} outstanding each{acks}, {:.1} s",
        talk.server, talk.pairs, talk.outstanding, talk.seconds
    );
    println!("{:>24} {:>10.0}", "messages a second", talk.messages_per_second);
    if let Some(us) = talk.cpu_us_per_message {
        println!("{:>24} {us:>10.1}", "CPU µs a message");
    }
    let trips = &talk.round_trips;
    println!("{:>24} {:>10.2}", "round trip p50, ms", trips.p50_ms);
    println!("{:>24} {:>10.2}", "p99", trips.p99_ms);
    println!("{:>24} {:>10.2}", "slowest", trips.max_ms);
}
