//! What an agent says in a session's window, and how words get into a transcript.
//!
//! In a window, a text that begins with `/` is for the centre and never for the customer, also where it is mistyped. `//` says a line
//! that begins with `/`; `/me` is as in XEP-0245; `end` alone ends the conversation.

use super::part::{Part, Participation};
use super::{Ending, alias};
use crate::centre::Centre;
use crate::centre::device::DeviceId;
use crate::centre::people::said_text;
use crate::centre::phrases;
use crate::centre::words::{self, Order};
use crate::model::adapter::Said;
use crate::model::part::Audience;
use crate::model::record::{Entry, Speaker, State};
use crate::model::rule::AgentRef;
use crate::model::{Alias, Body, Failure, FeedId, Participant, Seq, SessionId};

/// A line of a transcript before it has its place there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::centre) struct Line {
    pub(in crate::centre) speaker: Speaker,
    pub(in crate::centre) name: String,
    pub(in crate::centre) text: String,
    pub(in crate::centre) origin: Option<String>,
    pub(in crate::centre) language: Option<String>,
    pub(in crate::centre) audience: Audience,
}

/// What a text in a session's window orders the centre to do, or else the words that it says.
pub(super) fn order_or_words(text: &str) -> Result<&str, &str> {
    match text.trim_start().strip_prefix('/') {
        Some(rest) if rest.starts_with('/') => Err(rest),
        Some(rest) if rest.split_whitespace().next() != Some("me") => Ok(rest),
        _ => Err(text),
    }
}

impl Centre {
    /// An agent has said something to a session, in which the agent must take part (default deny).
    pub(in crate::centre) fn agent_said(
        &mut self,
        device: DeviceId,
        agent: AgentRef,
        said: &Said,
        origin: Option<&str>,
    ) -> Result<(), Failure> {
        let text = said_text(&said.message.body, &self.settings.limits)?;
        let (order, words) = match order_or_words(text) {
            Ok(order) => (Some(words::parse_here(order)), ""),
            Err(words) => (None, words),
        };
        let body = Body::Text(order.as_ref().map_or(words, |order| order.text()).to_owned());
        if origin.is_some_and(|origin| self.agent_repeats(agent, &said.to, origin, &body)) {
            return Ok(());
        }
        let is_done = text.trim().trim_start_matches('/').eq_ignore_ascii_case("done");
        if is_done && self.ends_wrap_up(agent, &said.to) {
            return Ok(());
        }
        let (feed, part) = self.taking_part(agent, &said.to)?;
        let (id, language) = (feed.session, said.message.language.clone());
        let moves = self.table.device(feed) != Some(device);
        if part == Part::Owner && moves && !self.may_serve_on(device, id) {
            return Err(Failure::new("not-allowed", phrases::OTHER_SOFTWARE));
        }
        self.move_row(feed, device);
        if let Some(order) = order {
            self.obey(&Order { device, agent, to: &said.to, here: Some(id), origin, language }, order);
            return Ok(());
        }
        if text.trim().eq_ignore_ascii_case("end") {
            if part != Part::Owner {
                return Err(Failure::new("not-allowed", phrases::NOT_YOURS_TO_END));
            }
            self.end_session(id, &Ending::new("ended by the agent", phrases::ENDED));
            return Ok(());
        }
        let audience = part.audience().ok_or_else(|| Failure::new("not-allowed", phrases::YOU_LISTEN))?;
        self.check_length(id)?;
        let (name, text) = (self.shown_as(agent), words.to_owned());
        let speaker = Speaker::Participant(feed.participant);
        self.append(id, Line { speaker, name, text, origin: origin.map(str::to_owned), language, audience });
        Ok(())
    }

    /// Whether a session takes one message more.
    pub(in crate::centre) fn check_length(&self, id: SessionId) -> Result<(), Failure> {
        let limit = self.settings.limits.messages_per_session;
        let is_full = self.sessions.get(id).is_some_and(|live| live.last.0 >= limit);
        if is_full { Err(Failure::new("too-many", phrases::too_many_messages(limit))) } else { Ok(()) }
    }

