//! What an agent says in a session's window, and how words get into a transcript.

use super::{Ending, alias};
use crate::centre::Centre;
use crate::centre::device::DeviceId;
use crate::centre::people::said_text;
use crate::centre::phrases;
use crate::model::adapter::Said;
use crate::model::record::{Entry, Speaker, State};
use crate::model::rule::AgentRef;
use crate::model::{Alias, Body, Failure, FeedId, Seq, SessionId};

impl Centre {
    /// An agent has said something to a session. The row of the current assignment must be the agent's own (default deny).
    pub(in crate::centre) fn agent_said(
        &mut self,
        device: DeviceId,
        agent: AgentRef,
        said: &Said,
        origin: Option<&str>,
    ) -> Result<(), Failure> {
        let text = said_text(&said.message.body, &self.settings.limits)?;
        let body = Body::Text(text.to_owned());
        if origin.is_some_and(|origin| self.agent_repeats(agent, &said.to, origin, &body)) {
            return Ok(());
        }
        let feed = self.owned_feed(agent, &said.to)?;
        let id = feed.session;
        if self.table.device(feed) != Some(device) && !self.may_serve_on(device, id) {
            return Err(Failure::new("not-allowed", phrases::OTHER_SOFTWARE));
        }
        self.move_row(feed, device);
        if text.trim().eq_ignore_ascii_case("end") {
            self.end_session(id, &Ending::new("ended by the agent", phrases::ENDED));
            return Ok(());
        }
        let Some(live) = self.sessions.get(id) else { return Ok(()) };
        if live.last.0 >= self.settings.limits.messages_per_session {
            return Err(Failure::new(
                "too-many",
                phrases::too_many_messages(self.settings.limits.messages_per_session),
            ));
        }
        let name = self.agents.get(agent).map_or_else(String::new, |agent| agent.profile.shown_as.clone());
        let speaker = Speaker::Participant(feed.participant);
        self.append(id, speaker, name, body, origin.map(str::to_owned), said.message.language.clone());
        Ok(())
    }

    /// Whether the session's owner has said this before, maybe before the session was over.
    fn agent_repeats(&self, agent: AgentRef, session: &Alias, origin: &str, body: &Body) -> bool {
        let Some(live) = self.sessions.aliased(session) else { return false };
        let Some(owner) = &live.record.owner else { return false };
        self.agents.reference(&owner.agent) == Some(agent) && live.origins.knows(owner.participant, origin, body)
    }

    /// The row by which an agent has an active session, or why there is none.
    pub(in crate::centre) fn owned_feed(&self, agent: AgentRef, session: &Alias) -> Result<FeedId, Failure> {
        let gone = |text: &str| Err(Failure::new("gone", text));
        let Some(live) = self.sessions.aliased(session) else {
            return if alias::is_alias(session) {
                gone(phrases::CONVERSATION_OVER)
            } else {
                Err(Failure::new("not-found", phrases::no_such_name(session)))
            };
        };
        let owner = live.record.owner.as_ref();
        let is_own = owner.is_some_and(|owner| self.agents.reference(&owner.agent) == Some(agent));
        match (live.record.state, live.owner_feed()) {
            (State::Active, Some(feed)) if is_own && self.table.row(feed).is_some() => Ok(feed),
            (State::Wrapping { .. } | State::Closed { .. }, _) => gone(phrases::CONVERSATION_OVER),
            _ => gone(phrases::CONVERSATION_NOT_YOURS),
        }
    }

    /// Cordboard itself says something in a session, to all of its participants.
    pub(in crate::centre) fn append_from_centre(&mut self, id: SessionId, text: &str) {
        let name = self.settings.name.clone();
        self.append(id, Speaker::Centre, name, Body::Text(text.to_owned()), None, None);
    }

    /// Adds a message to the transcript; the others' endpoints are woken.
    pub(in crate::centre) fn append(
        &mut self,
        id: SessionId,
        speaker: Speaker,
        name: String,
        body: Body,
        origin: Option<String>,
        language: Option<String>,
    ) {
        let limit = self.settings.limits.origins;
        let now = self.now;
        let Some(live) = self.sessions.get_mut(id) else { return };
        let seq = Seq(live.last.0 + 1);
        let entry = Entry { session: id, seq, at: now, speaker, name, body, origin, language };
        live.note(&entry, limit);
        self.outbox.appends.push(entry);
        self.wake(id, speaker);
    }
}
