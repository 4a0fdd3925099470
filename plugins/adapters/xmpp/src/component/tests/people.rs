//! Many people: what each costs, and who has to go.

use crate::scenario::*;
use cordboard_sdk::adapter::*;
use expect_test::expect;

fn small(contacts: usize) -> Scene {
    Scene::linked_with(Setup { settings: format!("{{\"max_contacts\": {contacts}}}"), ..link_setup() })
}

fn settle_all(scene: &mut Scene) {
    let last = scene.xmpp.state.ledger.next_reference();
    (last.saturating_sub(64)..last).for_each(|reference| drop(scene.host(settled(reference))));
}

const HI: &str = "<message id='purple5f3a1b2c' to='billing@support.example'><body>hi</body><request xmlns='urn:xmpp:receipts'/></message>";

#[test]
fn the_longest_silent_goes_when_there_are_too_many() {
    let mut scene = small(2);
    let mut text = String::new();
    for (who, stanza) in [("ann", "<presence to='billing@support.example'/>"), ("bob", HI), ("cid", HI), ("dan", HI)] {
        scene.now += 1;
        text += &format!("--- {who}\n");
        text += &scene
            .peer(&by(who, "x", stanza))
            .lines()
            .filter(|line| line.starts_with("report"))
            .fold(String::new(), |all, line| all + line + "\n");
    }
    expect![[r#"
        --- ann
        report 2 ann@provider.example arrived Some("ann@provider.example") as "ann" aliases typing receipts presence
        report 3 ann@provider.example published x open=true available None 0
        --- bob
        report 4 bob@provider.example arrived Some("bob@provider.example") as "bob" aliases typing receipts presence
        report 5 bob@provider.example published x open=true available None 0
        report 6 bob@provider.example [purple5f3a1b2c] said to "billing": "hi"
        --- cid
        report 7 cid@provider.example arrived Some("cid@provider.example") as "cid" aliases typing receipts presence
        report 8 cid@provider.example published x open=true available None 0
        report 9 cid@provider.example [purple5f3a1b2c] said to "billing": "hi"
        report 10 bob@provider.example left: forgotten for others
        --- dan
        report 11 dan@provider.example arrived Some("dan@provider.example") as "dan" aliases typing receipts presence
        report 12 dan@provider.example published x open=true available None 0
        report 13 dan@provider.example [purple5f3a1b2c] said to "billing": "hi"
        report 14 cid@provider.example left: forgotten for others
    "#]]
    .assert_eq(&text);
}

#[test]
fn people_who_want_much_kept_make_room() {
    let mut scene = small(20);
    for number in 0..20 {
        scene.now += 1;
        scene.peer(&by(&format!("p{number:02}"), "x", HI));
        settle_all(&mut scene);
    }
    let resource = |number: usize| format!("{number}{}", "r".repeat(1000));
    let mut text = String::new();
    for number in 0..9 {
        scene.now += 1;
        let status = "\u{1F600}".repeat(300);
        let presence = format!("<presence to='billing@support.example'><status>{status}</status></presence>");
        for who in ["hog", "pig"] {
            text += &scene.peer(&by(who, &resource(number), &presence));
            settle_all(&mut scene);
        }
    }
    let forgotten: Vec<_> = text.lines().filter(|line| line.ends_with("left: forgotten for others")).collect();
    assert!(forgotten.len() > 8, "{forgotten:?}");
    assert!(forgotten[0].contains(" p00@provider.example "), "{forgotten:?}");
    assert!(scene.xmpp.save().bytes.len() < 2 * 20 * 1024);
}

#[test]
fn a_person_is_small_when_saved_and_time_does_not_grow_with_their_number() {
    let mut scene = Scene::linked();
    let empty = scene.xmpp.save().bytes.len();
    let people = 2_000;
    for number in 0..people {
        let local = format!("customer{number:05}");
        let contact = format!("{local}@provider.example");
        scene.peer(&by(
            &local,
            "gajim.6H3T8X2P",
            "<presence to='billing@support.example'><status>At work</status></presence>",
        ));
        scene.peer(&by(&local, "gajim.6H3T8X2P", HI));
        for link in ["billing", "sales", "refunds"] {
            scene.command(shown(&contact, link));
        }
        settle_all(&mut scene);
    }
    let each = (scene.xmpp.save().bytes.len() - empty) / people;
    assert!(each < 640, "{each} bytes");
    let left = scene.xmpp.state.people.behind("", people + 1).len();
    assert_eq!(left, people);
}
