//! The roster and its changes.

use crate::scenario::*;
use cordboard_sdk::adapter::{Command, Roster, RosterEntry};
use expect_test::expect;

fn entry(alias: &str, name: &str, groups: &[&str]) -> RosterEntry {
    let groups = groups.iter().map(|&group| group.to_owned()).collect();
    RosterEntry { alias: alias.into(), name: name.into(), groups, attributes: vec![] }
}

fn roster(scene: &mut Scene, entries: Vec<RosterEntry>) -> String {
    scene.command(Command::Roster(Roster { contact: JOE.into(), entries }))
}

const GET: &str = "<iq type='get' id='r'><query xmlns='jabber:iq:roster' ver='7'/></iq>";

#[test]
fn a_question_is_answered_and_changes_are_pushed() {
    let mut scene = Scene::known();
    let mut text = roster(&mut scene, vec![entry("sales", "Sales", &[])]);
    text += &scene.peer(GET);
    text += &roster(&mut scene, vec![entry("billing", "Bills & more", &["Bank", "A>B"]), entry("sales", "", &[])]);
    text += &scene.host(settled(5));
    text += "--- the same\n";
    text += &roster(&mut scene, vec![entry("billing", "Bills & more", &["Bank", "A>B"]), entry("sales", "", &[])]);
    text += "--- one gone, one changed, one new\n";
    text += &roster(&mut scene, vec![entry("sales", "Sales", &[]), entry("s0-abc", "joe", &["Billing"])]);
    text += &scene.peer("<iq type='result' id='roster-2'/>");
    expect![[r#"
        report 5 joe@localhost/phone asked for the roster
        send <iq type='result' id='r' to='joe@localhost/phone'><query xmlns='jabber:iq:roster'><item jid='billing@localhost' name='Bills &amp; more' subscription='both'><group>Bank</group><group>A&gt;B</group></item><item jid='sales@localhost' subscription='both'/></query></iq>
        --- the same
        --- one gone, one changed, one new
        send <iq type='set' id='roster-2' to='joe@localhost/phone'><query xmlns='jabber:iq:roster'><item jid='billing@localhost' subscription='remove'/></query></iq><iq type='set' id='roster-3' to='joe@localhost/phone'><query xmlns='jabber:iq:roster'><item jid='sales@localhost' name='Sales' subscription='both'/></query></iq><iq type='set' id='roster-4' to='joe@localhost/phone'><query xmlns='jabber:iq:roster'><item jid='s0-abc@localhost' name='joe' subscription='both'><group>Billing</group></item></query></iq>
    "#]].assert_eq(&text);
}

#[test]
fn a_question_settled_without_a_roster_gets_the_last() {
    let mut scene = Scene::known();
    let mut text = scene.peer(GET) + &scene.host(settled(5));
    scene.peer(GET);
    text += &scene.host(failed(6, "busy", "later"));
    scene.peer(GET);
    roster(&mut scene, vec![entry("sales", "Sales", &[])]);
    scene.host(settled(7));
    scene.peer(&GET.replace("<iq ", "<iq to='localhost' "));
    text += &scene.host(settled(8));
    expect![[r#"
        report 5 joe@localhost/phone asked for the roster
        send <iq type='result' id='r' to='joe@localhost/phone'><query xmlns='jabber:iq:roster'></query></iq>
        send <iq type='error' id='r' to='joe@localhost/phone'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>later</text></error></iq>
        send <iq type='result' id='r' from='localhost' to='joe@localhost/phone'><query xmlns='jabber:iq:roster'><item jid='sales@localhost' name='Sales' subscription='both'/></query></iq>
    "#]].assert_eq(&text);
}

#[test]
fn the_roster_is_kept_by_the_centre() {
    let xml = "<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='a@b'/></query></iq>";
    expect![[r#"
        send <iq type='error' id='r' to='joe@localhost/phone'><error type='cancel'><not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>Cordboard keeps this list: it holds those whom you can talk to.</text></error></iq>
    "#]].assert_eq(&Scene::known().peer(xml));
}
