//! Whether a turn can be carried out, all of it.
//!
//! Invariant: what passes here is carried out; so nothing of a turn that breaks a rule is ever seen.

use super::world::TRANSCRIPT;
use crate::centre::Centre;
use crate::model::adapter::GuestFailure;
use crate::model::dialog::{Action, Enqueuing, Fetching, Turn};
use crate::model::record::Session;
use crate::model::{Alias, Attribute, Body, SessionId};

/// Timers of one conversation.
const TIMERS: usize = 8;
/// Requests and look-ups of one conversation that are under way.
const FETCHES: usize = 4;
/// Facts of one session.
const FACTS: usize = 64;
/// Bytes of a fact's name, and of its value.
const FACT_NAME_BYTES: usize = 64;
const FACT_VALUE_BYTES: usize = 1_024;

type Checked = Result<(), GuestFailure>;

fn broken(what: impl Into<String>) -> Checked {
    Err(GuestFailure::Contract(what.into()))
}

fn unserved(what: &str) -> Checked {
    broken(format!("{what} is not served by this host"))
}

impl Centre {
    pub(super) fn check_turn(&self, id: SessionId, turn: &Turn) -> Checked {
        let Some(live) = self.sessions.get(id) else { return Ok(()) };
        let ends = |action: &Action| matches!(action, Action::Enqueue(_) | Action::Divert(_) | Action::Close(_));
        if turn.actions.iter().rev().skip(1).any(ends) {
            return broken("goes on after it has let the session go");
        }
        let says = turn.actions.iter().filter(|action| matches!(action, Action::Say(_) | Action::Close(_))).count();
        if live.last.0.saturating_add(u32::try_from(says).unwrap_or(u32::MAX))
            > self.settings.limits.messages_per_session
        {
            return broken("says more than a session takes");
        }
        for action in &turn.actions {
            self.check_action(&live.record, action)?;
        }
        count(&live.record, &turn.actions)
    }

    fn check_action(&self, record: &Session, action: &Action) -> Checked {
        match action {
            Action::Say(Body::Text(text)) => self.check_words("says", text),
            Action::Say(_) => unserved("to say anything but plain text"),
            Action::Close(text) if text.is_empty() => Ok(()),
            Action::Close(text) => self.check_words("closes with", text),
            Action::Ask(_) => unserved("a form"),
            Action::Set(fact) => check_fact(fact),
            Action::Fetch(fetching) => self.check_fetch(fetching),
            Action::Enqueue(enqueuing) => self.check_enqueuing(record, enqueuing),
            Action::Divert(target) => self.check_target(record, target),
            Action::Callback(_) => unserved("a call-back"),
            Action::LookUp(_)
            | Action::Change(_)
            | Action::SetTimer(_)
            | Action::Watch(_)
            | Action::Direct(_)
            | Action::Other(_) => Ok(()),
        }
    }

    fn check_words(&self, what: &str, text: &str) -> Checked {
        let (bytes, most) = (text.len(), self.settings.limits.message_bytes);
        match bytes {
            0 => broken(format!("{what} nothing")),
            bytes if bytes > most => broken(format!("{what} {bytes} bytes; at most {most} are allowed")),
            _ => Ok(()),
        }
    }

    fn check_fetch(&self, fetching: &Fetching) -> Checked {
        let (bytes, most) = (fetching.request.body.len(), self.settings.limits.consult_bytes);
        if bytes > most {
            return broken(format!("fetches with a body of {bytes} bytes; at most {most} are allowed"));
        }
        Ok(())
    }

    fn check_enqueuing(&self, record: &Session, enqueuing: &Enqueuing) -> Checked {
        let Enqueuing { queue, medium, attributes, .. } = enqueuing;
        attributes.iter().try_for_each(check_fact)?;
        self.check_queue(record, queue)?;
        let serves = self.queues.get(queue_meant(record, queue)).map(|queue| &queue.settings.medium);
        match serves.filter(|serves| !medium.is_empty() && *serves != medium) {
            Some(serves) => broken(format!("enqueues for {medium} in a queue that serves {serves}")),
            None => Ok(()),
        }
    }

    fn check_queue(&self, record: &Session, name: &str) -> Checked {
        let name = queue_meant(record, name);
        if self.queues.get(name).is_some() { Ok(()) } else { broken(format!("there is no queue `{name}`")) }
    }

    fn check_target(&self, record: &Session, target: &str) -> Checked {
        match target.split_once(':') {
            Some(("queue", name)) => self.check_queue(record, name),
            Some(("link", alias)) if self.links.get(&Alias::new(alias)).is_none() => {
                broken(format!("there is no link `{alias}`"))
            }
            Some(("link", _)) => Ok(()),
            Some(("dialog", name)) => self.may_talk(name).or_else(broken),
            _ => unserved(&format!("to divert to `{target}`")),
        }
    }
}

/// The queue of a name; of none, the session's own.
pub(super) fn queue_meant<'a>(record: &'a Session, name: &'a str) -> &'a str {
    if name.is_empty() { &record.queue } else { name }
}

fn check_fact(fact: &Attribute) -> Checked {
    let Attribute { name, value } = fact;
    if name.is_empty() || name.len() > FACT_NAME_BYTES {
        return broken(format!("a fact's name has {} bytes; 1 to {FACT_NAME_BYTES} are allowed", name.len()));
    }
    if value.len() > FACT_VALUE_BYTES {
        return broken(format!("the fact `{name}` has {} bytes; at most {FACT_VALUE_BYTES} are allowed", value.len()));
    }
    Ok(())
}

/// What is kept of a session stays within its bounds.
fn count(record: &Session, actions: &[Action]) -> Checked {
    let Some(talk) = record.talk.as_deref() else { return Ok(()) };
    let within = |what: &str, count: usize, most: usize| {
        if count > most { broken(format!("has {count} {what}; at most {most} are allowed")) } else { Ok(()) }
    };
    let new = |facts: &mut Vec<String>, fact: &Attribute| {
        if !facts.contains(&fact.name) {
            facts.push(fact.name.clone());
        }
    };
    let mut facts: Vec<String> = record.facts.iter().map(|fact| fact.name.clone()).collect();
    let mut timers: Vec<u32> = talk.timers.keys().copied().collect();
    let mut fetches = talk.fetches.len() + talk.recounts.len();
    for action in actions {
        match action {
            Action::Set(fact) => new(&mut facts, fact),
            Action::Enqueue(enqueuing) => enqueuing.attributes.iter().for_each(|fact| new(&mut facts, fact)),
            Action::SetTimer(timer) => {
                timers.retain(|id| *id != timer.id);
                timers.extend(timer.at.map(|_| timer.id));
            }
            Action::Fetch(_) => fetches += 1,
            Action::LookUp(look_up) if look_up.source == TRANSCRIPT => fetches += 1,
            _ => {}
        }
    }
    within("facts", facts.len(), FACTS)?;
    within("timers", timers.len(), TIMERS)?;
    within("requests under way", fetches, FETCHES)
}
