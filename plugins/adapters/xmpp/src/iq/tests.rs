//! What clients ask, each with one answer.

use crate::scenario::*;
use expect_test::{Expect, expect};

#[track_caller]
fn check(xml: &str, expected: Expect) {
    expected.assert_eq(&Scene::known().peer(xml));
}

fn get(to: &str, payload: &str) -> String {
    let to = if to.is_empty() { String::new() } else { format!(" to='{to}'") };
    format!("<iq type='get' id='q'{to}>{payload}</iq>")
}

const INFO: &str = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
const ITEMS: &str = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
const PING: &str = "<ping xmlns='urn:xmpp:ping'/>";
const VERSION: &str = "<query xmlns='jabber:iq:version'/>";
const VCARD: &str = "<vCard xmlns='vcard-temp'/>";

#[test]
fn the_domain_tells_what_it_is() {
    check(
        &get("localhost", INFO),
        expect![[r#"
            send <iq type='result' id='q' from='localhost' to='joe@localhost/phone'><query xmlns='http://jabber.org/protocol/disco#info'><identity category='server' type='im' name='Example Bank'/><feature var='jabber:iq:roster'/><feature var='http://jabber.org/protocol/disco#info'/><feature var='http://jabber.org/protocol/disco#items'/><feature var='urn:xmpp:ping'/><feature var='jabber:iq:version'/><feature var='vcard-temp'/></query></iq>
        "#]],
    );
    check(
        &get("localhost", ITEMS),
        expect![[r#"
        send <iq type='result' id='q' from='localhost' to='joe@localhost/phone'><query xmlns='http://jabber.org/protocol/disco#items'><item jid='billing@localhost' name='Billing'/><item jid='sales@localhost' name='Sales'/></query></iq>
    "#]],
    );
    check(
        &get("localhost", PING),
        expect![[r#"
        send <iq type='result' id='q' from='localhost' to='joe@localhost/phone'/>
    "#]],
    );
    check(
        &get("localhost", VERSION),
        expect![[r#"
        send <iq type='result' id='q' from='localhost' to='joe@localhost/phone'><query xmlns='jabber:iq:version'><name>Cordboard</name><version>0.1.0</version></query></iq>
    "#]],
    );
    check(
        &get("localhost", VCARD),
        expect![[r#"
        send <iq type='result' id='q' from='localhost' to='joe@localhost/phone'><vCard xmlns='vcard-temp'><FN>Example Bank</FN></vCard></iq>
    "#]],
    );
    check(
        &get("localhost", "<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>"),
        expect![[r#"
        send <iq type='error' id='q' from='localhost' to='joe@localhost/phone'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
}

#[test]
fn links_are_a_tree() {
    check(
        &get("billing@localhost", ITEMS),
        expect![[r#"
        send <iq type='result' id='q' from='billing@localhost' to='joe@localhost/phone'><query xmlns='http://jabber.org/protocol/disco#items'><item jid='refunds@localhost' name='Refunds &amp; returns'/></query></iq>
    "#]],
    );
    check(
        &get("billing@localhost", INFO),
        expect![[r#"
        send <iq type='result' id='q' from='billing@localhost' to='joe@localhost/phone'><query xmlns='http://jabber.org/protocol/disco#info'><identity category='hierarchy' type='branch' name='Billing'/><identity category='account' type='registered' name='Billing'/><feature var='http://jabber.org/protocol/disco#info'/><feature var='http://jabber.org/protocol/disco#items'/><feature var='urn:xmpp:ping'/><feature var='jabber:iq:version'/><feature var='vcard-temp'/><feature var='http://jabber.org/protocol/chatstates'/><feature var='urn:xmpp:receipts'/><feature var='urn:xmpp:chat-markers:0'/></query></iq>
    "#]],
    );
    check(
        &get("refunds@localhost", ITEMS),
        expect![[r#"
        send <iq type='result' id='q' from='refunds@localhost' to='joe@localhost/phone'><query xmlns='http://jabber.org/protocol/disco#items'></query></iq>
    "#]],
    );
    check(
        &get("refunds@localhost/x", INFO),
        expect![[r#"
        send <iq type='result' id='q' from='refunds@localhost/x' to='joe@localhost/phone'><query xmlns='http://jabber.org/protocol/disco#info'><identity category='hierarchy' type='leaf' name='Refunds &amp; returns'/><identity category='account' type='registered' name='Refunds &amp; returns'/><feature var='http://jabber.org/protocol/disco#info'/><feature var='http://jabber.org/protocol/disco#items'/><feature var='urn:xmpp:ping'/><feature var='jabber:iq:version'/><feature var='vcard-temp'/><feature var='http://jabber.org/protocol/chatstates'/><feature var='urn:xmpp:receipts'/><feature var='urn:xmpp:chat-markers:0'/></query></iq>
    "#]],
    );
    check(
        &get("billing@localhost", PING),
        expect![[r#"
        send <iq type='result' id='q' from='billing@localhost' to='joe@localhost/phone'/>
    "#]],
    );
    check(
        &get("billing@localhost", VERSION),
        expect![[r#"
        send <iq type='result' id='q' from='billing@localhost' to='joe@localhost/phone'><query xmlns='jabber:iq:version'><name>Cordboard</name><version>0.1.0</version></query></iq>
    "#]],
    );
    check(
        &get("refunds@localhost", VCARD),
        expect![[r#"
        send <iq type='result' id='q' from='refunds@localhost' to='joe@localhost/phone'><vCard xmlns='vcard-temp'><FN>Refunds &amp; returns</FN></vCard></iq>
    "#]],
    );
    check(
        &get("billing@localhost", "<time xmlns='urn:xmpp:time'/>"),
        expect![[r#"
        send <iq type='error' id='q' from='billing@localhost' to='joe@localhost/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
}

#[test]
fn a_name_that_the_person_was_not_told_tells_nothing() {
    check(
        &get("jim@localhost", INFO),
        expect![[r#"
        send <iq type='error' id='q' from='jim@localhost' to='joe@localhost/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
    check(
        &get("jim@localhost", PING),
        expect![[r#"
        send <iq type='error' id='q' from='jim@localhost' to='joe@localhost/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
    check(
        &get("jim@localhost", VCARD),
        expect![[r#"
        send <iq type='error' id='q' from='jim@localhost' to='joe@localhost/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
}

#[test]
fn the_account_is_small() {
    check(
        &get("", INFO),
        expect![[r#"
        send <iq type='result' id='q' to='joe@localhost/phone'><query xmlns='http://jabber.org/protocol/disco#info'><identity category='account' type='registered'/><feature var='http://jabber.org/protocol/disco#info'/><feature var='http://jabber.org/protocol/disco#items'/></query></iq>
    "#]],
    );
    check(
        &get("joe@localhost", ITEMS),
        expect![[r#"
        send <iq type='result' id='q' from='joe@localhost' to='joe@localhost/phone'><query xmlns='http://jabber.org/protocol/disco#items'></query></iq>
    "#]],
    );
    check(
        &get("", VCARD),
        expect![[r#"
        send <iq type='result' id='q' to='joe@localhost/phone'><vCard xmlns='vcard-temp'></vCard></iq>
    "#]],
    );
    check(
        &get("", PING),
        expect![[r#"
        send <iq type='result' id='q' to='joe@localhost/phone'/>
    "#]],
    );
    check(
        &get("", "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query>"),
        expect![[r#"
        send <iq type='result' id='q' to='joe@localhost/phone'><query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query></iq>
    "#]],
    );
    check(
        &get("", "<query xmlns='jabber:iq:private'><s:x xmlns:s='a&apos;b'/></query>"),
        expect![[r#"
        send <iq type='result' id='q' to='joe@localhost/phone'><query xmlns='jabber:iq:private'><x xmlns='a&apos;b'/></query></iq>
    "#]],
    );
    check(
        &get("", "<query xmlns='jabber:iq:private'/>"),
        expect![[r#"
        send <iq type='error' id='q' to='joe@localhost/phone'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
    check(
        "<iq type='set' id='q'><vCard xmlns='vcard-temp'><FN>Joe</FN></vCard></iq>",
        expect![[r#"
        send <iq type='error' id='q' to='joe@localhost/phone'><error type='cancel'><not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>Cordboard does not keep this.</text></error></iq>
    "#]],
    );
    check(
        "<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>",
        expect![[r#"
        send <iq type='result' id='s' to='joe@localhost/phone'/>
    "#]],
    );
    check(
        "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
        expect![[r#"
        send <iq type='error' id='b' to='joe@localhost/phone'><error type='cancel'><not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>This stream has a resource already.</text></error></iq>
    "#]],
    );
}

#[test]
fn what_is_not_there_is_refused() {
    check(
        &get("", "<blocklist xmlns='urn:xmpp:blocking'/>"),
        expect![[r#"
        send <iq type='error' id='q' to='joe@localhost/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
    check(
        "<iq type='set' id='q'><enable xmlns='urn:xmpp:carbons:2'/></iq>",
        expect![[r#"
        send <iq type='error' id='q' to='joe@localhost/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
    check(
        "<iq type='set' id='q'><query xmlns='urn:xmpp:mam:2'/></iq>",
        expect![[r#"
        send <iq type='error' id='q' to='joe@localhost/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
    check(
        "<iq type='set' id='q'><enable xmlns='urn:xmpp:push:0' jid='p.example'/></iq>",
        expect![[r#"
        send <iq type='error' id='q' to='joe@localhost/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
    check(
        &get("localhost", "<query xmlns='jabber:iq:register'/>"),
        expect![[r#"
        send <iq type='error' id='q' from='localhost' to='joe@localhost/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
    check(
        &get("proxy.example.org", INFO),
        expect![[r#"
        send <iq type='error' id='q' from='proxy.example.org' to='joe@localhost/phone'><error type='cancel'><remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
    check(
        &get("joe@", INFO),
        expect![[r#"
        send <iq type='error' id='q' from='joe@' to='joe@localhost/phone'><error type='modify'><jid-malformed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
}

#[test]
fn malformed_ones_are_refused() {
    check(
        "<iq id='q'><ping xmlns='urn:xmpp:ping'/></iq>",
        expect![[r#"
        send <iq type='error' id='q' to='joe@localhost/phone'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
    check(
        "<iq type='ask' id='q'><ping xmlns='urn:xmpp:ping'/></iq>",
        expect![[r#"
        send <iq type='error' id='q' to='joe@localhost/phone'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
    "#]],
    );
    check(
        "<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>",
        expect![[r#"
        send <iq type='error' to='joe@localhost/phone'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>An iq has an id.</text></error></iq>
    "#]],
    );
    check(
        "<iq type='get' id='q'/>",
        expect![[r#"
        send <iq type='error' id='q' to='joe@localhost/phone'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>An iq has one child.</text></error></iq>
    "#]],
    );
    check(
        "<iq type='get' id='q'><a/><b/></iq>",
        expect![[r#"
        send <iq type='error' id='q' to='joe@localhost/phone'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>An iq has one child.</text></error></iq>
    "#]],
    );
    check("<iq type='result' id='stray'/><iq type='error' id='stray'/>", expect![[r#""#]]);
}

#[test]
fn before_a_resource_is_bound() {
    let mut scene = Scene::with(setup("none", "PLAIN"), false);
    for input in sign_in().into_iter().take(5) {
        scene.host(input);
    }
    let mut text = scene.peer(&get("localhost", PING)) + &scene.peer(&get("", ITEMS));
    text += &scene.peer("<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>");
    text += &scene.peer("<resume xmlns='urn:xmpp:sm:3' previd='x' h='3'/><enable xmlns='urn:xmpp:sm:3'/>");
    let bind = |resource: &str| {
        format!("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>{resource}</bind></iq>")
    };
    text += &scene.peer(&bind(&format!("<resource>{}</resource>", "x".repeat(1024))));
    text += &scene.peer(&bind(""));
    expect![[r#"
        send <iq type='result' id='q' from='localhost'/>
        send <iq type='result' id='q'><query xmlns='http://jabber.org/protocol/disco#items'><item jid='billing@localhost' name='Billing'/><item jid='sales@localhost' name='Sales'/></query></iq>
        send <iq type='result' id='s'/>
        send <failed xmlns='urn:xmpp:sm:3'><feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed><failed xmlns='urn:xmpp:sm:3'><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>
        send <iq type='error' id='b'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>That is no resource.</text></error></iq>
        timer 1 off
        timer 2 in 60000 ms
        report 2 joe@localhost/18191a1b1c1d1e1f arrived Some("joe") as "Joe Bloggs" aliases typing receipts presence roster resource=18191a1b1c1d1e1f
        send <iq type='result' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>joe@localhost/18191a1b1c1d1e1f</jid></bind></iq>
    "#]].assert_eq(&text);
}

#[test]
fn anything_else_before_a_resource_is_bound_ends_the_stream() {
    for xml in [
        "<presence/>",
        "<message to='billing@localhost'><body>hi</body></message>",
        "<iq type='get' id='q'><query xmlns='jabber:iq:roster'/></iq>",
        "<iq type='get' id='q' to='billing@localhost'><ping xmlns='urn:xmpp:ping'/></iq>",
        "<iq type='result' id='q'/>",
    ] {
        let mut scene = Scene::with(setup("none", "PLAIN"), false);
        for input in sign_in().into_iter().take(5) {
            scene.host(input);
        }
        let text = scene.peer(xml);
        assert!(text.ends_with("close: not-authorized: Bind a resource first.\n"), "{xml}: {text}");
    }
}

#[test]
fn a_contact_that_the_centre_does_not_want_is_turned_away() {
    for (code, expected) in [
        (
            "not-allowed",
            expect![[r#"
            send <stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>Not here.</text></stream:error></stream:stream>
            close: not-authorized: Not here.
        "#]],
        ),
        (
            "busy",
            expect![[r#"
            send <stream:error><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>Not here.</text></stream:error></stream:stream>
            close: resource-constraint: Not here.
        "#]],
        ),
        (
            "conflict",
            expect![[r#"
            send <stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>Not here.</text></stream:error></stream:stream>
            close: conflict: Not here.
        "#]],
        ),
    ] {
        let mut scene = Scene::with(setup("none", "PLAIN"), false);
        for input in sign_in().into_iter().take(6) {
            scene.host(input);
        }
        expected.assert_eq(&scene.host(failed(2, code, "Not here.")));
    }
}
