//! Presence of a person, and presence shown to a person.

use crate::scenario::*;
use cordboard_sdk::adapter::{Command, Showing};
use cordboard_sdk::model::{Presence, PresenceTuple};
use expect_test::{Expect, expect};

#[track_caller]
fn check(xml: &str, expected: Expect) {
    expected.assert_eq(&Scene::known().peer(xml));
}

#[test]
fn the_first_presence_asks_for_the_software() {
    expect![[r#"
        report 3 joe@localhost/phone published phone open=true available None 0
        send <iq type='get' id='version-1' from='localhost' to='joe@localhost/phone'><query xmlns='jabber:iq:version'/></iq>
    "#]].assert_eq(&Scene::bound().peer("<presence/>"));
}

#[test]
fn own_presence_is_published() {
    check(
        "<presence><show>chat</show><status>hello</status><priority>5</priority></presence>",
        expect![[r#"
        report 5 joe@localhost/phone published phone open=true available Some("hello") 5 show=chat
    "#]],
    );
    check(
        "<presence><show>away</show></presence>",
        expect![[r#"
        report 5 joe@localhost/phone published phone open=true away None 0
    "#]],
    );
    check(
        "<presence><show>xa</show><priority>-1</priority></presence>",
        expect![[r#"
        report 5 joe@localhost/phone published phone open=true away None -1 show=xa
    "#]],
    );
    check(
        "<presence><show>dnd</show><priority>1000</priority></presence>",
        expect![[r#"
        report 5 joe@localhost/phone published phone open=true do-not-disturb None 0
    "#]],
    );
    check(
        "<presence type='unavailable'><status>bye</status></presence>",
        expect![[r#"
        report 5 joe@localhost/phone published phone open=false available Some("bye") 0
    "#]],
    );
    check(
        "<presence type='invisible' id='p'/>",
        expect![[r#"
        send <presence type='error' id='p' to='joe@localhost/phone'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>
    "#]],
    );
    check("<presence type='subscribe'/>", expect![[r#""#]]);
}

#[test]
fn presence_for_a_name() {
    check(
        "<presence to='billing@localhost'/>",
        expect![[r#"
        report 5 joe@localhost/phone probed "billing"
    "#]],
    );
    check(
        "<presence to='billing@localhost' type='probe'/>",
        expect![[r#"
        report 5 joe@localhost/phone probed "billing"
    "#]],
    );
    check("<presence to='billing@localhost' type='unavailable'/>", expect![[r#""#]]);
    check(
        "<presence to='billing@localhost' type='subscribe'/>",
        expect![[r#"
        report 5 joe@localhost/phone subscribed to "billing"
    "#]],
    );
    check(
        "<presence to='billing@localhost' type='unsubscribe'/>",
        expect![[r#"
        report 5 joe@localhost/phone unsubscribed from "billing"
    "#]],
    );
    check("<presence to='billing@localhost' type='subscribed'/>", expect![[r#""#]]);
    check("<presence to='billing@localhost' type='error'/>", expect![[r#""#]]);
    check(
        "<presence to='billing@localhost' type='odd' id='p'/>",
        expect![[r#"
        send <presence type='error' id='p' from='billing@localhost' to='joe@localhost/phone'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>
    "#]],
    );
    check(
        "<presence to='room@localhost/joe' id='p'><x xmlns='http://jabber.org/protocol/muc'/></presence>",
        expect![[r#"
            send <presence type='error' id='p' from='room@localhost/joe' to='joe@localhost/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>
        "#]],
    );
    check(
        "<presence to='room@conference.example.org/joe' id='p'/>",
        expect![[r#"
        send <presence type='error' id='p' from='room@conference.example.org/joe' to='joe@localhost/phone'><error type='cancel'><remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>
    "#]],
    );
    check("<presence to='room@conference.example.org/joe' type='unavailable'/>", expect![[r#""#]]);
    check(
        "<presence to='@localhost' id='p'/>",
        expect![[r#"
        send <presence type='error' id='p' from='@localhost' to='joe@localhost/phone'><error type='modify'><jid-malformed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>
    "#]],
    );
}

#[test]
fn subscriptions_are_confirmed_when_they_are_settled() {
    let mut scene = Scene::known();
    scene
        .peer("<presence to='Billing@localhost' type='subscribe'/><presence to='sales@localhost' type='unsubscribe'/>");
    scene.peer("<presence to='nobody@localhost' type='subscribe' id='p'/><presence to='nobody@localhost' id='q'/>");
    let mut text = scene.host(settled(5)) + &scene.host(settled(6));
    text += &scene.host(failed(7, "not-found", "There is no nobody here."));
    text += &scene.host(failed(8, "not-found", "There is no nobody here."));
    text += &scene.host(direct("accept-subscription", vec![attribute("alias", "billing")]));
    expect![[r#"
        send <presence type='subscribed' from='billing@localhost' to='joe@localhost'/>
        send <presence type='unsubscribed' from='sales@localhost' to='joe@localhost'/>
        send <presence type='error' id='p' from='nobody@localhost' to='joe@localhost/phone'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>There is no nobody here.</text></error></presence>
        send <presence type='error' id='q' from='nobody@localhost' to='joe@localhost/phone'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>There is no nobody here.</text></error></presence>
        send <presence type='subscribed' from='billing@localhost' to='joe@localhost'/>
    "#]].assert_eq(&text);
}

fn tuple(id: &str, open: bool, activity: &str) -> PresenceTuple {
    PresenceTuple {
        id: id.into(),
        open,
        activity: activity.into(),
        medium: "chat".into(),
        contact: None,
        note: None,
        priority: 0,
        since: NOW,
        attributes: vec![],
    }
}

fn show(scene: &mut Scene, tuples: Vec<PresenceTuple>) -> String {
    let presence = Presence { presentity: "billing".into(), tuples };
    scene.command(Command::Show(Showing { contact: JOE.into(), presence }))
}

#[test]
fn each_tuple_is_shown_as_a_resource() {
    let mut scene = Scene::known();
    let extended = PresenceTuple {
        attributes: vec![attribute("show", "xa")],
        note: Some("at <lunch>".into()),
        priority: -300,
        ..tuple("b", true, "away")
    };
    let mut text = show(&mut scene, vec![]);
    text += "--- two\n";
    text += &show(&mut scene, vec![tuple("a", true, "available"), extended]);
    text += "--- one has gone, one is closed\n";
    text += &show(&mut scene, vec![tuple("a", false, "available"), tuple("c", true, "do-not-disturb")]);
    text += "--- none\n";
    text += &show(&mut scene, vec![]);
    text += "--- nobody was here\n";
    let closed = PresenceTuple { note: Some("nobody here now".into()), ..tuple("", false, "away") };
    text += &show(&mut scene, vec![closed]);
    text += "--- without a resource\n";
    text += &show(&mut scene, vec![tuple("", true, "reading")]);
    expect![[r#"
        send <presence type='unavailable' from='billing@localhost' to='joe@localhost/phone'></presence>
        --- two
        send <presence from='billing@localhost/a' to='joe@localhost/phone'></presence><presence from='billing@localhost/b' to='joe@localhost/phone'><show>xa</show><status>at &lt;lunch&gt;</status><priority>-128</priority></presence>
        --- one has gone, one is closed
        send <presence type='unavailable' from='billing@localhost/a' to='joe@localhost/phone'></presence><presence type='unavailable' from='billing@localhost/b' to='joe@localhost/phone'></presence><presence from='billing@localhost/c' to='joe@localhost/phone'><show>dnd</show></presence>
        --- none
        send <presence type='unavailable' from='billing@localhost/c' to='joe@localhost/phone'></presence>
        --- nobody was here
        send <presence type='unavailable' from='billing@localhost' to='joe@localhost/phone'><status>nobody here now</status></presence>
        --- without a resource
        send <presence from='billing@localhost' to='joe@localhost/phone'><show>away</show></presence>
    "#]].assert_eq(&text);
}

#[test]
fn a_presence_for_somebody_else_is_not_shown() {
    let presence = Presence { presentity: "billing".into(), tuples: vec![] };
    let showing = Showing { contact: "jim@localhost/desk".into(), presence };
    assert_eq!(Scene::known().command(Command::Show(showing)), "");
}
