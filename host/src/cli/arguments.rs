//! The command line as it is typed. Values are parsed here, so what comes out is of the right type; wrong usage ends with code 2.
//!
//! Invariant: no argument takes a password, since a command line can be read by everybody on the machine.

mod journal;
mod plugin;

pub use journal::{Explain, Export, Journal, OtherRules, Replay};
pub use plugin::{Keygen, Plugin, Release, Rollback, Sign, Verify};

use crate::config::DEFAULT_FILE;
use crate::identity::profile;
use crate::model::limits::UNITS;
use crate::model::request::Role;
use crate::model::rule::Skill;
use crate::model::{Address, Attribute, SessionId};
use clap::{Args, Parser, Subcommand};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What one argument holds; under a name of their own, so that they are not taken for arguments given several times.
pub type Skills = Vec<Skill>;
/// See [`Skills`].
pub type Queues = Vec<String>;
/// See [`Skills`].
pub type Capacity = BTreeMap<String, u16>;

/// See [`Skills`].
pub type Services = Vec<String>;

/// Said below the help.
const EXIT_CODES: &str = "Exit codes: 0 done; 1 a problem was found, or it failed; 2 the command line is wrong.";

/// Said below the help of `estimate`.
const CALLS: &str = "\
The calls are lines of CSV in any order, with the names of the columns in the first; others are passed over:
  day              a number
  service          what was called for; --pool picks some of them
  priority         0, 1, or 2 for customers who are served as if they had come 90 s earlier
  arrived_s        when the call came, in seconds of the day, as all times
  queued_s         when it began to wait; empty where it did not
  waited_s         how long it waited
  outcome          AGENT: served; HANG: given up; PHANTOM: nobody was there
  service_start_s  when an agent took it
  service_end_s    when the agent was done
  agent            who, or nothing
Each estimate is made when a call arrives, from what had happened before. Calls that waited and were served are scored.";

/// Connects people on any instant messenger to the right customer service agent.
#[derive(Debug, Parser)]
#[command(name = "cordboard", version, after_help = EXIT_CODES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Run the service
    Serve(ConfigFile),
    /// Build the plugins and run a demo on this machine: accounts, links and listeners to try it with
    Dev(Dev),
    /// Check a configuration and the plugins it names
    Check(ConfigFile),
    /// Show whether the service runs, where it listens and what it has to do
    Status(Ask),
    /// Show the sessions
    Sessions(Ask),
    /// Show the agents
    Agents(Ask),
    /// Show the queues
    Queues(Ask),
    /// Show the address table: which outside name stands for which device
    Bindings(Ask),
    /// Agents' accounts
    #[command(subcommand)]
    Agent(Agent),
    /// Customers' accounts
    #[command(subcommand)]
    Customer(Customer),
    /// Tokens by which telephone switches and mail systems ask for agents over HTTP
    #[command(subcommand)]
    Token(Token),
    /// Show the plugins: what serves, what it does and costs, and what was refused or failed
    Plugins(Ask),
    /// Show the candidates beside the rules in service: how a shadow would have decided, and whether a canary is rolled back
    Shadow(Ask),
    /// Show the inputs that broke adapters and are kept for their developers
    Poison(Ask),
    /// Who is kept out: show them, add one, let one in again
    Bans(Bans),
    /// End a session
    Close(Close),
    /// Let the service read its configuration again and change what can change while it runs; the rest is named
    Reload(Socket),
    /// Let the service drain and end
    Stop(Ask),
    /// Plugins
    #[command(subcommand)]
    Plugin(Plugin),
    /// Tell what happened to a session and why: every decision, what each rule said, and what came of it
    Explain(Explain),
    /// The journal: everything that happened, and what was decided about it
    #[command(subcommand)]
    Journal(Journal),
    /// Replay a journal and compare what comes out with what came out then
    Replay(Replay),
    /// Replay a history of calls and show how well waiting times would have been told
    #[command(after_help = CALLS)]
    Estimate(Estimate),
}

/// Which configuration.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ConfigFile {
    /// The configuration
    #[arg(long, short, value_name = "FILE", default_value = DEFAULT_FILE)]
    pub config: PathBuf,
}

