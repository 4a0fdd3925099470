//! What anybody at a provider may ask of our names (XEP-0030, 0092, 0199, 0054): nobody has to arrive for that.

use crate::scenario::*;
use expect_test::{Expect, expect};

#[track_caller]
fn check(to: &str, payload: &str, expected: Expect) {
    let mut scene = Scene::linked();
    let kind = if payload.contains("jabber:iq:register") { "set" } else { "get" };
    let text = scene.peer(&by("ann", "phone", &format!("<iq type='{kind}' id='q' to='{to}'>{payload}</iq>")));
    assert!(scene.xmpp.state.people.first().is_none());
    expected.assert_eq(&text);
}

#[test]
fn the_domain() {
    check(
        "support.example",
        "<query xmlns='http://jabber.org/protocol/disco#info'/>",
        expect![[r#"
        send <iq type='result' id='q' from='support.example' to='ann@provider.example/phone'><query xmlns='http://jabber.org/protocol/disco#info'><identity category='component' type='generic' name='Example Bank'/><feature var='http://jabber.org/protocol/disco#info'/><feature var='http://jabber.org/protocol/disco#items'/><feature var='urn:xmpp:ping'/><feature var='jabber:iq:version'/><feature var='vcard-temp'/></query></iq>
    "#]],
    );
    check(
        "support.example",
        "<query xmlns='http://jabber.org/protocol/disco#items'/>",
        expect![[r#"
        send <iq type='result' id='q' from='support.example' to='ann@provider.example/phone'><query xmlns='http://jabber.org/protocol/disco#items'><item jid='billing@support.example' name='Billing'/><item jid='sales@support.example' name='Sales'/></query></iq>
    "#]],
    );
    check(
        "support.example",
        "<query xmlns='jabber:iq:version'/>",
        expect![[r#"
        send <iq type='result' id='q' from='support.example' to='ann@provider.example/phone'><query xmlns='jabber:iq:version'><name>Cordboard</name><version>0.1.0</version></query></iq>
    "#]],
    );
    check(
        "Support.Example/x",
        "<ping xmlns='urn:xmpp:ping'/>",
        expect![[r#"
        send <iq type='result' id='q' from='support.example/x' to='ann@provider.example/phone'/>
    "#]],
    );
    check(
        "support.example",
        "<vCard xmlns='vcard-temp'/>",
        expect![[r#"
        send <iq type='result' id='q' from='support.example' to='ann@provider.example/phone'><vCard xmlns='vcard-temp'><FN>Example Bank</FN></vCard></iq>
    "#]],
    );
    check(
        "support.example",
        "<query xmlns='jabber:iq:roster'/>",
        expect![[r#"
        send <iq type='error' id='q' from='support.example' to='ann@provider.example/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
    check(
        "support.example",
        "<query xmlns='jabber:iq:register'/>",
        expect![[r#"
        send <iq type='error' id='q' from='support.example' to='ann@provider.example/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
}

#[test]
fn a_link() {
    check(
        "billing@support.example",
        "<query xmlns='http://jabber.org/protocol/disco#info'/>",
        expect![[r#"
        send <iq type='result' id='q' from='billing@support.example' to='ann@provider.example/phone'><query xmlns='http://jabber.org/protocol/disco#info'><identity category='hierarchy' type='branch' name='Billing'/><identity category='account' type='registered' name='Billing'/><feature var='http://jabber.org/protocol/disco#info'/><feature var='http://jabber.org/protocol/disco#items'/><feature var='urn:xmpp:ping'/><feature var='jabber:iq:version'/><feature var='vcard-temp'/><feature var='http://jabber.org/protocol/chatstates'/><feature var='urn:xmpp:receipts'/><feature var='urn:xmpp:chat-markers:0'/></query></iq>
    "#]],
    );
    check(
        "billing@support.example",
        "<query xmlns='http://jabber.org/protocol/disco#items'/>",
        expect![[r#"
        send <iq type='result' id='q' from='billing@support.example' to='ann@provider.example/phone'><query xmlns='http://jabber.org/protocol/disco#items'><item jid='refunds@support.example' name='Refunds &amp; returns'/></query></iq>
    "#]],
    );
    check(
        "sales@support.example/x",
        "<query xmlns='jabber:iq:version'/>",
        expect![[r#"
        send <iq type='result' id='q' from='sales@support.example/x' to='ann@provider.example/phone'><query xmlns='jabber:iq:version'><name>Cordboard</name><version>0.1.0</version></query></iq>
    "#]],
    );
    check(
        "sales@support.example",
        "<vCard xmlns='vcard-temp'/>",
        expect![[r#"
        send <iq type='result' id='q' from='sales@support.example' to='ann@provider.example/phone'><vCard xmlns='vcard-temp'><FN>Sales</FN></vCard></iq>
    "#]],
    );
    check(
        "nobody@support.example",
        "<ping xmlns='urn:xmpp:ping'/>",
        expect![[r#"
        send <iq type='error' id='q' from='nobody@support.example' to='ann@provider.example/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
}

#[test]
fn the_server_itself_may_ask() {
    let mut scene = Scene::linked();
    let text = scene
        .peer("<iq from='provider.example' to='support.example' id='1' type='get'><ping xmlns='urn:xmpp:ping'/></iq>");
    expect![[r#"
        send <iq type='result' id='1' from='support.example' to='provider.example'/>
    "#]]
    .assert_eq(&text);
}
