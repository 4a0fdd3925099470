//! Carries out what a dialog wants, one action after the other. All of them were checked.

use super::world::TRANSCRIPT;
use crate::centre::Centre;
use crate::centre::session::Line;
use crate::model::dialog::{Action, Done, Enqueuing, Event, Origin};
use crate::model::part::Audience;
use crate::model::record::Speaker;
use crate::model::{Alias, Attribute, Body, Failure, SessionId};

/// A timer rings no sooner than that, so that no dialog keeps the centre busy alone.
const LEAST_TIMER_MS: u64 = 1_000;

/// What comes of an action.
pub(super) enum Next {
    /// The conversation goes on.
    Goes,
    /// The dialog is told something at once.
    Hears(Box<Event>),
    /// The session is the dialog's no more.
    Left,
}

impl Centre {
    pub(super) fn act(&mut self, id: SessionId, action: Action) -> Next {
        match action {
            Action::Say(Body::Text(text)) => self.say_of_dialog(id, text),
            Action::Set(fact) => self.set_fact(id, fact),
            Action::SetTimer(timer) => {
                let at = timer.at.map(|at| at.max(self.now.plus_ms(LEAST_TIMER_MS)));
                if let Some(talk) = self.sessions.get_mut(id).and_then(|live| live.record.talk.as_deref_mut()) {
                    talk.timers.remove(&timer.id);
                    talk.timers.extend(at.map(|at| (timer.id, at)));
                }
            }
            Action::Fetch(fetching) => self.fetch(id, fetching),
            Action::LookUp(look_up) if look_up.source == TRANSCRIPT => self.recount(id, &look_up),
            Action::LookUp(look_up) => return Next::Hears(Box::new(Event::Found(self.look_up(id, &look_up)))),
            Action::Change(order) => return Next::Hears(undone(order.reference, &order.source)),
            Action::Watch(order) => return Next::Hears(undone(order.reference, "alerts")),
            Action::Enqueue(Enqueuing { queue, priority, attributes, .. }) => {
                for fact in attributes {
                    self.set_fact(id, fact);
                }
                self.leave_for_queue(id, &queue, priority);
                return Next::Left;
            }
            Action::Divert(target) => {
                self.leave_for(id, &target);
                return Next::Left;
            }
            Action::Close(text) => {
                self.leave_for_good(id, &text);
                return Next::Left;
            }
            // Forms and call-backs don't pass the check; what is unknown is ignored.
            Action::Say(_) | Action::Ask(_) | Action::Callback(_) | Action::Direct(_) | Action::Other(_) => {}
        }
        Next::Goes
    }

    pub(super) fn say_of_dialog(&mut self, id: SessionId, text: String) {
        let talk = self.sessions.get(id).and_then(|live| live.record.talk.as_deref());
        let name = talk.and_then(|talk| self.dialog(&talk.dialog)).map(|dialog| dialog.label.clone());
        let (speaker, name) = (Speaker::Centre, name.unwrap_or_default());
        self.append(id, Line { speaker, name, text, origin: None, language: None, audience: Audience::Everybody });
    }

    fn set_fact(&mut self, id: SessionId, fact: Attribute) {
        let Some(live) = self.sessions.get_mut(id) else { return };
        match live.record.facts.iter_mut().find(|known| known.name == fact.name) {
            Some(known) => *known = fact,
            None => live.record.facts.push(fact),
        }
    }

    /// To a queue, or to another dialog.
    fn leave_for(&mut self, id: SessionId, target: &str) {
        match target.split_once(':') {
            Some(("queue", name)) => self.leave_for_queue(id, name, 0),
            Some(("link", alias)) => {
                let queue = self.links.get(&Alias::new(alias)).map(|link| link.queue.clone()).unwrap_or_default();
                self.leave_for_queue(id, &queue, 0);
            }
            Some(("dialog", name)) => {
                let name = name.to_owned();
                let origin = self.sessions.get(id).and_then(|live| live.record.talk.as_deref()).map(|talk| talk.origin);
                if self.counts_divert(id) {
                    self.begin_talk(id, &name, origin.unwrap_or(Origin::Queue), Vec::new());
                } else {
                    self.fall_back(id, "dialogs send it to and fro");
                }
            }
            _ => {}
        }
    }
}

/// Nothing of that name can be changed.
fn undone(reference: crate::model::Reference, source: &str) -> Box<Event> {
    let outcome = Err(Failure::new("unsupported", format!("this host does not change `{source}`")));
    Box::new(Event::Done(Done { reference, outcome }))
}

/// What a dialog was told, for people: not the words, which the transcript has.
pub(super) fn heard_in_words(event: &Event) -> String {
    match event {
        Event::Started(context) => format!("it begins ({})", context.purpose),
        Event::Said(_) => "the customer has spoken".to_owned(),
        Event::Answered(answered) => format!("the form {} is answered", answered.form),
        Event::Presence(_) => "the customer's presence has changed".to_owned(),
        Event::Timer(id) => format!("its timer {id} has rung"),
        Event::Fetched(fetched) => match &fetched.reply {
            Ok(response) => format!("a server has answered {}", response.status),
            Err(failure) => format!("a server was asked in vain: {}", failure.text),
        },
        Event::Found(found) => match &found.rows {
            Ok(rows) => format!("{} rows were found", rows.len()),
            Err(failure) => format!("nothing was found: {}", failure.text),
        },
        Event::Status(_) => "how the queues stand".to_owned(),
        Event::Done(done) => match &done.outcome {
            Ok(()) => "its order is done".to_owned(),
            Err(failure) => format!("its order is not done: {}", failure.text),
        },
        Event::Turned(what) => what.clone(),
        Event::Other(extension) => extension.name.clone(),
    }
}

/// What a dialog did, for people: not the words, which the transcript has.
pub(super) fn in_words(action: &Action) -> String {
    match action {
        Action::Say(_) => "said something".to_owned(),
        Action::Ask(asking) => format!("asked with the form {}", asking.name),
        Action::Set(fact) => format!("noted {} = {:?}", fact.name, fact.value),
        Action::Fetch(fetching) => format!("asked {}", fetching.request.url),
        Action::LookUp(look_up) => format!("looked into {}", look_up.source),
        Action::Change(order) => format!("wanted to change {}", order.source),
        Action::SetTimer(timer) if timer.at.is_none() => format!("stopped its timer {}", timer.id),
        Action::SetTimer(timer) => format!("set its timer {}", timer.id),
        Action::Enqueue(enqueuing) if enqueuing.queue.is_empty() => "put it in its queue".to_owned(),
        Action::Enqueue(enqueuing) => format!("put it in the queue {}", enqueuing.queue),
        Action::Divert(target) => format!("sent it to {target}"),
        Action::Callback(_) => "wanted a call-back".to_owned(),
        Action::Watch(alert) => format!("wanted to watch for {}", alert.condition),
        Action::Direct(extension) | Action::Other(extension) => format!("wanted {}", extension.name),
        Action::Close(_) => "ended the conversation".to_owned(),
    }
}
