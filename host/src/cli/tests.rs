//! What can be typed, and how answers look.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

use super::arguments::{
    Account, AddressChange, Agent, AgentAdd, Ask, BanAdd, BanCommand, BanRevoke, Bans, Close, ConfigFile, Customer,
    Dev, Estimate, OneAddress, Plugin, Remove, Socket,
};
use super::table::{Table, age};
use super::*;
use crate::centre::View;
use crate::centre::view::{
    AgentView, BindingView, MeasuredView, QueueView, RuleView, SessionView, StatusView, WaitView,
};
use crate::control::{AccountRow, BanRow, FailureRow, Health, ListenerRow, PluginRow, PoisonRow, ProviderRow};
use crate::model::record::{AgentProfile, Binding};
use crate::model::rule::Skill;
use crate::model::{Address, AgentName, Alias, Contact, EndpointId, Lane, Participant, SessionId, Side, Timestamp};
use clap::CommandFactory;
use clap::error::ErrorKind;
use expect_test::{Expect, expect};
use std::path::PathBuf;

fn typed(line: &str) -> Result<Command, clap::Error> {
    Arguments::try_parse_from(line.split_whitespace()).map(|arguments| arguments.command)
}

#[test]
fn the_command_line_is_consistent_in_itself() {
    Arguments::command().debug_assert();
}

#[test]
fn what_is_typed_becomes_what_is_meant() {
    let file = |name: &str| ConfigFile { config: PathBuf::from(name) };
    let here = Socket::default();
    assert_eq!(typed("cordboard serve").unwrap(), Command::Serve(file("cordboard.toml")));
    assert_eq!(typed("cordboard check --config a.toml").unwrap(), Command::Check(file("a.toml")));
    let dev = Dev { data: PathBuf::from(".cordboard"), port_offset: 100 };
    assert_eq!(typed("cordboard dev --port-offset 100").unwrap(), Command::Dev(dev));
    let socket = Socket { socket: Some(PathBuf::from("/run/c.sock")), ..Socket::default() };
    assert_eq!(
        typed("cordboard sessions --json --socket /run/c.sock").unwrap(),
        Command::Sessions(Ask { json: true, socket })
    );
    let build = Plugin::Build { dir: PathBuf::from("a"), output: Some(PathBuf::from("b.wasm")) };
    assert_eq!(typed("cordboard plugin build a -o b.wasm").unwrap(), Command::Plugin(build));
    let inspect = Plugin::Inspect { file: PathBuf::from("a.wasm"), json: true };
    assert_eq!(typed("cordboard plugin inspect a.wasm --json").unwrap(), Command::Plugin(inspect));
    let test = Plugin::Test { dir: PathBuf::from("a"), record: true };
    assert_eq!(typed("cordboard plugin test a --bless").unwrap(), Command::Plugin(test));
    let close = Close { session: SessionId(12), reason: "ended by the operator".to_owned(), socket: here.clone() };
    assert_eq!(typed("cordboard close s12").unwrap(), Command::Close(close));
    let remove = Customer::Remove(Remove { name: "joe".to_owned(), socket: here });
    assert_eq!(typed("cordboard customer remove joe").unwrap(), Command::Customer(remove));
    let one = OneAddress {
        name: "joe".to_owned(),
        address: Address::new("prosody", "joe@home.example"),
        socket: Socket::default(),
    };
    let asked = Estimate { calls: PathBuf::from("a.csv"), pool: None, warm_up_days: 2, json: false };
    assert_eq!(typed("cordboard estimate a.csv").unwrap(), Command::Estimate(asked));
    let pool = Some(vec!["PS".to_owned(), "NE".to_owned()]);
    let asked = Estimate { calls: PathBuf::from("a.csv"), pool, warm_up_days: 0, json: true };
    let line = "cordboard estimate a.csv --pool PS,NE --warm-up-days 0 --json";
    assert_eq!(typed(line).unwrap(), Command::Estimate(asked));
    let line = "cordboard customer address add joe prosody:joe@home.example";
    assert_eq!(typed(line).unwrap(), Command::Customer(Customer::Address(AddressChange::Add(one))));
}

