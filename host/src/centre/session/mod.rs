//! Sessions and what happens to them.
//!
//! ```text
//!             offered to ◄─┐ declined, expired, withdrawn
//! arrived ─► waiting ─► offered ─► active ─► wrapping ─► closed ─► forgotten
//!    │        │ ▲                    │ agent lost, removed, ▲
//!    │        ▼ │                    │ passed on            │
//!    ├─► automated ◄─────────────────┤                      │
//!    └──────────┼────────────────────┴──────────────────────┤
//!               └── any but closed: customer lost, refused by a rule, ended by the operator ─► closed
//! ```
//! A closed session stays in memory until its participants have been delivered the last word or are given up.
//!
//! An automated one is with a dialog ([`dialog`](super::dialog)).
//!
//! An active session may be offered to another agent, too, who then takes it from its owner or joins it ([`transfer`]).
//!
//! Invariant: `talk` is present in state automated; `offer` is present in state offered, and in active while `transfer` is; `owner` in active and wrapping (and closed right
//! after them), and at most one agent has the session (I1).

mod alias;
mod due;
mod end;
mod joined;
mod lost;
mod offer;
mod origins;
mod part;
mod redirect;
mod request;
mod said;
mod start;
mod transfer;
mod waiting;

pub(super) use end::Ending;
pub(super) use lost::{Return, Turned};
pub(super) use offer::Unoffer;
pub(super) use part::{Part, Participation};
pub(super) use said::Line;
pub(super) use transfer::Target;

use super::Centre;
use super::device::DeviceId;
use super::matching::Consulting;
use super::pages::PagedMap;
use super::queue::WaitKey;
use super::timers::Timer;
use crate::model::dialog::Talk;
use crate::model::record::{Entry, RecordKey, Session, Speaker, State};
use crate::model::settings::{QueueTimes, Settings};
use crate::model::{Alias, FeedId, OfferNumber, Participant, Seq, SessionId, Timestamp};
use origins::Origins;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// A session as the memory holds it.
#[allow(clippy::struct_excessive_bools, reason = "they have nothing to do with each other")]
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Live {
    /// What is stored.
    pub(super) record: Session,
    /// See [`Self::wait_key`].
    pub(super) place: WaitKey,
    /// The transcript's last message.
    pub(super) last: Seq,
    /// Who spoke last, and since which message nobody else.
    pub(super) run: Option<(Speaker, Seq)>,
    /// Since which message there is nothing that the customer is delivered.
    pub(super) unheard: Option<Seq>,
    /// What came lately, so that a resend is known.
    pub(super) origins: Origins,
    /// From when on those in `passed_over` may be asked again.
    pub(super) retry_at: Option<Timestamp>,
    /// The hold has lasted as long as it may.
    pub(super) is_overdue: bool,
    /// A rule held it back when it was last looked at.
    pub(super) is_held: bool,
    /// The customer wants to know how long it will take, and has no answer yet.
    pub(super) asks: bool,
    /// How often a rule has diverted it.
    pub(super) diverts: u8,
    /// Why it waits though it was looked at; for the operator.
    pub(super) why: String,
    /// Whether the rules of its pool were told of it.
    pub(super) is_known: bool,
    /// The device that was handed the offer.
    pub(super) offered_to: Option<DeviceId>,
    /// A rule has asked the world about it.
    pub(super) consulting: Option<Consulting>,
    /// Rules' questions without another decision between them.
    pub(super) consults: u8,
    /// Rules' questions so far.
    pub(super) questions: u32,
    /// The customer has left or come back since the session's dialog was told so.
    pub(super) turned: Option<Turned>,
    /// Of a request: when its switch asked after it last.
    pub(super) seen_at: Timestamp,
    /// Of a request: the offer that its switch declined last.
    pub(super) declined: Option<OfferNumber>,
}

impl Live {
    pub(super) fn new(record: Session) -> Self {
        Self {
            place: (Reverse(0), 0, record.id),
            seen_at: record.arrived_at,
            declined: None,
            turned: None,
            consulting: None,
            consults: 0,
            // Requests of a dialog outlive a restart, with their numbers.
            questions: record.talk.as_deref().map_or(0, Talk::last_question),
            record,
            last: Seq(0),
            run: None,
            unheard: None,
            origins: Origins::default(),
            retry_at: None,
            is_overdue: false,
            is_held: false,
            asks: false,
            diverts: 0,
            why: String::new(),
            is_known: false,
            offered_to: None,
        }
    }

    /// Notes the transcript's next entry, of which a number of origins is remembered.
    pub(super) fn note(&mut self, entry: &Entry, origins: usize) {
        self.last = entry.seq;
        if self.run.is_none_or(|(speaker, _)| speaker != entry.speaker) {
            self.run = Some((entry.speaker, entry.seq));
        }
        let is_heard = entry.is_for(Participant::CUSTOMER);
        self.unheard = if is_heard { None } else { self.unheard.or(Some(entry.seq)) };
        self.origins.remember(entry, origins);
    }

    /// Where a participant's cursor is who was delivered everything up to `through`: what is not for him needs no delivery.
    pub(super) fn passed(&self, participant: Participant, through: Seq) -> Seq {
        let own = self.run.filter(|(speaker, _)| *speaker == Speaker::Participant(participant)).map(|(_, since)| since);
        let since = if participant == Participant::CUSTOMER { self.unheard } else { own };
        since.filter(|since| through.0 + 1 >= since.0).map_or(through, |_| self.last)
    }

    /// Its place in the built-in order, as long as it waits.
    pub(super) fn wait_key(&self) -> WaitKey {
        self.place
    }

