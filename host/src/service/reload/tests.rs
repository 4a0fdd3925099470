//! What a file that was read again changes, and what it can't.

use super::*;
use std::path::Path;

const EXAMPLE: &str = include_str!("../../../cordboard.example.toml");

/// The example with some of its text replaced.
fn example(replaced: &[(&str, &str)]) -> Config {
    let mut text = EXAMPLE.to_owned();
    for (old, new) in replaced {
        assert!(text.contains(old), "{old} stands in the example");
        text = text.replacen(old, new, 1);
    }
    Config::parse("cordboard.toml", &text, Path::new("")).unwrap_or_else(|problems| panic!("{problems}"))
}

fn said(replaced: &[(&str, &str)]) -> String {
    let Merged { changed, restart, .. } = merged(&example(&[]), example(replaced));
    told(&changed, &restart)
}

#[test]
fn the_same_file_changes_nothing() {
    assert_eq!(said(&[]), "nothing has changed that can change now");
    assert_eq!(said(&[("# Paths are", "# Yes, paths are")]), "nothing has changed that can change now");
}

#[test]
fn what_the_centre_works_by_changes_at_once() {
    let replaced = [
        ("name = \"Example Centre\"", "name = \"Another\""),
        ("rules = [\"least-busy\", \"longest-idle\"]", "rules = [\"longest-idle\"]"),
        ("max_waiting = 200", "max_waiting = 2"),
        ("greeting = \"Welcome to Billing", "greeting = \"Hello, this is Billing"),
        ("expire_s = 20", "expire_s = 5"),
        ("sessions_per_customer = 8", "sessions_per_customer = 9"),
        ("[rules.longest-idle]", "[rules.longest-idle]\nafter_s = 3"),
        ("# [[medium]]\n# name = \"voice\"", "[[medium]]\nname = \"voice\"\n"),
        ("# [compatibility]\n# xmpp", "[compatibility]\nxmpp"),
    ];
    assert_eq!(
        said(&replaced),
        "in force now: the name, pools, rules' settings, queues, links, media, compatibility, times, limits"
    );
    let config = merged(&example(&[]), example(&replaced)).config;
    assert_eq!(config.settings, example(&replaced).settings);
}

#[test]
fn what_can_not_change_is_named_and_stays() {
    let replaced = [
        ("folder = \"data\"", "folder = \"elsewhere\""),
        ("folder = \"plugins\"", "folder = \"other\""),
        ("address = \"0.0.0.0:5222\"", "address = \"0.0.0.0:6222\""),
        ("address = \"127.0.0.1:8080\"", "address = \"127.0.0.1:8081\""),
        ("level = \"info\"", "level = \"debug\""),
        ("idle_ms = 150000", "idle_ms = 15000"),
        ("# connections = 20000", "connections = 20"),
        ("max_waiting = 200", "max_waiting = 2"),
    ];
    assert_eq!(
        said(&replaced),
        "in force now: queues; needs a restart: [storage], [plugins], [web], [log], [[listener]] `customers`, \
         [limits] connections, [limits] idle_ms"
    );
    let (old, merged) = (example(&[]), merged(&example(&[]), example(&replaced)).config);
    assert_eq!((merged.data, merged.plugins, merged.web), (old.data, old.plugins, old.web));
    assert_eq!((merged.listeners, merged.settings.limits), (old.listeners, old.settings.limits));
    assert_eq!(merged.settings.queues[0].max_waiting, 2);
}

#[test]
fn connections_that_were_fitted_to_the_machine_are_no_difference() {
    let mut old = example(&[]);
    old.settings.limits.connections = 700;
    let Merged { changed, restart, config } = merged(&old, example(&[]));
    assert_eq!((changed, restart), (Vec::new(), Vec::<String>::new()));
    assert_eq!(config.settings.limits.connections, 700);
}
