//! Agents' words, said to a queue or to the centre itself.
//!
//! Invariant: every word is answered by a notice from the name it was said to; a number that is gone changes nothing (I10).

use super::agent::Standing;
use super::device::DeviceId;
use super::people::said_text;
use super::session::{Part, Unoffer};
use super::{Centre, phrases};
use crate::model::adapter::Said;
use crate::model::part::Purpose;
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
    /// Of one of the agent's conversations.
    Conversation(Option<u32>, Wish),
    /// To join somebody else's conversation: the customer's name, or the session's number.
    Join(String),
    /// A word that takes a number, with something else.
    BadNumber(&'static str, String),
    Unknown(String),
}

/// What an agent wants with a conversation in which the agent takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    /// To whom, and a note.
    Transfer(String, String),
    /// The same, blind.
    Pass(String, String),
    /// Whom.
    Invite(String),
    /// What; nothing: all from now on.
    Whisper(String),
    /// The same.
    Openly(String),
    Leave,
}

impl Words {
    /// What they say in a session beside what they order.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Conversation(_, Wish::Whisper(text) | Wish::Openly(text)) => text,
            _ => "",
        }
    }
}

/// Words as they were said.
#[derive(Debug)]
pub(super) struct Order<'a> {
    pub(super) device: DeviceId,
    pub(super) agent: AgentRef,
    /// To which name; it answers.
    pub(super) to: &'a Alias,
    /// In the window of this session.
    pub(super) here: Option<SessionId>,
    pub(super) origin: Option<&'a str>,
    pub(super) language: Option<String>,
}

/// Reads what an agent says to a queue or to the centre. Upper and lower case are the same; backquotes, as the offers show them, may
/// stay.
pub(super) fn parse(text: &str) -> Words {
    read(text, true)
}

/// Reads what an agent says behind a slash in a session's window, where no number says which conversation is meant.
pub(super) fn parse_here(text: &str) -> Words {
    read(text, false)
}

fn read(text: &str, numbered: bool) -> Words {
    let text = text.trim().trim_matches('`').trim();
    let (word, rest) = split(text);
    let with_number = |name: &'static str, make: fn(Option<u32>) -> Words| match number(rest) {
        _ if rest.is_empty() => make(None),
        Some(number) => make(Some(number)),
        None => Words::BadNumber(name, rest.to_owned()),
    };
    let (which, said) = match split(rest) {
        (first, behind) if numbered && number(first).is_some() => (number(first), behind),
        _ => (None, rest),
    };
    let (target, note) = split(said);
    let wish = |wish| Words::Conversation(which, wish);
    match word.to_lowercase().as_str() {
        "transfer!" => return wish(Wish::Pass(target.to_owned(), note.to_owned())),
        "whisper" => return wish(Wish::Whisper(said.to_owned())),
        "openly" => return wish(Wish::Openly(said.to_owned())),
        _ => {}
    }
    match word.to_lowercase().trim_end_matches(['.', '!']) {
        "accept" => with_number("accept", Words::Accept),
        "decline" => with_number("decline", Words::Decline),
        "end" => with_number("end", Words::End),
        "leave" => with_number("leave", |number| Words::Conversation(number, Wish::Leave)),
        "done" => with_number("done", Words::Done),
        "away" => Words::Away(rest.to_owned()),
        "transfer" => wish(Wish::Transfer(target.to_owned(), note.to_owned())),
        "pass" => wish(Wish::Pass(target.to_owned(), note.to_owned())),
        "invite" => wish(Wish::Invite(said.to_owned())),
        "join" => Words::Join(rest.to_owned()),
        "ready" if rest.is_empty() => Words::Ready,
        "status" if rest.is_empty() => Words::Status,
        "help" if rest.is_empty() => Words::Help,
        _ => Words::Unknown(shortened(text)),
    }
}

/// The first word, and what follows it.
fn split(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim())
}

