//! A stanza that made the machine fail is left out: in both roles.

use crate::scenario::*;
use cordboard_sdk::adapter::{Adapter, Input, Output};
use expect_test::{Expect, expect};

#[track_caller]
fn check(mut scene: Scene, xml: &str, expected: Expect) {
    let mut text = scene.host(Input::Skip(7));
    text += &scene.peer(xml);
    expected.assert_eq(&text);
}

const HI: &str = "<message id='m1' to='billing@support.example'><body>hi</body></message>";
const PING: &str = "<iq type='get' id='q' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>";

#[test]
fn of_a_person_at_a_provider() {
    check(
        Scene::acquainted(),
        &(by("ann", "phone", HI) + &by("bob", "desk", PING)),
        expect![[r#"
        skipped "ann@provider.example"
        send <message type='error' id='m1' from='billing@support.example' to='ann@provider.example/phone'><error type='wait'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>That could not be handled.</text></error></message><iq type='result' id='q' from='support.example' to='bob@provider.example/desk'/>
    "#]],
    );
    check(
        Scene::linked(),
        &by("ann", "phone", PING),
        expect![[r#"
        skipped "ann@provider.example"
        send <iq type='error' id='q' from='support.example' to='ann@provider.example/phone'><error type='wait'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>That could not be handled.</text></error></iq>
    "#]],
    );
    check(
        Scene::linked(),
        &by("ann", "phone", "<presence to='billing@support.example' id='p'/>"),
        expect![[r#"
        skipped "ann@provider.example"
        send <presence type='error' id='p' from='billing@support.example' to='ann@provider.example/phone'><error type='wait'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>That could not be handled.</text></error></presence>
    "#]],
    );
    check(
        Scene::linked(),
        &by("ann", "phone", "<message type='error' to='billing@support.example'/>"),
        expect![[r#"
        skipped "ann@provider.example"
    "#]],
    );
    check(
        Scene::linked(),
        &by("ann", "phone", "<iq type='result' id='q' to='support.example'/>"),
        expect![[r#"
        skipped "ann@provider.example"
    "#]],
    );
    check(
        Scene::linked(),
        HI,
        expect![[r#"
        skipped ""
    "#]],
    );
    check(
        Scene::linked(),
        "<iq type='get' id='ack-0' from='support.example' to='support.example'/>",
        expect![[r#"
        skipped ""
    "#]],
    );
    check(
        Scene::linked(),
        &by("ann", "phone", &HI.replace("hi", &"x".repeat(70_000))),
        expect![[r#"
        skipped "ann@provider.example"
        send <message type='error' id='m1' from='billing@support.example' to='ann@provider.example/phone'><error type='wait'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>That could not be handled.</text></error></message>
    "#]],
    );
    check(
        Scene::linked(),
        "<stream:features/>",
        expect![[r#"
        skipped ""
        send <stream:error><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>That could not be handled.</text></stream:error></stream:stream>
        close: internal-server-error: That could not be handled.
    "#]],
    );
}

#[test]
fn of_a_client() {
    let hi = "<message id='m1' to='billing@localhost'><body>hi</body></message>";
    check(
        Scene::known(),
        &(hi.to_owned() + hi),
        expect![[r#"
        skipped "joe@localhost/phone"
        report 5 joe@localhost/phone [m1] said to "billing": "hi"
        send <message type='error' id='m1' from='billing@localhost' to='joe@localhost/phone'><error type='wait'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>That could not be handled.</text></error></message>
    "#]],
    );
    check(
        Scene::known(),
        "<r xmlns='urn:xmpp:sm:3'/>",
        expect![[r#"
        skipped "joe@localhost/phone"
        send <stream:error><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>That could not be handled.</text></stream:error></stream:stream>
        close: internal-server-error: That could not be handled.
    "#]],
    );
    let mut unbound = Scene::with(setup("none", "PLAIN"), false);
    sign_in().into_iter().take(5).for_each(|input| drop(unbound.host(input)));
    check(
        unbound,
        "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
        expect![[r#"
        skipped ""
        send <iq type='error' id='b'><error type='wait'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>That could not be handled.</text></error></iq>
    "#]],
    );
    check(
        Scene::secured(),
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGpvZQBqb2U=</auth>",
        expect![[r#"
            skipped ""
            send <stream:error><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>That could not be handled.</text></stream:error></stream:stream>
            close: internal-server-error: That could not be handled.
        "#]],
    );
}

#[test]
fn counts_as_handled() {
    let mut scene = Scene::known();
    scene.peer("<enable xmlns='urn:xmpp:sm:3'/>");
    scene.host(Input::Skip(7));
    let text = scene.peer("<message to='billing@localhost'><body>hi</body></message><r xmlns='urn:xmpp:sm:3'/>");
    assert!(text.contains("<a xmlns='urn:xmpp:sm:3' h='1'/>"), "{text}");
}

#[test]
fn a_half_stanza_is_not_it_yet() {
    let mut scene = Scene::acquainted();
    let stanza = by("ann", "phone", HI);
    let (first, second) = stanza.split_at(30);
    scene.peer(first);
    assert_eq!(scene.host(Input::Skip(7)), "");
    assert!(scene.peer(second).starts_with("skipped \"ann@provider.example\"\nsend <message type='error' id='m1'"));
    assert_eq!(scene.host(Input::Skip(8)), "", "another channel's");
    assert!(scene.peer(&by("ann", "phone", HI)).starts_with("report"));
}

#[test]
fn of_bytes_that_were_put_off_it_is_the_first() {
    let mut scene = Scene::acquainted();
    let pings: String =
        (0..3).map(|number| by("ann", "phone", &PING.replace("'q'", &format!("'q{number}'")))).collect();
    scene.peer(&(by("ann", "phone", HI).repeat(512) + &pings));
    scene.host(Input::Skip(7));
    let mut text = scene.host(settled(6));
    text += "--- the rest\n";
    text += &scene.host(Input::Timer(3));
    text += &scene.host(Input::Timer(3));
    expect![[r#"
        skipped "ann@provider.example"
        timer 3 in 0 ms
        send <iq type='error' id='q0' from='support.example' to='ann@provider.example/phone'><error type='wait'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>That could not be handled.</text></error></iq>
        --- the rest
        timer 3 in 0 ms
        send <iq type='result' id='q1' from='support.example' to='ann@provider.example/phone'/>
        send <iq type='result' id='q2' from='support.example' to='ann@provider.example/phone'/>
    "#]].assert_eq(&text);
    assert!(scene.xmpp.state.stream.held.is_empty());
}

/// A host that goes back to before an input and gives it in two parts comes out where the input as a whole would have.
#[test]
fn an_input_given_in_parts_comes_to_the_same() {
    let chunk: String = (0..20).map(|number| by("ann", "phone", &HI.replace("m1", &format!("n{number}")))).collect();
    let mut whole = Scene::acquainted();
    let expected = whole.xmpp.handle(NOW, bytes(chunk.as_bytes()));
    for cut in [1, 50, chunk.len() / 2, chunk.len() - 1] {
        let mut parts = Scene::acquainted();
        let mut outputs = parts.xmpp.handle(NOW, bytes(&chunk.as_bytes()[..cut]));
        outputs.extend(parts.xmpp.handle(NOW, bytes(&chunk.as_bytes()[cut..])));
        let reports = |outputs: &[Output]| outputs.iter().filter(|output| matches!(output, Output::Report(_))).count();
        assert_eq!(reports(&outputs), reports(&expected));
    }
}
