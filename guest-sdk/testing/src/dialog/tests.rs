//! The dialog driver saves and restores after every event.

use super::{Talk, context, setup};
use cordboard_sdk::dialog::{Action, Dialog, Enqueuing, Event, Setup};
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