#[test]
fn an_agents_account_is_typed_as_the_documentation_says() {
    let skill = |name: &str, level| Skill { name: name.to_owned(), level };
    let jim = AgentAdd {
        name: "jim".to_owned(),
        skills: vec![skill("billing", 7), skill("sales", 3)],
        queues: None,
        capacity: [("chat".to_owned(), 3)].into(),
        units: Some(60),
        shown_as: None,
        addresses: vec![Address::new("corp", "jim@corp.example")],
        reached_at: vec![("voice".to_owned(), "sip:1234@pbx".to_owned())],
        supervisor: false,
        account: Account::default(),
    };
    let line = "cordboard agent add jim --skills billing:7,sales:3 --capacity chat=3 --units 60 \
                --address corp:Jim@corp.example/x --reach voice=sip:1234@pbx";
    assert_eq!(typed(line).unwrap(), Command::Agent(Agent::Add(jim)));
    let Ok(Command::Agent(Agent::Add(sue))) = typed("cordboard agent add sue --queues sales --supervisor") else {
        panic!()
    };
    assert!(sue.supervisor);
}

#[test]
fn wrong_usage_says_what_was_expected() {
    let refused = |line: &str| typed(line).expect_err("it is refused");
    assert_eq!(refused("cordboard status --config a --socket b").kind(), ErrorKind::ArgumentConflict);
    assert_eq!(refused("cordboard dev --port-offset 70000").kind(), ErrorKind::ValueValidation);
    assert_eq!(refused("cordboard close latest").kind(), ErrorKind::ValueValidation);
    let skill = refused("cordboard agent add jim --skills billing").to_string();
    assert!(skill.contains("a skill is written name:level, for example billing:7"), "{skill}");
    let level = refused("cordboard agent add jim --skills sales:3,billing:11").to_string();
    assert!(level.contains("\"billing:11\": a skill's level is 1 to 10"), "{level}");
    let kind = refused("cordboard plugin new robot r2d2").to_string();
    assert!(kind.contains("expected rule, adapter or dialog"), "{kind}");
    let address = refused("cordboard agent address add jim corp.example").to_string();
    assert!(
        address.contains("an address is written provider:address, for example prosody:jim@corp.example"),
        "{address}"
    );
    let pool = refused("cordboard estimate a.csv --pool PS,,NE").to_string();
    assert!(pool.contains("expected services of the file, as PS,NE,NW; found \"PS,,NE\""), "{pool}");
    assert_eq!(refused("cordboard estimate a.csv --warm-up-days -1").exit_code(), 2);
    assert_eq!(refused("cordboard sing").exit_code(), 2, "as the help says");
}

#[test]
fn ages_are_said_as_people_say_them() {
    let said = [0, 999, 12_000, 119_999, 120_000, 7_199_000, 7_200_000, 172_800_000].map(age);
    assert_eq!(said, ["0 s", "0 s", "12 s", "119 s", "2 min", "119 min", "2 h", "2 d"]);
}

fn check(shown: &impl ToString, expected: &Expect) {
    expected.assert_eq(&shown.to_string());
}

