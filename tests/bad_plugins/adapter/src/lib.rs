//! An adapter with every vice, each at a word in what it receives. Any other word is sent back with a count, which is all its state.

use cordboard_sdk::adapter::{Adapter, Chunk, Input, Output, Setup};
use cordboard_sdk::model::{SavedState, Timestamp};
use cordboard_sdk::{saved, text};
use serde::{Deserialize, Serialize};
use std::hint::black_box;

/// The format of the saved state.
const FORMAT: u32 = 1;

/// The machine.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Bad {
    received: u32,
    /// What `save` does.
    vice_at_save: String,
}

impl Adapter for Bad {
    fn open(_now: Timestamp, setup: Setup) -> Result<Self, String> {
        match setup.settings.as_str() {
            "refuse" => Err("these settings say refuse".to_owned()),
            "trap" => panic!("these settings say trap"),
            _ => Ok(Self::default()),
        }
    }

    fn handle(&mut self, _now: Timestamp, input: Input) -> Vec<Output> {
        let Input::Received(Chunk { channel, data, .. }) = input else { return Vec::new() };
        self.received += 1;
        let words = String::from_utf8(data).expect("tests send text");
        let (word, rest) = words.split_once(' ').unwrap_or((&words, ""));
        let number = rest.parse().unwrap_or(0);
        let send = |data: Vec<u8>| Output::Send(Chunk { channel, data, text: false });
        match word {
            "trap" => panic!("a stanza that traps"),
            "loop" => endless(),
            "allocate" => allocate(),
            "recurse" => vec![send(vec![u8::try_from(recurse(u64::MAX) % 2).unwrap_or(0)])],
            "flood" => (0..number).map(|_| send(Vec::new())).collect(),
            "shout" => vec![send(vec![b'a'; number])],
            "log" => {
                (0..number).for_each(|line| cordboard_sdk::info!("line {line}"));
                Vec::new()
            }
            "prepare" => vec![send(text::prepare("nodeprep", rest).unwrap_or_else(|e| format!("refused: {e}")).into())],
            "save" => {
                rest.clone_into(&mut self.vice_at_save);
                Vec::new()
            }
            _ => vec![send(format!("{} {words}", self.received).into_bytes())],
        }
    }

    fn save(&self) -> SavedState {
        match self.vice_at_save.as_str() {
            "trap" => panic!("a state that traps"),
            "loop" => endless(),
            "lie" => saved::write(FORMAT + 1, self),
            "shout" => SavedState { format: FORMAT, bytes: vec![0; 500_001] },
            _ => saved::write(FORMAT, self),
        }
    }

    fn restore(_setup: Setup, state: SavedState) -> Result<Self, String> {
        saved::read(&state, FORMAT)
    }

    fn sort_key(data: &[u8]) -> String {
        assert!(data != b"trap", "a datagram that traps");
        String::from_utf8_lossy(data).into_owned()
    }
}

fn endless<T>() -> T {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

fn allocate<T>() -> T {
    let mut held = Vec::new();
    loop {
        held.push(black_box(Vec::<u8>::with_capacity(64 * 1024)));
    }
}

fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 16]);
    if depth == 0 { 0 } else { recurse(depth - 1).wrapping_add(frame[3]) }
}

cordboard_sdk::export_adapter!(Bad);
