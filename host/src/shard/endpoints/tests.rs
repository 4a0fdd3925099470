//! Who is given what, and who is reset.

use super::*;
use crate::model::adapter::Settlement;

#[derive(Default)]
struct Mail {
    seen: Mutex<Vec<u64>>,
    resets: Mutex<u32>,
}

impl Post for Mail {
    fn post(&self, effect: Effect) {
        let Effect::Settle(_, settlement) = effect else { panic!("{effect:?}") };
        self.seen.lock().unwrap().push(settlement.reference);
    }

    fn reset(&self) {
        *self.resets.lock().unwrap() += 1;
    }
}

impl Mail {
    fn resets(&self) -> u32 {
        *self.resets.lock().unwrap()
    }
}

fn settle(endpoint: EndpointId, reference: u64) -> Effect {
    Effect::Settle(endpoint, Settlement { reference, outcome: Ok(()) })
}

#[test]
fn numbers_carry_the_epoch_and_differ() {
    let endpoints = Endpoints::new();
    endpoints.begin(7);
    let (a, b) = (endpoints.next(), endpoints.next());
    assert_eq!((epoch(a), epoch(b)), (7, 7));
    assert_ne!(a, b);
    endpoints.end();
    endpoints.begin(8);
    assert_eq!(epoch(endpoints.next()), 8);
}

#[test]
fn effects_go_to_their_endpoint_in_order_until_it_is_unregistered() {
    let endpoints = Endpoints::new();
    endpoints.begin(1);
    let (a, b) = (endpoints.next(), endpoints.next());
    let (post_a, post_b) = (Arc::new(Mail::default()), Arc::new(Mail::default()));
    endpoints.register(a, post_a.clone());
    endpoints.register(b, post_b.clone());
    for (endpoint, reference) in [(a, 1), (b, 2), (a, 3)] {
        endpoints.post(settle(endpoint, reference));
    }
    endpoints.unregister(a);
    endpoints.post(settle(a, 4));
    assert_eq!(*post_a.seen.lock().unwrap(), [1, 3]);
    assert_eq!(*post_b.seen.lock().unwrap(), [2]);
}

#[test]
fn the_end_of_a_lease_resets_everybody_once() {
    let endpoints = Endpoints::new();
    endpoints.begin(1);
    let (a, gone) = (endpoints.next(), endpoints.next());
    let (post_a, post_gone) = (Arc::new(Mail::default()), Arc::new(Mail::default()));
    endpoints.register(a, post_a.clone());
    endpoints.register(gone, post_gone.clone());
    endpoints.unregister(gone);
    assert_eq!(endpoints.end(), 1);
    assert_eq!(endpoints.end(), 0);
    endpoints.post(settle(a, 1));
    assert_eq!((post_a.resets(), post_gone.resets()), (1, 0));
    assert!(post_a.seen.lock().unwrap().is_empty());
}

#[test]
fn who_comes_with_a_number_of_an_ended_lease_is_reset_at_once() {
    let endpoints = Endpoints::new();
    let before_any = endpoints.next();
    endpoints.begin(1);
    let old = endpoints.next();
    endpoints.end();
    let between = endpoints.next();
    for number in [old, between, before_any] {
        let post = Arc::new(Mail::default());
        endpoints.register(number, post.clone());
        assert_eq!(post.resets(), 1);
    }
    endpoints.begin(2);
    for number in [old, between, before_any] {
        let post = Arc::new(Mail::default());
        endpoints.register(number, post.clone());
        assert_eq!(post.resets(), 1);
    }
}

#[tokio::test]
async fn who_waits_for_a_lease_is_told() {
    let endpoints = Arc::new(Endpoints::new());
    let waiting = tokio::spawn({
        let endpoints = Arc::clone(&endpoints);
        async move { endpoints.ready().await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    endpoints.begin(1);
    waiting.await.unwrap();
    endpoints.ready().await;
}
