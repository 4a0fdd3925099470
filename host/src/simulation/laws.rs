//! What must hold when a run is over (ARCHITECTURE.md, "What must never break"), seen from outside: from what people said and heard, and
//! from what is stored.
//!
//! Invariant: a law looks at nothing but the people, the store and its journal; what the host believes doesn't count.

use super::client::{Client, Fate, Outgoing};
use super::world::World;
use crate::centre::invariants::Violation;
use crate::centre::parse_message_id;
use crate::model::record::{Entry, Record, Session, Shard, State};
use crate::model::{Body, FeedId, Participant, SessionId, Side};
use crate::shard::replay;
use crate::storage::{Lease, Store};
use std::collections::BTreeMap;

pub(super) const PART: Shard = Shard::Pool(0);

/// Within so many milliseconds whoever wants to be there is there.
const SIGN_IN_MS: u64 = 10_000;

type Checked = Result<(), Violation>;

fn ensure(holds: bool, invariant: &'static str, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Violation { invariant, what: what() }) }
}

/// What is stored.
pub(super) struct Stored {
    transcripts: BTreeMap<SessionId, Vec<Entry>>,
    records: Vec<Record>,
}

impl Stored {
    pub(super) fn of(world: &World) -> Self {
        let lease = Lease { shard: PART, epoch: 0 };
        let records = world.memory.load(&lease).expect("memory can be read");
        Self { transcripts: world.memory.transcripts(PART), records }
    }

    /// Sessions and transcripts, a line each.
    pub(super) fn account(&self) -> String {
        let entry = |entry: &Entry| format!("  {} {:?} {:?}\n", entry.seq, entry.speaker, text(entry));
        let of = |session: &Session| {
            let Session { id, alias, customer, state, owner, .. } = session;
            let transcript = self.transcripts.get(id).into_iter().flatten().map(entry);
            let owner = owner.as_ref().map(|owner| (&owner.agent, owner.participant));
            format!("{id} {alias} of {} is {state:?}, {owner:?}\n{}", customer.alias, transcript.collect::<String>())
        };
        self.sessions().map(of).collect()
    }

    pub(super) fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.records.iter().filter_map(|record| match record {
            Record::Session(session) => Some(session.as_ref()),
            _ => None,
        })
    }

    /// Whether the session has the name that something was said to.
    fn is_of(&self, id: SessionId, said: &Outgoing) -> bool {
        let name = said.to.split('@').next().unwrap_or_default();
        self.sessions()
            .any(|session| session.id == id && (session.alias.as_str() == name || session.link.as_str() == name))
    }

    /// Whether what was said stands once, or again in another session when the one before it was over: identifiers are remembered as
    /// long as a session is.
    fn are_apart(&self, places: &[(SessionId, u32)]) -> bool {
        let state = |id: SessionId| self.sessions().find(|session| session.id == id).map(|session| session.state);
        let said_at = |(id, seq): (SessionId, u32)| self.transcripts[&id][seq as usize - 1].at;
        places.windows(2).all(|pair| match state(pair[0].0) {
            Some(State::Closed { at }) => pair[0].0 != pair[1].0 && at <= said_at(pair[1]),
            _ => false,
        })
    }

    /// Where something that was said stands.
    pub(super) fn places(&self, said: &Outgoing) -> Vec<(SessionId, u32)> {
        let entries = self.transcripts.values().flatten();
        let same = |entry: &&Entry| entry.origin.as_deref() == Some(&said.id) && text(entry) == said.text;
        entries.filter(same).map(|entry| (entry.session, entry.seq.0)).collect()
    }
}

fn text(entry: &Entry) -> &str {
    match &entry.body {
        Body::Text(text) => text,
        other => panic!("nobody says {other:?} here"),
    }
}

/// All that must hold whatever has happened.
pub(super) fn check(world: &World) -> Checked {
    let stored = Stored::of(world);
    for client in &world.cast {
        ensure(client.complaint.is_none(), "I3", || format!("{}: {:?}", client.name, client.complaint))?;
        what_is_acknowledged_is_kept(client, &stored)?;
        what_is_heard_is_stored_and_in_order(client, &stored)?;
    }
    the_journal_gives_the_same_again(world)
}

/// Whether no session is left that could go on.
pub(super) fn is_everything_over(world: &World) -> bool {
    Stored::of(world).sessions().all(is_over)
}

fn is_over(session: &Session) -> bool {
    matches!(session.state, State::Closed { .. })
}

/// What must hold besides when everybody who is there has come to rest.
pub(super) fn check_rest(world: &World) -> Checked {
    let stored = Stored::of(world);
    // Of a session that has been over for the length of a grace nothing more is delivered.
    let grace = world.stage.settings.customer_grace_ms;
    let is_old = |session: &Session| match session.state {
        State::Closed { at } => at.plus_ms(grace) <= world.calm_since.plus_ms(SIGN_IN_MS),
        _ => false,
    };
    for session in stored.sessions().filter(|session| !is_old(session)) {
        everybody_has_heard_everything(world, session, &stored)?;
    }
    let left = stored.sessions().find(|session| !is_over(session));
    ensure(left.is_none(), "I9", || format!("{left:?} is not over"))
}