#[test]
fn a_table_is_aligned_and_a_stranger_cant_break_it() {
    let mut table = Table::new(&["NAME", ">COUNT"], "nobody");
    check(&table, &expect![["nobody\n"]]);
    table.row(["jim".to_owned(), "7".to_owned()]);
    table.row(["\u{1b}[2Jjoe\n\u{202e}".to_owned(), "1200".to_owned()]);
    table.row([String::new(), "x".repeat(70)]);
    check(
        &table,
        &expect![[r#"
        NAME                                                              COUNT
        jim                                                                   7
        �[2Jjoe��                                                          1200
        -          xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
    "#]],
    );
}

const NOW: Timestamp = Timestamp(1_000_000);

fn view() -> View {
    View {
        now: NOW,
        status: StatusView {
            name: "Example Centre".to_owned(),
            endpoints: 3,
            customers: 2,
            agents: 1,
            sessions: 2,
            waiting: 1,
            offered: 0,
            automated: 0,
            active: 1,
            sessions_ever: 12,
            rules: vec![RuleView {
                pool: "main".to_owned(),
                lane: Lane::Service,
                name: "longest-idle".to_owned(),
                digest: "0123456789abcdef".repeat(4),
                broken: true,
                quarantined: None,
                quarantined_since: None,
                fuel: 0,
            }],
            candidates: Vec::new(),
            dialogs_out: Vec::new(),
        },
        queues: vec![QueueView {
            name: "billing".to_owned(),
            label: "Billing".to_owned(),
            pool: "main".to_owned(),
            waiting: 1,
            longest_wait_ms: 90_000,
            on_duty: 1,
            available: 1,
            free: 0,
            wait: Some(WaitView { low_ms: 95_000, wait_ms: 180_000, high_ms: 270_000 }),
            measured: Some(MeasuredView { by: "regression".to_owned(), waits: 320, within_pct: 81 }),
        }],
        agents: vec![agent("ann", "off-duty", None), agent("jim", "away", Some("lunch"))],
        sessions: vec![session(11, "active", Some("jim"), true), session(12, "waiting", None, false)],
        bindings: vec![BindingView {
            connected: true,
            binding: binding(),
            delivered_through: 4,
            part: "owner".to_owned(),
        }],
    }
}

fn agent(name: &str, state: &str, away: Option<&str>) -> AgentView {
    AgentView {
        name: name.to_owned(),
        shown_as: "Agent".to_owned(),
        state: state.to_owned(),
        away: away.map(str::to_owned),
        since: Timestamp(400_000),
        idle_since: Timestamp(0),
        queues: vec!["billing".to_owned(), "sales".to_owned()],
        loads: vec!["chat 1/3".to_owned()],
        offers: vec![],
        sessions: if away.is_some() { vec![11] } else { vec![] },
        devices: if away.is_some() { vec!["jim@desk.localhost/work profanity 0.13.1".to_owned()] } else { vec![] },
    }
}

fn session(id: u64, state: &str, agent: Option<&str>, member: bool) -> SessionView {
    SessionView {
        id,
        alias: "s0-aaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned(),
        customer: "joe".to_owned(),
        member,
        link: "billing".to_owned(),
        queue: "billing".to_owned(),
        state: state.to_owned(),
        agent: agent.map(str::to_owned),
        software: "Gajim 1.8".to_owned(),
        provider: "customers".to_owned(),
        arrived_at: Timestamp(700_000),
        waiting_since: Timestamp(910_000),
        position: (state == "waiting").then_some(2),
        wait: (state == "waiting").then_some(WaitView { low_ms: 30_000, wait_ms: 60_000, high_ms: 180_000 }),
        messages: 4,
        customer_lost: !member,
        why: if member { String::new() } else { "nobody is free".to_owned() },
    }
}

fn binding() -> Binding {
    Binding {
        session: SessionId(11),
        participant: Participant(1),
        outside: Alias::new("s0-aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        side: Side::Agent,
        inside: "jim".to_owned(),
        endpoint: EndpointId(2),
        contact: Contact::new("jim@desk.localhost/work"),
        address: "192.0.2.7:51234".to_owned(),
        provider: "agents".to_owned(),
        client: "profanity 0.13.1".to_owned(),
        opened_at: Timestamp(800_000),
        used_at: Timestamp(995_000),
        received: 2,
        sent: 5,
        principal: Alias::default(),
        shown_as: String::new(),
    }
}

#[test]
fn a_view_is_shown_in_tables() {
    let view = view();
    check(
        &show::sessions(&view),
        &expect![[r#"
        SESSION  STATE    LINK     QUEUE    CUSTOMER           SOFTWARE   AGENT  WAITED  PLACE  EXPECTED         AGE  SAID  WHY
        s11      active   billing  billing  joe (member)       Gajim 1.8  jim         -      -  -              5 min     4  -
        s12      waiting  billing  billing  joe (guest, gone)  Gajim 1.8  -        90 s      2  30 s to 3 min  5 min     4  nobody is free
    "#]],
    );
    check(
        &show::agents(&view),
        &expect![[r#"
        AGENT  STATE            FOR  QUEUES          IN USE    OFFERS  SESSIONS  DEVICES
        ann    off-duty      10 min  billing, sales  chat 1/3  -       -         -
        jim    away (lunch)  10 min  billing, sales  chat 1/3  -       s11       jim@desk.localhost/work profanity 0.13.1
    "#]],
    );
    check(
        &show::queues(&view),
        &expect![[r#"
        QUEUE    LABEL    POOL  WAITING  LONGEST  ON DUTY  AVAILABLE  FREE  EXPECTED       WITHIN
        billing  Billing  main        1     90 s        1          1     0  95 s to 4 min  81 % of 320
    "#]],
    );
    check(
        &show::bindings(&view),
        &expect![[r#"
            SESSION  SIDE   PART   OUTSIDE            INSIDE  DEVICE                   ADDRESS          PROVIDER  CLIENT            FROM  TO  USED  HERE
            s11/p1   agent  owner  s0-aaaaaaaaaaaaa…  jim     jim@desk.localhost/work  192.0.2.7:51234  agents    profanity 0.13.1     2   5   5 s  yes
        "#]],
    );
}

fn provider(name: &str, state: &str) -> ProviderRow {
    let up = state == "up";
    ProviderRow {
        name: name.to_owned(),
        protocol: "xmpp".to_owned(),
        side: Side::Customer,
        address: "127.0.0.1:5347".to_owned(),
        domain: "support.example".to_owned(),
        state: state.to_owned(),
        up_s: up.then_some(300),
        why: if up { String::new() } else { "not-authorized".to_owned() },
        retry_s: (!up).then_some(8),
    }
}

#[test]
fn status_says_what_runs_and_what_is_broken() {
    let health = Health {
        status: "running".to_owned(),
        version: "0.1.0".to_owned(),
        pid: 4711,
        up_s: 300,
        data: "/var/lib/cordboard".to_owned(),
        listeners: vec![ListenerRow {
            name: "customers".to_owned(),
            protocol: "xmpp".to_owned(),
            side: Side::Customer,
            address: "0.0.0.0:5222".to_owned(),
            domain: "center.example".to_owned(),
        }],
        providers: vec![provider("prosody", "up"), provider("ejabberd", "refused")],
        web: Some("127.0.0.1:8080".to_owned()),
    };
    check(
        &show::status_text(&health, &view()),
        &expect![[r#"
            cordboard  0.1.0, running for 5 min, process 4711
            centre     Example Centre
            data       /var/lib/cordboard
            sessions   2 now (0 with dialogs, 1 waiting, 0 offered, 1 active), 12 ever
            devices    2 of customers, 1 of agents, on 3 endpoints
            rule       main / longest-idle   0123456789abcdef…   LEFT OUT: it fails, see `cordboard plugins`
            listener   customer / customers   xmpp 0.0.0.0:5222   center.example
            provider   customer / prosody   xmpp 127.0.0.1:5347   support.example   up for 5 min
            provider   customer / ejabberd   xmpp 127.0.0.1:5347   support.example   REFUSED: not-authorized; next try in 8 s
            web        http://127.0.0.1:8080/health
        "#]],
    );
}

#[test]
fn accounts_are_shown_in_tables() {
    let profile = AgentProfile {
        name: AgentName::new("jim"),
        shown_as: "Jim".to_owned(),
        skills: vec![Skill { name: "billing".to_owned(), level: 7 }],
        queues: vec!["billing".to_owned()],
        capacity: [("chat".to_owned(), 3)].into(),
        units: 100,
        addresses: vec![Address::new("corp", "jim@corp.example")],
        reached_at: std::collections::BTreeMap::new(),
        supervisor: false,
    };
    let row = |name: &str, agent: Option<AgentProfile>| {
        let addresses = agent.iter().flat_map(|agent| agent.addresses.clone()).collect();
        AccountRow { name: name.to_owned(), shown_as: "J".to_owned(), agent, addresses, attributes: Vec::new() }
    };
    check(
        &account::agents(&[row("jim", Some(profile))]),
        &expect![[r#"
            AGENT  SHOWN AS  SKILLS     QUEUES   CAPACITY  ADDRESSES
            jim    J         billing 7  billing  chat 3    corp:jim@corp.example
        "#]],
    );
    check(
        &account::customers(&[row("joe", None)]),
        &expect![[r#"
            CUSTOMER  SHOWN AS  ATTRIBUTES  ADDRESSES
            joe       J         -           -
        "#]],
    );
    check(
        &account::customers(&[]),
        &expect![[r#"
        no customer has an account; make one with `cordboard customer add`
    "#]],
    );
}

#[test]
fn bans_are_shown_unless_something_else_is_asked_for() {
    let bans = |command| Command::Bans(Bans { command, ask: Ask::default() });
    assert_eq!(typed("cordboard bans").unwrap(), bans(None));
    let json = Ask { json: true, ..Ask::default() };
    assert_eq!(typed("cordboard bans --json").unwrap(), Command::Bans(Bans { command: None, ask: json.clone() }));
    assert_eq!(typed("cordboard bans list --json").unwrap(), bans(Some(BanCommand::List(json))));
    let (who, provider, socket) = ("joe@prosody.example".to_owned(), "prosody".to_owned(), Socket::default());
    let add = BanAdd { who: who.clone(), provider, minutes: 60, socket: socket.clone() };
    let line = "cordboard bans add joe@prosody.example --provider prosody --for 60";
    assert_eq!(typed(line).unwrap(), bans(Some(BanCommand::Add(add))));
    let revoke = BanRevoke { who, provider: None, socket };
    assert_eq!(typed("cordboard bans revoke joe@prosody.example").unwrap(), bans(Some(BanCommand::Revoke(revoke))));
    let endless = typed("cordboard bans add joe --provider prosody --for 0").unwrap_err();
    assert_eq!(endless.kind(), ErrorKind::ValueValidation);
}

#[test]
fn bans_and_poison_are_shown_in_tables() {
    let ban = BanRow {
        provider: "prosody".to_owned(),
        person: "ann@prosody.example".to_owned(),
        age_s: 30,
        left_s: 570,
        why: "3 messages broke the adapter".to_owned(),
    };
    check(
        &ban::ban_table(&[ban]),
        &expect![[r#"
            WHO                  PROVIDER   FOR   LEFT  WHY
            ann@prosody.example  prosody   30 s  9 min  3 messages broke the adapter
        "#]],
    );
    check(&ban::ban_table(&[]), &expect![["nobody is kept out\n"]]);
    let poison = PoisonRow {
        age_s: 7_300,
        provider: "prosody".to_owned(),
        contact: "ann@prosody.example".to_owned(),
        failure: "trapped: unreachable".to_owned(),
        file: "/var/lib/cordboard/poison/prosody-1-e1-1.txt".to_owned(),
    };
    check(
        &ban::poison_table(&[poison]),
        &expect![[r#"
            NO  AGO  PROVIDER  CONTACT              FAILURE
             1  2 h  prosody   ann@prosody.example  trapped: unreachable
        "#]],
    );
}

#[test]
fn an_error_tells_every_cause_once() {
    let missing =
        crate::config::Config::read(std::path::Path::new("/nowhere.toml")).expect_err("there is no such file");
    let error = anyhow::Error::from(missing);
    assert_eq!(told(&error).matches("No such file").count(), 1, "{}", told(&error));
    let outer = error.context("can't check");
    assert!(
        told(&outer).starts_with("can't check: can't read the configuration /nowhere.toml: No such file"),
        "{}",
        told(&outer)
    );
}

#[test]
fn plugins_are_shown_with_what_they_do_and_why_they_do_not_serve() {
    let failures = |trapped| [("trapped".to_owned(), trapped), ("fuel".to_owned(), 0)].into();
    let rows = [
        PluginRow {
            kind: "adapter".to_owned(),
            name: "xmpp".to_owned(),
            version: "0.1.0".to_owned(),
            digest: "0123456789abcdef".repeat(4),
            generation: Some(2),
            state: "in service".to_owned(),
            serves: vec!["listener customers".to_owned()],
            age_s: 60,
            machines: 1200,
            memory_bytes: 157_286_400,
            calls: 123_456,
            fuel: 9_876_543_210,
            cpu_us: 2_500_000,
            p50_ns: Some(2_300),
            p99_ns: Some(81_920),
            failures: failures(0),
            ..PluginRow::default()
        },
        PluginRow {
            kind: "rule".to_owned(),
            name: "villain".to_owned(),
            version: "1.0.0".to_owned(),
            digest: "fedcba9876543210".repeat(4),
            state: "quarantined".to_owned(),
            quarantined_s: Some(10_900),
            why: "failed 5 times within 600 s, the last time: trapped: boom".to_owned(),
            serves: vec!["pool main".to_owned()],
            machines: 1,
            memory_bytes: 65_536,
            calls: 17,
            fuel: 900,
            cpu_us: 3,
            p50_ns: Some(900),
            p99_ns: Some(1_500),
            failures: failures(5),
            last_failure: Some(FailureRow {
                age_s: 130,
                what: "trapped: boom\u{1b}[31m".to_owned(),
                running: vec!["villain::fit".to_owned(), "cordboard_sdk::rank".to_owned()],
            }),
            ..PluginRow::default()
        },
        PluginRow {
            name: "half.wasm".to_owned(),
            state: "refused".to_owned(),
            why: "plugin half.wasm: is damaged or incomplete".to_owned(),
            ..PluginRow::default()
        },
    ];
    check(
        &format!("{}{}", plugins::plugin_table(&rows), plugins::notes(&rows)),
        &expect![[r#"
            KIND     NAME       VERSION  DIGEST        GEN  STATE        MACHINES     MEMORY   CALLS   FUEL     CPU     P50      P99  FAILED
            adapter  xmpp       0.1.0    0123456789ab    2  in service       1200  150.0 MiB  123456  9.8 G   2.5 s  2.3 µs  81.9 µs       0
            rule     villain    1.0.0    fedcba987654    -  QUARANTINED         1     64 KiB      17    900  3.0 µs  900 ns   1.5 µs       5
            -        half.wasm  -        -               -  REFUSED             -          -       -      -       -       -        -       -

            rule villain fedcba987654
              quarantined for 3 h: failed 5 times within 600 s, the last time: trapped: boom
              failures: trapped 5
              the last, 2 min ago: trapped: boom�[31m
                in villain::fit
                in cordboard_sdk::rank

            half.wasm
              refused: plugin half.wasm: is damaged or incomplete
        "#]],
    );
    check(&plugins::plugin_table(&[]).to_string(), &expect![["no plugins\n"]]);
}
