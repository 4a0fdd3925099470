//! A telephone switch asks for agents over HTTP, with the very lines of the README.

use crate::Scenario;
use crate::rig::{Centre, Host, Need, root, said, until};
use serde_json::Value;
use std::fs;
use std::process::Command;

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "a switch asks for agents with the lines of the README",
        needs: &[Need::Curl],
        run: lines_of_the_readme,
    },
    Scenario { name: "a request of a switch survives a crash", needs: &[Need::Curl], run: survives_a_crash },
];

/// A switch with a token.
struct Switch {
    host: Host,
    token: String,
    id: String,
}

impl Switch {
    /// A centre with a queue of calls and two agents who have telephones only.
    fn new() -> Self {
        let calls = "queue = \"sales\"\n\n[[queue]]\nname = \"calls\"\npool = \"main\"\nmedium = \"voice\"";
        let at_once = ("wrap_up_s = 30", "wrap_up_s = 0");
        let host = Host::serve(Centre::in_the_clear(&[("queue = \"sales\"", calls), at_once]));
        for (name, number) in [("jim", "1234"), ("ann", "1235")] {
            let reach = format!("voice=sip:{number}@pbx.example");
            let line = ["agent", "add", name, "--queues", "calls", "--capacity", "voice=1", "--reach", &reach];
            let added = host.add(&line, name);
            assert!(added.status.success(), "{}", said(&added));
        }
        let file = host.data().join("tokens.toml");
        let line =
            ["token", "add", "pbx", "--role", "route,presence", "--tokens", file.to_str().expect("a plain path")];
        let made = crate::rig::cordboard(&line).output().expect("cordboard runs");
        assert!(made.status.success(), "{}", said(&made));
        let token = String::from_utf8(made.stdout).expect("a token is text").trim().to_owned();
        assert!(token.starts_with("cbt_"), "{token}");
        Self { host, token, id: String::new() }
    }

    /// Runs a line as a person would who has the variables set.
    fn run(&self, line: &str) -> String {
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).env("API", format!("http://127.0.0.1:{}/v1", self.host.web())).env("ID", &self.id);
        let output = shell.env("AUTH", format!("Authorization: Bearer {}", self.token)).output().expect("a shell runs");
        assert!(output.status.success(), "{line}: {output:?}");
        String::from_utf8(output.stdout).expect("JSON is text")
    }

    fn ask(&self, line: &str) -> Value {
        let answer = self.run(line);
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{line} gave {answer:?}: {error}"))
    }

    fn post(&self, path: &str, body: &str) -> Value {
        self.ask(&format!("curl -s -H \"$AUTH\" $API/{path} -d '{body}'"))
    }
}

/// The README's line with this in it.
fn line(part: &str) -> String {
    let readme = fs::read_to_string(root().join("README.md")).expect("the README is there");
    let lines: Vec<&str> =
        readme.lines().map(str::trim).filter(|l| l.starts_with("curl ") && l.contains(part)).collect();
    let [line] = lines[..] else { panic!("the README has {lines:?} with {part:?}") };
    line.to_owned()
}

fn has(answer: &Value, facts: &[(&str, Value)]) {
    for (name, value) in facts {
        assert_eq!(&answer[*name], value, "{name} in {answer}");
    }
}

fn lines_of_the_readme() {
    let mut switch = Switch::new();
    has(&switch.ask(&line("/agents/jim/state")), &[("state", "available".into())]);
    let asked = switch.ask(&line("$API/route -d"));
    let jim = [("agent", "jim".into()), ("address", "sip:1234@pbx.example".into()), ("offer", 1.into())];
    has(&asked, &[&[("state", Value::from("offered")), ("medium", "voice".into())][..], &jim[..]].concat());
    assert_eq!(switch.ask(&line("$API/route -d")), asked, "asked again with the same key it is the same request");
    asked["id"].as_str().expect("an identifier").clone_into(&mut switch.id);
    has(&switch.ask(&line("?wait=30")), &jim);
    switch.post("agents/ann/state", "{\"state\": \"available\"}");
    has(&switch.ask(&line("/declined")), &[("agent", "ann".into()), ("offer", 2.into())]);
    has(&switch.post(&format!("route/{}/accepted", switch.id), "{\"offer\": 1}"), &[("code", "stale".into())]);
    has(&switch.ask(&line("/accepted")), &[("state", "accepted".into()), ("address", "sip:1235@pbx.example".into())]);
    let sessions = switch.host.look("sessions").to_string();
    assert!(sessions.contains("+4930123") && sessions.contains("\"active\""), "{sessions}");
    has(&switch.ask(&line("/ended")), &[("state", "ended".into()), ("reason", "ended by the switch".into())]);
    has(&switch.ask(&line("/abandoned")), &[("state", "ended".into()), ("reason", "ended by the switch".into())]);
    let events = switch.run(&line("/events"));
    assert!(events.starts_with("event: ended\ndata: {") && events.matches("event:").count() == 1, "{events}");
    has(&switch.ask(&line("openapi.json")), &[("openapi", "3.1.0".into())]);
    let unknown = switch.ask("curl -s -H 'Authorization: Bearer cbt_x' $API/route/x");
    has(&unknown, &[("code", "unauthorized".into())]);
    assert!(!switch.host.log().contains(&switch.token), "a token is in the log");
}

fn survives_a_crash() {
    let mut switch = Switch::new();
    switch.post("agents/jim/state", "{\"state\": \"available\"}");
    let call = "{\"queue\": \"calls\", \"caller\": \"+49\"}";
    let first = switch.post("route", call);
    let second = switch.post("route", call);
    has(&second, &[("state", "waiting".into()), ("place", 1.into())]);
    let accepted = format!("route/{}/accepted", first["id"].as_str().expect("an identifier"));
    has(&switch.post(&accepted, "{\"offer\": 1}"), &[("state", "accepted".into())]);
    switch.host.kill();
    switch.host.start_again();
    has(&switch.post(&accepted, "{\"offer\": 1}"), &[("state", "accepted".into()), ("agent", "jim".into())]);
    second["id"].as_str().expect("an identifier").clone_into(&mut switch.id);
    let look = "curl -s -H \"$AUTH\" \"$API/route/$ID\"";
    has(&switch.ask(look), &[("state", "waiting".into()), ("place", 1.into())]);
    switch.post(&accepted.replace("/accepted", "/ended"), "");
    until("the second call is offered after the first", || switch.ask(look)["agent"] == "jim");
}
