//! Everything that the centre says to people, in one place: plain, friendly, exact.
//!
//! Invariant: nothing said to a customer holds an inside name; agents are shown by `shown_as`.

use crate::model::record::{Offer, Session};
use crate::model::{AgentName, Alias, OfferNumber, Software, Timestamp};
use crate::waiting::{Estimate, Standing, Told, words};
use std::fmt::Write;

mod conversation;

pub(super) use conversation::*;

/// Facts that are shown in an offer, and how much of each.
const FACTS: usize = 8;
const FACT_CHARACTERS: usize = 80;

pub(super) const NOT_ARRIVED: &str = "Sign in first.";
pub(super) const NO_AGENT_ACCOUNT: &str = "This account is no agent's here.";
pub(super) const NO_AGENT_ADDRESS: &str =
    "This address is no agent's here. Ask the operator to add it to your account.";
pub(super) const REPLACED: &str = "You have signed in again under the same name; this connection is closed.";
pub(super) const ACCOUNT_REMOVED: &str = "Your account was removed.";
pub(super) const UNSUPPORTED: &str = "This can't be done here.";
pub(super) const EMPTY_MESSAGE: &str = "The message is empty.";
pub(super) const ONLY_TEXT: &str = "Only text is taken here.";
pub(super) const CENTRE_FULL: &str = "All lines are busy. Please try again in a few minutes.";
pub(super) const ENDED: &str = "The conversation has ended. Write again to start another.";
pub(super) const CONTINUED: &str = "You are connected as before.";
pub(super) const CONTINUE_THERE: &str = "This is to be said at the address you were sent to, not here.";
pub(super) const CUSTOMER_LOST: &str =
    "The conversation has ended because the connection was lost. Write again to start another.";
pub(super) const QUEUE_CLOSED: &str = "This service has closed, and the conversation has ended.";
pub(super) const CONVERSATION_OVER: &str = "This conversation is over.";
pub(super) const CONVERSATION_NOT_YOURS: &str = "This conversation is not yours any more.";
pub(super) const OTHER_SOFTWARE: &str = "This conversation has to be answered with the software that you took it on.";
pub(super) const MISSED_OFFERS: &str = "missed offers";
pub(super) const OFFER_EXPIRED: &str = "it has expired";
pub(super) const YOU_DECLINED: &str = "you declined it";
pub(super) const YOU_ACCEPTED: &str = "you accepted it";
pub(super) const YOU_LEFT: &str = "you had no device for it";
pub(super) const NOT_FOR_CALLS: &str =
    "That is no conversation: it came by a switch, which alone can bring somebody in.";
pub(super) const NO_SUCH_REQUEST: &str = "there is no such request, or no more";
pub(super) const YOU_ARE_AWAY: &str = "you are away";
pub(super) const NOBODY_HERE: &str = "Nobody is here now. You can write and wait.";
pub(super) const AWAY: &str = "Everybody is away now. You can write and wait.";
pub(super) const WAIT_UNKNOWN: &str = "Your turn will come; how long it will take is not known yet.";
pub(super) const BEING_ASKED: &str = "Somebody is being asked just now to take your conversation.";
pub(super) const WORDS: &str = "accept [number], decline [number], ready, away [reason], end [number], done [number], \
    transfer [number] queue|agent [note], pass [number] queue|agent [note], invite [number] agent, \
    whisper [number] words, openly [number], leave [number], join customer, status, help";

pub(super) fn no_such_link<'a>(alias: &Alias, links: impl Iterator<Item = &'a str>) -> String {
    let links: Vec<&str> = links.collect();
    let start = if alias.as_str().is_empty() {
        "Nobody reads this address.".to_owned()
    } else {
        format!("There is no {alias} here.")
    };
    if links.is_empty() { start } else { format!("{start} You can write to: {}", links.join(", ")) }
}

pub(super) fn no_such_name(alias: &Alias) -> String {
    format!("There is no {alias} here.")
}

pub(super) fn no_such_queue(queue: &str) -> String {
    format!("there is no queue {queue:?}")
}

pub(super) fn unknown_agent(agent: &AgentName) -> String {
    format!("there is no agent {:?}", agent.as_str())
}

pub(super) fn wrong_medium(queue: &str, serves: &str, asked: &str) -> String {
    format!("the queue {queue} serves {serves}, not {asked}; name a queue or link of that medium")
}

pub(super) fn stale_offer(number: OfferNumber) -> String {
    format!("offer {number} does not stand any more; look how the request stands now")
}

