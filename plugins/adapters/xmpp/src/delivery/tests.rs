//! Messages to a person.

use crate::scenario::*;
use cordboard_sdk::adapter::{Command, Offer, Showing};
use cordboard_sdk::model::{Body, Extension, Form, Presence, PresenceTuple};
use expect_test::expect;

#[test]
fn a_delivery_is_a_message() {
    let mut scene = Scene::known();
    let text = scene.host(delivery("1-0-1", "hello <joe>", false)) + &scene.host(delivery("1-0-2", "before", true));
    expect![[r#"
        send <message type='chat' id='1-0-1' from='billing@localhost' to='joe@localhost/phone'><body>hello &lt;joe&gt;</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/></message>
        receipt 1-0-1
        send <message type='chat' id='1-0-2' from='billing@localhost' to='joe@localhost/phone'><body>before</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/><delay xmlns='urn:xmpp:delay' from='localhost' stamp='2026-07-14T09:29:00Z'/></message>
        receipt 1-0-2
    "#]].assert_eq(&text);
}

#[test]
fn a_name_that_is_shown_speaks_from_the_resource_it_is_shown_under() {
    let mut scene = Scene::known();
    let tuple = PresenceTuple {
        id: "cordboard".into(),
        open: true,
        activity: "available".into(),
        medium: "chat".into(),
        contact: None,
        note: None,
        priority: 0,
        since: NOW,
        attributes: vec![],
    };
    let presence = Presence { presentity: "billing".into(), tuples: vec![tuple] };
    scene.command(Command::Show(Showing { contact: JOE.into(), presence }));
    let text = scene.host(delivery("1-0-1", "hello", false));
    assert!(text.contains("from='billing@localhost/cordboard'"), "{text}");
}

#[test]
fn a_delivery_that_cant_be() {
    let mut scene = Scene::known();
    let mut text = String::new();
    for (contact, body) in [
        ("jim@localhost/desk", Body::Text("hi".into())),
        (JOE, Body::Other(Extension { name: "video".into(), value: vec![] })),
    ] {
        let cordboard_sdk::adapter::Input::Command(Command::Deliver(mut one)) = delivery("1-0-1", "", false) else {
            unreachable!()
        };
        one.contact = contact.into();
        one.message.body = body;
        text += &scene.command(Command::Deliver(one));
    }
    expect![[r#"
        receipt 1-0-1: not-found "the contact has gone"
        receipt 1-0-1: unsupported "XMPP has no words for a message of this kind"
    "#]]
    .assert_eq(&text);
}

#[test]
fn offers_come_and_go() {
    let mut scene = Scene::known();
    let form = Form {
        title: String::new(),
        text: "Offer 12: joe (member) at billing has waited 7 s. Say `accept` or `decline` within 20 s.".into(),
        fields: vec![],
        attributes: vec![attribute("number", "12"), attribute("queue", "billing")],
    };
    let offer = Offer { contact: JOE.into(), session: "s0-abc".into(), form, expires: NOW + 20_000 };
    let mut text = scene.command(Command::Offer(offer));
    let words = vec![attribute("number", "12"), attribute("queue", "billing"), attribute("text", "Offer 12 has gone.")];
    text += &scene.host(direct("withdraw-offer", words));
    text += &scene.host(direct("dance", vec![]));
    expect![[r#"
        send <message type='chat' id='offer-12' from='billing@localhost' to='joe@localhost/phone'><body>Offer 12: joe (member) at billing has waited 7 s. Say `accept` or `decline` within 20 s.</body></message>
        send <message type='chat' id='withdrawn-12' from='billing@localhost' to='joe@localhost/phone'><body>Offer 12 has gone.</body></message>
    "#]].assert_eq(&text);
    let logged: Vec<_> = cordboard_sdk::log::captured().into_iter().map(|(_, line)| line).collect();
    assert_eq!(logged, ["the order \"dance\" is not known here"]);
}
