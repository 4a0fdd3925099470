//! Agents' words, said to a queue or to the centre itself.
//!
//! Invariant: every word is answered by a notice from the name it was said to; a number that is gone changes nothing (I10).

use super::agent::Standing;
use super::device::DeviceId;
use super::people::said_text;
use super::session::{Ending, Unoffer};
use super::{Centre, phrases};
use crate::model::adapter::Said;
use crate::model::record::State;
use crate::model::rule::AgentRef;
use crate::model::{Alias, Failure, OfferNumber, SessionId};
use std::fmt::Write;

/// What an agent wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Words {
    Accept(Option<u32>),
    Decline(Option<u32>),
    Ready,
    Away(String),
    End(Option<u32>),
    Done(Option<u32>),
    Status,
    Help,
    /// A word that takes a number, with something else.
    BadNumber(&'static str, String),
    Unknown(String),
}

/// Reads what an agent says. Upper and lower case are the same; backquotes, as the offers show them, may stay.
pub(super) fn parse(text: &str) -> Words {
    let text = text.trim().trim_matches('`').trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    let numbered = |name: &'static str, make: fn(Option<u32>) -> Words| {
        let digits = rest.trim_start_matches('#').trim_end_matches('.');
        match digits.parse() {
            _ if rest.is_empty() => make(None),
            Ok(number) => make(Some(number)),
            Err(_) => Words::BadNumber(name, rest.to_owned()),
        }
    };
    match word.to_lowercase().trim_end_matches(['.', '!']) {
        "accept" => numbered("accept", Words::Accept),
        "decline" => numbered("decline", Words::Decline),
        "end" => numbered("end", Words::End),
        "done" => numbered("done", Words::Done),
        "away" => Words::Away(rest.to_owned()),
        "ready" if rest.is_empty() => Words::Ready,
        "status" if rest.is_empty() => Words::Status,
        "help" if rest.is_empty() => Words::Help,
        _ => Words::Unknown(shortened(text)),
    }
}

/// What is quoted back.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 40;
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

impl Centre {
    /// Whether words are said to this name: the centre itself, or a queue.
    pub(super) fn hears_words(&self, name: &Alias) -> bool {
        name.as_str().is_empty() || self.queues.get(name.as_str()).is_some()
    }

    /// An agent has said words. Even unknown ones are handled: the answer says so.
    pub(super) fn hear_words(&mut self, device: DeviceId, agent: AgentRef, said: &Said) -> Result<(), Failure> {
        let text = said_text(&said.message.body, &self.settings.limits)?;
        self.obey(device, agent, &said.to, parse(text));
        Ok(())
    }

    /// Does what the words say, and answers.
    pub(super) fn obey(&mut self, device: DeviceId, agent: AgentRef, to: &Alias, words: Words) {
        let answer = match words {
            Words::Accept(number) => self.say_accept(device, agent, number),
            Words::Decline(number) => self.say_decline(agent, number),
            Words::Ready => self.say_ready(agent),
            Words::Away(reason) => {
                self.set_away(agent, Some(reason.clone()));
                self.withdraw_offers(agent, phrases::YOU_ARE_AWAY);
                phrases::away(&reason)
            }
            Words::End(number) => self.say_end(agent, number),
            Words::Done(number) => self.say_done(agent, number),
            Words::Status => self.say_status(agent),
            Words::Help => phrases::help(),
            Words::BadNumber(word, number) => phrases::bad_number(word, &number),
            Words::Unknown(word) => phrases::unknown_word(&word),
        };
        self.tell(device, to, answer);
    }

    /// Tells an agent something, on the device that offers go to.
    pub(super) fn tell_agent(&mut self, agent: AgentRef, from: &Alias, text: String) {
        if let Some(device) = self.best_device(agent) {
            self.tell(device, from, text);
        }
    }

    /// The open offer that a word means, or the answer where it is none.
    fn meant_offer(
        &mut self,
        agent: AgentRef,
        word: &str,
        number: Option<u32>,
    ) -> Result<(OfferNumber, SessionId), String> {
        let Some(known) = self.agents.get(agent) else { return Err(phrases::no_offers()) };
        let chosen = match number {
            Some(number) => known.offers.get_key_value(&OfferNumber(number)),
            None if known.offers.len() > 1 => {
                let choices: Vec<_> = known.offers.iter().map(|(n, id)| (*n, self.customer_name(*id))).collect();
                return Err(phrases::which(word, &choices));
            }
            None => known.offers.first_key_value(),
        };
        match (chosen.map(|(number, id)| (*number, *id)), number) {
            (Some((number, id)), _) if self.has_expired(id) => {
                self.unoffer(id, Unoffer::Expired);
                Err(phrases::offer_gone(number, Some(phrases::OFFER_EXPIRED)))
            }
            (Some(chosen), _) => Ok(chosen),
            (None, Some(number)) => {
                let number = OfferNumber(number);
                Err(phrases::offer_gone(number, known.past_offer(number)))
            }
            (None, None) => Err(phrases::no_offers()),
        }
    }

