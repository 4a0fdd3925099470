//! What was decided and why, noted while somebody looks: a replay that explains. A running service notes nothing, since all of it follows
//! from the journal.
//!
//! Ends at facts; `shard::explain` puts them in order, and the command line in words.
//!
//! Invariant: noting changes nothing that the centre does, and is no part of its state.

mod noting;

use super::agent::Placement;
use super::matching::{Concluded, Lanes};
use super::outbox::Outbox;
use super::{Centre, Opened};
use crate::model::record::{AgentProfile, Customer, Memory, Served};
use crate::model::rule::{Note, Verdict};
use crate::model::waits::Waits;
use crate::model::{AgentName, Alias, Digest, Lane, MemberProfile, SessionId, Side, Timestamp};
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;

pub(super) use noting::{Asked, Notes};

/// One thing that was noted; in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Noted {
    /// The chain was asked who may serve a session.
    Decision(Decision),
    /// The chain was asked which of the waiting an agent may serve.
    Choice(Choice),
    /// Something became of an offer or a session.
    Became {
        /// Which session.
        session: SessionId,
        /// With whom.
        agent: AgentName,
        /// `offered`, `accepted`, `declined`, `expired`, `closed`.
        outcome: String,
    },
    /// An agent came, left, is away, or is here by other devices.
    Standing(Standing),
    /// A dialog took a turn.
    Talked {
        /// In which session.
        session: SessionId,
        /// Which dialog.
        dialog: String,
        /// Which component with which settings.
        digest: Digest,
        /// What it was told, in words.
        heard: String,
        /// What it did, in words, or why it did nothing.
        did: Result<Vec<String>, String>,
    },
    /// A session can't be with a dialog, or not any more, and that is not the dialog's own word.
    Unspoken {
        /// Which session.
        session: SessionId,
        /// Which dialog.
        dialog: String,
        /// Why.
        why: String,
        /// What became of the session instead.
        instead: Instead,
    },
}

/// What becomes of a session that can't be with a dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Instead {
    /// The dialog never had it: it goes where it would without one.
    NotBegun,
    /// The dialog's fallback is the queue.
    Queue,
    /// The dialog's fallback is the end.
    End,
}

/// How an agent stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Who.
    pub agent: AgentName,
    /// `off-duty`, `away`, `available`.
    pub is: &'static str,
    /// What the agent's open devices speak.
    pub protocols: BTreeSet<String>,
    /// Whether one of them takes sessions; else a switch says that the agent is there.
    pub by_device: bool,
}

/// Who may serve a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Which.
    pub session: SessionId,
    /// Whose chain.
    pub pool: String,
    /// Which of the pool's chains has decided.
    pub lane: Lane,
    /// Where it waits.
    pub queue: String,
    /// It has an owner, who wants to transfer it.
    pub is_transfer: bool,
    /// The agent who has become free and found it; absent: the session was looked at for itself.
    pub found_by: Option<AgentName>,
    /// Who was free, longest idle first.
    pub candidates: Vec<AgentName>,
    /// Who was not asked, having declined or missed it.
    pub passed_over: Vec<AgentName>,
    /// Agents of the queue who were here.
    pub on_duty: u32,
    /// Of them those who took sessions, whether free or not.
    pub available: u32,
    /// What each rule of the chain said.
    pub rules: Vec<RuleSaid<AgentName>>,
    /// What came of it.
    pub outcome: Concluded,
    /// When a rule wanted to be asked again.
    pub recheck: Option<Timestamp>,
    /// What the host refused of the outcome, and why.
    pub refused: Option<String>,
    /// What other rules would have decided at that moment, where some are asked beside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Otherwise<AgentName, Concluded>>,
    /// What the shadow would have decided, where it was asked; no outcome where one of its rules failed, and nothing is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow: Option<Otherwise<AgentName, Option<Concluded>>>,
}

/// What other rules say to the same question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Otherwise<W, O> {
    /// What each rule of their chain said.
    pub rules: Vec<RuleSaid<W>>,
    /// What would come of it.
    pub outcome: O,
}

/// Which of the waiting an agent may serve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Who.
    pub agent: AgentName,
    /// Whose chain.
    pub pool: String,
    /// Which of the pool's chains was asked: of the sessions that it decides about.
    pub lane: Lane,
    /// Who waited, in the built-in order.
    pub waiting: Vec<SessionId>,
    /// What each rule of the chain said.
    pub rules: Vec<RuleSaid<SessionId>>,
    /// Whom the chain kept, the best first.
    pub order: Vec<SessionId>,
    /// Whom other rules would have kept, where some are asked beside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Otherwise<SessionId, Vec<SessionId>>>,
    /// Whom the shadow would have kept, as with decisions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow: Option<Otherwise<SessionId, Option<Vec<SessionId>>>>,
}

/// What one rule of a chain said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleSaid<W> {
    /// Of which of the pool's chains.
    pub lane: Lane,
    /// As the operator's file names it.
    pub rule: String,
    /// Which component with which settings.
    #[serde(serialize_with = "hexadecimal")]
    pub digest: Digest,
    /// What.
    pub verdict: Said<W>,
    /// Why, in its own words.
    pub notes: Vec<String>,
    /// What the host refused of it, and why; it was left out then.
    pub refused: Option<String>,
}

