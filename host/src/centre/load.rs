//! A centre from what is stored.
//!
//! Invariant: what is loaded is checked once, here; a centre never starts from records that contradict each other.

use super::address_table::Row;
use super::session::Live;
use super::{Centre, Components};
use crate::model::part::Transfer;
use crate::model::quarantine::Quarantine;
use crate::model::record::{self, AgentProfile, Entry, Memory, Record, Session, State};
use crate::model::settings::Settings;
use crate::model::{AgentName, FeedId, MemberProfile, Participant, SessionId};
use std::collections::{BTreeMap, BTreeSet};

/// What a centre is made from.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Loaded {
    /// The shard's number.
    pub shard: u16,
    /// All records of the shard.
    pub records: Vec<Record>,
    /// For each of [`Loaded::unfinished`] the end of its transcript: at least its last entry, better
    /// [`Limits::origins`](crate::model::limits::Limits::origins) of each participant.
    pub tails: Vec<(SessionId, Vec<Entry>)>,
    /// All agents' accounts.
    pub profiles: Vec<AgentProfile>,
    /// Customers' accounts: those at least that have addresses at providers or attributes.
    #[serde(default)]
    pub members: Vec<MemberProfile>,
}

impl Loaded {
    /// The sessions whose transcripts' tails are needed: all that are not over, or over but not delivered to the end.
    pub fn unfinished(records: &[Record]) -> Vec<SessionId> {
        let cursors: BTreeSet<SessionId> = records.iter().filter_map(customer_cursor).collect();
        let sessions = records.iter().filter_map(|record| match record {
            Record::Session(session) => Some(session.as_ref()),
            _ => None,
        });
        let is_open = |session: &&Session| is_live(session) || cursors.contains(&session.id);
        sessions.filter(is_open).map(|session| session.id).collect()
    }
}

/// The session of a customer's cursor: a closed session has one only until it is delivered.
fn customer_cursor(record: &Record) -> Option<SessionId> {
    match record {
        Record::Cursor(cursor) if cursor.participant == Participant::CUSTOMER => Some(cursor.session),
        _ => None,
    }
}

fn is_live(session: &Session) -> bool {
    !matches!(session.state, State::Closed { .. })
}

/// Why a centre can't be made from what is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The rules don't fit the settings.
    #[error(
        "pool {pool} has {expected} rules in the settings, but {found} were given; build one rule for each name in `rules`"
    )]
    Rules {
        /// Which pool.
        pool: String,
        /// As the settings say.
        expected: usize,
        /// As given.
        found: usize,
    },
    /// A session's record contradicts itself.
    #[error("the stored session {session} is {state} {what}; restore a back-up, or ask for help with this message")]
    Session {
        /// Which.
        session: SessionId,
        /// Its state.
        state: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// A session's transcript was not given.
    #[error(
        "the stored session {session} came without the end of its transcript; read the tails of Loaded::unfinished"
    )]
    Tail {
        /// Which.
        session: SessionId,
    },
}

/// Records, sorted by what they are.
#[derive(Default)]
struct Sorted {
    sessions: Vec<Session>,
    duties: BTreeMap<AgentName, record::Agent>,
    memories: Vec<Memory>,
    quarantines: Vec<Quarantine>,
}

impl Centre {
    /// A centre as it was stored. Nobody is connected to it: [`Centre::resume`] comes next, then the endpoints open.
    pub fn load(settings: Settings, components: Components, loaded: Loaded) -> Result<Self, LoadError> {
        check_rules(&settings, &components)?;
        let mut centre = Self::empty(settings, components, loaded.shard);
        let sorted = centre.sort(loaded.records);
        centre.now = centre.meta.last_now;
        for profile in &loaded.members {
            centre.addresses.member_changed(profile);
        }
        centre.load_agents(loaded.profiles, sorted.duties);
        for memory in sorted.memories {
            if let Some(lanes) = centre.chains.get_mut(&memory.pool) {
                lanes.remember(&memory.rule, &memory.state);
            }
        }
        for quarantine in sorted.quarantines {
            centre.quarantined_before(quarantine);
        }
        let mut tails: BTreeMap<SessionId, Vec<Entry>> = loaded.tails.into_iter().collect();
        for session in sorted.sessions {
            centre.load_session(session, &mut tails)?;
        }
        Ok(centre)
    }

