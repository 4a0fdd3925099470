//! The operator's file is read again while people talk.

use crate::Scenario;
use crate::rig::{Bystanders, CENTER_BILLING, Centre, Host, Raw, cordboard, said, text_of, until};
use std::fs;
use std::path::Path;

pub(crate) const ALL: &[Scenario] = &[Scenario {
    name: "queues and rules change under a conversation that goes on, and a bad file changes nothing",
    needs: &[],
    run: changes,
}];

const SKILLS: &str = "required = { billing = 3 }";

/// Replaces a line of the operator's file.
fn edit(file: &Path, line: &str, instead: &str) {
    let text = fs::read_to_string(file).expect("the file is there");
    assert_eq!(text.matches(line).count(), 1, "{line:?} stands in the file once");
    fs::write(file, text.replacen(line, instead, 1)).expect("the file can be written");
}

/// What the command says, which has these parts and ends with this code.
fn reload(host: &Host, code: i32, parts: &[&str]) {
    let reloaded = host.ask(&["reload"]);
    assert_eq!(reloaded.status.code(), Some(code), "{}", said(&reloaded));
    for part in parts {
        assert!(said(&reloaded).contains(part), "{part}: {}", said(&reloaded));
    }
}

fn changes() {
    let centre = Centre::in_the_clear(&[
        ("rules = [\"least-busy\", \"longest-idle\"]", "rules = [\"skill-level\", \"longest-idle\"]"),
        ("[rules.longest-idle]", &format!("[rules.skill-level.queues.billing]\n{SKILLS}")),
    ]);
    let file = centre.file();
    let mut host = Host::serve(centre);
    host.people(&[("jim", 3)], &["joe", "eve", "max"]);
    let mut talking = Bystanders::at(&host);
    reload(&host, 0, &["nothing has changed that can change now"]);

    let higher = "required = { billing = 9 }";
    edit(&file, SKILLS, higher);
    edit(&file, "max_waiting = 200", "max_waiting = 1");
    reload(&host, 0, &["in force now: rules' settings, queues"]);
    let mut eve = Raw::online(host.customers(), "eve@center.example/phone", "eve");
    eve.say(CENTER_BILLING, "e1", "Hello?");
    host.look_until("status", &["\"waiting\":1"]);
    let mut max = Raw::online(host.customers(), "max@center.example/phone", "max");
    max.say(CENTER_BILLING, "m1", "And I?");
    max.take("Too many are waiting for Billing");
    talking.round_trip();

    edit(&file, "max_waiting = 1", "max_waiting = \"few\"");
    reload(&host, 1, &["`max_waiting` is not what it should be", "fix: "]);
    edit(&file, "max_waiting = \"few\"", "max_waiting = 5");
    edit(&file, higher, "required = { billing = 11 }");
    reload(&host, 1, &["[rules.skill-level]", "found: the number 11"]);
    edit(&file, "required = { billing = 11 }", higher);
    let (rules, unknown) = ("\nrules = [\"skill-level\", ", "\nrules = [\"skill-levels\", ");
    edit(&file, rules, unknown);
    reload(&host, 1, &["skill-level"]);
    edit(&file, unknown, rules);
    assert!(host.look("status").to_string().contains("\"waiting\":1"), "the old settings hold");
    talking.round_trip();

    edit(&file, higher, SKILLS);
    edit(&file, "idle_ms = 150000", "idle_ms = 100000");
    host.hang_up();
    host.look_until("status", &["\"waiting\":0", "\"offered\":1"]);
    until("what needs a restart is logged", || host.log().contains("needs a restart: [limits] idle_ms"));
    talking.round_trip();

    let config = text_of(&file);
    let stopped = cordboard(&["stop", "--config", &config]).output().expect("cordboard runs");
    assert!(stopped.status.success(), "{}", said(&stopped));
    assert!(host.ended().success());
    let replayed = cordboard(&["replay", "--config", &config]).output().expect("cordboard runs");
    assert_eq!(replayed.status.code(), Some(0), "{}", said(&replayed));
}
