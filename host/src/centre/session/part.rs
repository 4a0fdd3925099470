//! How agents take part in a session: its owner, and those who have joined.
//!
//! Invariant: whoever takes part has a row of the address table, and nobody else but the customer has one.

use super::Live;
use crate::centre::Centre;
use crate::model::part::{Audience, Mode};
use crate::model::record::State;
use crate::model::rule::AgentRef;
use crate::model::{AgentName, FeedId, OfferNumber, Participant, SessionId, Timestamp};

/// How an agent takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::centre) enum Part {
    Owner,
    Joined(Mode),
}

impl Part {
    /// Whom plain words reach; absent: nobody.
    pub(in crate::centre) fn audience(self) -> Option<Audience> {
        match self {
            Self::Owner => Some(Audience::Everybody),
            Self::Joined(Mode::Open) => Some(Audience::Named),
            Self::Joined(Mode::Whisper) => Some(Audience::Inside),
            Self::Joined(Mode::Silent) => None,
        }
    }

    /// As the operator is shown it.
    pub(in crate::centre) fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Joined(mode) => mode.as_str(),
        }
    }
}

/// One agent's part in a session that is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::centre) struct Participation {
    pub(in crate::centre) participant: Participant,
    /// By which the agent's words name the session.
    pub(in crate::centre) number: OfferNumber,
    pub(in crate::centre) part: Part,
}

impl Live {
    /// How an agent takes part, while the session is not over.
    pub(in crate::centre) fn participation(&self, agent: &AgentName) -> Option<Participation> {
        let owner = self.record.owner.as_ref().filter(|owner| owner.agent == *agent);
        if let Some(owner) = owner.filter(|_| self.record.state == State::Active) {
            return Some(Participation { participant: owner.participant, number: owner.offer, part: Part::Owner });
        }
        let joined = self.record.joined.iter().find(|joined| joined.agent == *agent && self.is_live())?;
        let part = Part::Joined(joined.mode);
        Some(Participation { participant: joined.participant, number: joined.number, part })
    }

    /// The agent whose row this is.
    pub(in crate::centre) fn agent_of(&self, participant: Participant) -> Option<&AgentName> {
        let owner = self.record.owner.iter().map(|owner| (owner.participant, &owner.agent));
        let joined = self.record.joined.iter().map(|joined| (joined.participant, &joined.agent));
        owner.chain(joined).find(|(of, _)| *of == participant).map(|(_, agent)| agent)
    }

    /// How an agent takes part whose row this is, also when it is over; nothing for the customer.
    pub(in crate::centre) fn part_of(&self, participant: Participant) -> Option<Part> {
        let owner = self.record.owner.iter().map(|owner| (owner.participant, Part::Owner));
        let joined = self.record.joined.iter().map(|joined| (joined.participant, Part::Joined(joined.mode)));
        owner.chain(joined).find(|(of, _)| *of == participant).map(|(_, part)| part)
    }

    /// Since when the agent behind a row has no device.
    pub(in crate::centre) fn lost_at_mut(&mut self, participant: Participant) -> Option<&mut Option<Timestamp>> {
        let owner = self.record.owner.iter_mut().map(|owner| (owner.participant, &mut owner.lost_at));
        let joined = self.record.joined.iter_mut().map(|joined| (joined.participant, &mut joined.lost_at));
        owner.chain(joined).find(|(of, _)| *of == participant).map(|(_, lost_at)| lost_at)
    }

    /// Everybody's rows: the customer's, the owner's and those of who have joined. A request has none.
    pub(in crate::centre) fn feeds(&self) -> impl Iterator<Item = FeedId> + use<'_> {
        let session = self.record.id;
        let joined = self.record.joined.iter().map(move |joined| FeedId { session, participant: joined.participant });
        let all = [self.customer_feed()].into_iter().chain(self.owner_feed()).chain(joined);
        all.filter(|_| self.record.request.is_none())
    }

    /// The agents who take part, the owner first; also when it is over.
    pub(in crate::centre) fn agents(&self) -> impl Iterator<Item = &AgentName> {
        let owner = self.record.owner.iter().map(|owner| &owner.agent);
        owner.chain(self.record.joined.iter().map(|joined| &joined.agent))
    }

    /// The queue in which the rules decide about it: where it waits or is offered, or the one its owner wants to transfer it to.
    pub(in crate::centre) fn rules_queue(&self) -> Option<&str> {
        match self.record.state {
            State::Waiting | State::Offered => Some(&self.record.queue),
            State::Active => self.record.transfer.as_ref()?.queue.as_deref(),
            State::Arrived { .. } | State::Automated | State::Wrapping { .. } | State::Closed { .. } => None,
        }
    }

    /// The queue whose pool's rules know of it, if any do.
    pub(in crate::centre) fn known_in(&self) -> &str {
        let transfer = self.record.transfer.as_ref().and_then(|transfer| transfer.queue.as_ref());
        transfer.unwrap_or(&self.record.queue)
    }
}

impl Centre {
    /// The agents who take part in a session.
    pub(in crate::centre) fn agents_in(&self, id: SessionId) -> Vec<AgentRef> {
        let Some(live) = self.sessions.get(id) else { return Vec::new() };
        live.agents().filter_map(|name| self.agents.reference(name)).collect()
    }

    /// The rosters of all who take part in a session change.
    pub(in crate::centre) fn rosters_in_change(&mut self, id: SessionId) {
        for agent in self.agents_in(id) {
            self.roster_changed(agent);
        }
    }

    /// How an agent is shown to others.
    pub(in crate::centre) fn shown_as(&self, agent: AgentRef) -> String {
        self.agents.get(agent).map_or_else(String::new, |agent| agent.profile.shown_as.clone())
    }

    /// How a session's customer is shown to agents.
    pub(in crate::centre) fn customer_name(&self, id: SessionId) -> String {
        self.sessions.get(id).map_or_else(String::new, |live| live.record.customer_name.clone())
    }

    /// Tells a session's owner something, in the session's window.
    pub(in crate::centre) fn tell_owner(&mut self, id: SessionId, text: String) {
        let Some(live) = self.sessions.get(id) else { return };
        let from = live.record.alias.clone();
        if let Some(device) = live.owner_feed().and_then(|feed| self.table.device(feed)) {
            self.tell(device, &from, text);
        }
    }
}
