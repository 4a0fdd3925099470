//! Offers: declined, expired, withdrawn, stale.

use super::{Desk, words};
use crate::centre::{Components, Effect};
use crate::model::Side;
use expect_test::expect;

fn offered_to(effects: &[Effect]) -> Vec<String> {
    let contact = |effect: &Effect| match effect {
        Effect::Offer(_, offer) => offer.contact.as_str().split('@').next().map(str::to_owned),
        _ => None,
    };
    effects.iter().filter_map(contact).collect()
}

#[test]
fn the_longest_idle_is_asked_first_and_the_next_after_a_decline() {
    let mut desk = Desk::with_agents(&["ann", "jim"]);
    let ann = desk.agent("ann");
    desk.now = desk.now.plus_ms(10);
    desk.agent("jim");
    let joe = desk.customer("joe");
    assert_eq!(offered_to(&desk.say(&joe, "billing", "hello")), ["ann"]);
    let effects = desk.say(&ann, "billing", "decline");
    assert_eq!(offered_to(&effects), ["jim"]);
    expect![[r"
        ann@desk.localhost/phone < You have declined offer 1.
        jim@desk.localhost/phone < Offer 2: joe (member) at billing, XMPP with Gajim 1.8, has waited 0 s. Say `accept` or `decline` within 20 s."]]
    .assert_eq(&words(&effects));
}

#[test]
fn one_who_declined_is_asked_again_after_half_a_minute_if_nobody_else_is_there() {
    let mut desk = Desk::with_agents(&["ann"]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    assert!(offered_to(&desk.say(&ann, "billing", "decline")).is_empty());
    assert!(offered_to(&desk.wait(29_000)).is_empty());
    assert_eq!(offered_to(&desk.wait(1_000)), ["ann"]);
}

#[test]
fn a_missed_offer_goes_round_and_three_set_the_agent_away() {
    let mut desk = Desk::with_agents(&["ann"]);
    desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    expect![[r"
        ann@desk.localhost/phone < [withdraw-offer] Offer 1 has gone: it has expired.
        ann@desk.localhost/phone < Offer 2: joe (member) at billing, XMPP with Gajim 1.8, has waited 20 s. Say `accept` or `decline` within 20 s.
        ann@desk.localhost/phone < [withdraw-offer] Offer 2 has gone: it has expired.
        ann@desk.localhost/phone < Offer 3: joe (member) at billing, XMPP with Gajim 1.8, has waited 40 s. Say `accept` or `decline` within 20 s.
        ann@desk.localhost/phone < [withdraw-offer] Offer 3 has gone: it has expired.
        ann@desk.localhost/phone < You have missed 3 offers in a row, so you are away now. Say `ready` when you are back."]]
    .assert_eq(&words(&desk.wait(100_000)));
    assert_eq!(desk.state(1), "waiting");
}

#[test]
fn a_stale_number_is_answered_with_what_became_of_it() {
    let mut desk = Desk::with_agents(&["ann", "jim"]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.wait(20_000);
    expect!["ann@desk.localhost/phone < Offer 1 has gone: it has expired."]
        .assert_eq(&words(&desk.say(&ann, "", "accept 1")));
    expect!["ann@desk.localhost/phone < Offer 77 has gone."].assert_eq(&words(&desk.say(&ann, "", "accept 77")));
    desk.say(&ann, "", "accept 2");
    expect!["ann@desk.localhost/phone < Offer 2 has gone: you accepted it."]
        .assert_eq(&words(&desk.say(&ann, "", "accept 2")));
    expect!["ann@desk.localhost/phone < There is no offer for you now."]
        .assert_eq(&words(&desk.say(&ann, "", "accept")));
}

#[test]
fn with_two_offers_the_number_is_needed() {
    let mut desk = Desk::new(super::desk::settings(), Components::new(), vec![super::desk::profile("ann", 3)]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    let eve = desk.customer("eve");
    desk.say(&joe, "billing", "hello");
    expect!["ann@desk.localhost/phone < Offer 2: eve (member) at sales, XMPP with Gajim 1.8, has waited 0 s. Say `accept 2` or `decline 2` within 20 s."]
        .assert_eq(&words(&desk.say(&eve, "sales", "hello")));
    expect!["ann@desk.localhost/phone < Which one? Say `accept 1` (joe) or `accept 2` (eve)."]
        .assert_eq(&words(&desk.say(&ann, "", "accept")));
    desk.say(&ann, "", "accept 2");
    desk.say(&ann, "", "accept");
    expect!["ann@desk.localhost/phone < Which one? Say `end 1` (joe) or `end 2` (eve)."]
        .assert_eq(&words(&desk.say(&ann, "", "end")));
    expect!["ann@desk.localhost/phone < The conversation with eve has ended."]
        .assert_eq(&words(&desk.say(&ann, "", "end 2")));
    expect![[r"
        ann@desk.localhost/phone < You are ready.
        Conversation 1: joe
        Wrap-up 2: eve
        Billing: 0 waiting
        Sales: 0 waiting"]]
    .assert_eq(&words(&desk.say(&ann, "", "status")));
}

#[test]
fn away_takes_offers_back_and_ready_brings_them() {
    let mut desk = Desk::with_agents(&["ann"]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    expect![[r"
        ann@desk.localhost/phone < [withdraw-offer] Offer 1 has gone: you are away.
        ann@desk.localhost/phone < You are away (lunch). Say `ready` when you are back."]]
    .assert_eq(&words(&desk.say(&ann, "", "away lunch")));
    assert_eq!(offered_to(&desk.say(&ann, "", "ready")), ["ann"]);
}

#[test]
fn an_offer_follows_the_agent_to_another_device_or_goes_back() {
    let mut desk = Desk::with_agents(&["ann"]);
    let phone = desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    assert_eq!(desk.state(1), "offered");
    desk.gone(&phone);
    assert_eq!(desk.state(1), "waiting");
    assert_eq!(desk.centre.devices.count(Side::Agent), 0);
    let again = desk.agent("ann");
    assert_eq!(desk.state(1), "offered");
    desk.say(&again, "", "accept");
    assert_eq!(desk.state(1), "active");
}

#[test]
fn a_customer_who_gives_up_frees_the_agent() {
    let mut desk = Desk::with_agents(&["ann"]);
    desk.agent("ann");
    let joe = desk.customer("joe");
    desk.centre.settings.offer_ms = 1_000_000;
    desk.say(&joe, "billing", "hello");
    desk.gone(&joe);
    expect!["ann@desk.localhost/phone < [withdraw-offer] Offer 1 has gone: joe has left."]
        .assert_eq(&words(&desk.wait(60_000)));
    let eve = desk.customer("eve");
    assert_eq!(offered_to(&desk.say(&eve, "billing", "hello")), ["ann"]);
}

#[test]
fn unknown_words_are_answered_and_settled() {
    let mut desk = Desk::with_agents(&["ann"]);
    let ann = desk.agent("ann");
    let effects = desk.say(&ann, "billing", "rhubarb");
    assert_eq!(super::settled(&effects), "ok");
    expect!["ann@desk.localhost/phone < I don't know `rhubarb`. The words are: accept [number], decline [number], ready, away [reason], end [number], done [number], transfer [number] queue|agent [note], pass [number] queue|agent [note], invite [number] agent, whisper [number] words, openly [number], leave [number], join customer, status, help."]
        .assert_eq(&words(&effects));
}
