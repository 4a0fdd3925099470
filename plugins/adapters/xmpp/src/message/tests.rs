//! What a person says, and what becomes of it.

use crate::scenario::*;
use cordboard_sdk::adapter::{Command, Hint, Seen};
use expect_test::{Expect, expect};

#[track_caller]
fn check(xml: &str, expected: Expect) {
    expected.assert_eq(&Scene::known().peer(xml));
}

#[test]
fn a_message_is_said() {
    check(
        "<message id='m1' type='chat' to='billing@localhost'><body>hi</body></message>",
        expect![[r#"
        report 5 joe@localhost/phone [m1] said to "billing": "hi"
    "#]],
    );
    check(
        "<message to='Billing@LOCALHOST/x'><body>hi &amp; <![CDATA[<bye>]]></body></message>",
        expect![[r#"
        report 5 joe@localhost/phone said to "billing": "hi & <bye>"
    "#]],
    );
    check(
        "<message id='m1' type='unheard-of' to='localhost'><body>status</body></message>",
        expect![[r#"
        report 5 joe@localhost/phone [m1] said to "": "status"
    "#]],
    );
    check(
        "<message id='m1' to='billing@localhost' xml:lang='de'><subject>Geld</subject><thread>t1</thread>\
         <body>hallo</body><origin-id xmlns='urn:xmpp:sid:0' id='o1'/></message>",
        expect![[r#"
            report 5 joe@localhost/phone [o1] said to "billing": "hallo" in de thread=t1 subject=Geld
        "#]],
    );
    check(
        "<message to='billing@localhost'><body xml:lang='de'>hallo</body><body xml:lang='en'>hello</body></message>",
        expect![[r#"
            report 5 joe@localhost/phone said to "billing": "hallo" in de
        "#]],
    );
    check(
        "<message to='billing@localhost'><body xml:lang='de'>hallo</body><body>hello</body>\
         <html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>no</body></html></message>",
        expect![[r#"
            report 5 joe@localhost/phone said to "billing": "hello"
        "#]],
    );
}

#[test]
fn the_first_message_asks_for_the_software() {
    let mut scene = Scene::bound();
    let mut text = scene.peer("<message id='m1' to='billing@localhost'><body>hi</body></message><presence/>");
    text += &scene.peer(
        "<iq type='result' id='version-1' from='joe@localhost/phone'><query xmlns='jabber:iq:version'><name>Gajim</name>\
         <version>1.8</version><os>Linux</os></query></iq>",
    );
    text += &scene.peer("<iq type='result' id='version-1'><query xmlns='jabber:iq:version'/></iq>");
    text += &scene.host(direct("identify-software", vec![]));
    text += &scene.host(direct("identify-software", vec![]));
    text += &scene.peer("<iq type='error' id='version-2'><error type='cancel'/></iq>");
    expect![[r#"
        report 3 joe@localhost/phone [m1] said to "billing": "hi"
        report 4 joe@localhost/phone published phone open=true available None 0
        send <iq type='get' id='version-1' from='localhost' to='joe@localhost/phone'><query xmlns='jabber:iq:version'/></iq>
        report 5 joe@localhost/phone software "Gajim" "1.8" 
        send <iq type='get' id='version-2' from='localhost' to='joe@localhost/phone'><query xmlns='jabber:iq:version'/></iq>
        report 6 joe@localhost/phone software "" "" 
    "#]].assert_eq(&text);
}

#[test]
fn what_cant_be_said() {
    check(
        "<message id='m' type='groupchat' to='billing@localhost'><body>hi</body></message>",
        expect![[r#"
        send <message type='error' id='m' from='billing@localhost' to='joe@localhost/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
    "#]],
    );
    check(
        "<message id='m' type='headline' to='billing@localhost'><body>hi</body></message>",
        expect![[r#"
        send <message type='error' id='m' from='billing@localhost' to='joe@localhost/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
    "#]],
    );
    check(
        "<message id='m'><body>hi</body></message>",
        expect![[r#"
        send <message type='error' id='m' to='joe@localhost/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
    "#]],
    );
    check(
        "<message id='m' to='joe@localhost/desk'><body>hi</body></message>",
        expect![[r#"
        send <message type='error' id='m' from='joe@localhost/desk' to='joe@localhost/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
    "#]],
    );
    check(
        "<message id='m' to='jim@example.org'><body>hi</body></message>",
        expect![[r#"
        send <message type='error' id='m' from='jim@example.org' to='joe@localhost/phone'><error type='cancel'><remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
    "#]],
    );
    check(
        "<message id='m' to='@localhost'><body>hi</body></message>",
        expect![[r#"
        send <message type='error' id='m' from='@localhost' to='joe@localhost/phone'><error type='modify'><jid-malformed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
    "#]],
    );
    check(
        &format!("<message id='m' to='billing@localhost'><body>{}</body></message>", "x".repeat(65)),
        expect![[r#"
            send <message type='error' id='m' from='billing@localhost' to='joe@localhost/phone'><error type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>A message may have at most 64 bytes of text.</text></error></message>
        "#]],
    );
    check("<message id='m' to='billing@localhost'><body/></message>", expect![[r#""#]]);
    check("<message id='m' type='error' to='billing@localhost'><error type='cancel'/></message>", expect![[r#""#]]);
}

#[test]
fn a_receipt_that_does_not_say_for_whom_is_told_by_its_identifier() {
    // profanity 0.13 leaves out `to` where a message came from a bare address.
    check(
        "<message id='m'><received xmlns='urn:xmpp:receipts' id='1-0-1'/></message>",
        expect![[r#"
            report 5 joe@localhost/phone seen to "": delivered 1-0-1
        "#]],
    );
}

#[test]
fn a_refusal_goes_back_with_its_reason() {
    for (code, expected) in [
        (
            "not-found",
            expect![[r#"
            type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
        "#]],
        ),
        (
            "not-allowed",
            expect![[r#"
            type='cancel'><not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
        "#]],
        ),
        (
            "not-authorized",
            expect![[r#"
            type='auth'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
        "#]],
        ),
        (
            "busy",
            expect![[r#"
            type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
        "#]],
        ),
        (
            "too-many",
            expect![[r#"
            type='wait'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
        "#]],
        ),
        (
            "too-large",
            expect![[r#"
            type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
        "#]],
        ),
        (
            "gone",
            expect![[r#"
            type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
        "#]],
        ),
        (
            "malformed",
            expect![[r#"
            type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
        "#]],
        ),
        (
            "unsupported",
            expect![[r#"
            type='cancel'><feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
        "#]],
        ),
        (
            "conflict",
            expect![[r#"
            type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
        "#]],
        ),
        (
            "timeout",
            expect![[r#"
            type='cancel'><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
        "#]],
        ),
    ] {
        let mut scene = Scene::known();
        scene.peer("<message id='m' type='chat' to='billng@localhost/x'><body>hi</body></message>");
        let text = scene.host(failed(5, code, ""));
        expected.assert_eq(text.split_once("<error ").unwrap().1);
    }
    let mut scene = Scene::known();
    scene.peer("<message id='m' type='chat' to='billng@localhost/x'><body>hi</body></message>");
    let text = scene.host(failed(5, "not-found", "There is no billng here. You can write to: billing, sales"));
    expect![[r#"
        send <message type='error' id='m' from='billng@localhost/x' to='joe@localhost/phone'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>There is no billng here. You can write to: billing, sales</text></error></message>
    "#]].assert_eq(&text);
}

#[test]
fn hints_about_the_conversation_and_messages() {
    check(
        "<message to='billing@localhost'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>",
        expect![[r#"
            report 5 joe@localhost/phone seen to "billing": composing 
        "#]],
    );
    check(
        "<message to='billing@localhost'><singing xmlns='http://jabber.org/protocol/chatstates'/></message>",
        expect![[r#""#]],
    );
    check(
        "<message to='billing@localhost'><received xmlns='urn:xmpp:receipts' id='1-0-1'/></message>",
        expect![[r#"
            report 5 joe@localhost/phone seen to "billing": delivered 1-0-1
        "#]],
    );
    check(
        "<message to='billing@localhost'><displayed xmlns='urn:xmpp:chat-markers:0' id='1-0-1'/></message>",
        expect![[r#"
            report 5 joe@localhost/phone seen to "billing": displayed 1-0-1
        "#]],
    );
    check("<message to='billing@localhost'><received xmlns='urn:xmpp:receipts'/></message>", expect![[r#""#]]);
    check(
        "<message id='m' to='billing@localhost'><body>hi</body><active xmlns='http://jabber.org/protocol/chatstates'/></message>",
        expect![[r#"
            report 5 joe@localhost/phone [m] said to "billing": "hi"
        "#]],
    );
}

fn hint(scene: &mut Scene, state: &str, id: &str) -> String {
    let seen = Seen { to: "billing".into(), id: id.into(), state: state.into() };
    scene.command(Command::Hint(Hint { contact: JOE.into(), seen, sender: "billing".into() }))
}

#[test]
fn chat_states_go_to_software_that_has_shown_them() {
    let mut scene = Scene::known();
    assert_eq!(hint(&mut scene, "composing", ""), "");
    scene.peer("<message to='billing@localhost'><active xmlns='http://jabber.org/protocol/chatstates'/></message>");
    let text = hint(&mut scene, "composing", "") + &hint(&mut scene, "paused", "") + &hint(&mut scene, "dancing", "");
    expect![[r#"
        send <message type='chat' from='billing@localhost' to='joe@localhost/phone'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>
        send <message type='chat' from='billing@localhost' to='joe@localhost/phone'><paused xmlns='http://jabber.org/protocol/chatstates'/></message>
    "#]].assert_eq(&text);
}

#[test]
fn receipts_go_to_who_has_asked() {
    let mut scene = Scene::known();
    scene.peer(
        "<message id='m1' to='billing@localhost'><body>hi</body><request xmlns='urn:xmpp:receipts'/>\
         <origin-id xmlns='urn:xmpp:sid:0' id='o1'/></message>\
         <message id='m2' to='billing@localhost'><body>hi</body><markable xmlns='urn:xmpp:chat-markers:0'/></message>\
         <message id='m3' to='billing@localhost'><body>hi</body></message>",
    );
    let mut text = String::new();
    for id in ["o1", "m2", "m3"] {
        text += &hint(&mut scene, "delivered", id);
        text += &hint(&mut scene, "displayed", id);
    }
    expect![[r#"
        send <message type='chat' from='billing@localhost' to='joe@localhost/phone'><received xmlns='urn:xmpp:receipts' id='m1'/></message>
        send <message type='chat' from='billing@localhost' to='joe@localhost/phone'><displayed xmlns='urn:xmpp:chat-markers:0' id='m2'/></message>
    "#]].assert_eq(&text);
}

#[test]
fn receipts_are_remembered_for_the_last_64_messages() {
    let mut scene = Scene::known();
    for number in 0..65 {
        let body = "<body>hi</body><request xmlns='urn:xmpp:receipts'/>";
        scene.peer(&format!("<message id='m{number}' to='billing@localhost'>{body}</message>"));
        scene.host(settled(number + 5));
    }
    assert_eq!(hint(&mut scene, "delivered", "m0"), "");
    assert!(hint(&mut scene, "delivered", "m1").contains("id='m1'"));
    assert!(hint(&mut scene, "delivered", "m64").contains("id='m64'"));
}
