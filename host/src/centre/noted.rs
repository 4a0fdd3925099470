//! What was decided and why, noted while somebody looks: a replay that explains. A running service notes nothing, since all of it follows
//! from the journal.
//!
//! Ends at facts; `shard::explain` puts them in order, and the command line in words.
//!
//! Invariant: noting changes nothing that the centre does, and is no part of its state.

use super::matching::{Concluded, Outcome};
use super::outbox::Outbox;
use super::queue::WaitKey;
use super::{Centre, Opened};
use crate::model::record::AgentProfile;
use crate::model::rule::{AgentRef, Note, SessionRef, Verdict, session_ref};
use crate::model::{AgentName, Digest, EndpointId, Lane, MemberProfile, SessionId, Side, Timestamp};
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;

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
    /// An agent came, left, or is away.
    Standing {
        /// Who.
        agent: AgentName,
        /// `off-duty`, `away`, `available`.
        is: &'static str,
    },
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

fn hexadecimal<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{digest:#}"))
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

/// What a chain was asked about a session.
pub(super) struct Asked<'a> {
    pub(super) pool: &'a str,
    pub(super) lane: Lane,
    pub(super) found_by: Option<AgentRef>,
    pub(super) candidates: &'a [AgentRef],
}

/// What is noted of a batch.
#[derive(Debug, Default)]
pub(super) struct Notes {
    noted: Vec<Noted>,
    /// Of the chain that is being asked.
    rules: Vec<RuleSaid<u32>>,
}

impl Outbox {
    /// What rules said that decide nothing.
    pub(super) fn forget_notes(&mut self) {
        if let Some(notes) = &mut self.notes {
            notes.rules.clear();
        }
    }

    /// Notes what a rule said, if somebody looks.
    pub(super) fn note_rule(&mut self, said: impl FnOnce() -> RuleSaid<u32>) {
        if let Some(notes) = &mut self.notes {
            notes.rules.push(said());
        }
    }
}

impl Centre {
    /// Notes decisions from now on.
    pub fn note_decisions(&mut self) {
        self.outbox.notes.get_or_insert_default();
    }

    /// What was noted since this was asked last.
    pub fn take_noted(&mut self) -> Vec<Noted> {
        self.outbox.notes.as_mut().map(|notes| std::mem::take(&mut notes.noted)).unwrap_or_default()
    }

    /// The chain was asked about a session.
    pub(super) fn note_decision(
        &mut self,
        id: SessionId,
        asked: &Asked<'_>,
        concluded: impl FnOnce() -> (Option<AgentRef>, Concluded),
        recheck: Option<Timestamp>,
    ) {
        let Some(notes) = &mut self.outbox.notes else { return };
        let rules = std::mem::take(&mut notes.rules);
        let Some(record) = self.sessions.get(id).map(|live| &live.record) else { return };
        let queue = self.queues.get(&record.queue);
        let name = |reference: AgentRef| self.name_of(reference);
        let outcome = match concluded() {
            (Some(best), _) => Concluded::Offered(name(best)),
            (None, outcome) => outcome,
        };
        let decision = Decision {
            session: id,
            pool: asked.pool.to_owned(),
            lane: asked.lane,
            queue: record.queue.clone(),
            found_by: asked.found_by.map(name),
            candidates: asked.candidates.iter().copied().map(name).collect(),
            passed_over: record.passed_over.clone(),
            on_duty: queue.map_or(0, |queue| queue.on_duty),
            available: queue.map_or(0, |queue| queue.available),
            rules: rules.into_iter().map(|said| said.named(name)).collect(),
            outcome,
            recheck,
            refused: None,
        };
        if let Some(notes) = &mut self.outbox.notes {
            notes.noted.push(Noted::Decision(decision));
        }
    }

    /// What the last decision wanted can't be done.
    pub(super) fn note_refusal(&mut self, why: &str) {
        let last = self.outbox.notes.as_mut().and_then(|notes| notes.noted.last_mut());
        if let Some(Noted::Decision(decision)) = last {
            decision.refused = Some(why.to_owned());
        }
    }

    /// The chain was asked about those who wait.
    pub(super) fn note_choice(
        &mut self,
        pool: &str,
        lane: Lane,
        agent: AgentRef,
        waiting: &[WaitKey],
        order: &[SessionRef],
    ) {
        let Some(notes) = &mut self.outbox.notes else { return };
        let rules = std::mem::take(&mut notes.rules);
        let Some(agent) = self.agents.get(agent).map(|agent| agent.profile.name.clone()) else { return };
        let id = |wanted: SessionRef| {
            let found = waiting.iter().find(|waiting| session_ref(waiting.2) == wanted);
            found.map_or(SessionId(wanted.into()), |waiting| waiting.2)
        };
        let choice = Choice {
            agent,
            pool: pool.to_owned(),
            lane,
            waiting: waiting.iter().map(|waiting| waiting.2).collect(),
            rules: rules.into_iter().map(|said| said.named(id)).collect(),
            order: order.iter().copied().map(id).collect(),
        };
        if let Some(notes) = &mut self.outbox.notes {
            notes.noted.push(Noted::Choice(choice));
        }
    }

    /// An agent stands otherwise.
    pub(super) fn note_standing(&mut self, agent: &AgentName, is: &'static str) {
        if let Some(notes) = &mut self.outbox.notes {
            notes.noted.push(Noted::Standing { agent: agent.clone(), is });
        }
    }

    /// How every agent stands.
    pub fn standings(&self) -> Vec<(AgentName, &'static str)> {
        self.agents.all().map(|agent| (agent.profile.name.clone(), agent.standing().as_str())).collect()
    }

    /// The endpoint of a listener or provider on the customers' side.
    pub fn customers_endpoint(&self, provider: &str) -> Option<EndpointId> {
        let here = |opened: &&Opened| opened.side == Side::Customer && opened.provider == provider;
        self.devices.endpoints().map(|endpoint| &endpoint.opened).find(here).map(|opened| opened.endpoint)
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

    /// Something became of an offer or a session.
    pub(super) fn note_outcome(&mut self, session: SessionId, agent: AgentRef, outcome: Outcome) {
        let Some(notes) = &mut self.outbox.notes else { return };
        let Some(agent) = self.agents.get(agent).map(|agent| agent.profile.name.clone()) else { return };
        notes.noted.push(Noted::Became { session, agent, outcome: outcome.as_str().to_owned() });
    }
}