    fn has_expired(&self, id: SessionId) -> bool {
        let offer = self.sessions.get(id).and_then(|live| live.record.offer.as_ref());
        offer.is_some_and(|offer| offer.expires <= self.now)
    }

    fn customer_name(&self, id: SessionId) -> String {
        self.sessions.get(id).map_or_else(String::new, |live| live.record.customer_name.clone())
    }

    fn say_accept(&mut self, device: DeviceId, agent: AgentRef, number: Option<u32>) -> String {
        match self.meant_offer(agent, "accept", number) {
            Ok((number, id)) => {
                self.accept(id, agent, device);
                phrases::accepted(number, &self.customer_name(id))
            }
            Err(answer) => answer,
        }
    }

    fn say_decline(&mut self, agent: AgentRef, number: Option<u32>) -> String {
        match self.meant_offer(agent, "decline", number) {
            Ok((number, id)) => {
                self.forget_missed(agent);
                self.unoffer(id, Unoffer::Declined);
                phrases::declined(number)
            }
            Err(answer) => answer,
        }
    }

    fn say_ready(&mut self, agent: AgentRef) -> String {
        self.set_away(agent, None);
        match self.agents.get(agent).map(super::agent::Agent::standing) {
            Some(Standing::Available) => phrases::ready(),
            _ => phrases::ready_but_away(),
        }
    }

    fn say_end(&mut self, agent: AgentRef, number: Option<u32>) -> String {
        match self.meant_session("end", number, &self.conversations(agent), phrases::no_conversations()) {
            Ok(chosen) => {
                let customer = self.customer_name(chosen);
                self.end_session(chosen, &Ending::new("ended by the agent", phrases::ENDED));
                phrases::ended(&customer)
            }
            Err(answer) => answer,
        }
    }

    /// The agent needs no more time after a conversation.
    fn say_done(&mut self, agent: AgentRef, number: Option<u32>) -> String {
        match self.meant_session("done", number, &self.wrapping(agent), phrases::nothing_to_wrap_up()) {
            Ok(chosen) => {
                let customer = self.customer_name(chosen);
                self.close(chosen);
                phrases::done(&customer)
            }
            Err(answer) => answer,
        }
    }

    /// The session that a word means, or the answer where it is none of these.
    fn meant_session(
        &self,
        word: &str,
        number: Option<u32>,
        many: &[(OfferNumber, SessionId)],
        none: String,
    ) -> Result<SessionId, String> {
        match (number, many) {
            (_, []) => Err(none),
            (None, [(_, only)]) => Ok(*only),
            (None, many) => {
                let choices: Vec<_> = many.iter().map(|(number, id)| (*number, self.customer_name(*id))).collect();
                Err(phrases::which(word, &choices))
            }
            (Some(number), many) => {
                let number = OfferNumber(number);
                let meant = many.iter().find(|(accepted, _)| *accepted == number);
                meant.map(|(_, id)| *id).ok_or_else(|| phrases::no_such_conversation(number))
            }
        }
    }

    /// An agent's active sessions by the number of the offer they were.
    fn conversations(&self, agent: AgentRef) -> Vec<(OfferNumber, SessionId)> {
        self.owned(agent, |state| matches!(state, State::Active))
    }

    /// The same of those that are over, and that the agent is still busy with.
    fn wrapping(&self, agent: AgentRef) -> Vec<(OfferNumber, SessionId)> {
        self.owned(agent, |state| matches!(state, State::Wrapping { .. }))
    }

    fn owned(&self, agent: AgentRef, is_meant: fn(State) -> bool) -> Vec<(OfferNumber, SessionId)> {
        let sessions = self.agents.get(agent).into_iter().flat_map(|agent| &agent.sessions);
        let meant = sessions.filter_map(|id| self.sessions.get(*id)).filter(|live| is_meant(live.record.state));
        meant.filter_map(|live| Some((live.record.owner.as_ref()?.offer, live.record.id))).collect()
    }

    fn say_status(&self, reference: AgentRef) -> String {
        let Some(agent) = self.agents.get(reference) else { return String::new() };
        let mut text = match (agent.standing(), &agent.duty.away) {
            (Standing::Available, _) => "You are ready.".to_owned(),
            (_, Some(reason)) => phrases::away(reason),
            (_, None) => phrases::ready_but_away(),
        };
        for (number, id) in &agent.offers {
            let _ = write!(text, "\nOffer {number}: {}", self.customer_name(*id));
        }
        for (number, id) in self.conversations(reference) {
            let _ = write!(text, "\nConversation {number}: {}", self.customer_name(id));
        }
        for (number, id) in self.wrapping(reference) {
            let _ = write!(text, "\nWrap-up {number}: {}", self.customer_name(id));
        }
        for queue in agent.placement.serves.iter().filter_map(|name| self.queues.get(name)) {
            let _ = write!(text, "\n{}: {} waiting", queue.settings.label, queue.waiting.len());
            if !queue.waiting.is_empty() {
                let _ = write!(text, ", the longest for {}", phrases::duration(queue.longest_wait_ms(self.now)));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests;