pub(super) fn key_used(key: &str, request: &str) -> String {
    format!(
        "the key {key:?} is of the request {request}, which asked for something else; another request needs another key"
    )
}

/// To the agent's device, where there is one, while the switch rings.
pub(super) fn call_for_you(session: &Session, offer: &Offer) -> String {
    format!("Offer {}: {} from {} is coming to you.", offer.number, session.medium, session.customer_name)
}

pub(super) fn answer_the_call(number: OfferNumber) -> String {
    format!("Offer {number} is accepted where it comes to you, not here. `decline {number}` gives it to somebody else.")
}

pub(super) fn too_many_sessions(limit: usize) -> String {
    format!("You have {limit} conversations already. End one of them first.")
}

pub(super) fn too_many_messages(limit: u32) -> String {
    format!("This conversation has reached its limit of {limit} messages.")
}

pub(super) fn queue_full(label: &str) -> String {
    format!("Too many are waiting for {label}. Please try again later.")
}

pub(super) fn too_large(bytes: usize, limit: usize) -> String {
    format!("The message has {bytes} bytes; at most {limit} are taken. Please send it in parts.")
}

pub(super) fn ended_by_operator(reason: &str) -> String {
    if reason.is_empty() { ENDED.to_owned() } else { format!("{reason} {ENDED}") }
}

pub(super) fn undelivered(customer: &str, why: &str) -> String {
    if why.is_empty() {
        format!("A message could not be delivered to {customer}.")
    } else {
        format!("A message could not be delivered to {customer}: {why}")
    }
}

pub(super) fn agent_lost(shown_as: &str) -> String {
    let who = if shown_as.is_empty() { "your agent" } else { shown_as };
    format!("The connection to {who} was lost. Please wait, somebody else will be with you.")
}

pub(super) fn agent_removed(shown_as: &str) -> String {
    let who = if shown_as.is_empty() { "Your agent" } else { shown_as };
    format!("{who} had to leave. Please wait, somebody else will be with you.")
}

/// Said to a customer who is sent to another place, in front of its address as software can open it.
pub(super) fn redirected(target: &str, link: &Alias, code: Option<&str>) -> String {
    match code {
        Some(code) => format!(
            "You can go on with this conversation at {target}: say \"continue {code}\" to {link} there, or open this address:"
        ),
        None => {
            format!("You can go on with this conversation at {target}: write to {link} there, or open this address:")
        }
    }
}

pub(super) fn continue_beside(link: &Alias) -> String {
    format!("You have another conversation with {link} here, which has to end before this one can go on.")
}

/// Told to the agent when the customer goes on at another place.
pub(super) fn goes_on(session: &Session) -> String {
    format!("The customer has moved and goes on here as {}, {}.", who(session), connection(session))
}

/// `7 s`, `3 min`, `2 h 5 min`.
pub(super) fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

pub(super) fn offer_title(number: OfferNumber) -> String {
    format!("Offer {number}")
}

/// `XMPP with Gajim 1.8`, `IRC at libera`.
fn connection(session: &Session) -> String {
    let mut text = match session.protocol.as_str() {
        known @ ("xmpp" | "irc" | "sip" | "sms" | "http") => known.to_ascii_uppercase(),
        other => other.to_owned(),
    };
    if !session.customer.provider.is_empty() {
        let _ = write!(text, " at {}", session.provider);
    }
    if let Some(software) = session.software.as_ref().filter(|software| !software.name.is_empty()) {
        let _ = write!(text, " with {}", self::software(software));
    }
    text
}

/// `Gajim 1.8`.
pub(super) fn software(software: &Software) -> String {
    format!("{} {}", software.name, software.version).trim().to_owned()
}

/// `joe (member) at billing`.
fn who(session: &Session) -> String {
    let kind = match (session.member, session.customer.provider.is_empty()) {
        (true, _) => " (member)",
        (false, true) => " (guest)",
        (false, false) => "",
    };
    format!("{}{kind} at {}", session.customer_name, session.link)
}

/// How long it will take, to somebody who waits.
pub(super) fn wait(standing: &Standing) -> String {
    let place = match standing.position {
        1 => "You are next".to_owned(),
        position => format!("You are number {position} in line"),
    };
    format!("{place}. It will take {}.", words(&standing.estimate))
}

/// The same, to somebody who was told something else.
pub(super) fn wait_changed(told: &Told, now: Timestamp, standing: &Standing) -> String {
    let said_s = told.left_s(now);
    let how =
        if standing.estimate.wait_s > said_s { "takes longer than we thought" } else { "goes faster than we thought" };
    format!("It {how}. {}", wait(standing))
}