    /// Whether the customer may go on with it.
    pub(super) fn is_live(&self) -> bool {
        self.record.state.is_live()
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.record.state == State::Waiting
    }

    /// The owner's way of the transcript.
    pub(super) fn owner_feed(&self) -> Option<FeedId> {
        self.record.owner.as_ref().map(|owner| FeedId { session: self.record.id, participant: owner.participant })
    }

    /// The customer's way of the transcript.
    pub(super) fn customer_feed(&self) -> FeedId {
        FeedId { session: self.record.id, participant: Participant::CUSTOMER }
    }

    /// Of a request: when it ends because its switch does not ask after it.
    pub(super) fn unseen_at(&self, settings: &Settings) -> Option<Timestamp> {
        self.record.request.as_ref().filter(|_| self.is_live())?;
        let limits = &settings.limits;
        let is_active = self.record.state == State::Active;
        Some(self.seen_at.plus_ms(if is_active { limits.request_active_ms } else { limits.request_unseen_ms }))
    }

    /// When a rule's hold has to end.
    pub(super) fn hold_ends(&self, times: QueueTimes) -> Option<Timestamp> {
        self.record.held_since.filter(|_| times.max_hold_ms > 0).map(|since| since.plus_ms(times.max_hold_ms))
    }

    /// When something is to be done about it though nobody does anything.
    pub(super) fn deadline(&self, settings: &Settings, times: QueueTimes) -> Option<Timestamp> {
        let record = &self.record;
        let of_state = match record.state {
            State::Arrived { until } | State::Wrapping { until } => Some(until),
            State::Waiting => {
                let hold_ends = self.hold_ends(times).filter(|_| !self.is_overdue);
                let answer_due = self.consulting.as_ref().map(|consulting| consulting.until);
                [record.recheck, self.retry_at, hold_ends, answer_due].into_iter().flatten().min()
            }
            State::Automated if self.turned.is_some() => Some(Timestamp(0)),
            State::Automated => record.talk.as_ref().and_then(|talk| {
                let silence_ms = settings.dialog(&talk.dialog).map_or(0, |dialog| dialog.silence_ms);
                talk.deadline(silence_ms, record.customer_lost_at.is_some())
            }),
            State::Offered => record.offer.as_ref().map(|offer| offer.expires),
            State::Active => {
                let lost = record.owner.as_ref().and_then(|owner| owner.lost_at);
                let expires = record.offer.as_ref().map(|offer| offer.expires);
                lost.map(|at| at.plus_ms(settings.agent_grace_ms)).into_iter().chain(expires).min()
            }
            State::Closed { at } => Some(at.plus_ms(settings.customer_grace_ms)),
        };
        let joined =
            record.joined.iter().filter_map(|joined| joined.lost_at).map(|at| at.plus_ms(settings.agent_grace_ms));
        let customer = record.customer_lost_at.map(|at| at.plus_ms(settings.customer_grace_ms));
        let graces = joined.chain(customer).filter(|_| self.is_live());
        of_state.into_iter().chain(graces).chain(self.unseen_at(settings)).min()
    }
}

/// All sessions in memory.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Sessions {
    live: PagedMap<SessionId, Live>,
    by_alias: PagedMap<Alias, SessionId>,
    /// Of live sessions.
    by_code: PagedMap<String, SessionId>,
}

impl Sessions {
    pub(super) fn get(&self, id: SessionId) -> Option<&Live> {
        self.live.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: SessionId) -> Option<&mut Live> {
        self.live.get_mut(&id)
    }

    pub(super) fn aliased(&self, alias: &Alias) -> Option<&Live> {
        self.get(*self.by_alias.get(alias)?)
    }

    /// The session that a code is of.
    pub(super) fn coded(&self, code: &str) -> Option<SessionId> {
        self.by_code.get(code).copied()
    }

    /// Gives a session another code, or none.
    pub(super) fn set_code(&mut self, id: SessionId, code: Option<String>) {
        let Some(live) = self.live.get_mut(&id) else { return };
        if let Some(code) = std::mem::replace(&mut live.record.code, code.clone()) {
            self.by_code.remove(&code);
        }
        if let Some(code) = code {
            self.by_code.insert(code, id);
        }
    }

    /// How many codes are known.
    pub(super) fn codes(&self) -> usize {
        self.by_code.len()
    }

    pub(super) fn insert(&mut self, live: Live) {
        self.by_alias.insert(live.record.alias.clone(), live.record.id);
        if let Some(code) = &live.record.code {
            self.by_code.insert(code.clone(), live.record.id);
        }
        self.live.insert(live.record.id, live);
    }

    pub(super) fn remove(&mut self, id: SessionId) -> Option<Live> {
        let live = self.live.remove(&id)?;
        self.by_alias.remove(&live.record.alias);
        if let Some(code) = &live.record.code {
            self.by_code.remove(code);
        }
        Some(live)
    }

    pub(super) fn len(&self) -> usize {
        self.live.len()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Live> {
        self.live.values()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = SessionId> + use<'_> {
        self.live.keys().copied()
    }
}

impl Centre {
    /// A session's record has changed: it is stored with the batch, its timer follows, and the rules are told.
    pub(super) fn session_changed(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get(id) else { return };
        self.timers.set(Timer::Session(id), live.deadline(&self.settings, self.times(&live.record.queue)));
        self.outbox.touch(RecordKey::Session(id));
        if live.record.request.is_some() {
            self.requests.changed(id);
        }
        self.follow_session(id);
        let Some(live) = self.sessions.get(id) else { return };
        if let Some(pool) = self.queues.pool(live.known_in()) {
            self.pools.session_changed(pool, id);
        }
    }
}
