//! What a replay tells of conversations with dialogs, for who explains.

use super::*;
use crate::centre::noted::Noted;

#[test]
fn turns_are_noted_for_who_explains() {
    let (mut desk, _, joe) = greeted();
    desk.say(&joe, "sales", "set order 1; queue");
    let mut replay = Replay::new(Ledger::default());
    replay.note_decisions(Arc::new(|_, _, _| None));
    let mut noted = Vec::new();
    for entry in &desk.journal {
        replay.step(entry).unwrap();
        noted.extend(replay.take_noted().into_iter().filter_map(|noted| match noted {
            Noted::Talked { dialog, heard, did, .. } => Some(format!("{dialog}: {heard}: {}", did.unwrap().join(", "))),
            _ => None,
        }));
    }
    expect![[r#"
        greeter: it begins (interview): said something
        greeter: the customer has spoken: noted order = "1", put it in its queue"#]]
    .assert_eq(&noted.join("\n"));
}

/// Why sessions are not with a dialog, as a replay of the journal tells.
fn unspoken(desk: &Desk) -> Vec<String> {
    let mut replay = Replay::new(Ledger::default());
    replay.note_decisions(Arc::new(|_, _, _| None));
    let mut told = Vec::new();
    for entry in &desk.journal {
        replay.step(entry).unwrap();
        told.extend(replay.take_noted().into_iter().filter_map(|noted| match noted {
            Noted::Unspoken { session, dialog, why, instead } => {
                Some(format!("{session} {dialog}: {why}: {instead:?}"))
            }
            _ => None,
        }));
    }
    told
}

#[test]
fn why_a_session_is_not_with_a_dialog_follows_from_the_journal() {
    let mut told = Vec::new();
    // Silence, with either fallback.
    let mut desk = greeted().0;
    desk.wait(601_000);
    told.extend(unspoken(&desk));
    let (mut desk, ann, _, alias) = served();
    desk.say(&ann, &alias, "/pass survey");
    desk.wait(61_000);
    told.extend(unspoken(&desk));
    // Failures, until it is out of service.
    let mut desk = super::desk();
    let people = ["joe", "eve", "max", "sue", "tom", "kim"].map(|name| desk.customer(name));
    for person in &people {
        desk.say(person, "sales", "hello");
    }
    for person in &people[..5] {
        desk.say(person, "sales", "trap");
    }
    let lea = desk.customer("lea");
    desk.say(&lea, "sales", "hello");
    told.extend(unspoken(&desk).into_iter().skip(4));
    // Two dialogs that send it to each other.
    let (mut desk, _, joe) = greeted();
    for _ in 0..9 {
        desk.say(&joe, "sales", "to dialog:greeter");
    }
    told.extend(unspoken(&desk));
    // Taken out of the file.
    let (mut desk, _, _) = greeted();
    let mut settings = with_dialogs();
    settings.dialogs.clear();
    settings.links[1].dialog = None;
    desk.batch(vec![Input::Settings(Box::new(settings))]);
    told.extend(unspoken(&desk));
    // What it does of itself stands in its turn.
    let (mut desk, _, joe) = greeted();
    desk.say(&joe, "sales", "queue");
    assert_eq!(unspoken(&desk), Vec::<String>::new());
    expect![[r"
        s1 greeter: the customer has said nothing for 600 s: Queue
        s1 survey: the customer has said nothing for 60 s: End
        s5 greeter: the dialog has failed: trapped: told so: Queue
        s7 greeter: the dialog `greeter` is out of service: NotBegun
        s1 greeter: dialogs send it to and fro: Queue
        s1 greeter: there is no dialog `greeter`: Queue"]]
    .assert_eq(&told.join("\n"));
}
