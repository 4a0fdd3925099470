//! Agents and sessions to test with. Write the fields that matter: `Agent { idle_since: 5, ..agent(1) }`.

use cordboard_sdk::model::Attribute;
use cordboard_sdk::random::Random;
use cordboard_sdk::rule::{Agent, AgentRef, Change, Load, Session, SessionRef, Skill};

/// An available person who serves no queue in particular, with 3 chats free.
pub fn agent(reference: AgentRef) -> Agent {
    Agent {
        ref_: reference,
        name: format!("agent-{reference}"),
        kind: "person".to_owned(),
        state: "available".to_owned(),
        since: 0,
        idle_since: 0,
        queues: Vec::new(),
        skills: Vec::new(),
        loads: vec![load("chat", 0, 3)],
        software: vec!["xmpp".to_owned()],
        attributes: Vec::new(),
    }
}

/// A guest's chat that waits in the queue `billing` since time 0.
pub fn session(reference: SessionRef) -> Session {
    Session {
        ref_: reference,
        queue: "billing".to_owned(),
        medium: "chat".to_owned(),
        provider: String::new(),
        software: "xmpp".to_owned(),
        software_version: String::new(),
        language: String::new(),
        priority: 0,
        arrived_at: 0,
        waiting_since: 0,
        member: String::new(),
        passed_over: Vec::new(),
        attributes: Vec::new(),
    }
}

/// A skill, level 1 to 10.
pub fn skill(name: &str, level: u8) -> Skill {
    Skill { name: name.to_owned(), level }
}

/// The use of a medium.
pub fn load(medium: &str, used: u16, capacity: u16) -> Load {
    Load { medium: medium.to_owned(), used, capacity }
}

/// A pool of all sorts, the same for the same seed: agents 0 to `agents - 1`, sessions 0 to `sessions - 1`, times below 100,000.
pub fn crowd(seed: u8, agents: u32, sessions: u32) -> Vec<Change> {
    let mut dice = Dice(Random::new(&[seed; 32]));
    let agents: Vec<Change> = (0..agents).map(|reference| Change::Agent(dice.agent(reference))).collect();
    let sessions = (0..sessions).map(|reference| Change::Session(dice.session(reference)));
    agents.into_iter().chain(sessions).collect()
}

const QUEUES: [&str; 3] = ["billing", "sales", "support"];
const MEDIA: [&str; 2] = ["chat", "voice"];
const LANGUAGES: [&str; 3] = ["", "en", "de"];
const STATES: [&str; 3] = ["available", "away", "wrapping"];

struct Dice(Random);

impl Dice {
    fn below(&mut self, limit: u16) -> u16 {
        // A remainder below the limit fits.
        u16::try_from(self.0.number() % u64::from(limit)).unwrap_or_default()
    }

    fn word(&mut self, words: &[&str]) -> String {
        let index = self.0.number() % words.len() as u64;
        words
            .iter()
            .zip(0..)
            .find(|(_, number)| *number == index)
            .map_or_else(String::new, |(word, _)| (*word).to_owned())
    }

    fn time(&mut self) -> u64 {
        // Few enough that some are equal.
        u64::from(self.below(100)) * 1000
    }

    fn agent(&mut self, reference: AgentRef) -> Agent {
        let mut loads = Vec::new();
        for medium in MEDIA {
            let capacity = self.below(4);
            loads.push(load(medium, self.below(capacity + 1), capacity));
        }
        loads.truncate(usize::from(self.below(3)));
        let level = |dice: &mut Self| u8::try_from(dice.below(10)).unwrap_or_default() + 1;
        let mut skills: Vec<Skill> = QUEUES.iter().map(|queue| skill(queue, level(self))).collect();
        skills.retain(|_| self.below(3) > 0);
        let queues = skills.iter().map(|skill| skill.name.clone()).collect();
        let state = self.word(&STATES);
        Agent { state, since: self.time(), idle_since: self.time(), queues, skills, loads, ..agent(reference) }
    }

    fn session(&mut self, reference: SessionRef) -> Session {
        let member = if self.below(2) == 0 { String::new() } else { format!("member-{}", self.below(5)) };
        let passed_over = (0..self.below(3)).map(|_| u32::from(self.below(10))).collect();
        let attributes =
            (0..self.below(2)).map(|_| Attribute::new("agent", format!("agent-{}", self.below(10)))).collect();
        Session {
            queue: self.word(&QUEUES),
            medium: self.word(&MEDIA),
            language: self.word(&LANGUAGES),
            priority: i32::from(self.below(3)),
            waiting_since: self.time(),
            member,
            passed_over,
            attributes,
            ..session(reference)
        }
    }
}
