//! Candidates beside the rules in service, in a live host: a shadow that differs and does nothing, and a canary that traps.

use crate::Scenario;
use crate::contained::centre;
use crate::rig::{Bystanders, Centre, Host, Raw, cordboard, said, text_of, until};
use serde_json::Value;

pub(crate) const ALL: &[Scenario] = &[
    Scenario { name: "a shadow says what it would have done, and nothing of it is done", needs: &[], run: shadow },
    Scenario { name: "a shadow has other settings of the rule that is in service", needs: &[], run: other_settings },
    Scenario { name: "a canary that traps is rolled back, and no conversation is lost", needs: &[], run: canary },
];

/// Candidates of the only pool.
fn of_pool(host: &Host) -> Value {
    host.look("shadow")[0].clone()
}

/// What the command says, which has these parts.
fn says(host: &Host, arguments: &[&str], parts: &[&str]) {
    let told = host.ask(arguments);
    assert!(told.status.success(), "{}", said(&told));
    for part in parts {
        assert!(said(&told).contains(part), "{part}: {}", said(&told));
    }
}

/// Stops it, and replays its journal.
pub(crate) fn replays(mut host: Host, config: &str) {
    let stopped = cordboard(&["stop", "--config", config]).output().expect("cordboard runs");
    assert!(stopped.status.success(), "{}", said(&stopped));
    assert!(host.ended().success());
    let replayed = cordboard(&["replay", "--config", config]).output().expect("cordboard runs");
    assert_eq!(replayed.status.code(), Some(0), "{}", said(&replayed));
}

fn shadow() {
    let in_service = "rules = [\"longest-idle\"]";
    let with_shadow = "rules = [\"longest-idle\"]\nshadow = [\"skill-level\"]";
    let centre = Centre::in_the_clear(&[
        ("rules = [\"least-busy\", \"longest-idle\"]", with_shadow),
        ("[rules.longest-idle]", "[rules.skill-level.queues.billing]\nrequired = { billing = 9 }"),
    ]);
    let (file, config) = (centre.file(), text_of(&centre.file()));
    let host = Host::serve(centre);
    host.people(&[("jim", 3)], &["joe", "eve"]);
    let mut talking = Bystanders::at(&host);
    let shadow = of_pool(&host)["shadow"]["compared"].clone();
    assert!(shadow["nobody"].as_u64() >= Some(1) && shadow["failed"] == 0, "{shadow:#}");
    says(
        &host,
        &["shadow"],
        &["skill-level", "session s1: offered to jim; the shadow: waits, skill-level keeps nobody"],
    );
    assert!(host.look("status").to_string().contains("\"active\":1"), "what the shadow said was not done");
    says(&host, &["plugins", "--json"], &["shadow of pool main"]);
    talking.round_trip();

    let text = std::fs::read_to_string(&file).expect("the file is there");
    std::fs::write(&file, text.replacen(with_shadow, "rules = [\"skill-level\"]", 1)).expect("it can be written");
    says(&host, &["reload"], &["in force now: pools"]);
    says(&host, &["shadow"], &["no pool has candidates"]);
    let mut eve = Raw::online(host.customers(), "eve@center.example/phone", "eve");
    eve.say("billing@center.example", "e1", "Hello?");
    host.look_until("status", &["\"waiting\":1"]);
    talking.round_trip();
    let text = std::fs::read_to_string(&file).expect("the file is there");
    let back = format!("{in_service}\ncanary = {{ rules = [\"skill-level\"], share = 0 }}");
    std::fs::write(&file, text.replacen("rules = [\"skill-level\"]", &back, 1)).expect("it can be written");
    says(&host, &["reload"], &["in force now: pools"]);
    host.look_until("status", &["\"waiting\":0", "\"offered\":1"]);
    talking.round_trip();
    replays(host, &config);
}

