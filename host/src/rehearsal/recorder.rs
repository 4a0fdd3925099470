//! Takes a day from what a centre puts out, whether that is a replayed journal's or one that plays.
//!
//! Invariant: both are recorded by this, so that they can be compared.

use super::{Day, How, Passage, React, Reaction, Served, Standing};
use crate::centre::noted::Noted;
use crate::centre::{Centre, Output};
use crate::model::record::{Op, Record, Session, State};
use crate::model::{AgentName, SessionId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Why the record of a session says that a rule refused it.
const REFUSED: &str = "refused by a rule";

/// See the [module](self).
pub struct Recorder {
    day: Day,
    /// By number.
    passages: BTreeMap<SessionId, Passage>,
    offered: BTreeMap<(SessionId, AgentName), Timestamp>,
    /// Sessions that were there at the beginning.
    earlier: BTreeSet<SessionId>,
}

impl Recorder {
    /// From a centre as it stands.
    pub fn new(centre: &Centre, from: Timestamp) -> Self {
        let mut recorder = Self {
            day: Day {
                from,
                to: from,
                settings: centre.settings().clone(),
                profiles: centre.profiles(),
                members: centre.members(),
                passages: Vec::new(),
                standings: Vec::new(),
                reactions: Vec::new(),
                left_out: 0,
            },
            passages: BTreeMap::new(),
            offered: BTreeMap::new(),
            earlier: BTreeSet::new(),
        };
        recorder.earlier = centre.session_ids();
        for (agent, is) in centre.standings() {
            recorder.stands(from, agent, is);
        }
        recorder
    }

    /// The service was started again: nobody is here.
    pub fn restarted(&mut self, at: Timestamp, centre: &Centre) {
        let agents: BTreeSet<AgentName> = self.day.standings.iter().map(|standing| standing.agent.clone()).collect();
        for agent in agents {
            self.stands(at, agent, "off-duty");
        }
        self.profiles_changed(centre);
    }

    /// Agents' accounts may have changed; those of former agents are kept.
    pub fn profiles_changed(&mut self, centre: &Centre) {
        for profile in centre.profiles() {
            match self.day.profiles.iter_mut().find(|known| known.name == profile.name) {
                Some(known) => *known = profile,
                None => self.day.profiles.push(profile),
            }
        }
    }

    /// Takes a batch.
    pub fn take(&mut self, now: Timestamp, output: &Output, noted: &[Noted]) {
        self.day.to = now;
        for op in &output.ops {
            if let Op::Put(Record::Session(record)) = op
                && !self.earlier.contains(&record.id)
            {
                self.session(now, record);
            }
        }
        for noted in noted {
            match noted {
                Noted::Became { session, agent, outcome } => self.became(now, *session, agent, outcome),
                Noted::Standing { agent, is } => self.stands(now, agent.clone(), is),
                Noted::Decision(_) | Noted::Choice(_) => {}
            }
        }
    }

    /// The day so far.
    pub fn day(mut self) -> Day {
        self.day.left_out = self.earlier.len();
        self.day.passages = self.passages.into_values().collect();
        self.day
    }

    fn stands(&mut self, at: Timestamp, agent: AgentName, is: &str) {
        self.day.standings.push(Standing { at, agent, is: is.to_owned() });
    }

    fn session(&mut self, now: Timestamp, record: &Session) {
        let passage = self.passages.entry(record.id).or_insert_with(|| Passage {
            session: record.id,
            came: Box::new(record.clone()),
            queue: record.queue.clone(),
            waiting_since: record.waiting_since,
            served: Vec::new(),
            ended: None,
        });
        passage.queue.clone_from(&record.queue);
        passage.waiting_since = record.waiting_since;
        passage.came.software.clone_from(&record.software);
        if !record.language.is_empty() {
            passage.came.language.clone_from(&record.language);
        }
        let is_over = matches!(record.state, State::Wrapping { .. } | State::Closed { .. });
        if let Some(served) = passage.served.last_mut() {
            if served.until.is_none() && (is_over || record.owner.is_none()) {
                served.until = Some(now);
            }
            if served.free.is_none() && (matches!(record.state, State::Closed { .. }) || record.owner.is_none()) {
                served.free = Some(now);
            }
        }
        if is_over && passage.ended.is_none() {
            let how = match (&record.owner, record.closed_reason.as_deref()) {
                (Some(_), _) => How::Served,
                (None, Some(REFUSED)) => How::Refused,
                (None, _) => How::Abandoned,
            };
            passage.ended = Some((now, how));
        }
    }

    fn became(&mut self, now: Timestamp, session: SessionId, agent: &AgentName, outcome: &str) {
        let what = match outcome {
            "offered" => {
                self.offered.insert((session, agent.clone()), now);
                return;
            }
            "accepted" => React::Accepted,
            "declined" => React::Declined,
            "expired" => React::Expired,
            _ => return,
        };
        if let Some(at) = self.offered.remove(&(session, agent.clone())) {
            self.day.reactions.push(Reaction { agent: agent.clone(), what, after_ms: now.since_ms(at) });
        }
        if let Some(passage) = self.passages.get_mut(&session).filter(|_| what == React::Accepted) {
            passage.served.push(Served { agent: agent.clone(), from: now, until: None, free: None });
        }
    }
}
