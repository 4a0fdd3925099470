//! Stream management: what is counted, and when it is said.

use crate::scenario::*;
use expect_test::expect;

const R: &str = "<r xmlns='urn:xmpp:sm:3'/>";
const HI: &str = "<message to='billing@localhost'><body>hi</body></message>";
const PING: &str = "<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>";

fn a(handled: &str) -> String {
    format!("<a xmlns='urn:xmpp:sm:3' h='{handled}'/>")
}

fn enabled() -> Scene {
    let mut scene = Scene::known();
    scene.peer("<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
    scene
}

#[test]
fn a_stanza_is_handled_when_it_is_settled() {
    let mut scene = Scene::known();
    let mut text = scene.peer("<enable xmlns='urn:xmpp:sm:3' resume='true'/>") + &scene.peer(R);
    text += &scene.peer(&[HI, PING, HI, R].concat());
    text += "--- the second is settled\n";
    text += &scene.host(settled(6));
    text += "--- the first is settled\n";
    text += &scene.host(settled(5));
    text += &scene.peer(R);
    expect![[r#"
        send <enabled xmlns='urn:xmpp:sm:3'/>
        send <a xmlns='urn:xmpp:sm:3' h='0'/>
        report 5 joe@localhost/phone said to "billing": "hi"
        report 6 joe@localhost/phone said to "billing": "hi"
        send <iq type='result' id='p' from='localhost' to='joe@localhost/phone'/>
        --- the second is settled
        --- the first is settled
        send <a xmlns='urn:xmpp:sm:3' h='3'/>
        send <a xmlns='urn:xmpp:sm:3' h='3'/>
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_refused_stanza_is_handled_too() {
    let mut scene = enabled();
    scene.peer(&[HI, R].concat());
    expect![[r#"
        send <message type='error' from='billing@localhost' to='joe@localhost/phone'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message><a xmlns='urn:xmpp:sm:3' h='1'/>
    "#]].assert_eq(&scene.host(failed(5, "not-found", "")));
}

#[test]
fn a_second_question_is_answered_with_what_is_settled_by_then() {
    let mut scene = enabled();
    let mut text = scene.peer(&[HI, R, HI, R].concat());
    text += "--- settled\n";
    text += &scene.host(settled(5));
    text += &scene.host(settled(6));
    expect![[r#"
        report 5 joe@localhost/phone said to "billing": "hi"
        report 6 joe@localhost/phone said to "billing": "hi"
        send <a xmlns='urn:xmpp:sm:3' h='0'/>
        --- settled
        send <a xmlns='urn:xmpp:sm:3' h='2'/>
    "#]]
    .assert_eq(&text);
}

#[test]
fn reports_of_before_do_not_count() {
    let mut scene = Scene::known();
    let text = scene.peer(&[HI, "<enable xmlns='urn:xmpp:sm:3'/>", R].concat());
    expect![[r#"
        report 5 joe@localhost/phone said to "billing": "hi"
        send <enabled xmlns='urn:xmpp:sm:3'/><a xmlns='urn:xmpp:sm:3' h='0'/>
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_delivery_is_delivered_when_the_peer_has_handled_it() {
    let mut scene = enabled();
    let mut text = scene.host(delivery("1-0-1", "one", false)) + &scene.host(delivery("1-0-2", "two", false));
    text += "--- one\n";
    text += &scene.peer(&a("1"));
    text += "--- the same again\n";
    text += &scene.peer(&a("1"));
    text += "--- two\n";
    text += &scene.peer(&a("2"));
    text += &scene.host(delivery("1-0-3", "three", false));
    text += "--- older than the last\n";
    text += &scene.peer(&a("1"));
    text += "--- more than there are\n";
    text += &scene.peer(&a("99"));
    expect![[r#"
        send <message type='chat' id='1-0-1' from='billing@localhost' to='joe@localhost/phone'><body>one</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/></message><r xmlns='urn:xmpp:sm:3'/>
        send <message type='chat' id='1-0-2' from='billing@localhost' to='joe@localhost/phone'><body>two</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/></message>
        --- one
        receipt 1-0-1
        send <r xmlns='urn:xmpp:sm:3'/>
        --- the same again
        --- two
        receipt 1-0-2
        send <message type='chat' id='1-0-3' from='billing@localhost' to='joe@localhost/phone'><body>three</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/></message><r xmlns='urn:xmpp:sm:3'/>
        --- older than the last
        --- more than there are
        send <stream:error><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><handled-count-too-high xmlns='urn:xmpp:sm:3' h='99' send-count='3'/></stream:error></stream:stream>
        close: undefined-condition: the peer claims to have handled more than was sent
    "#]].assert_eq(&text);
}

#[test]
fn a_refused_delivery_is_not_delivered() {
    let mut scene = enabled();
    scene.host(delivery("1-0-1", "one", false));
    let error = "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\
                 <text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>gone fishing</text></error>";
    let bounce = format!("<message type='error' id='1-0-1' to='billing@localhost'>{error}</message>");
    expect![[r#"
        receipt 1-0-1: not-found "gone fishing"
    "#]]
    .assert_eq(&(scene.peer(&bounce) + &scene.peer(&a("1"))));
}

#[test]
fn numbers_wrap_around() {
    let mut scene = enabled();
    scene.xmpp.state.acks.sent = u32::MAX;
    scene.xmpp.state.acks.handled = u32::MAX;
    scene.xmpp.state.acks.received = u32::MAX;
    let mut text = scene.host(delivery("1-0-1", "one", false)) + &scene.peer(&a("0"));
    text += &scene.peer(&[HI, R].concat());
    text += &scene.host(settled(5));
    expect![[r#"
        send <message type='chat' id='1-0-1' from='billing@localhost' to='joe@localhost/phone'><body>one</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/></message><r xmlns='urn:xmpp:sm:3'/>
        receipt 1-0-1
        report 5 joe@localhost/phone said to "billing": "hi"
        send <a xmlns='urn:xmpp:sm:3' h='0'/>
    "#]].assert_eq(&text);
}

#[test]
fn words_out_of_order() {
    let text = Scene::known().peer("<r xmlns='urn:xmpp:sm:3'/>")
        + &enabled().peer("<enable xmlns='urn:xmpp:sm:3'/><resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>")
        + &enabled().peer(&a("many"))
        + &enabled().peer("<sing xmlns='urn:xmpp:sm:3'/>");
    expect![[r#"
        send <stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>Stream management is not enabled.</text></stream:error></stream:stream>
        close: policy-violation: Stream management is not enabled.
        send <failed xmlns='urn:xmpp:sm:3'><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed><failed xmlns='urn:xmpp:sm:3'><feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>
        send <stream:error><bad-format xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>An &lt;a/&gt; has a number h.</text></stream:error></stream:stream>
        close: bad-format: An <a/> has a number h.
        send <stream:error><unsupported-stanza-type xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>That element is not known here.</text></stream:error></stream:stream>
        close: unsupported-stanza-type: That element is not known here.
    "#]].assert_eq(&text);
}

const SESSION: &str = "<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>";

#[test]
fn what_is_delivered_before_counting_begins_awaits_the_first_answer() {
    let mut scene = Scene::bound();
    scene.host(delivery("1-0-1", "late", true));
    let mut text = scene.peer(SESSION) + &scene.peer("<enable xmlns='urn:xmpp:sm:3'/>");
    text += "--- read\n";
    text += &scene.peer(&a("0"));
    expect![[r#"
        send <iq type='result' id='s' to='joe@localhost/phone'/>
        send <enabled xmlns='urn:xmpp:sm:3'/><r xmlns='urn:xmpp:sm:3'/>
        --- read
        receipt 1-0-1
    "#]]
    .assert_eq(&text);
}

#[test]
fn what_is_delivered_to_a_peer_that_goes_on_without_counting_is_delivered() {
    let mut scene = Scene::bound();
    scene.host(delivery("1-0-1", "late", true));
    let text = scene.peer("<presence type='unavailable'/>") + &scene.host(delivery("1-0-2", "more", false));
    let receipts: Vec<&str> = text.lines().filter(|line| line.starts_with("receipt")).collect();
    assert_eq!(receipts, ["receipt 1-0-1", "receipt 1-0-2"]);
}

#[test]
fn who_counts_what_came_before_counting_began_is_not_cut_off() {
    let mut scene = Scene::bound();
    scene.host(delivery("1-0-1", "late", true));
    scene.peer("<enable xmlns='urn:xmpp:sm:3'/>");
    scene.host(delivery("1-0-2", "more", false));
    // Two stanzas before, one since.
    assert!(scene.peer(&a("3")).contains("receipt 1-0-2"));
    assert!(scene.peer(&a("99")).contains("handled-count-too-high"));
}
