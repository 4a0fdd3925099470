//! Strikes, bans and their ends; a random history beside a plain list.

use super::*;
use proptest::prelude::*;

const MINUTE: u64 = 60_000;

fn registry() -> Registry {
    Registry::new(&Limits::default())
}

fn at(minutes: u64) -> Timestamp {
    Timestamp(minutes * MINUTE)
}

#[test]
fn the_third_strike_within_ten_minutes_bans_for_ten() {
    let mut registry = registry();
    assert_eq!(registry.strike("prosody", "joe", at(0)), None);
    assert_eq!(registry.strike("prosody", "joe", at(1)), None);
    assert_eq!(registry.strike("prosody", "ann", at(1)), None);
    assert_eq!(registry.strike("ejabberd", "joe", at(1)), None, "somebody else");
    assert_eq!(registry.strike("prosody", "joe", at(9)), Some(at(19)));
    assert_eq!(registry.until("prosody", "joe", at(18)), Some(at(19)));
    assert_eq!(registry.until("prosody", "joe", at(19)), None, "it is over");
    assert_eq!(registry.until("ejabberd", "joe", at(18)), None);
    assert_eq!(registry.strike("prosody", "joe", at(19)), None, "it begins anew");
}

#[test]
fn strikes_are_forgotten() {
    let mut registry = registry();
    for minutes in [0, 5, 10, 15, 20, 25] {
        assert_eq!(registry.strike("prosody", "joe", at(minutes)), None, "{minutes}");
    }
    assert_eq!(registry.strike("prosody", "joe", at(26)), Some(at(36)));
}

#[test]
fn an_operator_bans_and_takes_it_back() {
    let mut registry = registry();
    registry.add("prosody", "joe", at(0), at(60), "by an operator".to_owned());
    registry.add("customers", "joe", at(0), at(60), "by an operator".to_owned());
    assert_eq!(registry.list(at(1)).len(), 2);
    assert_eq!(registry.changes("prosody", 0, at(1)), [("joe".to_owned(), at(60))]);
    let seen = registry.version;
    assert_eq!(registry.revoke(Some("prosody"), "joe", at(2)), 1);
    assert_eq!(registry.revoke(Some("prosody"), "joe", at(2)), 0);
    assert_eq!(registry.changes("prosody", seen, at(3)), [("joe".to_owned(), at(3))], "a link is told that it is over");
    assert_eq!(registry.changes("prosody", registry.version, at(3)), []);
    assert_eq!(registry.revoke(None, "joe", at(3)), 1);
    assert_eq!(registry.list(at(3)), []);
}

#[test]
fn beyond_the_bound_those_go_that_would_end_first() {
    let mut registry = Registry::new(&Limits { bans: 2, ..Limits::default() });
    for (person, until) in [("ann", 30), ("bob", 10), ("joe", 20)] {
        registry.add("prosody", person, at(0), at(until), String::new());
    }
    let who: Vec<String> = registry.list(at(1)).into_iter().map(|ban| ban.person).collect();
    assert_eq!(who, ["ann", "joe"]);
    for person in ["ann", "bob", "joe"] {
        registry.strike("prosody", person, at(1));
    }
    assert_eq!(registry.strikes.len(), 2);
}

#[tokio::test]
async fn a_change_rings_the_bell_and_moves_the_version() {
    let bans = Bans::new(&Limits::default());
    let mut bell = bans.bell();
    bans.strike("prosody", "joe", Timestamp(0));
    assert!(!bell.has_changed().unwrap(), "a strike changes nothing for anybody yet");
    let ban = bans.add("prosody", "joe", MINUTE);
    assert_eq!(ban.until.since_ms(ban.since), MINUTE);
    bell.changed().await.unwrap();
    assert_eq!((bans.version(), bans.list().len()), (1, 1));
}

#[derive(Debug, Clone)]
enum Step {
    Strike(u8),
    Add(u8, u64),
    Revoke(u8),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4u8).prop_map(Step::Strike),
        2 => (0..4u8, 1..30u64).prop_map(|(who, minutes)| Step::Add(who, minutes)),
        1 => (0..4u8).prop_map(Step::Revoke),
        3 => (0..8u64).prop_map(Step::Wait),
    ]
}

proptest! {
    /// A link that is told of changes only knows the same as the registry.
    #[test]
    fn who_hears_of_changes_knows_who_is_banned(steps in prop::collection::vec(step(), 0..100)) {
        let (mut registry, mut now, mut seen) = (registry(), at(0), 0);
        let mut told: BTreeMap<String, Timestamp> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Strike(who) => _ = registry.strike("prosody", &who.to_string(), now),
                Step::Add(who, minutes) => {
                    registry.add("prosody", &who.to_string(), now, now.plus_ms(minutes * MINUTE), String::new());
                }
                Step::Revoke(who) => _ = registry.revoke(None, &who.to_string(), now),
                Step::Wait(minutes) => now = now.plus_ms(minutes * MINUTE),
            }
            told.extend(registry.changes("prosody", seen, now));
            seen = registry.version;
            for who in 0..4u8 {
                let who = who.to_string();
                let until = told.get(&who).copied().filter(|until| now < *until);
                prop_assert_eq!(registry.until("prosody", &who, now), until);
            }
        }
    }
}
