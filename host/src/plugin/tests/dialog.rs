//! Dialogs: one store for many conversations.

use super::components;
use crate::model::adapter::GuestFailure;
use crate::model::dialog::{Action, Context, Dialog, Event, Setup, Turn};
use crate::model::{Alias, Body, Message, SavedState, Timestamp};
use crate::plugin::DialogPlugin;

const NOW: Timestamp = Timestamp(1_000);

fn setup(settings: &str) -> Setup {
    Setup { settings: settings.to_owned(), seed: vec![7; 32], attributes: Vec::new() }
}

fn said(words: &str) -> Event {
    Event::Said(Message {
        id: "1".to_owned(),
        sender: Alias::new("joe"),
        sender_name: "Joe".to_owned(),
        sent_at: NOW,
        body: Body::Text(words.to_owned()),
        language: None,
        attributes: Vec::new(),
    })
}

fn started() -> Event {
    Event::Started(Context {
        purpose: "interview".to_owned(),
        session: Alias::new("s0-abc"),
        link: Some(Alias::new("billing")),
        medium: "chat".to_owned(),
        provider: String::new(),
        software: "Gajim".to_owned(),
        software_version: "1.8".to_owned(),
        language: "en".to_owned(),
        member: None,
        attributes: Vec::new(),
        features: vec!["forms".to_owned()],
    })
}

fn dialog(name: &str) -> DialogPlugin {
    DialogPlugin::new(&components::dialog(name), "interview", "")
}

fn say(words: &str) -> Action {
    Action::Say(Body::Text(words.to_owned()))
}

fn turn(dialog: &mut DialogPlugin, state: &SavedState, event: &Event) -> Result<Turn, GuestFailure> {
    dialog.handle(NOW, &setup(""), state, event)
}

#[test]
fn one_store_holds_two_conversations_apart() {
    let mut dialog = dialog("traps-dialog");
    let start = dialog.open(NOW, &setup("")).unwrap();
    let joe = turn(&mut dialog, &start, &started()).unwrap();
    assert_eq!(joe.actions, [say("hello")]);
    let joe = turn(&mut dialog, &joe.state, &said("a")).unwrap();
    let ann = turn(&mut dialog, &start, &said("b")).unwrap();
    let joe = turn(&mut dialog, &joe.state, &said("c")).unwrap();
    assert_eq!((joe.actions, ann.actions), (vec![say("2 c")], vec![say("1 b")]));
    assert_eq!(turn(&mut dialog, &ann.state, &said("bye")).unwrap().actions, [Action::Close("bye".to_owned())]);
}

#[test]
fn conversations_do_not_add_up_in_the_store() {
    let mut dialog = dialog("traps-dialog");
    let mut state = dialog.open(NOW, &setup("")).unwrap();
    for _ in 0..3_000 {
        state = turn(&mut dialog, &state, &said("a")).unwrap().state;
    }
    assert!(dialog.memory_bytes() < 2 * 1024 * 1024, "{} bytes", dialog.memory_bytes());
    assert_eq!(turn(&mut dialog, &state, &said("z")).unwrap().actions, [say("3001 z")]);
}

/// 4 KiB a turn: in 3,000 turns that would be 12 MiB.
#[test]
fn a_dialog_that_never_drops_gets_a_fresh_store_in_time() {
    let mut dialog = dialog("never-drops");
    let mut state = dialog.open(NOW, &setup("")).unwrap();
    let mut most = 0;
    for _ in 0..3_000 {
        state = turn(&mut dialog, &state, &said("a")).unwrap().state;
        most = most.max(dialog.memory_bytes());
    }
    assert!((4 * 1024 * 1024..=8 * 1024 * 1024).contains(&most), "{most} bytes");
    assert_eq!(turn(&mut dialog, &state, &said("z")).unwrap().actions, [say("3001 z")]);
}

#[test]
fn a_store_that_has_grown_is_not_kept() {
    let mut dialog = dialog("never-drops");
    let state = dialog.open(NOW, &setup("")).unwrap();
    assert!(dialog.memory_bytes() > 0);
    let state = turn(&mut dialog, &state, &said("hoard")).unwrap().state;
    assert_eq!(dialog.memory_bytes(), 0);
    assert_eq!(turn(&mut dialog, &state, &said("on")).unwrap().actions, [say("2 on")]);
}

/// What becomes of these words; the next call has a fresh store.
fn failure(name: &str, words: &str) -> GuestFailure {
    let mut dialog = dialog(name);
    let state = dialog.open(NOW, &setup("")).unwrap();
    let state = turn(&mut dialog, &state, &said("a")).unwrap().state;
    let failure = turn(&mut dialog, &state, &said(words)).unwrap_err();
    assert_eq!(turn(&mut dialog, &state, &said("b")).unwrap().actions, [say("2 b")]);
    failure
}

#[test]
fn after_a_failure_the_conversation_is_where_its_last_turn_left_it() {
    let trap = failure("traps-dialog", "trap");
    assert!(matches!(&trap, GuestFailure::Trapped(words) if words.contains("a word that traps")), "{trap}");
    let told = trap.to_string();
    assert!(told.contains("traps_dialog/src/lib.rs:") && told.contains("cordboard_bad_traps_dialog::Traps"), "{told}");
    assert!(told.contains("conversation.handle") && !told.contains("panicking"), "{told}");
    assert!(matches!(failure("loops-dialog", "loop"), GuestFailure::Fuel { .. }));
    assert_eq!(
        failure("floods-dialog", "flood"),
        GuestFailure::Limit("answered with 2000 actions and may with 1024".to_owned())
    );
}

#[test]
fn a_dialog_may_say_no() {
    let refused = dialog("traps-dialog").open(NOW, &setup("refuse")).unwrap_err();
    assert_eq!(refused, GuestFailure::Refused("these settings say refuse".to_owned()));
    let foreign = SavedState { format: 9, bytes: Vec::new() };
    let refused = turn(&mut dialog("traps-dialog"), &foreign, &said("a")).unwrap_err();
    assert!(matches!(&refused, GuestFailure::Refused(words) if words.contains("format 9")), "{refused}");
}