/// A rule's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Said<W> {
    /// Those that remain, each with its tier; the lower is the better.
    Kept(Vec<(W, u32)>),
    /// Nobody yet; why.
    Held(String),
    /// Elsewhere.
    Diverted(String),
    /// No service; the words for the customer.
    Refused(String),
    /// Something that this host does not know or serve.
    Unknown(String),
    /// It gave no answer; why.
    Failed(String),
    /// It was not asked; why.
    LeftOut(String),
}

/// A digest with all of its digits.
///
/// # Errors
/// Those of the serializer.
pub fn hexadecimal<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{digest:#}"))
}

impl<O> Otherwise<u32, O> {
    /// What a chain answers, with what each of its rules said.
    pub(super) fn asked(outbox: &mut Outbox, ask: impl FnOnce(&mut Outbox) -> O) -> Self {
        let outcome = ask(outbox);
        Self { rules: outbox.take_said(), outcome }
    }
}

impl<W, O> Otherwise<W, O> {
    fn named<V, P>(self, name: impl Fn(W) -> V, outcome: impl FnOnce(O) -> P) -> Otherwise<V, P> {
        let rules = self.rules.into_iter().map(|said| said.named(&name)).collect();
        Otherwise { rules, outcome: outcome(self.outcome) }
    }
}

impl<W> Said<W> {
    /// The verdict of an answer that keeps nobody.
    pub(super) fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Keep(_) => Self::Kept(Vec::new()),
            Verdict::Hold(why) => Self::Held(why.clone()),
            Verdict::Divert(target) => Self::Diverted(target.clone()),
            Verdict::Refuse(text) => Self::Refused(text.clone()),
            Verdict::Consult(_) => Self::Unknown("consult".to_owned()),
            Verdict::Other(extension) => Self::Unknown(extension.name.clone()),
        }
    }
}

impl<W> RuleSaid<W> {
    /// Whether it was not asked.
    pub fn is_left_out(&self) -> bool {
        matches!(self.verdict, Said::LeftOut(_))
    }

    /// Words of the rule.
    pub(super) fn with_notes(mut self, notes: Vec<Note>) -> Self {
        self.notes = notes.into_iter().map(|note| note.text).collect();
        self
    }

    fn named<V>(self, name: impl Fn(W) -> V) -> RuleSaid<V> {
        let verdict = match self.verdict {
            Said::Kept(kept) => Said::Kept(kept.into_iter().map(|(who, tier)| (name(who), tier)).collect()),
            Said::Held(why) => Said::Held(why),
            Said::Diverted(target) => Said::Diverted(target),
            Said::Refused(text) => Said::Refused(text),
            Said::Unknown(what) => Said::Unknown(what),
            Said::Failed(why) => Said::Failed(why),
            Said::LeftOut(why) => Said::LeftOut(why),
        };
        RuleSaid {
            lane: self.lane,
            rule: self.rule,
            digest: self.digest,
            verdict,
            notes: self.notes,
            refused: self.refused,
        }
    }
}

impl Centre {
    /// How every agent stands.
    pub fn standings(&self) -> Vec<Standing> {
        self.agents.all().map(|agent| standing(&agent.profile.name, &agent.placement)).collect()
    }

    /// The endpoints of a side.
    pub fn endpoints(&self, side: Side) -> Vec<Opened> {
        let opened = self.devices.endpoints().map(|endpoint| &endpoint.opened);
        opened.filter(|opened| opened.side == side).cloned().collect()
    }

    /// Whether a customer's words to a link would go to a session that there is.
    pub fn has_session(&self, customer: &Customer, link: &Alias) -> bool {
        self.session_of(customer, link).is_some()
    }

    /// Who served customers last.
    pub fn last_served(&self) -> Vec<Served> {
        self.served.all().cloned().collect()
    }

    /// What the rules remembered last, and which component each of them is.
    pub fn memories(&self) -> Vec<(Memory, Digest)> {
        let of_pool = |(pool, lanes): (&String, &Lanes)| {
            let memory = |(lane, rule): (Lane, super::matching::Standing<'_>)| {
                Some((lanes.memory_record(pool, &lane.stored_as(rule.name))?, rule.digest))
            };
            lanes.rules().filter_map(memory).collect::<Vec<_>>()
        };
        self.chains.iter().flat_map(of_pool).collect()
    }

    /// What is known of the pools' waits.
    pub fn learnt_waits(&self) -> Vec<Waits> {
        self.estimates.records(self.now).collect()
    }

    /// The moment of the last batch.
    pub fn moment(&self) -> Timestamp {
        self.now
    }

    /// The number of the last session that came.
    pub fn last_session(&self) -> SessionId {
        self.meta.last_session
    }

    /// All agents' accounts.
    pub fn profiles(&self) -> Vec<AgentProfile> {
        self.agents.all().map(|agent| agent.profile.clone()).collect()
    }

    /// Members' accounts, as far as they have addresses.
    pub fn members(&self) -> Vec<MemberProfile> {
        self.addresses.profiles()
    }

    /// The sessions that there are.
    pub fn session_ids(&self) -> BTreeSet<SessionId> {
        self.sessions.ids().collect()
    }
}

fn standing(agent: &AgentName, placement: &Placement) -> Standing {
    Standing {
        agent: agent.clone(),
        is: placement.standing.as_str(),
        protocols: placement.protocols.clone(),
        by_device: placement.has_device,
    }
}
