//! What people at a provider say, and what is said to them.

use crate::scenario::*;
use cordboard_sdk::adapter::{Command, Hint, Input, Offer, Redirection, Seen};
use cordboard_sdk::model::Form;
use expect_test::{Expect, expect};

const HI: &str = "<message id='m1' type='chat' to='billing@support.example'><body>hi</body></message>";

#[track_caller]
fn check(xml: &str, expected: Expect) {
    expected.assert_eq(&Scene::acquainted().peer(xml));
}

#[test]
fn the_first_message_is_an_arrival_and_evidence_of_presence() {
    let mut scene = Scene::linked();
    let mut text = scene.peer(&by("ann", "phone", HI));
    text += "--- another, and somebody else\n";
    text += &scene.peer(&(by("ann", "phone", HI) + &by("bob", "desk", HI)));
    expect![[r#"
        report 2 ann@provider.example arrived Some("ann@provider.example") as "ann" aliases typing receipts presence
        report 3 ann@provider.example published phone open=true available None 0
        report 4 ann@provider.example [m1] said to "billing": "hi"
        send <iq type='get' id='version-1' from='support.example' to='ann@provider.example/phone'><query xmlns='jabber:iq:version'/></iq>
        --- another, and somebody else
        report 5 ann@provider.example [m1] said to "billing": "hi"
        report 6 bob@provider.example arrived Some("bob@provider.example") as "bob" aliases typing receipts presence
        report 7 bob@provider.example published desk open=true available None 0
        report 8 bob@provider.example [m1] said to "billing": "hi"
        send <iq type='get' id='version-1' from='support.example' to='bob@provider.example/desk'><query xmlns='jabber:iq:version'/></iq>
    "#]].assert_eq(&text);
}

#[test]
fn an_agent_is_called_by_the_whole_address() {
    let mut scene = Scene::linked_with(cordboard_sdk::adapter::Setup { side: "agent".into(), ..link_setup() });
    let text = scene.peer(&by("ann", "phone", HI));
    assert!(text.starts_with("report 2 ann@provider.example arrived Some(\"ann@provider.example\") aliases"), "{text}");
}

#[test]
fn a_server_or_a_gateway_may_speak_too() {
    let mut scene = Scene::linked();
    let text = scene.peer("<message from='provider.example' to='support.example'><body>maintenance</body></message>")
        + &scene.peer("<message from='+4930@sms.example' to='billing@support.example'><body>hi</body></message>");
    expect![[r#"
        report 2 provider.example arrived Some("provider.example") aliases typing receipts presence
        report 3 provider.example published  open=true available None 0
        report 4 provider.example said to "": "maintenance"
        send <iq type='get' id='version-1' from='support.example' to='provider.example'><query xmlns='jabber:iq:version'/></iq>
        report 5 +4930@sms.example arrived Some("+4930@sms.example") as "+4930" aliases typing receipts presence
        report 6 +4930@sms.example published  open=true available None 0
        report 7 +4930@sms.example said to "billing": "hi"
        send <iq type='get' id='version-1' from='support.example' to='+4930@sms.example'><query xmlns='jabber:iq:version'/></iq>
    "#]].assert_eq(&text);
}

#[test]
fn answers_go_where_the_person_spoke_last() {
    let mut scene = Scene::acquainted();
    let deliver = |scene: &mut Scene, id: &str| scene.host(for_contact(ANN, delivery(id, "hello", false)));
    let mut text = deliver(&mut scene, "1-0-1");
    text += "--- from the desk\n";
    text += &scene.peer(&by("ann", "desk", HI));
    text += &deliver(&mut scene, "1-0-2");
    text += "--- the desk goes\n";
    text += &scene.peer(&by("ann", "desk", "<presence to='billing@support.example'/>"));
    text += &scene.peer(&by("ann", "desk", "<presence to='billing@support.example' type='unavailable'/>"));
    expect![[r#"
        send <message type='chat' id='1-0-1' from='billing@support.example' to='ann@provider.example/phone'><body>hello</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/></message><iq type='get' id='ack-2' from='support.example' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>
        --- from the desk
        report 6 ann@provider.example published desk open=true available None 0 phone open=false available None 0
        report 7 ann@provider.example [m1] said to "billing": "hi"
        send <iq type='get' id='version-2' from='support.example' to='ann@provider.example/desk'><query xmlns='jabber:iq:version'/></iq>
        send <message type='chat' id='1-0-2' from='billing@support.example' to='ann@provider.example/desk'><body>hello</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/></message>
        --- the desk goes
        report 8 ann@provider.example published desk open=true available None 0
        report 9 ann@provider.example published desk open=false available None 0
    "#]].assert_eq(&text);
}

#[test]
fn a_delivery_has_arrived_when_the_echo_is_back() {
    let mut scene = Scene::acquainted();
    scene.peer(&by("bob", "desk", HI));
    let echo = |n: u32| {
        format!(
            "<iq type='get' id='ack-{n}' from='support.example' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>"
        )
    };
    let mut text = scene.host(for_contact(ANN, delivery("1-0-1", "one", true)));
    text += &scene.host(for_contact(BOB, delivery("2-0-1", "two", false)));
    text += "--- the echo of the first; the next asks for the second\n";
    text += &scene.peer(&echo(3));
    text += "--- an older one says nothing\n";
    text += &scene.peer(&echo(3));
    text += "--- an error is as good\n";
    text += &scene
        .peer("<iq type='error' id='ack-4' from='support.example' to='support.example'><error type='cancel'/></iq>");
    text += "--- nothing outstanding\n";
    text += &scene.peer(&echo(4));
    expect![[r#"
        send <message type='chat' id='1-0-1' from='billing@support.example' to='ann@provider.example/phone'><body>one</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/><delay xmlns='urn:xmpp:delay' from='support.example' stamp='2026-07-14T09:29:00Z'/></message><iq type='get' id='ack-3' from='support.example' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>
        send <message type='chat' id='2-0-1' from='billing@support.example' to='bob@provider.example/desk'><body>two</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/></message>
        --- the echo of the first; the next asks for the second
        receipt 1-0-1
        send <iq type='get' id='ack-4' from='support.example' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>
        --- an older one says nothing
        --- an error is as good
        receipt 2-0-1
        --- nothing outstanding
    "#]].assert_eq(&text);
}

#[test]
fn an_echo_of_many_deliveries_is_told_in_parts() {
    let mut scene = Scene::acquainted();
    for number in 0..701 {
        scene.host(for_contact(ANN, delivery(&format!("1-0-{number}"), "hello", false)));
    }
    let echo = |number: u32| format!("<iq type='get' id='ack-{number}' from='support.example' to='support.example'/>");
    let count = |text: String| (text.matches("receipt 1-0-").count(), text.contains("timer 3 in 0 ms"));
    assert_eq!(count(scene.peer(&echo(2))), (1, false));
    let parts = [scene.peer(&echo(702)), scene.host(Input::Timer(3)), scene.host(Input::Timer(3))];
    assert_eq!(parts.map(count), [(256, true), (256, true), (188, false)]);
}

#[test]
fn a_bounce_is_a_receipt_but_only_of_whom_it_was_sent_to() {
    let mut scene = Scene::acquainted();
    scene.peer(&by("bob", "desk", HI));
    let sent = scene.host(for_contact(ANN, delivery("1-0-1", "one", false)));
    assert!(sent.contains("to='ann@provider.example/phone'"), "{sent}");
    let bounce = "<message type='error' id='1-0-1' to='billing@support.example'><error type='cancel'>\
                  <service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>";
    let mut text = scene.peer(&by("bob", "desk", bounce));
    text += "--- from ann herself; what comes next goes to whatever she has open\n";
    text += &scene.peer(&by("ann", "phone", bounce));
    text += &scene.host(for_contact(ANN, delivery("1-0-2", "two", false)));
    expect![[r#"
        --- from ann herself; what comes next goes to whatever she has open
        receipt 1-0-1: unsupported ""
        send <message type='chat' id='1-0-2' from='billing@support.example' to='ann@provider.example'><body>two</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/></message>
    "#]].assert_eq(&text);
}

#[test]
fn refusals_come_from_the_name_that_was_written_to() {
    let mut scene = Scene::linked();
    scene.peer(&by("ann", "phone", &HI.replace("billing@support", "Billng@Support").replace("example'", "example/x'")));
    expect![[r#"
        send <message type='error' id='m1' from='Billng@support.example/x' to='ann@provider.example/phone'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>There is no billng here.</text></error></message>
    "#]].assert_eq(&scene.host(failed(4, "not-found", "There is no billng here.")));
    check(
        &by("ann", "phone", "<message id='m' to='billing@elsewhere.example'><body>hi</body></message>"),
        expect![[r#"
        send <message type='error' id='m' from='support.example' to='ann@provider.example/phone'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
    "#]],
    );
    check(
        &by("ann", "phone", "<message id='m' to='@support.example'><body>hi</body></message>"),
        expect![[r#"
        send <message type='error' id='m' from='support.example' to='ann@provider.example/phone'><error type='modify'><jid-malformed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
    "#]],
    );
    check(
        &by("ann", "phone", "<message id='m'><body>hi</body></message>"),
        expect![[r#"
        send <message type='error' id='m' from='support.example' to='ann@provider.example/phone'><error type='modify'><jid-malformed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
    "#]],
    );
    check(
        &by("ann", "phone", "<message id='m' type='groupchat' to='billing@support.example'><body>hi</body></message>"),
        expect![[r#"
            send <message type='error' id='m' from='billing@support.example' to='ann@provider.example/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
        "#]],
    );
    check(
        &by("ann", "phone", &HI.replace("hi", &"x".repeat(65))),
        expect![[r#"
        send <message type='error' id='m1' from='billing@support.example' to='ann@provider.example/phone'><error type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>A message may have at most 64 bytes of text.</text></error></message>
    "#]],
    );
    check("<message id='m' to='billing@support.example'><body>hi</body></message>", expect![[""]]);
    check(
        "<message id='m' from='@provider.example' to='billing@support.example'><body>hi</body></message>",
        expect![[""]],
    );
    check(
        "<message id='m' from='sales@support.example' to='billing@support.example'><body>hi</body></message>",
        expect![[""]],
    );
}

#[test]
fn a_stranger_who_says_nothing_is_nobody() {
    let mut scene = Scene::linked();
    let composing =
        "<message to='billing@support.example'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>";
    let text = scene.peer(&by("ann", "phone", composing))
        + &scene.peer(&by("ann", "phone", "<iq type='result' id='version-1' to='support.example'/>"))
        + &scene.peer(&by("ann", "phone", "<presence type='unavailable' to='billing@support.example'/>"));
    assert_eq!(text, "");
    expect![[r#"
        report 6 ann@provider.example seen to "billing": composing 
    "#]]
    .assert_eq(&Scene::acquainted().peer(&by("ann", "phone", composing)));
}

#[test]
fn the_other_resource_has_other_software() {
    let mut scene = Scene::acquainted();
    let mut text = scene.peer(&by("ann", "desk", HI));
    text += &scene.peer(&by(
        "ann",
        "desk",
        "<iq type='result' id='version-2' to='support.example'><query xmlns='jabber:iq:version'><name>Gajim</name></query></iq>",
    ));
    text += "--- the host wants to know\n";
    text += &scene.host(for_contact(ANN, direct("identify-software", vec![])));
    expect![[r#"
        report 6 ann@provider.example published desk open=true available None 0 phone open=false available None 0
        report 7 ann@provider.example [m1] said to "billing": "hi"
        send <iq type='get' id='version-2' from='support.example' to='ann@provider.example/desk'><query xmlns='jabber:iq:version'/></iq>
        report 8 ann@provider.example software "Gajim" "" 
        --- the host wants to know
        send <iq type='get' id='version-3' from='support.example' to='ann@provider.example/desk'><query xmlns='jabber:iq:version'/></iq>
    "#]].assert_eq(&text);
}

#[test]
fn hints_and_words_of_no_transcript_go_the_same_way() {
    let mut scene = Scene::acquainted();
    scene.peer(&by(
        "ann",
        "phone",
        "<message id='m2' to='billing@support.example'><body>hi</body><request xmlns='urn:xmpp:receipts'/>\
         <active xmlns='http://jabber.org/protocol/chatstates'/></message>",
    ));
    let hint = |id: &str, state: &str| {
        let seen = Seen { to: "billing".into(), id: id.into(), state: state.into() };
        Input::Command(Command::Hint(Hint { contact: ANN.into(), seen, sender: "billing".into() }))
    };
    let form = Form {
        title: String::new(),
        text: "Offer 1: joe".into(),
        fields: vec![],
        attributes: vec![attribute("number", "1"), attribute("queue", "billing")],
    };
    let offer = Offer { contact: ANN.into(), session: "s0-a".into(), form, expires: NOW };
    let mut text = scene.host(hint("m2", "delivered")) + &scene.host(hint("", "composing"));
    text += &scene.command(Command::Offer(offer));
    expect![[r#"
        send <message type='chat' from='billing@support.example' to='ann@provider.example/phone'><received xmlns='urn:xmpp:receipts' id='m2'/></message>
        send <message type='chat' from='billing@support.example' to='ann@provider.example/phone'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>
        send <message type='chat' id='offer-1' from='billing@support.example' to='ann@provider.example/phone'><body>Offer 1: joe</body></message>
    "#]].assert_eq(&text);
}

#[test]
fn redirected_in_words() {
    let redirection = |attributes| {
        Command::Redirect(Redirection { contact: ANN.into(), target: "center.example:5222".into(), attributes })
    };
    let mut scene = Scene::acquainted();
    scene.command(shown(ANN, "billing"));
    let mut text = scene.command(redirection(vec![
        attribute("link", "billing"),
        attribute("code", "mfrggzdfmztwq2lk"),
        attribute("text", "Please go on here:"),
    ]));
    text += &scene.command(redirection(vec![attribute("link", "billing")]));
    expect![[r#"
        send <message type='chat' id='redirect-2' from='billing@support.example/cordboard' to='ann@provider.example/phone'><body>Please go on here: xmpp:billing@center.example?message;body=continue%20mfrggzdfmztwq2lk</body></message>
        send <message type='chat' id='redirect-3' from='billing@support.example/cordboard' to='ann@provider.example/phone'><body>xmpp:billing@center.example?message</body></message>
    "#]].assert_eq(&text);
}

#[test]
fn disconnected_is_forgotten() {
    let mut scene = Scene::acquainted();
    let text = scene.host(for_contact(ANN, direct("disconnect", vec![attribute("reason", "conflict")])))
        + &scene.host(for_contact(ANN, delivery("1-0-1", "hello", false)))
        + &scene.host(for_contact(BOB, direct("disconnect", vec![])));
    expect![[r#"
        report 6 ann@provider.example left: disconnected
        receipt 1-0-1: not-found "the contact has gone"
    "#]]
    .assert_eq(&text);
}
