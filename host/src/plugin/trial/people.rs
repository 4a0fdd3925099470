//! Agents and sessions of all sorts, to ask a rule about.
//!
//! Invariant: the same number gives the same people.

use crate::model::rule::{Agent, AgentRef, Change, Load, Session, SessionRef, Skill};
use crate::model::{AgentName, Attribute, Timestamp};

const QUEUES: [&str; 3] = ["billing", "sales", "support"];
const MEDIA: [&str; 2] = ["chat", "voice"];
const LANGUAGES: [&str; 3] = ["", "en", "de"];
const STATES: [&str; 4] = ["available", "away", "wrapping", "off-duty"];
const SOFTWARE: [&str; 3] = ["xmpp", "irc", "sip"];

/// Agents 0 to `agents - 1` and sessions 0 to `sessions - 1`; times below 100,000.
pub(in crate::plugin) fn crowd(number: u64, agents: u32, sessions: u32) -> Vec<Change> {
    let mut dice = Dice(number);
    let agents: Vec<Change> = (0..agents).map(|reference| Change::Agent(dice.agent(reference))).collect();
    let sessions = (0..sessions).map(|reference| Change::Session(dice.session(reference)));
    agents.into_iter().chain(sessions).collect()
}

/// Numbers by `SplitMix64`: quick, and good enough to mix people.
struct Dice(u64);

impl Dice {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u16) -> u16 {
        // A remainder below the limit fits.
        u16::try_from(self.number() % u64::from(limit)).unwrap_or_default()
    }

    fn word(&mut self, words: &[&str]) -> String {
        let at = usize::try_from(self.number() % words.len() as u64).unwrap_or_default();
        words[at].to_owned()
    }

    /// Few enough that some are equal.
    fn time(&mut self) -> Timestamp {
        Timestamp(u64::from(self.below(100)) * 1000)
    }

    fn agent(&mut self, reference: AgentRef) -> Agent {
        let mut loads = Vec::new();
        for medium in MEDIA {
            let capacity = self.below(4);
            loads.push(Load { medium: medium.to_owned(), used: self.below(capacity + 1), capacity });
        }
        loads.truncate(usize::from(self.below(3)));
        let mut skills = Vec::new();
        for queue in QUEUES {
            let level = u8::try_from(self.below(10)).unwrap_or_default() + 1;
            if self.below(3) > 0 {
                skills.push(Skill { name: queue.to_owned(), level });
            }
        }
        Agent {
            agent: reference,
            name: AgentName::new(format!("agent-{reference}")),
            kind: self.word(&["person", "automated"]),
            state: self.word(&STATES),
            since: self.time(),
            idle_since: self.time(),
            queues: skills.iter().map(|skill| skill.name.clone()).collect(),
            skills,
            loads,
            software: vec![self.word(&SOFTWARE)],
            attributes: self.facts("site"),
        }
    }

    fn session(&mut self, reference: SessionRef) -> Session {
        let arrived_at = self.time();
        let passed_over = (0..self.below(3)).map(|_| u32::from(self.below(10))).collect();
        Session {
            session: reference,
            queue: self.word(&QUEUES),
            medium: self.word(&MEDIA),
            provider: String::new(),
            software: self.word(&SOFTWARE),
            software_version: String::new(),
            language: self.word(&LANGUAGES),
            priority: i32::from(self.below(3)),
            arrived_at,
            waiting_since: arrived_at.plus_ms(u64::from(self.below(20)) * 1000),
            member: if self.below(2) == 0 { String::new() } else { format!("member-{}", self.below(5)) },
            passed_over,
            attributes: self.facts("agent"),
        }
    }

    fn facts(&mut self, name: &str) -> Vec<Attribute> {
        (0..self.below(2)).map(|_| Attribute::new(name, format!("agent-{}", self.below(10)))).collect()
    }
}
