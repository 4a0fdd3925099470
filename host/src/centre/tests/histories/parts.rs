//! What agents do with sessions beside serving them: transfer, pass on, invite, join, whisper, speak openly, leave.
//!
//! Whatever no customer may hear holds the word `insider`, so that `leaks` finds it.

use super::{AGENTS, BILLING, Play, SALES};
use crate::centre::tests::desk::settled;
use proptest::prelude::*;

/// What may happen. Numbers choose among those there are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Parts {
    /// Who, in which session or by which number, to whom, and whether blind.
    Transfers(u8, u8, u8, bool),
    Invites(u8, u8, u8),
    Joins(u8, u8),
    /// Who, where, and which of the words of one who takes part.
    Speaks(u8, u8, u8),
}

pub(super) fn act() -> impl Strategy<Value = Parts> {
    let n = any::<u8>;
    prop_oneof![
        4 => (n(), n(), n(), any::<bool>()).prop_map(|(who, s, to, blind)| Parts::Transfers(who, s, to, blind)),
        2 => (n(), n(), n()).prop_map(|(who, session, whom)| Parts::Invites(who, session, whom)),
        4 => (n(), n()).prop_map(|(who, session)| Parts::Joins(who, session)),
        4 => (n(), n(), n()).prop_map(|(who, session, words)| Parts::Speaks(who, session, words)),
    ]
}

const WORDS: [&str; 8] = [
    "whisper",
    "whisper insider secret",
    "whisper insider secret",
    "openly",
    "openly Nice words",
    "leave",
    "end",
    "insider rhubarb",
];

impl Play {
    pub(super) fn act_parts(&mut self, act: Parts) {
        let targets = [AGENTS.as_slice(), &[BILLING, SALES, "greeter", "dialog:survey"]].concat();
        let target = |to: u8| targets[usize::from(to) % targets.len()];
        match act {
            Parts::Transfers(who, session, to, blind) => {
                let word = if blind { "pass" } else { "transfer" };
                self.orders(who, session, word, &format!("{} insider note", target(to)));
            }
            Parts::Invites(who, session, whom) => {
                self.orders(who, session, "invite", AGENTS[usize::from(whom) % AGENTS.len()]);
            }
            Parts::Joins(who, session) => {
                if let (Some(person), Some(id)) = (self.agent(who), self.session(session)) {
                    self.desk.say(&person, "", &format!("join {}", id.0));
                }
            }
            Parts::Speaks(who, session, words) => {
                let (word, text) = WORDS[usize::from(words) % WORDS.len()]
                    .split_once(' ')
                    .unwrap_or((WORDS[usize::from(words) % WORDS.len()], ""));
                self.orders(who, session, word, text);
            }
        }
    }

    /// An agent orders something in a session's window, or by a number at the desk.
    fn orders(&mut self, who: u8, session: u8, word: &str, rest: &str) {
        let Some(person) = self.agent(who) else { return };
        let Some(id) = self.session(session) else { return };
        if session.is_multiple_of(4) {
            self.desk.say(&person, "", &format!("{word} {} {rest}", session % 16));
            return;
        }
        let alias = self.desk.alias(id.0);
        let said = settled(&self.desk.say(&person, &alias, &format!("/{word} {rest}")));
        assert!(said == "ok" || said.starts_with("gone"), "{said}");
    }
}
