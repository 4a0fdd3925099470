//! What was learnt of waits is stored with the last batch, and the next shard knows it.

use super::*;
use crate::model::record::Record;
use crate::waiting::WaitingTimes;

/// By how many waits the pool was measured, as stored.
fn stored(store: &dyn Store) -> u64 {
    let lease = store.acquire(PART).unwrap();
    let waits = store.load(&lease).unwrap().into_iter().find_map(|record| match record {
        Record::Waits(waits) => Some(waits),
        _ => None,
    });
    waits.map_or(0, |waits| WaitingTimes::recall(Timestamp(0), &waits.state).unwrap().outcomes())
}

async fn known(shard: &Shard) -> u64 {
    shard.view().await.unwrap().queues[0].measured.as_ref().map_or(0, |measured| measured.waits)
}

#[tokio::test]
async fn an_orderly_stop_loses_nothing_that_was_learnt() {
    let scene = scene().await;
    let eve = Peer::connect(&scene.shard, Side::Customer, "eve").await;
    for customer in [&scene.joe, &eve] {
        let said = customer.say(&billing(), "o1", "hello").await;
        customer.settled(said).await.unwrap().unwrap();
    }
    scene.clock.advance(5_000);
    let jim = Peer::connect(&scene.shard, Side::Agent, "jim").await;
    for (offer, accept) in [("Offer 1", "accept 1"), ("Offer 2", "accept 2")] {
        let offered =
            |effect: &Effect| matches!(effect, Effect::Offer(_, order) if order.form.title == offer).then_some(());
        jim.mail.wait("an offer", offered).await.unwrap();
        let accepted = jim.say(&Alias::default(), accept, accept).await;
        jim.settled(accepted).await.unwrap().unwrap();
    }
    assert_eq!(known(&scene.shard).await, 2);
    assert_eq!(scene.shard.drain().await, Ending::Drained);
    assert_eq!(stored(&*scene.store), 2, "the first at once, the second at the stop");
    let shard = start(scene.store.clone(), &scene.clock).await;
    assert_eq!(known(&shard).await, 2);
}
