//! How a link comes up, or doesn't.

use crate::Xmpp;
use crate::scenario::*;
use cordboard_sdk::adapter::{Adapter, ProofStep, Setup};
use expect_test::{Expect, expect};

/// What comes of the server's words, up to the proof.
#[track_caller]
fn check(header: &str, expected: Expect) {
    let mut scene = Scene { xmpp: Xmpp::open(NOW, link_setup()).unwrap(), now: NOW };
    scene.host(dialled(7));
    expected.assert_eq(&scene.peer(header));
}

#[test]
fn a_link_comes_up() {
    let mut scene = Scene { xmpp: Xmpp::open(NOW, link_setup()).unwrap(), now: NOW };
    let text: String = shake_hands(7, 1).into_iter().map(|input| scene.host(input)).collect();
    expect![[r#"
        timer 1 in 30000 ms
        send <?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='support.example'>
        prove 1 xep-0114 "3BF96D32" of "prosody"
        send <handshake>aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e</handshake>
        ready 7
        timer 1 off
        timer 2 in 60000 ms
        timer 4 in 0 ms
    "#]].assert_eq(&text);
}

#[test]
fn a_server_that_speaks_something_else() {
    check(
        "<stream:stream xmlns='jabber:client' id='1' xmlns:stream='http://etherx.jabber.org/streams'>",
        expect![[r#"
        send <stream:error><invalid-namespace xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>This is a component: jabber:component:accept in a stream.</text></stream:error></stream:stream>
        close: invalid-namespace: This is a component: jabber:component:accept in a stream.
    "#]],
    );
    check(
        "<stream xmlns='jabber:component:accept' id='1'>",
        expect![[r#"
        send <stream:error><invalid-namespace xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>This is a component: jabber:component:accept in a stream.</text></stream:error></stream:stream>
        close: invalid-namespace: This is a component: jabber:component:accept in a stream.
    "#]],
    );
    check(
        "HTTP/1.1 400 Bad Request\r\n",
        expect![[r#"
        send <stream:error><not-well-formed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>This is not well-formed XML.</text></stream:error></stream:stream>
        close: not-well-formed: This is not well-formed XML.
    "#]],
    );
}

#[test]
fn a_server_that_does_not_know_us_says_so_behind_a_header_without_an_id() {
    check(
        "<stream:stream xmlns='jabber:component:accept' id='' xmlns:stream='http://etherx.jabber.org/streams'>\
         <stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>\
         <text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>no such component</text></stream:error></stream:stream>",
        expect![[r#"
            send </stream:stream>
            close: the server says host-unknown: no such component
        "#]],
    );
}

#[test]
fn a_handshake_that_is_refused() {
    let mut scene = Scene { xmpp: Xmpp::open(NOW, link_setup()).unwrap(), now: NOW };
    shake_hands(7, 1).into_iter().take(4).for_each(|input| drop(scene.host(input)));
    let text = scene.peer(
        "<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>",
    );
    expect![[r#"
        send </stream:stream>
        close: the server says not-authorized
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_secret_that_the_host_does_not_have() {
    for step in [refused("not-found"), ProofStep::Challenge(vec![])] {
        let mut scene = Scene { xmpp: Xmpp::open(NOW, link_setup()).unwrap(), now: NOW };
        shake_hands(7, 1).into_iter().take(3).for_each(|input| drop(scene.host(input)));
        assert_eq!(scene.host(proof(99, refused("not-found"))), "");
        let text = scene.host(proof(1, step));
        assert!(text.contains("</stream:stream>\nclose: the "), "{text}");
    }
}

#[test]
fn a_server_that_does_not_answer_is_given_up() {
    let mut scene = Scene { xmpp: Xmpp::open(NOW, link_setup()).unwrap(), now: NOW };
    shake_hands(7, 1).into_iter().take(4).for_each(|input| drop(scene.host(input)));
    expect![[r#"
        send <stream:error><connection-timeout xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>You have not signed in in time.</text></stream:error></stream:stream>
        close: connection-timeout: You have not signed in in time.
    "#]].assert_eq(&scene.host(cordboard_sdk::adapter::Input::Timer(1)));
}

#[test]
fn nothing_of_a_server_counts_before_the_handshake() {
    let mut scene = Scene { xmpp: Xmpp::open(NOW, link_setup()).unwrap(), now: NOW };
    shake_hands(7, 1).into_iter().take(4).for_each(|input| drop(scene.host(input)));
    let stanza = by("ann", "phone", "<message to='billing@support.example'><body>hi</body></message>");
    assert_eq!(scene.peer(&stanza), "");
    assert!(scene.peer("<handshake/>").starts_with("ready 7\n"));
    assert_eq!(scene.peer("<handshake/><features xmlns='news'/>"), "");
}

#[test]
fn a_component_needs_a_secret() {
    let error = Xmpp::open(NOW, Setup { attributes: vec![], ..link_setup() }).err().unwrap();
    expect!["the attribute secret is missing; a component proves with it who it is"].assert_eq(&error);
    let settings = r#"{"max_contacts": 0}"#.into();
    let error = Xmpp::open(NOW, Setup { settings, ..link_setup() }).err().unwrap();
    expect!["max_contacts is 0; it must be from 1 to 100000"].assert_eq(&error);
}