fn other_settings() {
    let strict = "[[rule]]\nname = \"skill-strict\"\nplugin = \"skill-level\"\n\
        [rule.settings.queues.billing]\nrequired = { billing = 9 }\n";
    let settings = format!("[rules.skill-level.queues.billing]\nrequired = {{ billing = 2 }}\n{strict}");
    let centre = Centre::in_the_clear(&[
        (
            "rules = [\"least-busy\", \"longest-idle\"]",
            "rules = [\"skill-level\", \"longest-idle\"]\nshadow = [\"skill-strict\", \"longest-idle\"]",
        ),
        ("[rules.longest-idle]", &settings),
    ]);
    let (file, config) = (centre.file(), text_of(&centre.file()));
    let text = std::fs::read_to_string(&file).expect("the file is there");
    let host = Host::serve(centre);
    host.people(&[("jim", 3)], &["joe", "eve"]);
    let mut talking = Bystanders::at(&host);
    says(
        &host,
        &["shadow"],
        &["skill-strict, longest-idle", "session s1: offered to jim; the shadow: waits, skill-strict keeps nobody"],
    );
    says(&host, &["plugins", "--json"], &["\"pool main\"", "\"shadow of pool main as skill-strict\""]);
    says(&host, &["explain", "1"], &["skill-level (", "the shadow would have let it wait: skill-strict keeps nobody"]);

    for (wrong, parts) in [
        ("plugin = \"skil-level\"", ["[[rule]] `skill-strict`: there is no rule \"skil-level\"", "skill-level"]),
        (
            "plugin = \"skill-level\"\ncolour = 1",
            ["[[rule]] `skill-strict` has no setting `colour`", "name, plugin, settings"],
        ),
    ] {
        std::fs::write(&file, text.replacen("plugin = \"skill-level\"", wrong, 1)).expect("it can be written");
        let refused = host.ask(&["reload"]);
        assert!(
            !refused.status.success() && parts.iter().all(|part| said(&refused).contains(part)),
            "{}",
            said(&refused)
        );
    }
    std::fs::write(&file, text.replacen("{ billing = 9 }", "{ billing = 3 }", 1)).expect("it can be written");
    says(&host, &["reload"], &["in force now: rules' settings"]);
    let mut eve = Raw::online(host.customers(), "eve@center.example/phone", "eve");
    eve.say("billing@center.example", "e1", "Hello?");
    host.look_until("status", &["\"offered\":1"]);
    let compared = of_pool(&host)["shadow"]["compared"].clone();
    assert!(compared["compared"].as_u64() >= Some(1) && compared["nobody"] == 0, "{compared:#}");
    talking.round_trip();
    let day = text_of(&file.with_file_name("day.journal"));
    says(&host, &["journal", "export", &day], &[]);
    let played = cordboard(&["replay", &day, "--config", &config, "--rules", "main=skill-strict"]).output();
    let played = played.expect("cordboard runs");
    assert!(said(&played).contains("other rules  skill-strict ("), "{}", said(&played));
    replays(host, &config);
}

fn canary() {
    let trap = "\n[[queue]]\nname = \"trap\"\npool = \"main\"\n[[link]]\nalias = \"trap\"\nqueue = \"trap\"\n";
    let rules = "\"longest-idle\"]\ncanary = { rules = [\"traps-rule\"], share = 1 }\n#";
    let centre = centre(&["traps-rule"], rules, trap);
    let config = text_of(&centre.file());
    let host = Host::serve(centre);
    host.people(&[("jim", 3)], &["joe", "eve", "max"]);
    assert!(host.add(&["agent", "add", "ann", "--queues", "trap", "--capacity", "chat=100"], "ann").status.success());
    let _ann = Raw::online(host.agents(), "ann@desk.center.example/desk", "ann");
    let mut talking = Bystanders::at(&host);
    let decided = of_pool(&host)["canary"]["decided"].clone();
    assert!(decided["decided"].as_u64() >= Some(1) && decided["failed"] == 0, "{decided:#}");

    for name in ["eve", "max"] {
        let mut stranger = Raw::online(host.customers(), &format!("{name}@center.example/phone"), name);
        stranger.say("trap@center.example", "t1", "Help");
        talking.round_trip();
    }
    host.look_until("shadow", &["\"rolled_back\":{\"rule\":\"traps-rule\""]);
    host.look_until("status", &["\"waiting\":0", "\"offered\":2"]);
    says(&host, &["shadow"], &["ROLLED BACK", "cordboard plugin release traps-rule"]);
    says(&host, &["plugins"], &["the canary of pool main is rolled back: failed 2 times within 600 s"]);
    says(&host, &["explain", "2"], &["instead of the canary, which failed", "the canary's traps-rule"]);
    until("the roll-back is logged", || host.log().contains("canary-rolled-back"));
    talking.round_trip();

    says(&host, &["plugin", "release", "traps-rule"], &["in service again"]);
    host.look_until("shadow", &["\"rolled_back\":null"]);
    talking.round_trip();
    replays(host, &config);
}
