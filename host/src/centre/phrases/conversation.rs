//! What is said about sessions that go from agent to agent, or that several agents take part in.
//!
//! Invariant: as in the parent; of what is said to customers here, only outside names are part.

use super::{connection, duration, facts, who};
use crate::model::part::{Audience, Purpose, Transfer};
use crate::model::record::{Offer, Session};
use crate::model::{OfferNumber, Timestamp};

pub(in crate::centre) const NOT_YOURS_TO_END: &str =
    "Only whoever has this conversation ends it. Say `/leave` to leave it.";
pub(in crate::centre) const YOU_LISTEN: &str =
    "You are listening, so nobody hears this. Say `/whisper` or `/openly` first.";
pub(in crate::centre) const PASSED: &str = "Please wait a moment, somebody else will be with you.";
pub(in crate::centre) const DIALOG_OVER: &str = "This conversation has ended. Write again, and we will be with you.";
pub(in crate::centre) const NO_SUPERVISOR: &str =
    "Only a supervisor joins conversations. Whoever has one may invite you.";
pub(in crate::centre) const WHISPER_WHAT: &str = "Say `whisper` and the words: only agents hear them.";
pub(in crate::centre) const YOU_WHISPER: &str =
    "From now on agents hear you here, and the customer does not. Say `/openly` to speak to all.";
pub(in crate::centre) const TAKEN_BACK: &str = "it was taken back";

/// What was said in a session's window behind a slash and is no word: it does not reach the customer.
pub(in crate::centre) fn unknown_order(word: &str) -> String {
    format!(
        "I don't know `/{word}`, so nobody has heard it. Say `/help` for the words, or `//{word}` to say it as it is."
    )
}

/// A line of an agent's status.
pub(in crate::centre) fn conversation(number: OfferNumber, customer: &str, how: &str) -> String {
    let how = if how.is_empty() { String::new() } else { format!(" ({how})") };
    format!("Conversation {number}: {customer}{how}")
}

pub(in crate::centre) fn to_whom() -> String {
    "To whom? Say the name of a queue, a dialog or an agent, and a note if you like.".to_owned()
}

pub(in crate::centre) fn dialog_out_of_service(name: &str) -> String {
    format!("The dialog `{name}` is out of service now.")
}

pub(in crate::centre) fn no_such_target(name: &str) -> String {
    format!("There is no queue, no dialog and no agent `{name}` here.")
}

pub(in crate::centre) fn no_such_agent() -> String {
    "There is no such agent here.".to_owned()
}

pub(in crate::centre) fn not_for_you(word: &str) -> String {
    format!("You can't say `{word}` in this conversation.")
}

pub(in crate::centre) fn is_yours(customer: &str) -> String {
    format!("You have {customer} yourself.")
}

pub(in crate::centre) fn agent_is_away(shown_as: &str) -> String {
    format!("{shown_as} is not available now.")
}

pub(in crate::centre) fn agent_speaks_otherwise(shown_as: &str) -> String {
    format!("{shown_as} has no software that can serve this customer.")
}

pub(in crate::centre) fn agent_is_busy(shown_as: &str) -> String {
    format!("{shown_as} has no room for another conversation now.")
}

pub(in crate::centre) fn other_medium(label: &str, serves: &str, medium: &str) -> String {
    format!("{label} is for {serves}, and this is {medium}.")
}

/// What an agent writes for the next; agents alone hear it.
pub(in crate::centre) fn note(to: &str, note: &str) -> String {
    format!("note for {to}: {note}")
}

pub(in crate::centre) fn asked_to_take(to: &str, customer: &str) -> String {
    format!("{to} is asked to take {customer}. Until somebody accepts, {customer} stays with you.")
}

pub(in crate::centre) fn passed_on(customer: &str, to: &str) -> String {
    format!("You have passed {customer} on to {to}.")
}

pub(in crate::centre) fn nobody_takes(label: &str, customer: &str, why: &str) -> String {
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    format!(
        "Nobody of {label} can take {customer} now{why}, so {customer} stays with you. Say `/pass` and the queue to let {customer} \
         wait there."
    )
}

