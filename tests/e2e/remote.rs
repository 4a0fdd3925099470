//! One Cordboard asks another who serves its customers: the rule `remote`, with real HTTP between two programs.

use crate::Scenario;
use crate::rig::{CENTER_BILLING, Centre, Host, Raw, accept_raw, cordboard, said, text_of, until};
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;

pub(crate) const ALL: &[Scenario] = &[Scenario {
    name: "another Cordboard says who serves a customer, and hears when it is over",
    needs: &[],
    run: says_who_serves,
}];

const RULES: &str = "rules = [\"least-busy\", \"longest-idle\"]";
const NO_GRANTS: &str = "# grants = { crm = { hosts = [\"api.example.com\", \"*.map.example\"] }, remote = { hosts = [\"b.example\"], secrets = { token = { file = \"b.token\" } } } }";

/// The routing server: two agents who take one chat each, and whoever has its token is a switch to it.
struct Routing {
    host: Host,
    token: String,
}

impl Routing {
    fn new() -> Self {
        let host = Host::serve(Centre::in_the_clear(&[("wrap_up_s = 30", "wrap_up_s = 0")]));
        host.people(&[("jim", 1), ("ann", 1)], &[]);
        let file = text_of(&host.data().join("tokens.toml"));
        let line = ["token", "add", "asking", "--role", "route,presence", "--tokens", &file];
        let made = cordboard(&line).output().expect("cordboard runs");
        assert!(made.status.success(), "{}", said(&made));
        let token = String::from_utf8(made.stdout).expect("a token is text").trim().to_owned();
        Self { host, token }
    }

    fn is_available(&self, agent: &str) {
        let body = "{\"state\": \"available\"}";
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, self.host.web())).expect("HTTP is served");
        let request = format!(
            "POST /v1/agents/{agent}/state HTTP/1.1\r\nhost: b\r\nauthorization: Bearer {}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        socket.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("it answers");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// The session that this agent has there has this state.
    fn has(&self, state: &str, agent: &str) {
        let has = |row: &serde_json::Value| row["state"] == state && row.to_string().contains(&format!("\"{agent}\""));
        until(&format!("a session there is {state} by {agent}"), || {
            self.host.look("sessions").as_array().is_some_and(|rows| rows.iter().any(has))
        });
    }
}

/// The centre that asks, by a rule that has a name of its own; its settings let the plugin ask.
fn asking(routing: &Routing) -> Centre {
    let settings = format!(
        "[[rule]]\nname = \"elsewhere\"\nplugin = \"remote\"\n[rule.settings]\nurl = \"http://127.0.0.1:{}\"\nauthorization = \"Bearer {{secret:token}}\"\npoll_s = 1",
        routing.host.web()
    );
    let centre = Centre::in_the_clear(&[
        (RULES, "rules = [\"elsewhere\", \"longest-idle\"]"),
        ("[rules.longest-idle]", &settings),
        ("wrap_up_s = 30", "wrap_up_s = 0"),
    ]);
    let check = || cordboard(&["check", "--config", &text_of(&centre.file())]).output().expect("cordboard runs");
    let refused = check();
    assert_eq!(refused.status.code(), Some(1));
    for part in [
        "`settings` of [[rule]] `elsewhere`: the plugin is not granted the host 127.0.0.1",
        "`settings` of [[rule]] `elsewhere`: the plugin is not granted the secret token",
        "write below [plugins.grants.remote] `hosts = [\"127.0.0.1\"]`",
    ] {
        assert!(said(&refused).contains(part), "{part}: {}", said(&refused));
    }
    centre.replace(
        NO_GRANTS,
        "grants = { remote = { hosts = [\"127.0.0.1\"], secrets = { token = { file = \"b.token\" } } } }",
    );
    let refused = check();
    assert!(said(&refused).contains("the secret `token`: its secret can't be read"), "{}", said(&refused));
    let folder = centre.file().parent().expect("it has one").to_owned();
    fs::write(folder.join("b.token"), format!("{}\n", routing.token)).expect("the folder can be written");
    centre
}

/// A customer who has written to billing.
fn customer(host: &Host, name: &str) -> Raw {
    let mut customer = Raw::online(host.customers(), &format!("{name}@center.example/phone"), name);
    customer.say(CENTER_BILLING, "first", &format!("Hello from {name}"));
    customer
}

fn agent(host: &Host, name: &str) -> Raw {
    let agent = Raw::online(host.agents(), &format!("{name}@desk.center.example/desk"), name);
    until("the agent is there", || {
        let rows = host.look("agents");
        let is_here = |row: &serde_json::Value| row["name"] == name && row["state"] == "available";
        rows.as_array().is_some_and(|rows| rows.iter().any(is_here))
    });
    agent
}

fn says_who_serves() {
    let mut routing = Routing::new();
    let host = Host::serve(asking(&routing));
    host.people(&[("jim", 3), ("ann", 3)], &["joe", "eve", "max"]);
    // Jim is idle longer: without the other server everything would be offered to him.
    let (mut jim, mut ann) = (agent(&host, "jim"), agent(&host, "ann"));

    let _joe = customer(&host, "joe");
    host.look_until("sessions", &["another server has nobody for it yet"]);
    assert!(routing.host.look("sessions").to_string().contains("\"waiting\""), "it waits there");
    routing.is_available("ann");
    accept_raw(&mut ann, "Hello from joe");
    routing.has("active", "ann");
    ann.say("desk.center.example", "end", "end");
    ann.take("has ended");

    // Ann takes one chat there: so she is named again only after that server has heard that the first is over.
    let _eve = customer(&host, "eve");
    ann.take("Say `accept");
    routing.has("active", "ann");
    // She does not want it, and is not named again; so it waits there, until there is somebody else.
    ann.say("desk.center.example", "no", "decline");
    host.look_until("sessions", &["another server has nobody for it yet"]);
    routing.is_available("jim");
    accept_raw(&mut jim, "Hello from eve");
    routing.has("active", "jim");

    routing.host.kill();
    let _max = customer(&host, "max");
    host.look_until("sessions", &["\"offered\""]);
    assert!(host.log().contains("nothing is asked there for 30 s"), "the operator hears of it");
    assert!(!host.log().contains(&routing.token), "a secret is in the log");
    assert_eq!(files_with(host.data(), routing.token.as_bytes()), Vec::<String>::new(), "a secret is stored");
}

/// Files below a folder in which these bytes stand.
fn files_with(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("it is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, bytes));
        } else if fs::read(&path).is_ok_and(|all| all.windows(bytes.len()).any(|window| window == bytes)) {
            found.push(text_of(&path));
        }
    }
    found
}
