//! A rule with every vice, each for sessions of the queue that names it. It keeps everybody else, and remembers how many offers it saw.

use cordboard_sdk::model::{SavedState, Timestamp};
use cordboard_sdk::rule::{Agent, Change, Decision, Fit, Known, Outcome, Rule, Session};
use cordboard_sdk::saved;
use serde::Deserialize;
use std::cell::Cell;
use std::hint::black_box;

/// The format of the memory.
const FORMAT: u32 = 1;

/// Settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Refuses to open.
    #[serde(default)]
    refuse: bool,
    /// Bytes that the memory is made of.
    #[serde(default)]
    memory_bytes: usize,
    /// Keeps at every other question only, whoever it is about.
    #[serde(default)]
    moody: bool,
    /// Sessions of this queue trap, as those of `trap` do.
    #[serde(default)]
    queue_that_traps: Option<String>,
}

/// The rule.
#[derive(Debug)]
pub struct Bad {
    settings: Settings,
    learned: u64,
    asked: Cell<u64>,
}

impl Rule for Bad {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        if settings.refuse {
            return Err("these settings say refuse".to_owned());
        }
        Ok(Self { settings, learned: 0, asked: Cell::new(0) })
    }

    fn fit(&self, _now: Timestamp, session: &Session, _agent: &Agent) -> Fit {
        assert!(session.queue != "trap", "a session that traps");
        assert!(self.settings.queue_that_traps.as_ref() != Some(&session.queue), "a session that traps");
        self.asked.set(self.asked.get() + 1);
        if self.settings.moody && self.asked.get() % 2 == 0 {
            return Fit::drop("not in the mood");
        }
        Fit::ranked(self.learned)
    }

    fn decide(&self, _now: Timestamp, session: &Session, _known: &Known) -> Decision {
        match session.queue.as_str() {
            "loop" => loop {
                black_box(&self.learned);
            },
            "allocate" => Decision::Refuse(allocate()),
            "shout" => Decision::Refuse("a".repeat(1_100_000)),
            _ => Decision::Rank,
        }
    }

    fn changed(&mut self, change: &Change) {
        if let Change::Agent(agent) = change {
            assert!(agent.name != "trap", "an agent that traps");
        }
    }

    fn learned(&mut self, _now: Timestamp, _outcome: Outcome<'_>) {
        self.learned += 1;
    }

    fn memory(&self) -> Option<SavedState> {
        if self.settings.memory_bytes > 0 {
            return Some(SavedState { format: FORMAT, bytes: vec![0; self.settings.memory_bytes] });
        }
        (self.learned > 0).then(|| saved::write(FORMAT, &self.learned))
    }

    fn recall(&mut self, memory: SavedState) -> Result<(), String> {
        self.learned = saved::read(&memory, FORMAT)?;
        Ok(())
    }
}

fn allocate() -> String {
    let mut held = Vec::new();
    loop {
        held.push(black_box(Vec::<u8>::with_capacity(1024 * 1024)));
    }
}

cordboard_sdk::export_rule!(Bad);