    /// `done` in the window of a session that is over for the customer. Answers whether the agent was still busy with it.
    fn ends_wrap_up(&mut self, agent: AgentRef, session: &Alias) -> bool {
        let Some(live) = self.sessions.aliased(session) else { return false };
        let owner = live.record.owner.as_ref().and_then(|owner| self.agents.reference(&owner.agent));
        let is_meant = owner == Some(agent) && matches!(live.record.state, State::Wrapping { .. });
        let id = live.record.id;
        if is_meant {
            self.close(id);
        }
        is_meant
    }

    /// Whether an agent has said this in the session before, maybe before it was over.
    fn agent_repeats(&self, agent: AgentRef, session: &Alias, origin: &str, body: &Body) -> bool {
        let Some(live) = self.sessions.aliased(session) else { return false };
        let Some(agent) = self.agents.get(agent) else { return false };
        let mut own = live.feeds().filter(|feed| live.agent_of(feed.participant) == Some(&agent.profile.name));
        own.any(|feed| live.origins.knows(feed.participant, origin, body))
    }

    /// The row by which an agent takes part in a session, and how, or why there is none.
    pub(in crate::centre) fn taking_part(&self, agent: AgentRef, session: &Alias) -> Result<(FeedId, Part), Failure> {
        let gone = |text: &str| Err(Failure::new("gone", text));
        let Some(live) = self.sessions.aliased(session) else {
            return if alias::is_alias(session) {
                gone(phrases::CONVERSATION_OVER)
            } else {
                Err(Failure::new("not-found", phrases::no_such_name(session)))
            };
        };
        let taking = self.agents.get(agent).and_then(|agent| live.participation(&agent.profile.name));
        if let Some(Participation { participant, part, .. }) = taking {
            return Ok((FeedId { session: live.record.id, participant }, part));
        }
        match live.record.state {
            State::Wrapping { .. } | State::Closed { .. } => gone(phrases::CONVERSATION_OVER),
            _ => gone(phrases::CONVERSATION_NOT_YOURS),
        }
    }

    /// Cordboard itself says something in a session, to all of its participants.
    pub(in crate::centre) fn append_from_centre(&mut self, id: SessionId, text: &str) {
        self.append_notice(id, text.to_owned(), Audience::Everybody);
    }

    /// Cordboard itself says something in a session.
    pub(in crate::centre) fn append_notice(&mut self, id: SessionId, text: String, audience: Audience) {
        let (speaker, name) = (Speaker::Centre, self.settings.name.clone());
        self.append(id, Line { speaker, name, text, origin: None, language: None, audience });
    }

    /// Something of a participant that no customer hears.
    pub(in crate::centre) fn append_inside(&mut self, id: SessionId, by: Participant, name: String, text: String) {
        let (speaker, audience) = (Speaker::Participant(by), Audience::Inside);
        self.append(id, Line { speaker, name, text, origin: None, language: None, audience });
    }

    /// Adds a line to the transcript, which requests don't have; the endpoints of those whom it is for are woken.
    pub(in crate::centre) fn append(&mut self, id: SessionId, line: Line) {
        let limit = self.settings.limits.origins;
        let now = self.now;
        let Some(live) = self.sessions.get_mut(id).filter(|live| live.record.request.is_none()) else { return };
        let Line { speaker, name, text, origin, language, audience } = line;
        let (seq, body) = (Seq(live.last.0 + 1), Body::Text(text));
        let entry = Entry { session: id, seq, at: now, speaker, name, body, origin, language, audience };
        live.note(&entry, limit);
        self.wake(&entry);
        self.outbox.appends.push(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::order_or_words;

    #[test]
    fn what_begins_with_a_slash_is_an_order() {
        let cases = [
            ("hello", Err("hello")),
            ("/pass sales", Ok("pass sales")),
            (" /rhubarb", Ok("rhubarb")),
            ("//etc/hosts", Err("/etc/hosts")),
            ("/me laughs", Err("/me laughs")),
            ("/meet", Ok("meet")),
            ("/", Ok("")),
            ("1/2", Err("1/2")),
        ];
        for (text, expected) in cases {
            assert_eq!(order_or_words(text), expected, "{text:?}");
        }
    }
}