/// Which history of calls.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct Estimate {
    /// The calls, with the columns below
    #[arg(value_name = "CALLS.csv")]
    pub calls: PathBuf,
    /// The services that share a pool of agents, which are looked at alone; without it all services of the file share one
    #[arg(long, value_name = "A,B,...", value_parser = services)]
    pub pool: Option<Services>,
    /// So many first days of the file are learnt from and not scored
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub warm_up_days: u32,
    /// Answer in JSON, for programs
    #[arg(long)]
    pub json: bool,
}

/// How to run the demo.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct Dev {
    /// Where its data go
    #[arg(long, value_name = "DIR", default_value = super::DEV_DATA)]
    pub data: PathBuf,
    /// Added to every port: 5222 for customers, 5232 for agents, 8080 for HTTP
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port_offset: u16,
}

/// Which running service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Socket {
    /// The service's configuration, which names the control socket
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The service's control socket itself
    #[arg(long, value_name = "PATH", conflicts_with = "config")]
    pub socket: Option<PathBuf>,
}

/// A question to the running service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Ask {
    /// Answer in JSON, for programs
    #[arg(long)]
    pub json: bool,
    /// Which service.
    #[command(flatten)]
    pub socket: Socket,
}

/// Agents' accounts.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum Agent {
    /// Make an account
    Add(AgentAdd),
    /// Show the accounts
    List(Ask),
    /// Remove an account; the sessions the agent has go back to their queues
    Remove(Remove),
    /// Names of the agent at providers
    #[command(subcommand)]
    Address(AddressChange),
}

/// An agent's account.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct AgentAdd {
    /// The account: jim of jim@desk.center.example
    pub name: String,
    /// Abilities, each with a level from 1 to 10, which is best
    #[arg(long, value_name = "NAME:LEVEL,...", value_parser = profile::parse_skills, default_value = "")]
    pub skills: Skills,
    /// Queues served; without it those that a skill is named for
    #[arg(long, value_name = "NAME,...", value_parser = profile::parse_queues)]
    pub queues: Option<Queues>,
    /// How many sessions at a time, by medium
    #[arg(long, value_name = "MEDIUM=N,...", value_parser = profile::parse_capacity, default_value = "chat=3")]
    pub capacity: Capacity,
    /// What sessions of all media may weigh together, where the configuration gives media weights; without it 100
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(UNITS)))]
    pub units: Option<u16>,
    /// How customers are shown the agent; without it "Agent", since an account's name stays inside
    #[arg(long, value_name = "NAME")]
    pub shown_as: Option<String>,
    /// A name of the agent at a provider; may be given several times
    #[arg(long = "address", value_name = "PROVIDER:ADDRESS", value_parser = profile::parse_address)]
    pub addresses: Vec<Address>,
    /// Where a telephone switch or mail system reaches the agent, as voice=sip:1234@pbx.example; once for each medium
    #[arg(long = "reach", value_name = "MEDIUM=ADDRESS", value_parser = profile::parse_reached_at)]
    pub reached_at: Vec<(String, String)>,
    /// The agent may join any conversation: listen, whisper to its agent, or speak openly
    #[arg(long)]
    pub supervisor: bool,
    /// How the password comes.
    #[command(flatten)]
    pub account: Account,
}

/// What both kinds of accounts have.
#[derive(Debug, Default, PartialEq, Eq, Args)]
pub struct Account {
    /// Read the password from standard input, one line; without it you are asked, and an empty answer (or no terminal) makes one up
    #[arg(long)]
    pub password_stdin: bool,
    /// Change an account that is there; without a password given it keeps its own
    #[arg(long)]
    pub replace: bool,
    /// Which service.
    #[command(flatten)]
    pub socket: Socket,
}

/// Customers' accounts.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum Customer {
    /// Make an account
    Add(CustomerAdd),
    /// Show the accounts
    List(Ask),
    /// Remove an account
    Remove(Remove),
    /// Names of the customer at providers
    #[command(subcommand)]
    Address(AddressChange),
}

/// A customer's account.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct CustomerAdd {
    /// The account: joe of joe@center.example
    pub name: String,
    /// How agents are shown the customer; without it the name
    #[arg(long, value_name = "NAME")]
    pub shown_as: Option<String>,
    /// A name of the customer at a provider, who is the same person there; may be given several times
    #[arg(long = "address", value_name = "PROVIDER:ADDRESS", value_parser = profile::parse_address)]
    pub addresses: Vec<Address>,
    /// A fact that rules are told of the customer's sessions, as vip=gold; may be given several times
    #[arg(long = "attribute", value_name = "NAME=VALUE", value_parser = profile::parse_attribute)]
    pub attributes: Vec<Attribute>,
    /// How the password comes.
    #[command(flatten)]
    pub account: Account,
}