/// Whether it belongs into a transcript: what is said to queues are words.
fn is_talk(client: &Client, said: &Outgoing) -> bool {
    client.side == Side::Customer || said.to.starts_with("s0-") && said.text != "end"
}

/// I3, I4, I10: once, in the order in which it was said, and where it was said.
fn what_is_acknowledged_is_kept(client: &Client, stored: &Stored) -> Checked {
    let mut before: BTreeMap<SessionId, u32> = BTreeMap::new();
    for said in client.outbox.iter().filter(|said| is_talk(client, said)) {
        let places = stored.places(said);
        ensure(said.fate != Fate::Acknowledged || !places.is_empty(), "I3", || {
            format!("{:?} of {} was acknowledged and is in no transcript", said.text, client.name)
        })?;
        ensure(stored.are_apart(&places), "I4", || format!("{:?} of {} stands at {places:?}", said.text, client.name))?;
        for (session, _) in &places {
            ensure(stored.is_of(*session, said), "I10", || format!("{:?} to {} is in {session}", said.text, said.to))?;
        }
        if let Some((session, seq)) = places.first() {
            let last = before.insert(*session, *seq).unwrap_or(0);
            ensure(last < *seq, "I4", || {
                format!("{:?} of {} stands before what was said earlier", said.text, client.name)
            })?;
        }
    }
    Ok(())
}

/// I3, I4, I6: no gaps, nothing of one's own, nothing of others' conversations, and twice only the same under the same identifier.
fn what_is_heard_is_stored_and_in_order(client: &Client, stored: &Stored) -> Checked {
    let name = client.name;
    let mut last: BTreeMap<FeedId, u32> = BTreeMap::new();
    for heard in &client.inbox {
        let Some((feed, seq)) = parse_message_id(&heard.id) else { continue };
        let transcript = stored.transcripts.get(&feed.session).map(Vec::as_slice).unwrap_or_default();
        let entry = transcript.get(seq.0 as usize - 1);
        ensure(entry.is_some_and(|entry| heard.text.ends_with(text(entry))), "I3", || {
            format!("{name} heard {:?} as {}, stored is {entry:?}", heard.text, heard.id)
        })?;
        ensure(may_hear(client, feed, stored), "I6", || format!("{name} heard {}, which is not for {name}", heard.id))?;
        let is_for = |entry: &&Entry| entry.is_for(feed.participant);
        ensure(entry.is_some_and(|entry| is_for(&entry)), "I4", || {
            format!("{name} heard {}, not meant for it", heard.id)
        })?;
        let last = last.entry(feed).or_default();
        let skipped = transcript.iter().filter(|entry| entry.seq.0 > *last && entry.seq < seq).find(is_for);
        ensure(skipped.is_none(), "I4", || format!("{name} heard {} before {skipped:?}", heard.id))?;
        *last = seq.0.max(*last);
    }
    Ok(())
}

fn may_hear(client: &Client, feed: FeedId, stored: &Stored) -> bool {
    if feed.participant != Participant::CUSTOMER {
        return client.side == Side::Agent;
    }
    stored.sessions().any(|session| session.id == feed.session && session.customer.alias.as_str() == client.name)
}

/// I3, I9: the customer and the last owner, where they are there.
fn everybody_has_heard_everything(world: &World, session: &Session, stored: &Stored) -> Checked {
    let owner = session.owner.as_ref().map(|owner| (owner.agent.as_str(), owner.participant));
    let customer = (session.customer.alias.as_str(), Participant::CUSTOMER);
    for (name, participant) in [Some(customer), owner].into_iter().flatten() {
        let Some(client) = world.cast.iter().find(|client| client.name == name && client.wants_online) else {
            continue;
        };
        let feed = FeedId { session: session.id, participant };
        for entry in stored.transcripts.get(&session.id).into_iter().flatten() {
            let is_passed = !entry.is_for(participant);
            let id = crate::centre::message_id(feed, entry.seq);
            ensure(is_passed || client.inbox.iter().any(|heard| heard.id == id), "I3", || {
                format!("{name} never heard {id}: {:?}", text(entry))
            })?;
        }
    }
    Ok(())
}

/// I8, over all crashes.
fn the_journal_gives_the_same_again(world: &World) -> Checked {
    match replay(&*world.memory, PART) {
        Ok(replayed) => ensure(replayed.passed_over == 0, "I8", || format!("{replayed:?}")),
        Err(error) => Err(Violation { invariant: "I8", what: error.to_string() }),
    }
}
