//! What was learnt of waits, through restarts: stored in its turn, recalled, and not spoilt by the outage.

use super::desk::{Desk, Person, profile};
use super::waits::{measured, telling, told};
use crate::centre::{Components, Input};
use crate::model::record::{Op, Record, RecordKey};
use crate::model::settings::{Pool, Queue};
use crate::model::{SavedState, Timestamp};

/// When the waits of which pool were stored.
fn stored(desk: &Desk) -> Vec<(Timestamp, String)> {
    let batches = desk.journal.iter().zip(&desk.outputs);
    let ops = batches.flat_map(|(entry, output)| output.ops.iter().map(|op| (entry.now, op)));
    let waits = ops.filter_map(|(at, op)| match op {
        Op::Put(Record::Waits(waits)) => Some((at, waits.pool.clone())),
        _ => None,
    });
    waits.collect()
}

/// By how many waits the pool of the first queue was measured.
fn outcomes(desk: &Desk) -> u64 {
    desk.centre.view(desk.now).queues[0].measured.as_ref().map_or(0, |measured| measured.waits)
}

/// Somebody waits so long behind whom jim serves, and is served then.
fn waits(desk: &mut Desk, jim: &Person, who: &str, ms: u64) {
    let who = desk.customer(who);
    desk.say(&who, "billing", "hello");
    desk.wait(ms);
    desk.say(jim, "", "end");
    desk.say(jim, "", "accept");
}

#[test]
fn a_range_is_told_at_once_after_a_restart() {
    let (mut desk, _jim) = measured(telling());
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    let before = desk.centre.view(desk.now).queues[0].wait.expect("one was measured");
    desk.now = desk.now.plus_ms(3_600_000);
    desk.restart(Components::new());
    assert_eq!(outcomes(&desk), 1);
    let jim = desk.agent("jim");
    assert_eq!(desk.centre.view(desk.now).queues[0].wait, Some(before), "as if there had been no outage");
    let eve = desk.customer("eve");
    desk.say(&eve, "billing", "hello");
    assert_eq!(told(&desk, 4), ["You are number 2 in line. It will take up to 2 minutes."]);
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "how long?");
    assert_eq!(told(&desk, 3).len(), 2, "who waited before stands in line again");
    desk.wait(30_000);
    desk.say(&jim, "", "end");
    desk.say(&jim, "", "accept");
    assert_eq!((desk.state(3), outcomes(&desk)), ("active", 1), "part of that wait was the outage");
    desk.say(&jim, "", "end");
    desk.say(&jim, "", "accept");
    assert_eq!((desk.state(4), outcomes(&desk)), ("active", 1), "eve came when not all were back");
    desk.wait(30_000);
    waits(&mut desk, &jim, "max", 40_000);
    assert_eq!((desk.state(5), outcomes(&desk)), ("active", 2));
}

#[test]
fn it_is_stored_at_once_and_then_once_a_minute() {
    let (mut desk, jim) = measured(telling());
    let first = desk.now;
    assert_eq!(stored(&desk), [(first, "main".to_owned())]);
    waits(&mut desk, &jim, "joe", 10_000);
    waits(&mut desk, &jim, "eve", 10_000);
    assert_eq!((outcomes(&desk), stored(&desk).len()), (3, 1));
    desk.wait(200_000);
    assert_eq!(stored(&desk)[1..], [(first.plus_ms(60_000), "main".to_owned())], "not again without a change");
    waits(&mut desk, &jim, "max", 10_000);
    assert_eq!(stored(&desk).len(), 3);
    assert!(!desk.centre.has_learnt());
    desk.restart(Components::new());
    assert_eq!(outcomes(&desk), 4);
}

#[test]
fn an_orderly_stop_stores_the_rest_and_a_crash_loses_it() {
    let (mut desk, jim) = measured(telling());
    waits(&mut desk, &jim, "joe", 10_000);
    assert!(desk.centre.has_learnt());
    desk.restart(Components::new());
    assert_eq!(outcomes(&desk), 1, "the second was measured within the minute");
    let (mut desk, jim) = measured(telling());
    waits(&mut desk, &jim, "joe", 10_000);
    let ops = desk.batch(vec![Input::Stopping]).ops;
    assert!(ops.iter().any(|op| matches!(op, Op::Put(Record::Waits(_)))), "{ops:?}");
    assert!(!desk.centre.has_learnt());
    assert_eq!(desk.batch(vec![Input::Stopping]).ops, [], "once is enough");
    desk.restart(Components::new());
    assert_eq!(outcomes(&desk), 2);
}