/// What is done to an account's addresses.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum AddressChange {
    /// From the next arrival under that name on, it is the person of the account
    Add(OneAddress),
    /// From the next arrival on, it is not
    Remove(OneAddress),
}

/// An address of an account.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct OneAddress {
    /// The account
    pub name: String,
    /// The provider, as `[[provider]]` names it, and the name there
    #[arg(value_name = "PROVIDER:ADDRESS", value_parser = profile::parse_address)]
    pub address: Address,
    /// Which service.
    #[command(flatten)]
    pub socket: Socket,
}

/// An account to remove.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct Remove {
    /// The account
    pub name: String,
    /// Which service.
    #[command(flatten)]
    pub socket: Socket,
}

/// Tokens of other systems.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum Token {
    /// Make a token; it is printed once, and only its digest is kept
    Add(TokenAdd),
    /// Show whose there are
    List(TokenFile),
    /// Take a token away; from then on it opens nothing
    Remove(TokenRemove),
}

/// A token to make.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct TokenAdd {
    /// The system's name, as sessions show it for their provider
    pub name: String,
    /// What it allows: route (ask for agents), presence (say that agents are there or away)
    #[arg(long = "role", value_name = "ROLE,...", value_delimiter = ',', required = true, value_parser = role)]
    pub roles: Vec<Role>,
    /// Which file.
    #[command(flatten)]
    pub file: TokenFile,
}

/// A token to take away.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct TokenRemove {
    /// The system's name
    pub name: String,
    /// Which file.
    #[command(flatten)]
    pub file: TokenFile,
}

/// Which file of tokens.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct TokenFile {
    /// The configuration, which names the file of tokens.
    #[command(flatten)]
    pub config: ConfigFile,
    /// The file of tokens itself
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    pub tokens: Option<PathBuf>,
}

fn role(text: &str) -> Result<Role, String> {
    let roles = [Role::Route, Role::Presence];
    let found = roles.into_iter().find(|role| role.as_str() == text);
    found.ok_or_else(|| "a role is route or presence".to_owned())
}

/// Who is kept out; shown where nothing else is asked for.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct Bans {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<BanCommand>,
    /// How to show them.
    #[command(flatten)]
    pub ask: Ask,
}

/// What is done about who is kept out.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum BanCommand {
    /// Show who is kept out
    List(Ask),
    /// Keep somebody out for a time
    Add(BanAdd),
    /// Let somebody in again
    Revoke(BanRevoke),
}

/// A person to keep out.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct BanAdd {
    /// Who: at a listener the account, at a provider the name there, as joe@prosody.example
    pub who: String,
    /// At which listener or provider
    #[arg(long, value_name = "NAME")]
    pub provider: String,
    /// For how long
    #[arg(long = "for", value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=MOST_MINUTES))]
    pub minutes: u32,
    /// Which service.
    #[command(flatten)]
    pub socket: Socket,
}

/// A year.
const MOST_MINUTES: i64 = 366 * 24 * 60;

/// A person to let in again.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct BanRevoke {
    /// Who, as `cordboard bans` shows it
    pub who: String,
    /// At which listener or provider; without it at all
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// Which service.
    #[command(flatten)]
    pub socket: Socket,
}

/// A session to end.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct Close {
    /// Its number, as `cordboard sessions` shows it: 12 or s12
    #[arg(value_parser = session)]
    pub session: SessionId,
    /// Told to both
    #[arg(long, value_name = "TEXT", default_value = "ended by the operator")]
    pub reason: String,
    /// Which service.
    #[command(flatten)]
    pub socket: Socket,
}

fn session(written: &str) -> Result<SessionId, String> {
    let digits = written.strip_prefix('s').unwrap_or(written);
    digits.parse().map(SessionId).map_err(|_| format!("expected a session's number, as 12 or s12; found {written:?}"))
}

fn services(written: &str) -> Result<Services, String> {
    let services: Services = written.split(',').map(|service| service.trim().to_owned()).collect();
    if services.iter().any(String::is_empty) {
        return Err(format!("expected services of the file, as PS,NE,NW; found {written:?}"));
    }
    Ok(services)
}