fn number(text: &str) -> Option<u32> {
    text.trim_start_matches('#').trim_end_matches('.').parse().ok()
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
    pub(super) fn hear_words(
        &mut self,
        device: DeviceId,
        agent: AgentRef,
        said: &Said,
        origin: Option<&str>,
    ) -> Result<(), Failure> {
        let text = said_text(&said.message.body, &self.settings.limits)?;
        let language = said.message.language.clone();
        self.obey(&Order { device, agent, to: &said.to, here: None, origin, language }, parse(text));
        Ok(())
    }

    /// Does what the words say, and answers.
    pub(super) fn obey(&mut self, order: &Order<'_>, words: Words) {
        let agent = order.agent;
        let answer = match words {
            Words::Accept(number) => self.say_accept(order.device, agent, number),
            Words::Decline(number) => self.say_decline(agent, number),
            Words::Ready => self.say_ready(agent),
            Words::Away(reason) => {
                self.set_away(agent, Some(reason.clone()));
                self.withdraw_offers(agent, phrases::YOU_ARE_AWAY);
                phrases::away(&reason)
            }
            Words::End(number) => self.say_end(order, number),
            Words::Conversation(number, wish) => self.say_wish(order, number, wish),
            Words::Join(who) => self.say_join(order, &who),
            Words::Done(number) => self.say_done(order.agent, number),
            Words::Status => self.say_status(agent),
            Words::Help => phrases::help(),
            Words::BadNumber(word, number) => phrases::bad_number(word, &number),
            Words::Unknown(word) if order.here.is_some() => phrases::unknown_order(&word),
            Words::Unknown(word) => phrases::unknown_word(&word),
        };
        self.tell(order.device, order.to, answer);
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

    pub(super) fn has_expired(&self, id: SessionId) -> bool {
        let offer = self.sessions.get(id).and_then(|live| live.record.offer.as_ref());
        offer.is_some_and(|offer| offer.expires <= self.now)
    }

    fn say_accept(&mut self, device: DeviceId, agent: AgentRef, number: Option<u32>) -> String {
        match self.meant_offer(agent, "accept", number) {
            Ok((number, id)) if self.is_request(id) => phrases::answer_the_call(number),
            Ok((number, id)) => {
                let asked = self.sessions.get(id).and_then(|live| live.record.transfer.as_ref());
                let is_invited = asked.is_some_and(|asked| asked.purpose == Purpose::Invite);
                self.accept(id, agent, device);
                let customer = self.customer_name(id);
                if is_invited { phrases::you_listen(number, &customer) } else { phrases::accepted(number, &customer) }
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

    /// The agent needs no more time after a conversation.
    fn say_done(&mut self, agent: AgentRef, number: Option<u32>) -> String {
        let wrapping = self.wrapping(agent);
        let chosen = match (number, wrapping.as_slice()) {
            (_, []) => return phrases::nothing_to_wrap_up(),
            (None, [(_, only)]) => *only,
            (None, many) => {
                let choices: Vec<_> = many.iter().map(|(number, id)| (*number, self.customer_name(*id))).collect();
                return phrases::which("done", &choices);
            }
            (Some(number), many) => match many.iter().find(|(accepted, _)| accepted.0 == number) {
                Some((_, id)) => *id,
                None => return phrases::no_such_conversation(OfferNumber(number)),
            },
        };
        let customer = self.customer_name(chosen);
        self.close(chosen);
        phrases::done(&customer)
    }

    /// An agent's sessions that are over, and that the agent is still busy with, by the number of the offer they were.
    fn wrapping(&self, agent: AgentRef) -> Vec<(OfferNumber, SessionId)> {
        let sessions = self.agents.get(agent).into_iter().flat_map(|agent| &agent.sessions);
        let wrapping = sessions.filter_map(|id| self.sessions.get(*id));
        let wrapping = wrapping.filter(|live| matches!(live.record.state, State::Wrapping { .. }));
        wrapping.filter_map(|live| Some((live.record.owner.as_ref()?.offer, live.record.id))).collect()
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
        for (taking, id) in self.conversations(reference) {
            let how = if taking.part == Part::Owner { "" } else { taking.part.as_str() };
            let _ = write!(text, "\n{}", phrases::conversation(taking.number, &self.customer_name(id), how));
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
        if agent.profile.supervisor {
            self.list_sessions(&mut text);
        }
        text
    }
}

mod conversation;

#[cfg(test)]
mod tests;
