//! Who is not listened to for a time.

use crate::scenario::*;
use cordboard_sdk::adapter::Input;
use expect_test::expect;

const HI: &str = "<message id='m1' to='billing@support.example'><body>hi</body></message>";

fn ban(until: u64) -> Input {
    for_contact(ANN, direct("ban", vec![attribute("until", &until.to_string())]))
}

#[test]
fn a_banned_person_is_refused_until_the_ban_ends() {
    let mut scene = Scene::linked();
    let mut text = scene.host(ban(NOW + 1000));
    text += &scene.peer(&by("ann", "phone", HI));
    text += &scene.peer(&by(
        "ann",
        "desk",
        "<iq type='get' id='q' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>",
    ));
    text += &scene.peer(&by("ann", "desk", "<presence to='billing@support.example'/>"));
    text += &scene.peer(&by("ann", "desk", "<message type='error' id='m' to='billing@support.example'/>"));
    text += "--- others are not\n";
    text += &scene.peer(&by(
        "bob",
        "desk",
        "<iq type='get' id='q' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>",
    ));
    text += "--- over\n";
    scene.now += 1000;
    text += &scene.peer(&by(
        "ann",
        "desk",
        "<iq type='get' id='q' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>",
    ));
    expect![[r#"
        send <message type='error' id='m1' from='billing@support.example' to='ann@provider.example/phone'><error type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>Not now.</text></error></message>
        send <iq type='error' id='q' from='support.example' to='ann@provider.example/desk'><error type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>Not now.</text></error></iq>
        --- others are not
        send <iq type='result' id='q' from='support.example' to='bob@provider.example/desk'/>
        --- over
        send <iq type='result' id='q' from='support.example' to='ann@provider.example/desk'/>
    "#]].assert_eq(&text);
}

#[test]
fn a_ban_is_lifted_and_lasts_over_a_new_connection() {
    let mut scene = Scene::linked();
    scene.host(Input::Closed(cordboard_sdk::adapter::Ending { channel: 7, reason: String::new() }));
    scene.host(ban(NOW + 1000));
    scene.link_up(7);
    assert!(scene.peer(&by("ann", "phone", HI)).contains("policy-violation"));
    scene.host(ban(0));
    assert!(scene.peer(&by("ann", "phone", HI)).contains("said to \"billing\""));
}

#[test]
fn bans_are_bounded() {
    let mut scene = Scene::linked();
    for number in 0..1030_u64 {
        let until = vec![attribute("until", &(NOW + 10_000 + number).to_string())];
        scene.host(for_contact(&format!("p{number}@provider.example"), direct("ban", until)));
    }
    let ping = "<iq type='get' id='q' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>";
    assert!(scene.peer(&by("p5", "x", ping)).contains("type='result'"), "the first to end has made room");
    assert!(scene.peer(&by("p1029", "x", ping)).contains("policy-violation"));
}
