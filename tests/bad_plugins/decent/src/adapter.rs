//! An adapter that sends back what it receives, with a count; count and last word are all its state.

use crate::FORMAT;
use cordboard_sdk::adapter::{Adapter, Chunk, Input, Output, Setup};
use cordboard_sdk::model::{SavedState, Timestamp};
use cordboard_sdk::{saved, text};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// What a bad adapter does otherwise.
pub trait Vice: 'static {
    /// As it is opened with these settings.
    fn opened(_settings: &str) {}

    /// At a word with a number behind it, in place of the echo.
    fn heard(_word: &str, _number: usize) -> Option<Heard> {
        None
    }

    /// As it is saved.
    fn save(echo: &Echo) -> SavedState {
        saved::write(FORMAT, echo)
    }

    /// As it is restored.
    fn restore(state: &SavedState) -> Result<Echo, String> {
        saved::read(state, FORMAT)
    }

    /// As a datagram is sorted.
    fn sorted(_data: &[u8]) {}
}

/// In place of the echo.
#[derive(Debug)]
pub enum Heard {
    /// These bytes.
    Send(Vec<u8>),
    /// So many outputs of no bytes.
    Flood(usize),
    /// Nothing.
    Silence,
}

/// No vice at all.
#[derive(Debug)]
pub struct Decent;

impl Vice for Decent {}

/// The state.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Echo {
    /// Words received.
    pub received: u32,
    /// The last of them.
    pub last: String,
}

/// The machine.
#[derive(Debug)]
pub struct Bad<V> {
    echo: Echo,
    vice: PhantomData<V>,
}

impl<V> Bad<V> {
    fn with(echo: Echo) -> Self {
        Self { echo, vice: PhantomData }
    }
}

impl<V: Vice> Adapter for Bad<V> {
    fn open(_now: Timestamp, setup: Setup) -> Result<Self, String> {
        V::opened(&setup.settings);
        if setup.settings == "refuse" {
            return Err("these settings say refuse".to_owned());
        }
        Ok(Self::with(Echo::default()))
    }

    fn handle(&mut self, _now: Timestamp, input: Input) -> Vec<Output> {
        let Input::Received(Chunk { channel, data, .. }) = input else { return Vec::new() };
        let words = String::from_utf8(data).expect("tests send text");
        let (word, rest) = words.split_once(' ').unwrap_or((&words, ""));
        self.echo.received += 1;
        word.clone_into(&mut self.echo.last);
        let send = |data: Vec<u8>| Output::Send(Chunk { channel, data, text: false });
        match V::heard(word, rest.parse().unwrap_or(0)) {
            Some(Heard::Send(data)) => vec![send(data)],
            Some(Heard::Flood(number)) => (0..number).map(|_| send(Vec::new())).collect(),
            Some(Heard::Silence) => Vec::new(),
            None if word == "prepare" => {
                let prepared = text::prepare("nodeprep", rest).unwrap_or_else(|error| format!("refused: {error}"));
                vec![send(prepared.into_bytes())]
            }
            None => vec![send(format!("{} {words}", self.echo.received).into_bytes())],
        }
    }

    fn save(&self) -> SavedState {
        V::save(&self.echo)
    }

    fn restore(_setup: Setup, state: SavedState) -> Result<Self, String> {
        V::restore(&state).map(Self::with)
    }

    fn sort_key(data: &[u8]) -> String {
        V::sorted(data);
        String::from_utf8_lossy(data).into_owned()
    }
}
