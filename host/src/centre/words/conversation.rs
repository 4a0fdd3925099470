//! Words about one of an agent's conversations: to end it, to give it away, and to bring others in.
//!
//! Invariant: the conversation that is meant is the window's, the number's, or the only one; never one of several by chance.

use super::{Order, Wish};
use crate::centre::session::{Ending, Part, Participation};
use crate::centre::{Centre, phrases};
use crate::model::part::{Audience, Mode};
use crate::model::rule::AgentRef;
use crate::model::{OfferNumber, SessionId};

/// Sessions that a supervisor's status lists.
const LISTED: usize = 20;

impl Centre {
    /// Where an agent takes part: active sessions that the agent owns, and live ones that the agent has joined.
    pub(super) fn conversations(&self, agent: AgentRef) -> Vec<(Participation, SessionId)> {
        let Some(agent) = self.agents.get(agent) else { return Vec::new() };
        let sessions = agent.sessions.iter().chain(&agent.joined).filter_map(|id| self.sessions.get(*id));
        let name = &agent.profile.name;
        sessions.filter_map(|live| Some((live.participation(name)?, live.record.id))).collect()
    }

    /// The conversation that a word means, among those for which `may` holds, or the answer where it is none.
    fn meant_conversation(
        &self,
        order: &Order<'_>,
        word: &str,
        number: Option<u32>,
        may: fn(Part) -> bool,
    ) -> Result<SessionId, String> {
        // Of a request there is nothing to say but that it is over.
        let mut conversations = self.conversations(order.agent);
        conversations.retain(|(_, id)| word == "end" || !self.is_request(*id));
        if let Some((taking, id)) = conversations.iter().find(|(_, id)| Some(*id) == order.here) {
            return if may(taking.part) { Ok(*id) } else { Err(phrases::not_for_you(word)) };
        }
        if let Some(number) = number.map(OfferNumber) {
            let meant = conversations.iter().find(|(taking, _)| taking.number == number);
            return match meant {
                Some((taking, id)) if may(taking.part) => Ok(*id),
                Some(_) => Err(phrases::not_for_you(word)),
                None => Err(phrases::no_such_conversation(number)),
            };
        }
        let possible: Vec<_> = conversations.iter().filter(|(taking, _)| may(taking.part)).collect();
        match possible.as_slice() {
            [] => Err(phrases::no_conversations()),
            [(_, only)] => Ok(*only),
            many => {
                let choices: Vec<_> =
                    many.iter().map(|(taking, id)| (taking.number, self.customer_name(*id))).collect();
                Err(phrases::which(word, &choices))
            }
        }
    }

    pub(super) fn say_end(&mut self, order: &Order<'_>, number: Option<u32>) -> String {
        let id = match self.meant_conversation(order, "end", number, |part| part == Part::Owner) {
            Ok(id) => id,
            Err(answer) => return answer,
        };
        let customer = self.customer_name(id);
        self.end_session(id, &Ending::new("ended by the agent", phrases::ENDED));
        phrases::ended(&customer)
    }

    pub(super) fn say_wish(&mut self, order: &Order<'_>, number: Option<u32>, wish: Wish) -> String {
        let owner = |part| part == Part::Owner;
        let joined = |part| part != Part::Owner;
        let done = match wish {
            Wish::Transfer(target, note) => self
                .meant_conversation(order, "transfer", number, owner)
                .and_then(|id| Ok(self.transfer(id, &self.meant_target(&target)?, &note))),
            Wish::Pass(target, note) => self
                .meant_conversation(order, "pass", number, owner)
                .and_then(|id| Ok(self.pass(id, &self.meant_target(&target)?, &note))),
            Wish::Invite(name) => self.meant_conversation(order, "invite", number, owner).and_then(|id| {
                let agent = self.agent_called(name.trim_start_matches('@'));
                Ok(self.invite(id, agent.ok_or_else(phrases::no_such_agent)?))
            }),
            Wish::Whisper(text) => {
                self.meant_conversation(order, "whisper", number, |_| true).map(|id| self.say_whisper(order, id, &text))
            }
            Wish::Openly(text) => {
                self.meant_conversation(order, "openly", number, joined).map(|id| self.say_openly(order, id, &text))
            }
            Wish::Leave => self.meant_conversation(order, "leave", number, joined).map(|id| self.say_leave(order, id)),
        };
        done.unwrap_or_else(|answer| answer)
    }

    fn meant_target(&self, name: &str) -> Result<crate::centre::session::Target, String> {
        match name {
            "" => Err(phrases::to_whom()),
            name => self.target_of(name),
        }
    }

    fn say_whisper(&mut self, order: &Order<'_>, id: SessionId, text: &str) -> String {
        if !text.is_empty() {
            return self.say_to(id, order, text, Audience::Inside);
        }
        let agent = self.agents.get(order.agent).map(|agent| agent.profile.name.clone());
        let is_owner = self.sessions.get(id).and_then(|live| live.participation(&agent?)).map(|taking| taking.part);
        if is_owner == Some(Part::Owner) {
            return phrases::WHISPER_WHAT.to_owned();
        }
        self.set_mode(id, order.agent, Mode::Whisper);
        phrases::YOU_WHISPER.to_owned()
    }

    fn say_openly(&mut self, order: &Order<'_>, id: SessionId, text: &str) -> String {
        if !text.is_empty() {
            return self.say_to(id, order, text, Audience::Named);
        }
        self.set_mode(id, order.agent, Mode::Open);
        phrases::you_are_open(&self.customer_name(id))
    }

    fn say_leave(&mut self, order: &Order<'_>, id: SessionId) -> String {
        let customer = self.customer_name(id);
        if let Some(agent) = self.agents.get(order.agent).map(|agent| agent.profile.name.clone()) {
            self.leave(id, &agent);
        }
        phrases::you_have_left(&customer)
    }

    /// Adds the sessions that a supervisor may join, as far as they are not too many.
    pub(super) fn list_sessions(&self, text: &mut String) {
        let live = || self.sessions.all().filter(|live| live.is_live());
        for live in live().take(LISTED) {
            let record = &live.record;
            let with = record.owner.as_ref().and_then(|owner| self.agents.named(&owner.agent));
            let with = with.map_or("", |agent| agent.profile.shown_as.as_str());
            text.push('\n');
            text.push_str(&phrases::to_join(record.id.0, &record.customer_name, record.link.as_str(), with));
        }
        let others = live().count().saturating_sub(LISTED);
        if others > 0 {
            text.push('\n');
            text.push_str(&phrases::and_others(others));
        }
    }

    pub(super) fn say_join(&mut self, order: &Order<'_>, who: &str) -> String {
        match self.session_called(who) {
            _ if !self.agents.get(order.agent).is_some_and(|agent| agent.profile.supervisor) => {
                phrases::NO_SUPERVISOR.to_owned()
            }
            Ok(id) => self.join(id, order.agent, order.device),
            Err(answer) => answer,
        }
    }
}
