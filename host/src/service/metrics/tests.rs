//! Figures as they are scraped.

use super::*;
use crate::centre::view::StatusView;
use crate::engine::Tally;
use crate::model::Digest;
use crate::plugin::Kind;
use expect_test::expect;

fn text(families: Vec<Family>) -> String {
    let mut registry = Registry::with_prefix("cordboard");
    registry.register_collector(Box::new(Families(families)));
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    text
}

fn snapshot() -> Snapshot {
    Snapshot {
        kind: Kind::Rule,
        name: "longest-idle".to_owned(),
        version: "0.1.0".to_owned(),
        digest: Digest([0xab; 32]),
        size_bytes: 1,
        age: Duration::ZERO,
        reading: Tally::default().read(),
        failing: None,
    }
}

#[test]
fn plugins_are_labelled_by_kind_name_and_digest() {
    let text = text(plugins(&[snapshot()]));
    let figures: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && !line.contains("_bucket{")).collect();
    expect![[r#"
        cordboard_plugin_call_seconds_sum{kind="rule",plugin="longest-idle",digest="abababababab"} 0.0
        cordboard_plugin_call_seconds_count{kind="rule",plugin="longest-idle",digest="abababababab"} 0
        cordboard_plugin_fuel_total{kind="rule",plugin="longest-idle",digest="abababababab"} 0
        cordboard_plugin_failures_total{kind="rule",plugin="longest-idle",digest="abababababab",failure="trapped"} 0
        cordboard_plugin_failures_total{kind="rule",plugin="longest-idle",digest="abababababab",failure="fuel"} 0
        cordboard_plugin_failures_total{kind="rule",plugin="longest-idle",digest="abababababab",failure="limit"} 0
        cordboard_plugin_failures_total{kind="rule",plugin="longest-idle",digest="abababababab",failure="contract"} 0
        cordboard_plugin_failures_total{kind="rule",plugin="longest-idle",digest="abababababab",failure="refused"} 0
        cordboard_plugin_machines{kind="rule",plugin="longest-idle",digest="abababababab"} 0
        cordboard_plugin_memory_bytes{kind="rule",plugin="longest-idle",digest="abababababab"} 0
        cordboard_plugin_failing{kind="rule",plugin="longest-idle",digest="abababababab"} 0"#]]
    .assert_eq(&figures.join("\n"));
    assert_eq!(text.matches("_bucket{").count(), DOUBLINGS.len() + 1);
    assert!(text.contains("le=\"+Inf\"") && text.ends_with("# EOF\n"), "{text}");
}

#[test]
fn the_centre_is_told_by_queue_and_side_and_nobody_by_name() {
    let status = StatusView {
        name: "Centre".to_owned(),
        endpoints: 3,
        customers: 2,
        agents: 1,
        sessions: 4,
        waiting: 1,
        offered: 0,
        active: 2,
        sessions_ever: 12,
        rules: Vec::new(),
        candidates: Vec::new(),
    };
    let queue = QueueView {
        name: "billing".to_owned(),
        label: "Billing".to_owned(),
        pool: "main".to_owned(),
        waiting: 1,
        longest_wait_ms: 61_500,
        on_duty: 3,
        available: 2,
        wait: None,
        measured: None,
        free: 1,
    };
    let text = text(centre(&Summary { status, queues: vec![queue] }));
    let figures: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    expect![[r#"
        cordboard_sessions{state="waiting"} 1
        cordboard_sessions{state="offered"} 0
        cordboard_sessions{state="active"} 2
        cordboard_sessions{state="other"} 1
        cordboard_sessions_begun_total 12
        cordboard_queue_waiting{queue="billing"} 1
        cordboard_queue_longest_wait_seconds{queue="billing"} 61
        cordboard_queue_agents{queue="billing",state="on-duty"} 3
        cordboard_queue_agents{queue="billing",state="available"} 2
        cordboard_queue_agents{queue="billing",state="free"} 1
        cordboard_endpoints 3
        cordboard_devices{side="customer"} 2
        cordboard_devices{side="agent"} 1"#]]
    .assert_eq(&figures.join("\n"));
}