/// What is shown of a link where people wait.
pub(super) fn link_wait(estimate: &Estimate) -> String {
    format!("It takes {} until somebody is there for you.", words(estimate))
}

/// An offer in words. With `numbered` the words to say carry the number, because there are other offers.
/// What dialogs have found out, for an agent: ` order: 4711, reason: refund.`
fn facts(session: &Session) -> String {
    let clipped = |text: &str| -> String {
        let shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(FACT_CHARACTERS).collect();
        if text.chars().count() > FACT_CHARACTERS { shown + "…" } else { shown }
    };
    let facts = session.facts.iter().take(FACTS);
    let facts: Vec<String> = facts.map(|fact| format!("{}: {}", fact.name, clipped(&fact.value))).collect();
    if facts.is_empty() { String::new() } else { format!(" {}.", facts.join(", ")) }
}

pub(super) fn offer(session: &Session, offer: &Offer, now: Timestamp, numbered: bool) -> String {
    let number = if numbered { format!(" {}", offer.number) } else { String::new() };
    format!(
        "Offer {}: {}, {}, has waited {}.{} Say `accept{number}` or `decline{number}` within {}.",
        offer.number,
        who(session),
        connection(session),
        duration(now.since_ms(session.waiting_since)),
        facts(session),
        duration(offer.expires.since_ms(now)),
    )
}

pub(super) fn offer_gone(number: OfferNumber, what: Option<&str>) -> String {
    match what {
        Some(what) => format!("Offer {number} has gone: {what}."),
        None => format!("Offer {number} has gone."),
    }
}

pub(super) fn customer_left(customer: &str) -> String {
    format!("{customer} has left")
}

pub(super) fn set_away(missed: u32) -> String {
    let offers = if missed == 1 { "an offer".to_owned() } else { format!("{missed} offers in a row") };
    format!("You have missed {offers}, so you are away now. Say `ready` when you are back.")
}

pub(super) fn accepted(number: OfferNumber, customer: &str) -> String {
    format!(
        "Offer {number} is yours: write to {customer} in the window of that name. Say `end` there when you are done."
    )
}

pub(super) fn declined(number: OfferNumber) -> String {
    format!("You have declined offer {number}.")
}

pub(super) fn no_offers() -> String {
    "There is no offer for you now.".to_owned()
}

pub(super) fn which(word: &str, choices: &[(OfferNumber, String)]) -> String {
    let list: Vec<String> = choices.iter().map(|(number, who)| format!("`{word} {number}` ({who})")).collect();
    format!("Which one? Say {}.", list.join(" or "))
}

pub(super) fn ready() -> String {
    "You are ready: offers will come.".to_owned()
}

/// Said after `ready` where the agent's own presence keeps offers away.
pub(super) fn ready_but_away() -> String {
    "You are ready, but your software shows you as away or hidden; offers come once it shows you as available."
        .to_owned()
}

pub(super) fn away(reason: &str) -> String {
    let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
    format!("You are away{reason}. Say `ready` when you are back.")
}

pub(super) fn ended(customer: &str) -> String {
    format!("The conversation with {customer} has ended.")
}

pub(super) fn nothing_to_wrap_up() -> String {
    "You have no conversation to wrap up now.".to_owned()
}

pub(super) fn done(customer: &str) -> String {
    format!("You are done with {customer}.")
}

pub(super) fn no_conversations() -> String {
    "You have no conversation now.".to_owned()
}

pub(super) fn no_such_conversation(number: OfferNumber) -> String {
    format!("You have no conversation {number}.")
}

pub(super) fn unknown_word(word: &str) -> String {
    format!("I don't know `{word}`. The words are: {WORDS}.")
}

pub(super) fn bad_number(word: &str, number: &str) -> String {
    format!("`{number}` is no number. Say `{word}` or `{word} 12`.")
}

pub(super) fn help() -> String {
    format!(
        "The words are: {WORDS}. A number names an offer or the conversation it became. `done` ends the time you have to wrap it up. `transfer` asks somebody to take it, and you \
         keep it until then; `pass` gives it away at once. `invite` asks somebody to join it. A supervisor may `join` any: one who \
         has joined listens, until `whisper` or `openly`; whispered words reach agents only. In a conversation's own window, `end` ends it, and the other words begin \
         with a slash and need no number: `/transfer ann wants a refund`."
    )
}
