//! What people and the world would have done, from what they did: the numbers behind [`MODEL`](crate::rehearsal::MODEL).
//!
//! Invariant: only the day is looked at.

use crate::centre::Components;
use crate::model::adapter::GuestFailure;
use crate::model::dialog::{Action, Dialog, Event, Setup, Turn};
use crate::model::record::Record;
use crate::model::settings::Settings;
use crate::model::{AgentName, Digest, Failure, HttpResponse, Lane, SavedState, SessionId, Timestamp};
use crate::rehearsal::{Consultation, Day, Passage, React, Reaction};
use std::collections::BTreeMap;

/// Beyond the end of any day that is played.
const FOR_EVER_MS: u64 = u64::MAX / 4;

/// Agents' reactions, over and over.
pub(super) struct Reactions<'a> {
    of: BTreeMap<&'a AgentName, Vec<&'a Reaction>>,
    next: BTreeMap<AgentName, usize>,
}

impl<'a> Reactions<'a> {
    pub(super) fn new(reactions: &'a [Reaction]) -> Self {
        let mut of: BTreeMap<&AgentName, Vec<&Reaction>> = BTreeMap::new();
        for reaction in reactions {
            of.entry(&reaction.agent).or_default().push(reaction);
        }
        Self { of, next: BTreeMap::new() }
    }

    /// What an agent does about the next offer, and after how long.
    pub(super) fn next(&mut self, agent: &AgentName) -> (React, u64) {
        let Some(recorded) = self.of.get(agent) else { return (React::Accepted, 0) };
        let next = self.next.entry(agent.clone()).or_default();
        let reaction = recorded[*next % recorded.len()];
        *next += 1;
        (reaction.what, reaction.after_ms)
    }
}

/// What the world answered to rules, each answer once.
pub(super) struct World<'a> {
    of: BTreeMap<(SessionId, &'a str), Vec<&'a Consultation>>,
    next: BTreeMap<(SessionId, String), usize>,
}

impl<'a> World<'a> {
    pub(super) fn new(consultations: &'a [Consultation]) -> Self {
        let mut of: BTreeMap<(SessionId, &str), Vec<&Consultation>> = BTreeMap::new();
        for asked in consultations {
            of.entry((asked.session, asked.rule.as_str())).or_default().push(asked);
        }
        Self { of, next: BTreeMap::new() }
    }

    /// The answer to a rule's next question about a session, and after how long; nothing where none came then either.
    pub(super) fn answer(&mut self, session: SessionId, rule: &str) -> Option<(u64, Result<HttpResponse, Failure>)> {
        let next = self.next.entry((session, rule.to_owned())).or_default();
        let asked = self.of.get(&(session, rule)).and_then(|asked| asked.get(*next));
        *next += 1;
        match asked {
            Some(asked) => asked.reply.clone(),
            None => Some((0, Err(Failure::new("unavailable", "nobody was asked this on that day")))),
        }
    }
}

/// How long sessions take their agents.
pub(super) struct Services<'a> {
    /// Of each queue, and under no name of all.
    means_ms: BTreeMap<&'a str, u64>,
}

impl<'a> Services<'a> {
    pub(super) fn new(day: &'a Day) -> Self {
        let mut sums: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for passage in &day.passages {
            let Some(ms) = recorded_ms(passage) else { continue };
            for name in [passage.queue.as_str(), ""] {
                let (sum, count) = sums.entry(name).or_default();
                (*sum, *count) = (*sum + ms, *count + 1);
            }
        }
        Self { means_ms: sums.into_iter().map(|(name, (sum, count))| (name, sum / count)).collect() }
    }

    /// Until it is over for the customer.
    pub(super) fn of_ms(&self, passage: &Passage) -> u64 {
        recorded_ms(passage).unwrap_or_else(|| {
            let mean = self.means_ms.get(passage.queue.as_str()).or_else(|| self.means_ms.get(""));
            mean.copied().unwrap_or_default()
        })
    }
}

/// How long agents were busy with a session before it was over, if it was.
fn recorded_ms(passage: &Passage) -> Option<u64> {
    let parts = passage.served.iter().map(|served| Some(served.until?.since_ms(served.from)));
    (!passage.served.is_empty()).then(|| parts.sum::<Option<u64>>()).flatten()
}

/// How long its last agent wrapped it up, if that was recorded to the end.
pub(super) fn wrap_up_ms(passage: &Passage) -> Option<u64> {
    let last = passage.served.last()?;
    Some(last.free?.since_ms(last.until?))
}

/// The settings of that day, for a play with these rules: what people's reactions are modelled from happens by itself no more.
pub(super) fn settings(recorded: &Settings, rules: &Components) -> Settings {
    let mut settings = recorded.clone();
    for pool in &mut settings.pools {
        let rules = rules.of(&pool.name, Lane::Service);
        pool.rules = rules.iter().map(|rule| rule.name().to_owned()).collect();
        // The day is played by these rules alone.
        (pool.shadow, pool.canary) = (None, None);
    }
    settings.missed_offers = 0;
    for queue in &mut settings.queues {
        queue.missed_offers = None;
    }
    settings.redirects.clear();
    for link in &mut settings.links {
        link.dialog = None;
    }
    settings.limits.software_wait_ms = 0;
    settings.limits.sessions_per_customer = usize::MAX;
    settings.limits.request_unseen_ms = FOR_EVER_MS;
    settings.limits.request_active_ms = FOR_EVER_MS;
    settings
}

/// What was known at the beginning: who had served whom, how long it took, and what these rules remembered.
pub(in crate::rehearsal) fn records(day: &Day, rules: &Components) -> Vec<Record> {
    let is_here = |pool: &str, name: &str, digest| {
        let mut chain = rules.of(pool, Lane::Service).iter();
        chain.any(|rule| rule.name() == name && rule.digest() == digest)
    };
    let memories = day.memories.iter().filter(|(memory, digest)| is_here(&memory.pool, &memory.rule, *digest));
    let memories = memories.map(|(memory, _)| Record::Memory(memory.clone()));
    let waits = day.waits.iter().cloned().map(Record::Waits);
    day.last_served.iter().cloned().map(Record::Served).chain(waits).chain(memories).collect()
}

/// A dialog that keeps whoever a rule sends to it: what they would have said to each other nobody knows.
pub(super) struct Keeps(pub(super) String);

impl Dialog for Keeps {
    fn name(&self) -> &str {
        &self.0
    }

    fn digest(&self) -> Digest {
        Digest([0; 32])
    }

    fn open(&mut self, _: Timestamp, _: &Setup) -> Result<SavedState, GuestFailure> {
        Ok(SavedState { format: 0, bytes: Vec::new() })
    }

    fn handle(&mut self, _: Timestamp, _: &Setup, state: &SavedState, _: &Event) -> Result<Turn, GuestFailure> {
        Ok(Turn { actions: vec![Action::Close(String::new())], state: state.clone() })
    }
}
