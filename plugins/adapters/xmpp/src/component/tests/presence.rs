//! Presence of a provider's users, and of our names for them.

use crate::scenario::*;
use cordboard_sdk::adapter::Input;
use expect_test::expect;

fn presence(attributes: &str) -> String {
    format!("<presence to='billing@support.example' {attributes}/>")
}

#[test]
fn a_subscription_goes_both_ways() {
    let mut scene = Scene::linked();
    let mut text =
        scene.peer("<presence from='ann@provider.example' to='billing@support.example' type='subscribe' id='s'/>");
    text += &scene.host(settled(2));
    text += &scene.host(settled(3));
    text += "--- she lets us see hers, and her server tells\n";
    text += &scene.peer("<presence from='ann@provider.example' to='billing@support.example' type='subscribed'/>");
    text += &scene.peer(&by("ann", "phone", &presence("")));
    text += &scene.command(shown(ANN, "billing"));
    text += "--- no more\n";
    text += &scene.peer("<presence from='ann@provider.example' to='billing@support.example' type='unsubscribe'/>");
    text += &scene.host(settled(5));
    expect![[r#"
        report 2 ann@provider.example arrived Some("ann@provider.example") as "ann" aliases typing receipts presence
        report 3 ann@provider.example subscribed to "billing"
        send <presence type='subscribed' from='billing@support.example' to='ann@provider.example'/><presence type='subscribe' from='billing@support.example' to='ann@provider.example'/>
        --- she lets us see hers, and her server tells
        report 4 ann@provider.example published phone open=true available None 0
        send <iq type='get' id='version-1' from='support.example' to='ann@provider.example/phone'><query xmlns='jabber:iq:version'/></iq>
        send <presence from='billing@support.example/cordboard' to='ann@provider.example'></presence>
        --- no more
        report 5 ann@provider.example unsubscribed from "billing"
        send <presence type='unsubscribed' from='billing@support.example' to='ann@provider.example'/>
    "#]].assert_eq(&text);
}

#[test]
fn a_subscription_that_is_refused() {
    let mut scene = Scene::linked();
    scene.peer("<presence from='ann@provider.example' to='nobody@support.example' type='subscribe' id='s'/>");
    expect![[r#"
        send <presence type='error' id='s' from='nobody@support.example' to='ann@provider.example'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>There is no nobody here.</text></error></presence>
    "#]].assert_eq(&scene.host(failed(3, "not-found", "There is no nobody here.")));
}

#[test]
fn a_life_with_several_resources() {
    let mut scene = Scene::linked();
    let mut text = scene.peer(&by("ann", "phone", "<presence to='billing@support.example'><show>away</show><status>lunch</status><priority>5</priority></presence>"));
    text += "--- the same to another name\n";
    text += &scene.peer(&by(
        "ann",
        "phone",
        "<presence to='sales@support.example'><show>away</show><status>lunch</status><priority>5</priority></presence>",
    ));
    text += "--- the desk\n";
    text += &scene.peer(&by("ann", "desk", &presence("")));
    text += "--- the phone goes\n";
    text += &scene.peer(&by("ann", "phone", &presence("type='unavailable'")));
    text += &scene.peer(&by("ann", "phone", "<presence to='sales@support.example' type='unavailable'/>"));
    text += "--- the desk goes\n";
    text += &scene.peer(&by(
        "ann",
        "desk",
        "<presence to='billing@support.example' type='unavailable'><status>bye</status></presence>",
    ));
    text += &scene.peer(&by("ann", "desk", "<presence to='sales@support.example' type='unavailable'/>"));
    text += "--- and is here again\n";
    text += &scene.peer(&by("ann", "desk", &presence("")));
    expect![[r#"
        report 2 ann@provider.example arrived Some("ann@provider.example") as "ann" aliases typing receipts presence
        report 3 ann@provider.example published phone open=true away Some("lunch") 5
        send <iq type='get' id='version-1' from='support.example' to='ann@provider.example/phone'><query xmlns='jabber:iq:version'/></iq>
        --- the same to another name
        --- the desk
        report 4 ann@provider.example published phone open=true away Some("lunch") 5 desk open=true available None 0
        --- the phone goes
        report 5 ann@provider.example published desk open=true available None 0 phone open=false away None 5
        --- the desk goes
        report 6 ann@provider.example published desk open=false available Some("bye") 0
        report 7 ann@provider.example left: unavailable
        --- and is here again
        report 8 ann@provider.example arrived Some("ann@provider.example") as "ann" aliases typing receipts presence
        report 9 ann@provider.example published desk open=true available None 0
        send <iq type='get' id='version-1' from='support.example' to='ann@provider.example/desk'><query xmlns='jabber:iq:version'/></iq>
    "#]].assert_eq(&text);
}

#[test]
fn a_server_that_says_nobody_is_there_means_all_of_them() {
    let mut scene = Scene::linked();
    scene.peer(&by("ann", "phone", &presence("")));
    scene.peer(&by("ann", "desk", &presence("")));
    let text = scene.peer("<presence from='ann@provider.example' to='billing@support.example' type='unavailable'/>");
    expect![[r#"
        report 5 ann@provider.example published phone open=false available None 0 desk open=false available None 0
        report 6 ann@provider.example left: unavailable
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_message_is_evidence_for_one_place() {
    let mut scene = Scene::linked();
    let say = |resource: &str| by("ann", resource, "<message to='billing@support.example'><body>hi</body></message>");
    let mut text = scene.peer(&by("ann", "desk", &presence("")));
    text += "--- from where her server tells nothing\n";
    text += &scene.peer(&say("phone"));
    text += "--- and from a third\n";
    text += &scene.peer(&say("tablet"));
    text += "--- which is told of now\n";
    text += &scene.peer(&by("ann", "tablet", &presence("")));
    expect![[r#"
        report 2 ann@provider.example arrived Some("ann@provider.example") as "ann" aliases typing receipts presence
        report 3 ann@provider.example published desk open=true available None 0
        send <iq type='get' id='version-1' from='support.example' to='ann@provider.example/desk'><query xmlns='jabber:iq:version'/></iq>
        --- from where her server tells nothing
        report 4 ann@provider.example published desk open=true available None 0 phone open=true available None 0
        report 5 ann@provider.example said to "billing": "hi"
        --- and from a third
        report 6 ann@provider.example published desk open=true available None 0 tablet open=true available None 0 phone open=false available None 0
        report 7 ann@provider.example said to "billing": "hi"
        --- which is told of now
        report 8 ann@provider.example published desk open=true available None 0 tablet open=true available None 0
    "#]].assert_eq(&text);
}

/// As Prosody answers a request to see somebody's presence that is not granted yet.
#[test]
fn a_server_that_tells_nothing_yet_does_not_end_a_conversation() {
    let mut scene = Scene::acquainted();
    scene.peer("<presence from='ann@provider.example' to='billing@support.example' type='subscribe'/>");
    scene.host(settled(6));
    assert_eq!(
        scene.peer("<presence from='ann@provider.example' to='billing@support.example' type='unavailable'/>"),
        ""
    );
    assert!(
        scene.host(for_contact(ANN, delivery("1-0-1", "hello", false))).contains("to='ann@provider.example/phone'")
    );
}

#[test]
fn a_probe_is_an_arrival_too() {
    let mut scene = Scene::linked();
    let mut text = scene.peer("<presence from='ann@provider.example' to='billing@support.example' type='probe'/>");
    text += "--- what is none of ours\n";
    for kind in ["error", "unsubscribed", "subscribed"] {
        text += &scene.peer(&by("ann", "phone", &presence(&format!("type='{kind}'"))));
    }
    text += &scene.peer(&by("ann", "phone", &presence("type='odd' id='p'")));
    text += &scene.peer(&by(
        "ann",
        "phone",
        "<presence to='room@support.example/ann' id='p'><x xmlns='http://jabber.org/protocol/muc'/></presence>",
    ));
    expect![[r#"
        report 2 ann@provider.example arrived Some("ann@provider.example") as "ann" aliases typing receipts presence
        report 3 ann@provider.example probed "billing"
        --- what is none of ours
        send <presence type='error' id='p' from='billing@support.example' to='ann@provider.example/phone'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>
        send <presence type='error' id='p' from='room@support.example/ann' to='ann@provider.example/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>
    "#]].assert_eq(&text);
}

#[test]
fn more_resources_than_anybody_has() {
    let mut scene = Scene::linked();
    let text: String = (0..9).map(|number| scene.peer(&by("ann", &format!("r{number}"), &presence("")))).collect();
    let last = text.lines().rfind(|line| line.starts_with("report")).unwrap();
    expect!["report 11 ann@provider.example published r1 open=true available None 0 r2 open=true available None 0 r3 open=true available None 0 r4 open=true available None 0 r5 open=true available None 0 r6 open=true available None 0 r7 open=true available None 0 r8 open=true available None 0 r0 open=false available None 0"].assert_eq(last);
}

#[test]
fn whoever_is_silent_for_a_day_is_forgotten() {
    let mut scene = Scene::acquainted();
    scene.peer(&by("bob", "desk", &presence("")));
    scene.now += 24 * 3_600_000 - 1;
    let mut text = scene.host(Input::Timer(4)) + &scene.host(Input::Timer(4));
    scene.now += 1;
    text += "--- a day\n";
    text += &scene.host(Input::Timer(4));
    expect![[r#"
        timer 4 in 86429999 ms
        send <presence type='probe' from='support.example' to='ann@provider.example'/><presence type='probe' from='support.example' to='bob@provider.example'/><presence type='probe' from='billing@support.example' to='bob@provider.example'/>
        timer 4 in 89999999 ms
        --- a day
        report 8 ann@provider.example left: silent
        timer 4 in 90000000 ms
    "#]].assert_eq(&text);
    assert_eq!(scene.xmpp.state.people.first(), Some(BOB));
}

#[test]
fn who_goes_while_the_server_has_not_answered_has_left_when_it_has() {
    let mut scene = Scene::linked();
    let gone = "<presence type='unavailable' to='billing@support.example'/>";
    scene.peer(&by("ann", "phone", &presence("")));
    let mut text = scene.host(for_contact(ANN, delivery("1-0-1", "taken", false)));
    text += "--- gone, and what is said now waits in the transcript\n";
    text += &scene.peer(&by("ann", "phone", gone));
    text += &scene.host(for_contact(ANN, delivery("1-0-2", "waits", false)));
    text += "--- answered\n";
    let echo = text.split("id='ack-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or_default().to_owned();
    text += &scene.peer(&format!("<iq type='result' id='ack-{echo}' from='support.example' to='support.example'/>"));
    text += "--- and back\n";
    text += &scene.peer(&by("ann", "phone", &presence("")));
    expect![[r#"
        send <message type='chat' id='1-0-1' from='billing@support.example' to='ann@provider.example'><body>taken</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/></message><iq type='get' id='ack-2' from='support.example' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>
        --- gone, and what is said now waits in the transcript
        report 4 ann@provider.example published phone open=false available None 0
        --- answered
        receipt 1-0-1
        report 5 ann@provider.example left: unavailable
        --- and back
        report 6 ann@provider.example arrived Some("ann@provider.example") as "ann" aliases typing receipts presence
        report 7 ann@provider.example published phone open=true available None 0
        send <iq type='get' id='version-1' from='support.example' to='ann@provider.example/phone'><query xmlns='jabber:iq:version'/></iq>
    "#]].assert_eq(&text);
}

#[test]
fn who_is_back_before_the_server_has_answered_has_left_and_arrived() {
    let mut scene = Scene::linked();
    let gone = "<presence type='unavailable' to='billing@support.example'/>";
    scene.peer(&by("ann", "phone", &presence("")));
    scene.host(for_contact(ANN, delivery("1-0-1", "taken", false)));
    scene.peer(&by("ann", "phone", gone));
    expect![[r#"
        report 5 ann@provider.example left: unavailable
        report 6 ann@provider.example arrived Some("ann@provider.example") as "ann" aliases typing receipts presence
        report 7 ann@provider.example published phone open=true available None 0
    "#]]
    .assert_eq(&scene.peer(&by("ann", "phone", &presence(""))));
}