#[test]
fn many_pools_take_turns() {
    let names: Vec<String> = (0..8).map(|number| format!("pool{number}")).collect();
    let mut settings = telling();
    settings.pools = names.iter().map(|name| Pool::new(name, Vec::new())).collect();
    settings.queues = names.iter().map(|name| Queue::new(name, name)).collect();
    let link = settings.links[0].clone();
    let links = names.iter().map(|name| crate::model::settings::Link {
        queue: name.clone(),
        alias: crate::model::Alias::new(name),
        ..link.clone()
    });
    settings.links = links.collect();
    let agents = names.iter().map(|name| {
        let mut agent = profile(&format!("agent-{name}"), 1);
        agent.queues = vec![name.clone()];
        agent
    });
    let mut desk = Desk::new(settings, Components::new(), agents.collect());
    let agents: Vec<Person> = names.iter().map(|name| desk.agent(&format!("agent-{name}"))).collect();
    for (name, agent) in names.iter().zip(&agents) {
        for who in ["first", "second"] {
            let customer = desk.customer(&format!("{who}-{name}"));
            desk.say(&customer, name, "hello");
        }
        desk.say(agent, "", "accept");
    }
    desk.wait(20_000);
    let from = desk.now;
    for agent in &agents {
        desk.say(agent, "", "end");
        desk.say(agent, "", "accept");
    }
    desk.wait(5_000);
    let expected: Vec<_> = names.iter().zip(0..).map(|(name, turn)| (from.plus_ms(turn * 250), name.clone())).collect();
    assert_eq!(stored(&desk), expected);
}

#[test]
fn what_cannot_be_used_is_told_and_learnt_anew() {
    let (mut desk, _jim) = measured(telling());
    let key = RecordKey::Waits("main".to_owned());
    let Some(Record::Waits(known)) = desk.ledger.records.get_mut(&key) else { panic!("they are stored") };
    known.state = SavedState { format: 9, ..known.state.clone() };
    desk.restart(Components::new());
    let forgotten = &desk.outputs.last().expect("a restart is a batch").forgotten;
    let forgotten: Vec<_> = forgotten.iter().map(|forgotten| (&*forgotten.pool, forgotten.why.to_string())).collect();
    assert_eq!(forgotten, [("main", "it is of format 9, this cordboard reads 1".to_owned())]);
    assert_eq!(outcomes(&desk), 0);
    let jim = desk.agent("jim");
    waits(&mut desk, &jim, "joe", 20_000);
    assert_eq!(outcomes(&desk), 1);
    desk.restart(Components::new());
    assert_eq!((outcomes(&desk), desk.outputs.last().map(|output| output.forgotten.len())), (1, Some(0)));
}

#[test]
fn what_is_known_of_a_pool_goes_with_it() {
    let key = RecordKey::Waits("main".to_owned());
    let (mut desk, _jim) = measured(telling());
    let mut other = telling();
    other.pools = vec![Pool::new("other", Vec::new())];
    other.queues.iter_mut().for_each(|queue| queue.pool = "other".to_owned());
    desk.batch(vec![Input::Settings(Box::new(other))]);
    assert!(!desk.ledger.records.contains_key(&key), "at a reload");
    let (mut desk, _jim) = measured(telling());
    let known = desk.ledger.records[&key].clone();
    let Record::Waits(mut elsewhere) = known else { panic!("it is what is known of waits") };
    elsewhere.pool = "elsewhere".to_owned();
    let key = RecordKey::Waits(elsewhere.pool.clone());
    desk.ledger.records.insert(key.clone(), Record::Waits(elsewhere));
    desk.restart(Components::new());
    assert!(!desk.ledger.records.contains_key(&key), "at a start");
    assert_eq!(outcomes(&desk), 1);
}
