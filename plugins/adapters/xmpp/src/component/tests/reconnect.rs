//! What stays over a new connection, and what doesn't.

use crate::Xmpp;
use crate::scenario::*;
use cordboard_sdk::adapter::*;
use cordboard_sdk::model::SavedState;
use expect_test::expect;

fn closed(channel: Channel) -> Input {
    Input::Closed(Ending { channel, reason: "reset".into() })
}

fn on(channel: Channel, xml: &str) -> Input {
    Input::Received(Chunk { channel, data: xml.as_bytes().to_vec(), text: false })
}

const HI: &str = "<message id='m1' to='billing@support.example'><body>hi</body></message>";

#[test]
fn people_stay_and_are_asked_for_their_presence() {
    let mut scene = Scene::acquainted();
    scene.peer(&by("bob", "desk", "<presence to='billing@support.example'/>"));
    let mut text = scene.host(for_contact(ANN, delivery("1-0-1", "hello", false)));
    text += "--- gone: what is settled now is not answered, what awaits its echo is forgotten\n";
    scene.peer(&by("ann", "phone", HI));
    scene.peer("<message from='ann@provider.example/phone");
    text += &scene.host(closed(7));
    text += &scene.host(failed(8, "gone", ""));
    text += &scene.host(for_contact(ANN, delivery("1-0-1", "hello", false)));
    text += &scene.host(Input::Timer(2));
    text += "--- back\n";
    text += &scene.link_up(8);
    text += &scene.host(Input::Timer(4));
    text += &scene.host(for_contact(ANN, delivery("1-0-1", "hello", true)));
    text += &scene.host(on(8, &by("ann", "phone", HI)));
    expect![[r#"
        send <message type='chat' id='1-0-1' from='billing@support.example' to='ann@provider.example/phone'><body>hello</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/></message><iq type='get' id='ack-3' from='support.example' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>
        --- gone: what is settled now is not answered, what awaits its echo is forgotten
        --- back
        timer 1 in 30000 ms
        send <?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='support.example'>
        prove 9 xep-0114 "3BF96D32" of "prosody"
        send <handshake>aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e</handshake>
        ready 8
        timer 1 off
        timer 2 in 60000 ms
        timer 4 in 0 ms
        timer 4 in 30000 ms
        send <presence type='probe' from='support.example' to='ann@provider.example'/><presence type='probe' from='support.example' to='bob@provider.example'/><presence type='probe' from='billing@support.example' to='bob@provider.example'/>
        send <message type='chat' id='1-0-1' from='billing@support.example' to='ann@provider.example/phone'><body>hello</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/><delay xmlns='urn:xmpp:delay' from='support.example' stamp='2026-07-14T09:29:00Z'/></message><iq type='get' id='ack-7' from='support.example' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>
        report 10 ann@provider.example [m1] said to "billing": "hi"
    "#]].assert_eq(&text);
}

#[test]
fn who_has_gone_meanwhile_is_found() {
    let mut scene = Scene::linked();
    for (who, resource) in [("ann", "phone"), ("ann", "desk"), ("bob", "desk"), ("cid", "desk")] {
        scene.peer(&by(who, resource, "<presence to='billing@support.example'/>"));
    }
    (2..20).for_each(|reference| drop(scene.host(settled(reference))));
    scene.host(closed(7));
    scene.link_up(8);
    scene.host(Input::Timer(4));
    let mut text = scene.host(on(8, &by("ann", "desk", "<presence to='billing@support.example'/>")));
    text +=
        &scene.host(on(8, "<presence from='bob@provider.example' to='billing@support.example' type='unavailable'/>"));
    text += "--- 30 s\n";
    text += &scene.host(Input::Timer(4));
    expect![[r#"
        report 10 bob@provider.example published desk open=false available None 0
        report 11 bob@provider.example left: unavailable
        --- 30 s
        report 12 ann@provider.example published desk open=true available None 0 phone open=false available None 0
        report 13 cid@provider.example published desk open=false available None 0
        report 14 cid@provider.example left: unavailable
        timer 4 in 3600000 ms
    "#]]
    .assert_eq(&text);
}

#[test]
fn rounds_are_walked_in_steps() {
    let mut scene = Scene::linked();
    for number in 0..130 {
        let subscribe = by(&format!("p{number:03}"), "x", "<presence to='billing@support.example' type='probe'/>");
        scene.peer(&subscribe);
        (0..4).for_each(|back| drop(scene.host(settled(2 * number + back))));
    }
    scene.host(closed(7));
    scene.link_up(8);
    let steps = (0..3).map(|_| {
        let text = scene.host(Input::Timer(4));
        (text.matches("type='probe'").count(), text.contains("timer 4 in 0 ms"))
    });
    assert_eq!(steps.collect::<Vec<_>>(), [(128, true), (128, true), (4, false)]);
}

#[test]
fn the_link_is_looked_after_by_echoes() {
    let mut scene = Scene::linked();
    let mut text = scene.host(Input::Timer(2));
    text += &scene.peer(
        "<iq type='get' id='ack-0' from='support.example' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>",
    );
    text += &scene.host(Input::Timer(2));
    text += "--- no echo, though others speak\n";
    text += &scene.peer(&by(
        "ann",
        "phone",
        "<iq type='get' id='p' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>",
    ));
    text += &scene.host(Input::Timer(2));
    expect![[r#"
        timer 2 in 60000 ms
        send <iq type='get' id='ack-0' from='support.example' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>
        timer 2 in 60000 ms
        send <iq type='get' id='ack-0' from='support.example' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>
        --- no echo, though others speak
        send <iq type='result' id='p' from='support.example' to='ann@provider.example/phone'/>
        send <stream:error><connection-timeout xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>You have not answered.</text></stream:error></stream:stream>
        close: connection-timeout: You have not answered.
    "#]].assert_eq(&text);
}

#[test]
fn a_delivery_that_waits_for_its_echo_at_one_look_is_given_time_until_the_next() {
    let mut scene = Scene::acquainted();
    scene.host(for_contact(ANN, delivery("1-0-1", "hello", false)));
    assert_eq!(scene.host(Input::Timer(2)), "timer 2 in 60000 ms\n");
    assert!(scene.host(Input::Timer(2)).contains("close: connection-timeout"));
}

#[test]
fn the_end_of_the_link() {
    let text = Scene::linked().peer("</stream:stream>")
        + &Scene::linked().command(Command::Drain)
        + &Scene::linked()
            .peer("<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
    expect![[r#"
        send </stream:stream>
        close: the server has ended the stream
        send </stream:stream>
        close: drained
        send </stream:stream>
        close: the server says system-shutdown
    "#]]
    .assert_eq(&text);
}

#[test]
fn recalled() {
    let recall = |attributes| for_contact(ANN, direct("recall", attributes));
    let mut scene = Scene::linked();
    let mut text = scene.host(recall(vec![attribute("principal", ANN), attribute("name", "Ann")]));
    text += "--- known, with presence\n";
    scene.peer(&by("ann", "phone", "<presence to='billing@support.example'/>"));
    text += &scene.host(recall(vec![attribute("principal", ANN)]));
    text += "--- nobody can be recalled who is none of theirs\n";
    for nobody in ["billing@support.example", "@provider.example", ""] {
        text += &scene.host(recall(vec![attribute("principal", nobody)]));
    }
    text += "--- nor while there is no link\n";
    scene.host(closed(7));
    text += &scene.host(recall(vec![attribute("principal", ANN)]));
    expect![[r#"
        report 2 ann@provider.example arrived Some("ann@provider.example") as "Ann" aliases typing receipts presence
        send <presence type='probe' from='support.example' to='ann@provider.example'/><presence type='probe' from='billing@support.example' to='ann@provider.example'/><presence type='probe' from='refunds@support.example' to='ann@provider.example'/><presence type='probe' from='sales@support.example' to='ann@provider.example'/>
        --- known, with presence
        report 4 ann@provider.example arrived Some("ann@provider.example") as "ann" aliases typing receipts presence
        report 5 ann@provider.example published phone open=true available None 0
        send <presence type='probe' from='support.example' to='ann@provider.example'/><presence type='probe' from='billing@support.example' to='ann@provider.example'/>
        --- nobody can be recalled who is none of theirs
        --- nor while there is no link
    "#]].assert_eq(&text);
}

/// A conversation of several people with something of everything, over two connections.
fn conversation() -> Vec<Input> {
    let mut inputs = shake_hands(7, 1);
    let redirection = Redirection { contact: ANN.into(), target: "center.example".into(), attributes: vec![] };
    inputs.extend([
        on(7, "<presence from='ann@provider.example' to='billing@support.example' type='subscribe'/>"),
        settled(2),
        settled(3),
        on(
            7,
            &by(
                "ann",
                "phone",
                "<presence to='billing@support.example'><show>dnd</show><status>gr\u{fc}\u{df}e</status></presence>",
            ),
        ),
        Input::Command(shown(ANN, "billing")),
        on(
            7,
            &(by("bob", "desk", HI)
                + &by("ann", "phone", &HI.replace("<body>", "<request xmlns='urn:xmpp:receipts'/><body>"))),
        ),
        settled(5),
        settled(6),
        for_contact(ANN, delivery("1-0-1", "hello", false)),
        for_contact(BOB, delivery("2-0-1", "hello", false)),
        failed(7, "gone", ""),
        on(
            7,
            &by(
                "bob",
                "desk",
                &format!("<message to='billing@support.example'><body>{}</body></message>", "x".repeat(70_000)),
            ),
        ),
        on(
            7,
            "<iq type='get' id='ack-6' from='support.example' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>",
        ),
        Input::Skip(7),
        on(7, &by("bob", "desk", HI)),
        Input::Command(Command::Redirect(redirection)),
        for_contact(BOB, direct("ban", vec![attribute("until", &(NOW + 1).to_string())])),
        on(7, &by("bob", "desk", HI)),
        Input::Timer(2),
        Input::Timer(4),
        closed(7),
        settled(8),
    ]);
    inputs.extend(shake_hands(8, 9));
    inputs.extend([
        Input::Timer(4),
        on(8, &by("ann", "phone", HI)),
        for_contact(ANN, delivery("1-0-1", "hello", true)),
        Input::Timer(4),
        on(
            8,
            "<presence from='ann@provider.example' to='billing@support.example' type='unavailable'/>\
             <iq type='result' id='ack-20' from='support.example' to='support.example'/></stream:stream>",
        ),
    ]);
    inputs
}

#[test]
fn a_machine_restored_between_any_two_inputs_says_the_same() {
    let mut kept = Xmpp::open(NOW, link_setup()).unwrap();
    let mut restored = Xmpp::open(NOW, link_setup()).unwrap();
    let mut text = String::new();
    for input in conversation() {
        let steps: Vec<Input> = match input {
            Input::Received(chunk) => {
                // The text of the big one need not be cut between all letters.
                let size = if chunk.data.len() > 10_000 { 999 } else { 1 };
                chunk
                    .data
                    .chunks(size)
                    .map(|part| Input::Received(Chunk { data: part.to_vec(), ..chunk.clone() }))
                    .collect()
            }
            input => vec![input],
        };
        for step in steps {
            let outputs = kept.handle(NOW, step.clone());
            assert_eq!(outputs, restored.handle(NOW, step));
            restored = Xmpp::restore(Setup { seed: vec![99; 32], ..link_setup() }, restored.save()).unwrap();
            text += &render(&outputs);
        }
    }
    for part in [
        "ready 7",
        "receipt 1-0-1",
        "policy-violation",
        "skipped \"bob@provider.example\"",
        "Not now.",
        "ready 8",
        "left: unavailable",
    ] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
}

#[test]
fn a_saved_state_of_another_format_is_refused() {
    assert!(Xmpp::restore(link_setup(), SavedState { format: 2, bytes: vec![] }).is_err());
}
