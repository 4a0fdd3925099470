//! An adapter on the bare contract: it sends back what it receives with a count, by a prepared name.

#[cfg(target_arch = "wasm32")]
mod component {
    wit_bindgen::generate!({
        path: ["../../../../wit/model", "../../../../wit/host", "../../../../wit/adapter"],
        world: "cordboard:adapter/adapter",
        generate_all,
    });

    use cordboard::host::text::prepare;
    use cordboard::model::types::SavedState;
    use exports::cordboard::adapter::protocol::{Chunk, Endpoint, Guest, GuestEndpoint, Input, Output, Setup};
    use std::cell::Cell;

    struct Component;

    struct Counting {
        domain: String,
        received: Cell<u32>,
    }

    impl Counting {
        fn new(setup: &Setup, received: u32) -> Result<Endpoint, String> {
            let domain = prepare("nameprep", &setup.domain)?;
            Ok(Endpoint::new(Self { domain, received: Cell::new(received) }))
        }
    }

    impl Guest for Component {
        type Endpoint = Counting;

        fn sort_key(data: Vec<u8>) -> String {
            String::from_utf8_lossy(&data).into_owned()
        }
    }

    impl GuestEndpoint for Counting {
        fn open(_now: u64, setup: Setup) -> Result<Endpoint, String> {
            Self::new(&setup, 0)
        }

        fn handle(&self, _now: u64, input: Input) -> Vec<Output> {
            let Input::Received(chunk) = input else { return Vec::new() };
            self.received.set(self.received.get() + 1);
            let words = format!("{} {} ", self.domain, self.received.get());
            let data = [words.as_bytes(), &chunk.data].concat();
            vec![Output::Send(Chunk { channel: chunk.channel, data, text: false })]
        }

        fn save(&self) -> SavedState {
            SavedState { format: 1, bytes: self.received.get().to_le_bytes().to_vec() }
        }

        fn restore(setup: Setup, state: SavedState) -> Result<Endpoint, String> {
            let bytes = <[u8; 4]>::try_from(state.bytes);
            let bytes = bytes.map_err(|bytes| format!("a state has 4 bytes, found {}", bytes.len()))?;
            Self::new(&setup, u32::from_le_bytes(bytes))
        }
    }

    export!(Component);
}