    fn sort(&mut self, records: Vec<Record>) -> Sorted {
        let mut sorted = Sorted::default();
        for record in records {
            match record {
                Record::Meta(meta) => self.meta = meta,
                Record::Session(session) => sorted.sessions.push(*session),
                Record::Cursor(cursor) => {
                    let feed = FeedId { session: cursor.session, participant: cursor.participant };
                    self.cursors.insert(feed, cursor.through);
                }
                Record::Agent(agent) => {
                    sorted.duties.insert(agent.name.clone(), agent);
                }
                Record::Binding(binding) => {
                    let feed = FeedId { session: binding.session, participant: binding.participant };
                    self.table.put(feed, Row { binding, device: None });
                }
                Record::Memory(memory) => sorted.memories.push(memory),
                Record::Subscription(subscription) => self.subscriptions.load(subscription),
                Record::Served(served) => self.served.load(served),
                Record::Quarantine(quarantine) => sorted.quarantines.push(quarantine),
                Record::Waits(waits) => self.estimates.load(waits),
                Record::Account(_) => {}
            }
        }
        sorted
    }

    fn load_agents(&mut self, mut profiles: Vec<AgentProfile>, mut duties: BTreeMap<AgentName, record::Agent>) {
        profiles.sort_by(|one, other| one.name.cmp(&other.name));
        profiles.dedup_by(|one, other| one.name == other.name);
        for profile in profiles {
            let duty = duties.remove(&profile.name);
            self.addresses.agent_changed(&profile);
            let reference = self.agents.add(profile, duty, self.now);
            self.refresh_agent(reference);
        }
    }

    fn load_session(&mut self, session: Session, tails: &mut BTreeMap<SessionId, Vec<Entry>>) -> Result<(), LoadError> {
        let id = session.id;
        let has_cursor = self.cursors.contains_key(&FeedId { session: id, participant: Participant::CUSTOMER });
        if !is_live(&session) && !has_cursor {
            return Ok(());
        }
        check_session(&session)?;
        if let Some(request) = &session.request {
            self.requests.add(request, id);
            self.take_slots(&session);
            self.sessions.insert(Live::new(session));
            return Ok(());
        }
        let tail = tails.remove(&id).filter(|tail| !tail.is_empty()).ok_or(LoadError::Tail { session: id })?;
        self.customers.add_session(&session.customer, id);
        self.take_slots(&session);
        let mut live = Live::new(session);
        for entry in &tail {
            live.note(entry, self.settings.limits.origins);
        }
        self.sessions.insert(live);
        Ok(())
    }

    /// Agents' slots follow from the sessions.
    fn take_slots(&mut self, session: &Session) {
        for name in &session.passed_over {
            if let Some(agent) = self.agents.named_mut(name) {
                agent.passed.insert(session.id);
            }
        }
        for joined in &session.joined {
            if let Some(agent) = self.agents.named_mut(&joined.agent) {
                agent.joined.insert(session.id);
            }
        }
        if let Some(offer) = &session.offer
            && let Some(agent) = self.agents.named_mut(&offer.agent)
        {
            agent.offers.insert(offer.number, session.id);
            if session.transfer.as_ref().is_none_or(Transfer::takes_slot) {
                agent.take_slot(&session.medium);
            }
            agent.note_overhang(&self.settings);
        }
        if let Some(owner) = &session.owner
            && let Some(agent) = self.agents.named_mut(&owner.agent)
        {
            if !is_live(session) {
                agent.closed.insert(session.id);
                return;
            }
            agent.sessions.insert(session.id);
            agent.take_slot(&session.medium);
            agent.note_overhang(&self.settings);
        }
    }
}

fn check_rules(settings: &Settings, components: &Components) -> Result<(), LoadError> {
    for pool in &settings.pools {
        for (lane, names) in pool.chains() {
            let (expected, found) = (names.len(), components.of(&pool.name, lane).len());
            if expected != found {
                return Err(LoadError::Rules { pool: pool.name.clone(), expected, found });
            }
        }
    }
    Ok(())
}

fn check_session(session: &Session) -> Result<(), LoadError> {
    let wrong = |what| Err(LoadError::Session { session: session.id, state: session.state.as_str(), what });
    if (session.state == State::Automated) != session.talk.is_some() {
        return wrong(if session.talk.is_some() { "with a dialog" } else { "without its dialog" });
    }
    match (session.state, &session.offer, &session.owner) {
        (State::Offered, None, _) => wrong("without an offer"),
        (State::Active | State::Wrapping { .. }, _, None) => wrong("without an owner"),
        (State::Arrived { .. } | State::Waiting | State::Automated | State::Offered, _, Some(_)) => {
            wrong("with an owner")
        }
        (State::Arrived { .. } | State::Waiting | State::Automated | State::Wrapping { .. }, Some(_), _) => {
            wrong("with an offer")
        }
        (State::Active, Some(_), _) if session.transfer.is_none() => wrong("with an offer"),
        _ => Ok(()),
    }
}
