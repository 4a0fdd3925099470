//! What a mailbox keeps, and in which order it gives it out.

use super::backlog::{CAPACITY, HINTS};
use super::*;
use crate::centre::{Feed, Notice};
use crate::model::adapter::{Directive, Hint, Offer, Roster, Seen, Settlement, Showing};
use crate::model::{
    Alias, Attribute, Contact, EndpointId, FeedId, Form, Message, Participant, Presence, Seq, SessionId, Timestamp,
};

const E: EndpointId = EndpointId(1);

fn feed_id(session: u64) -> FeedId {
    FeedId { session: SessionId(session), participant: Participant::CUSTOMER }
}

fn feed(session: u64, after: u32) -> Effect {
    let feed = Feed {
        id: feed_id(session),
        contact: Contact::new("joe"),
        alias: Alias::new("billing"),
        after: Seq(after),
        joined_after: Seq(0),
    };
    Effect::Feed(E, feed)
}

fn show(alias: &str, watcher: &str) -> Effect {
    let presence = Presence { presentity: Alias::new(alias), tuples: Vec::new() };
    Effect::Show(E, Showing { contact: Contact::new(watcher), presence })
}

fn roster(watcher: &str) -> Effect {
    Effect::Roster(E, Roster { contact: Contact::new(watcher), entries: Vec::new() })
}

fn settle(reference: u64) -> Effect {
    Effect::Settle(E, Settlement { reference, outcome: Ok(()) })
}

fn offer(number: &str, text: &str) -> Effect {
    let attributes = vec![Attribute::new("number", number)];
    let form = Form { title: String::new(), text: text.to_owned(), fields: Vec::new(), attributes };
    Effect::Offer(E, Offer { contact: Contact::new("jim"), session: Alias::new("s0-x"), form, expires: Timestamp(0) })
}

fn withdraw(number: &str) -> Effect {
    let attributes = vec![Attribute::new("number", number)];
    Effect::Direct(E, Directive { contact: Contact::new("jim"), name: "withdraw-offer".to_owned(), attributes })
}

fn hint(id: &str, state: &str) -> Effect {
    let seen = Seen { to: Alias::new("billing"), id: id.to_owned(), state: state.to_owned() };
    Effect::Hint(E, Hint { contact: Contact::new("joe"), seen, sender: Alias::new("billing") })
}

fn notice(text: &str) -> Effect {
    let message = Message::text(text);
    Effect::Notice(E, Notice { contact: Contact::new("jim"), from: Alias::default(), message })
}

fn backlog(effects: impl IntoIterator<Item = Effect>) -> Backlog {
    let mut backlog = Backlog::new(&Limits::default(), 0);
    effects.into_iter().for_each(|effect| backlog.put(effect));
    backlog
}

#[track_caller]
fn check(given: impl IntoIterator<Item = Effect>, expected: impl IntoIterator<Item = Effect>) {
    let mut backlog = backlog(given);
    let taken: Vec<Mail> = std::iter::from_fn(|| backlog.take()).collect();
    assert_eq!(taken, expected.into_iter().map(Mail::Effect).collect::<Vec<_>>());
    assert!(backlog.is_empty());
}

#[test]
fn settlements_are_all_kept_in_order() {
    check([settle(2), settle(1), settle(1)], [settle(2), settle(1), settle(1)]);
}

#[test]
fn a_wake_is_told_once_and_not_beside_a_feed() {
    let wake = || Effect::Wake(E, feed_id(1));
    check([wake(), settle(1), wake()], [wake(), settle(1)]);
    check([feed(1, 0), wake(), wake()], [feed(1, 0)]);
    check([wake(), feed(1, 3)], [feed(1, 3)]);
}

#[test]
fn the_newest_feed_or_unfeed_of_a_number_wins() {
    let unfeed = |session| Effect::Unfeed(E, feed_id(session));
    check([feed(1, 0), feed(2, 0), unfeed(1)], [feed(2, 0), unfeed(1)]);
    check([unfeed(1), feed(1, 7)], [feed(1, 7)]);
    check([feed(1, 0), settle(1), feed(1, 2)], [settle(1), feed(1, 2)]);
}

#[test]
fn a_presence_stays_behind_the_roster_that_names_it() {
    check(
        [roster("joe"), show("sales", "joe"), roster("joe"), show("billing", "joe"), show("sales", "joe")],
        [roster("joe"), show("billing", "joe"), show("sales", "joe")],
    );
    check([show("sales", "joe"), show("sales", "ann")], [show("sales", "joe"), show("sales", "ann")]);
}

#[test]
fn a_withdrawal_removes_an_offer_not_yet_handed_over() {
    check([offer("7", "a"), settle(1), withdraw("7")], [settle(1)]);
    check([withdraw("7")], [withdraw("7")]);
    check([offer("7", "a"), offer("8", "b"), withdraw("7")], [offer("8", "b")]);
}

#[test]
fn states_replace_each_other_and_hints_are_bounded() {
    check(
        [hint("", "composing"), hint("1", "displayed"), hint("", "paused")],
        [hint("1", "displayed"), hint("", "paused")],
    );
    let many = (0..HINTS + 3).map(|n| hint(&n.to_string(), "delivered"));
    check(many.clone().chain([settle(1)]), many.skip(3).chain([settle(1)]));
}

#[test]
fn the_oldest_notice_is_dropped_and_counted() {
    let limit = Limits::default().notices;
    let mut backlog = backlog((0..limit + 2).map(|n| notice(&n.to_string())));
    assert_eq!(backlog.take(), Some(Mail::Effect(notice("2"))));
    assert_eq!((backlog.dropped_notices(), backlog.dropped_notices()), (2, 0));
    backlog.put(notice("last"));
    assert_eq!((backlog.len(), backlog.dropped_notices()), (limit, 0));
}

#[test]
fn too_many_effects_end_it_instead_of_growing() {
    let mut backlog = backlog((0..=CAPACITY as u64).map(settle));
    assert_eq!((backlog.len(), backlog.take()), (0, Some(Mail::Overflow)));
    backlog.put(settle(1));
    assert_eq!(backlog.take(), Some(Mail::Overflow));
}

#[tokio::test]
async fn a_reset_throws_away_what_waits() {
    let mailbox = Mailbox::new(&Limits::default(), 0);
    mailbox.post(settle(1));
    mailbox.reset();
    assert_eq!(mailbox.next().await, Mail::Reset);
}

#[tokio::test]
async fn posting_wakes_who_waits_and_who_comes_later() {
    let mailbox = Mailbox::new(&Limits::default(), 0);
    mailbox.post(settle(1));
    mailbox.post(settle(2));
    assert_eq!(mailbox.next().await, Mail::Effect(settle(1)));
    let post_later = async {
        tokio::task::yield_now().await;
        mailbox.post(settle(3));
    };
    let take_two = async { (mailbox.next().await, mailbox.next().await) };
    let (taken, ()) = tokio::join!(take_two, post_later);
    assert_eq!(taken, (Mail::Effect(settle(2)), Mail::Effect(settle(3))));
}
