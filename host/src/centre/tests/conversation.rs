//! From the first word to the end.

use super::{Desk, settled, words};
use crate::centre::Effect;
use crate::model::Side;
use expect_test::expect;

#[test]
fn a_customer_is_offered_accepted_answered_and_ended() {
    let mut desk = Desk::with_agents(&["jim"]);
    let jim = desk.agent("jim");
    let joe = desk.customer("joe");

    let effects = desk.say(&joe, "billing", "hello");
    assert_eq!(settled(&effects), "ok");
    expect![[r"jim@desk.localhost/phone < Offer 1: joe (member) at billing, XMPP with Gajim 1.8, has waited 0 s. Say `accept` or `decline` within 20 s."]]
        .assert_eq(&words(&effects));
    assert_eq!(desk.state(1), "offered");

    let effects = desk.say(&jim, "billing", "Accept");
    expect!["jim@desk.localhost/phone < Offer 1 is yours: write to joe in the window of that name. Say `end` there when you are done."]
        .assert_eq(&words(&effects));
    let feed = effects.iter().find_map(|effect| match effect {
        Effect::Feed(endpoint, feed) if *endpoint == jim.endpoint => Some(feed),
        _ => None,
    });
    let feed = feed.expect("the agent is delivered the conversation");
    assert_eq!((feed.after.0, feed.joined_after.0, feed.alias.to_string()), (0, 1, desk.alias(1)));

    let alias = desk.alias(1);
    let effects = desk.say(&jim, &alias, "good morning");
    assert_eq!(settled(&effects), "ok");
    assert!(effects.iter().any(|e| matches!(e, Effect::Wake(endpoint, _) if *endpoint == joe.endpoint)));
    desk.say(&joe, "billing", "my bill is wrong");
    let effects = desk.say(&jim, &alias, "end");
    assert_eq!(settled(&effects), "ok");
    assert_eq!(desk.state(1), "wrapping");
    expect![[r"
        joe: hello
        Jim: good morning
        joe: my bill is wrong
        Demo: The conversation has ended. Write again to start another."]]
    .assert_eq(&desk.transcript(1).join("\n"));

    desk.wait(5_000);
    assert_eq!(desk.state(1), "closed");
    desk.delivered(&joe, 1, 0, 4);
    desk.delivered(&jim, 1, 1, 4);
    assert_eq!(desk.state(1), "forgotten");
    assert_eq!(desk.centre.devices.count(Side::Agent), 1);
}
