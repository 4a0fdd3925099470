//! Order and shape of keys.

use super::*;
use crate::model::quarantine::Quarantined;
use crate::model::record::Customer;
use crate::model::{AgentName, Alias, Contact};
use proptest::prelude::*;

fn any_key() -> impl Strategy<Value = RecordKey> {
    let text = || proptest::collection::vec(prop_oneof![Just('\0'), Just('a'), Just('é'), Just('\u{ff}')], 0..4);
    let text = move || text().prop_map(|letters| letters.into_iter().collect::<String>());
    let number = || prop_oneof![0_u64..3, 254_u64..258, Just(u64::MAX)];
    let small = || prop_oneof![0_u32..3, 254_u32..258, Just(u32::MAX)];
    let side = || prop_oneof![Just(Side::Customer), Just(Side::Agent)];
    let lane = || prop_oneof![Just(Lane::Service), Just(Lane::Canary), Just(Lane::Shadow)];
    let rule = |(pool, lane, rule)| Quarantined::Rule { pool, lane, rule };
    prop_oneof![
        Just(RecordKey::Meta),
        number().prop_map(|n| RecordKey::Session(SessionId(n))),
        (number(), small()).prop_map(|(n, p)| RecordKey::Cursor(SessionId(n), Participant(p))),
        text().prop_map(|name| RecordKey::Agent(AgentName::new(name))),
        (number(), small()).prop_map(|(n, p)| RecordKey::Binding(SessionId(n), Participant(p))),
        (side(), text()).prop_map(|(side, name)| RecordKey::Account(side, name)),
        (text(), text()).prop_map(|(pool, rule)| RecordKey::Memory(pool, rule)),
        (text(), text(), text()).prop_map(|(p, c, a)| RecordKey::Subscription(p, Contact::new(c), Alias::new(a))),
        (text(), text()).prop_map(|(provider, a)| RecordKey::Served(Customer { provider, alias: Alias::new(a) })),
        (text(), lane(), text()).prop_map(move |of| RecordKey::Quarantine(rule(of))),
        text().prop_map(|dialog| RecordKey::Quarantine(Quarantined::Dialog(dialog))),
        text().prop_map(RecordKey::Waits),
    ]
}

proptest! {
    #[test]
    fn bytes_are_in_the_order_of_keys(a in any_key(), b in any_key()) {
        let of = Shard::Pool(3);
        prop_assert_eq!(record(of, &a).cmp(&record(of, &b)), a.cmp(&b));
    }

    #[test]
    fn a_record_is_in_the_range_of_its_shard_alone(key in any_key(), number in 0_u16..300, other in 0_u16..300) {
        let bytes = record(Shard::Pool(number), &key);
        let within = |of: Shard| shard(of) <= bytes && bytes < behind(of);
        prop_assert!(within(Shard::Pool(number)));
        prop_assert!(!within(Shard::Directory));
        prop_assert_eq!(within(Shard::Pool(other)), other == number);
    }
}

#[test]
fn the_last_pool_has_a_range_too() {
    let of = Shard::Pool(u16::MAX);
    assert!(record(of, &RecordKey::Meta) < behind(of));
}

#[test]
fn a_journal_key_gives_its_number_back() {
    assert_eq!(number(&journal(Shard::Pool(7), 513)), Some(513));
    assert_eq!(number(&[1, 2]), None);
}

/// These bytes are in the files of every release: they may not change.
#[test]
fn bytes_of_keys_are_pinned() {
    let hex = |bytes: Vec<u8>| data_encoding::HEXLOWER.encode(&bytes);
    let of = Shard::Pool(258);
    let session = SessionId(5);
    assert_eq!(hex(record(Shard::Directory, &RecordKey::Account(Side::Agent, "jim".into()))), "0005016a696d0000");
    assert_eq!(hex(record(of, &RecordKey::Meta)), "01010200");
    assert_eq!(hex(record(of, &RecordKey::Session(session))), "010102010000000000000005");
    assert_eq!(hex(record(of, &RecordKey::Cursor(session, Participant(2)))), "01010202000000000000000500000002");
    assert_eq!(hex(record(of, &RecordKey::Agent(AgentName::new("a\0b")))), "0101020361 00ff62 0000".replace(' ', ""));
    assert_eq!(hex(record(of, &RecordKey::Binding(session, Participant(2)))), "01010204000000000000000500000002");
    assert_eq!(hex(record(of, &RecordKey::Memory("p".into(), "r".into()))), "010102067000000072 0000".replace(' ', ""));
    let subscription = RecordKey::Subscription("p".into(), Contact::new("c"), Alias::new("a"));
    assert_eq!(hex(record(of, &subscription)), "010102077000000063 0000 0061 0000".replace(' ', ""));
    let served = RecordKey::Served(Customer { provider: "p".into(), alias: Alias::new("a") });
    assert_eq!(hex(record(of, &served)), "010102087000000061 0000".replace(' ', ""));
    let rule = Quarantined::Rule { pool: "p".into(), lane: Lane::Canary, rule: "r".into() };
    assert_eq!(hex(record(of, &RecordKey::Quarantine(rule))), "01010209 0070 0000 0172 0000".replace(' ', ""));
    let dialog = Quarantined::Dialog("d".into());
    assert_eq!(hex(record(of, &RecordKey::Quarantine(dialog))), "01010209 0164 0000".replace(' ', ""));
    assert_eq!(hex(record(of, &RecordKey::Waits("p".into()))), "0101020a700000");
    assert_eq!(hex(journal(of, 9)), "0101020000000000000009");
    assert_eq!(hex(head(of, session)), "0101020000000000000005");
}