pub(in crate::centre) fn asked_in_vain(shown_as: &str, did: &str, customer: &str, purpose: Purpose) -> String {
    match purpose {
        Purpose::Transfer => format!("{shown_as} {did}; {customer} stays with you."),
        Purpose::Invite => format!("{shown_as} {did}, and does not join you with {customer}."),
    }
}

pub(in crate::centre) fn has_taken_over(shown_as: &str, customer: &str) -> String {
    format!("{shown_as} has taken over {customer}.")
}

pub(in crate::centre) fn asked_to_join(shown_as: &str, customer: &str) -> String {
    format!("{shown_as} is asked to join you with {customer}.")
}

pub(in crate::centre) fn you_listen(number: OfferNumber, customer: &str) -> String {
    format!(
        "You listen to {customer}, as conversation {number}; the customer does not notice. In the window of that name say \
         `/whisper` and words for the agents, `/openly` to speak to all, `/leave` to leave."
    )
}

pub(in crate::centre) fn you_are_open(customer: &str) -> String {
    format!("From now on {customer} hears you. Say `/whisper` to speak to the agents only.")
}

pub(in crate::centre) fn you_have_left(customer: &str) -> String {
    format!("You have left the conversation with {customer}.")
}

pub(in crate::centre) fn takes_part(shown_as: &str, customer: &str) -> String {
    format!("{shown_as} takes part with {customer} already.")
}

pub(in crate::centre) fn too_many_joined(limit: usize, customer: &str) -> String {
    format!("{limit} others take part with {customer} already, and no more may.")
}

pub(in crate::centre) fn joined_too_many(shown_as: &str, limit: usize) -> String {
    format!("{shown_as} has joined {limit} conversations already, and no more may be joined.")
}

pub(in crate::centre) fn no_such_session(who: &str) -> String {
    format!("There is no conversation with `{who}` now. Say `join` and the customer's name or the session's number.")
}

/// Several customers have the name.
pub(in crate::centre) fn which_session<'a>(choices: impl Iterator<Item = (u64, &'a str)>) -> String {
    let list: Vec<String> = choices.map(|(number, link)| format!("`join {number}` (at {link})")).collect();
    format!("Which one? Say {}.", list.join(" or "))
}

/// Told to agents only.
pub(in crate::centre) fn listens(shown_as: &str) -> String {
    format!("{shown_as} listens.")
}

pub(in crate::centre) fn has_joined(shown_as: &str) -> String {
    format!("{shown_as} has joined the conversation.")
}

pub(in crate::centre) fn has_left(shown_as: &str) -> String {
    format!("{shown_as} has left the conversation.")
}

pub(in crate::centre) fn was_heard(audience: Audience) -> &'static str {
    match audience {
        Audience::Inside => "Only agents have heard this.",
        Audience::Everybody | Audience::Named => "Everybody has heard this.",
    }
}

/// Said to everybody.
pub(in crate::centre) fn now_with(shown_as: &str) -> String {
    if shown_as.is_empty() {
        "Somebody else is with you now.".to_owned()
    } else {
        format!("{shown_as} is with you now.")
    }
}

/// The offer of a session that somebody has.
pub(in crate::centre) fn transfer_offer(
    session: &Session,
    offer: &Offer,
    transfer: &Transfer,
    by: &str,
    now: Timestamp,
    numbered: bool,
) -> String {
    let number = if numbered { format!(" {}", offer.number) } else { String::new() };
    let what = match transfer.purpose {
        Purpose::Transfer => "asks you to take",
        Purpose::Invite => "asks you to join the conversation with",
    };
    let note = if transfer.note.is_empty() { String::new() } else { format!(" Note: {}", transfer.note) };
    format!(
        "Offer {}: {by} {what} {}, {}. Say `accept{number}` or `decline{number}` within {}.{note}{}",
        offer.number,
        who(session),
        connection(session),
        duration(offer.expires.since_ms(now)),
        facts(session),
    )
}

/// A line of a supervisor's status: a session that may be joined.
pub(in crate::centre) fn to_join(number: u64, customer: &str, link: &str, with: &str) -> String {
    let with = if with.is_empty() { "waiting".to_owned() } else { format!("with {with}") };
    format!("Session {number}: {customer} at {link}, {with}")
}

pub(in crate::centre) fn and_others(count: usize) -> String {
    format!("… and {count} more")
}
