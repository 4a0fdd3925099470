//! Figures as they are scraped.

use super::*;
use crate::centre::view::StatusView;
use crate::centre::{Compared, Decided};
use crate::engine::Tally;
use crate::model::{Digest, Timestamp};
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
        automated: 0,
        active: 2,
        sessions_ever: 12,
        rules: Vec::new(),
        candidates: Vec::new(),
        dialogs_out: Vec::new(),
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
    let text = text(centre(&Summary { now: Timestamp(0), status, queues: vec![queue] }));
    let figures: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    expect![[r#"
        cordboard_sessions{state="waiting"} 1
        cordboard_sessions{state="automated"} 0
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

#[test]
fn candidates_are_counted_by_pool() {
    let compared = Compared { compared: 9, another_agent: 2, nobody: 1, failed: 3, skipped: 4, ..Compared::default() };
    let shadow = ShadowView { rules: Vec::new(), fuel: 70, quarantined: None, compared };
    let canary = CanaryView {
        rules: Vec::new(),
        fuel: 80,
        share_ppm: 50_000,
        rolled_back: None,
        decided: Decided { decided: 5, failed: 6 },
    };
    let pools = [CandidatesView { pool: "main".to_owned(), since: None, shadow: Some(shadow), canary: Some(canary) }];
    let text = text(candidates(&pools));
    let figures: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    expect![[r#"
        cordboard_shadow_compared_total{pool="main"} 9
        cordboard_shadow_differing_total{pool="main",how="another-agent"} 2
        cordboard_shadow_differing_total{pool="main",how="nobody"} 1
        cordboard_shadow_differing_total{pool="main",how="otherwise"} 0
        cordboard_shadow_differing_total{pool="main",how="another-session"} 0
        cordboard_shadow_failed_total{pool="main"} 3
        cordboard_shadow_skipped_total{pool="main"} 4
        cordboard_canary_decisions_total{pool="main",by="canary"} 5
        cordboard_canary_decisions_total{pool="main",by="service"} 6
        cordboard_canary_rolled_back{pool="main"} 0
        cordboard_candidate_fuel{pool="main",chain="shadow"} 70
        cordboard_candidate_fuel{pool="main",chain="canary"} 80"#]]
    .assert_eq(&figures.join("\n"));
    assert!(candidates(&[]).iter().all(|family| family.figures.is_empty()));
}
