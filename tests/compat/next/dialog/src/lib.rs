//! A dialog on the bare contract: it repeats what is said with a count, and ends after the third time.

#[cfg(target_arch = "wasm32")]
mod component {
    wit_bindgen::generate!({
        path: ["../../../../wit/model", "../../../../wit/host", "../../../../wit/dialog"],
        world: "cordboard:dialog/dialog",
        generate_all,
    });

    use cordboard::model::types::{Body, SavedState};
    use exports::cordboard::dialog::script::{Action, Conversation, Event, Guest, GuestConversation, Setup};
    use std::cell::Cell;

    struct Component;

    struct Counting {
        said: Cell<u32>,
    }

    impl Guest for Component {
        type Conversation = Counting;
    }

    impl GuestConversation for Counting {
        fn open(_now: u64, _setup: Setup) -> Result<Conversation, String> {
            Ok(Conversation::new(Self { said: Cell::new(0) }))
        }

        fn handle(&self, _now: u64, event: Event) -> Vec<Action> {
            let Event::Said(message) = event else { return Vec::new() };
            self.said.set(self.said.get() + 1);
            match message.body {
                Body::Text(_) if self.said.get() >= 3 => vec![Action::Close("That is enough.".to_owned())],
                Body::Text(text) => vec![Action::Say(Body::Text(format!("{} {text}", self.said.get())))],
                _ => Vec::new(),
            }
        }

        fn save(&self) -> SavedState {
            SavedState { format: 1, bytes: self.said.get().to_le_bytes().to_vec() }
        }

        fn restore(_setup: Setup, state: SavedState) -> Result<Conversation, String> {
            let bytes = <[u8; 4]>::try_from(state.bytes);
            let bytes = bytes.map_err(|bytes| format!("a state has 4 bytes, found {}", bytes.len()))?;
            Ok(Conversation::new(Self { said: Cell::new(u32::from_le_bytes(bytes)) }))
        }
    }

    export!(Component);
}
