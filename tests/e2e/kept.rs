//! What the host has found out about plugins is known after kill -9: a rule in quarantine stays there and a canary stays rolled back, until
//! another component is there or somebody releases it.

use crate::Scenario;
use crate::candidates::replays;
use crate::contained::{centre, stands};
use crate::plugins::altered;
use crate::rig::{Host, Raw, said, text_of, until};
use serde_json::Value;
use std::fs;

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "a rule in quarantine stays there over kill -9, and a mended one in the folder serves",
        needs: &[],
        run: quarantine,
    },
    Scenario {
        name: "a canary that was rolled back stays so over kill -9, until it is released",
        needs: &[],
        run: canary,
    },
];

/// A queue, and a rule that has a name of its own.
const MORE: &str = "\n[[queue]]\nname = \"trap\"\npool = \"main\"\n[[link]]\nalias = \"trap\"\nqueue = \"trap\"\n\
    [[rule]]\nname = \"tried\"\nplugin = \"traps-rule\"\n";

fn says(host: &Host, arguments: &[&str], parts: &[&str]) {
    let told = host.ask(arguments);
    assert!(told.status.success(), "{}", said(&told));
    for part in parts {
        assert!(said(&told).contains(part), "{part}: {}", said(&told));
    }
}

/// Somebody who makes the rule trap.
fn comes(host: &Host, name: &str) -> Raw {
    let mut stranger = Raw::online(host.customers(), &format!("{name}@center.example/phone"), name);
    stranger.say("trap@center.example", "t1", "Help");
    stranger
}

/// With ann, who takes whoever comes to the queue.
fn serve(rules: &str) -> (Host, String, Raw) {
    let centre = centre(&["traps-rule"], rules, MORE);
    let config = text_of(&centre.file());
    let host = Host::serve(centre);
    host.people(&[], &["eve", "max", "sue", "zoe"]);
    assert!(host.add(&["agent", "add", "ann", "--queues", "trap", "--capacity", "chat=100"], "ann").status.success());
    let ann = ann(&host);
    (host, config, ann)
}

fn ann(host: &Host) -> Raw {
    let ann = Raw::online(host.agents(), "ann@desk.center.example/desk", "ann");
    host.look_until("agents", &["ann", "available"]);
    ann
}

fn dies_and_starts_again(host: &mut Host) -> Raw {
    host.kill();
    host.start_again();
    ann(host)
}

fn quarantine() {
    let (mut host, config, _ann) = serve("\"traps-rule\", \"longest-idle\"");
    let _strangers = ["eve", "max"].map(|name| comes(&host, name));
    let before = stands(&host, "traps-rule", "quarantined");

    let _ann = dies_and_starts_again(&mut host);
    let row = stands(&host, "traps-rule", "quarantined");
    assert_eq!(row["why"], before["why"], "{row:#}");
    assert!(row["failures"].as_object().expect("kinds").values().all(|count| count == 0), "none since: {row:#}");
    says(&host, &["plugins"], &["quarantined for ", "failed 2 times within 600 s"]);
    until("it is logged", || host.log().contains("rule-still-quarantined"));
    let _sue = comes(&host, "sue");
    host.look_until("status", &["\"waiting\":0", "\"offered\":3"]);
    let sessions = host.look("sessions");
    let third = sessions.as_array().expect("rows").iter().find(|row| row["id"] == 3).expect("sue's");
    assert!(third["why"].as_str().is_some_and(|why| why.contains("without traps-rule")), "{third:#}");
    says(&host, &["explain", "3"], &["traps-rule", "was not asked: failed 2 times within 600 s"]);

    let folder = config.rsplit_once('/').expect("a file in a folder").0;
    let mended = altered("longest-idle", "traps-rule", "version = \"9.9.9\"");
    fs::write(format!("{folder}/plugins/traps-rule.wasm"), mended).expect("the folder can be written");
    let serves = |host: &Host| {
        until("the mended one serves", || {
            let rows = host.look("plugins");
            let mut rows = rows.as_array().expect("rows").iter();
            rows.any(|row| row["name"] == "traps-rule" && row["version"] == "9.9.9" && row["state"] == "in service")
        });
    };
    serves(&host);
    let _ann = dies_and_starts_again(&mut host);
    serves(&host);
    let _zoe = comes(&host, "zoe");
    host.look_until("sessions", &["zoe", "\"state\":\"offered\""]);
    assert_eq!(stands(&host, "traps-rule", "in service")["why"], Value::from(""));
    replays(host, &config);
}

fn canary() {
    let rules = "\"longest-idle\"]\ncanary = { rules = [\"tried\"], share = 1 }\n#";
    let (mut host, config, _ann) = serve(rules);
    let _strangers = ["eve", "max"].map(|name| comes(&host, name));
    let rolled_back = "\"rolled_back\":{\"rule\":\"tried\"";
    host.look_until("shadow", &[rolled_back]);

    let _ann = dies_and_starts_again(&mut host);
    host.look_until("shadow", &[rolled_back]);
    says(&host, &["shadow"], &["ROLLED BACK", "cordboard plugin release tried"]);
    says(&host, &["plugins"], &["the canary of pool main is rolled back: failed 2 times within 600 s"]);
    let _sue = comes(&host, "sue");
    host.look_until("status", &["\"waiting\":0", "\"offered\":3"]);
    assert_eq!(host.look("shadow")[0]["canary"]["decided"]["decided"], 0, "the rules in service decide");

    // It would trap for them again.
    for session in ["1", "2", "3"] {
        says(&host, &["close", session], &["ends"]);
    }
    host.look_until("status", &["\"offered\":0"]);
    says(&host, &["plugin", "release", "tried"], &["in service again"]);
    host.look_until("shadow", &["\"rolled_back\":null"]);
    let _ann = dies_and_starts_again(&mut host);
    host.look_until("shadow", &["\"rolled_back\":null"]);
    stands(&host, "traps-rule", "in service");
    replays(host, &config);
}
