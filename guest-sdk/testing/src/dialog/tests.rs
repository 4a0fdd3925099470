//! The dialog driver saves and restores after every event; what breaks the law is found.

use super::{Customers, Talk, context, setup};
use cordboard_sdk::dialog::{Action, Dialog, Enqueuing, Event, Setup, Timer};
use cordboard_sdk::model::{Body, SavedState, Timestamp};
use cordboard_sdk::saved;

/// Asks for a name, then enqueues. Its saved state leaves out what `forgetful` says.
struct Greeter {
    named: bool,
    forgetful: bool,
}

impl Dialog for Greeter {
    fn open(_now: Timestamp, setup: Setup) -> Result<Self, String> {
        Ok(Self { named: false, forgetful: setup.settings.contains("forgetful") })
    }

    fn handle(&mut self, _now: Timestamp, event: Event) -> Vec<Action> {
        let say = |text: &str| Action::Say(Body::Text(text.into()));
        match event {
            Event::Started(_) => vec![say("Hello."), say("Your name?")],
            Event::Said(_) if !self.named => {
                self.named = true;
                vec![say("What can we do for you?")]
            }
            Event::Said(_) => {
                let enqueuing =
                    Enqueuing { queue: "billing".into(), priority: 0, medium: "chat".into(), attributes: vec![] };
                vec![Action::Enqueue(enqueuing)]
            }
            _ => Vec::new(),
        }
    }

    fn save(&self) -> SavedState {
        saved::write(1, &(self.named && !self.forgetful))
    }

    fn restore(setup: Setup, state: SavedState) -> Result<Self, String> {
        Ok(Self { named: saved::read(&state, 1)?, ..Self::open(0, setup)? })
    }
}

#[test]
fn a_conversation_is_held() {
    let mut talk = Talk::<Greeter>::open(setup()).unwrap();
    assert_eq!(talk.start(context()).text(), "Hello.\nYour name?");
    assert_eq!(talk.say("Joe").text(), "What can we do for you?");
    assert_eq!(talk.say("My bill is wrong").queue(), Some("billing"));
}

#[test]
fn what_a_dialog_does_not_save_it_does_not_remember() {
    let mut talk = Talk::<Greeter>::open(Setup { settings: "forgetful".into(), ..setup() }).unwrap();
    assert_eq!(talk.say("Joe").text(), "What can we do for you?");
    assert_eq!(talk.say("My bill is wrong").queue(), None);
}

/// Repeats what it hears and ends with "bye", but for the vice that its settings name.
struct Parrot {
    vice: String,
    heard: u32,
    is_over: bool,
}

impl Dialog for Parrot {
    fn open(_now: Timestamp, setup: Setup) -> Result<Self, String> {
        Ok(Self { vice: setup.settings, heard: 0, is_over: false })
    }

    fn handle(&mut self, now: Timestamp, event: Event) -> Vec<Action> {
        let say = |text: String| Action::Say(Body::Text(text));
        let (vice, heard) = (self.vice.as_str(), self.heard);
        match event {
            Event::Started(_) if vice == "dumb" => Vec::new(),
            Event::Started(_) if vice == "hasty" => vec![Action::SetTimer(Timer { id: 1, at: Some(now) })],
            Event::Started(_) => vec![say("Hello.".into()), Action::SetTimer(Timer { id: 1, at: Some(now + 60_000) })],
            Event::Timer(1) if !self.is_over => vec![say("Are you there?".into())],
            Event::Said(_) if self.is_over && vice == "endless" => vec![say("One more thing.".into())],
            Event::Said(message) if !self.is_over => match message.body {
                Body::Text(text) if text == "bye" => {
                    self.is_over = true;
                    let more = (vice == "talkative").then(|| say("By the way".into()));
                    std::iter::once(Action::Close("Bye.".into())).chain(more).collect()
                }
                _ => {
                    self.heard += 1;
                    let times = if vice == "loud" { 11 } else { 1 };
                    (0..times).map(|_| say(format!("You have said {heard} things."))).collect()
                }
            },
            _ => Vec::new(),
        }
    }

    fn save(&self) -> SavedState {
        let heard = if self.vice == "forgetful" { 0 } else { self.heard };
        let ballast = vec![7_u8; if self.vice == "fat" { 20_000 } else { 0 }];
        saved::write(1, &(heard, self.is_over, ballast))
    }

    fn restore(setup: Setup, state: SavedState) -> Result<Self, String> {
        let (heard, is_over, _): (u32, bool, Vec<u8>) = saved::read(&state, 1)?;
        Ok(Self { vice: setup.settings, heard, is_over })
    }
}

fn customers(vice: &str) -> Customers {
    Customers::new(Setup { settings: vice.to_owned(), ..setup() }, &["hello", "bye", "what?"])
}

#[test]
fn whoever_keeps_the_law_is_let_through() {
    assert!(customers("").check_law::<Parrot>().unwrap() > 150, "most say bye at last");
    let silent = Customers { words: vec!["hello".to_owned()], ..customers("") };
    assert_eq!(silent.check_law::<Parrot>(), Ok(0), "it may wait for ever");
}

#[test]
fn every_vice_is_found() {
    for (vice, found) in [
        ("forgetful", ", and after save and restore [Action::Say(Body::Text(\"You have said 0 things.\"))]"),
        ("dumb", "it says nothing and waits for nothing"),
        ("hasty", "at 1000000 it sets a timer for 1000000; expected later"),
        ("talkative", "behind its end it does Action::Say(Body::Text(\"By the way\"))"),
        ("endless", "it was over, and it does [Action::Say(Body::Text(\"One more thing.\"))]"),
        ("loud", "it does 11 things; expected at most 10"),
        ("fat", "bytes; expected at most 16384"),
    ] {
        let told = customers(vice).check_law::<Parrot>().unwrap_err().to_string();
        let (why, conversation) = told.split_once("\nthe conversation:\n").expect("it tells the conversation");
        assert!(why.contains(found), "{vice}: {why}");
        assert!(conversation.contains("Started"), "{vice}: {conversation}");
    }
}

#[test]
fn a_conversation_is_the_same_for_the_same_seed() {
    let walk = |seed| customers("").walk::<Parrot>(seed).unwrap();
    assert_eq!(walk(7), walk(7));
    assert_ne!(walk(7), walk(8));
}

#[test]
fn settings_may_change_under_a_conversation() {
    let mut talk = Talk::<Parrot>::open(setup()).unwrap();
    assert_eq!(talk.start(context()).text(), "Hello.");
    talk.update(Setup { settings: "loud".into(), ..setup() }).unwrap();
    assert_eq!(talk.say("Hi").0.len(), 11);
}
