//! `cordboard:dialog/script`: events go in, actions come out.

use super::script as wit;
use super::{copied, taken};
use crate::model::{Timestamp, adapter, dialog};

/// What a conversation is opened with, with the dialog's settings.
pub fn setup(settings: &str, s: &dialog::Setup) -> wit::Setup {
    wit::Setup { settings: settings.to_owned(), seed: s.seed.clone(), attributes: copied(&s.attributes) }
}

impl From<&dialog::Context> for wit::Context {
    fn from(c: &dialog::Context) -> Self {
        Self {
            purpose: c.purpose.clone(),
            session: c.session.as_str().to_owned(),
            link: c.link.as_ref().map(|link| link.as_str().to_owned()),
            medium: c.medium.clone(),
            provider: c.provider.clone(),
            software: c.software.clone(),
            software_version: c.software_version.clone(),
            language: c.language.clone(),
            member: c.member.clone(),
            attributes: copied(&c.attributes),
            features: c.features.clone(),
        }
    }
}

impl From<&dialog::Answered> for wit::Answered {
    fn from(a: &dialog::Answered) -> Self {
        Self { form: a.form.clone(), values: copied(&a.values) }
    }
}

impl From<&dialog::Fetched> for wit::Fetched {
    fn from(f: &dialog::Fetched) -> Self {
        let reply = match &f.reply {
            Ok(response) => Ok(response.into()),
            Err(failure) => Err(failure.into()),
        };
        Self { ref_: f.reference, reply }
    }
}

impl From<&dialog::Found> for wit::Found {
    fn from(f: &dialog::Found) -> Self {
        let rows = match &f.rows {
            Ok(rows) => Ok(rows.iter().map(|row| copied(row)).collect()),
            Err(failure) => Err(failure.into()),
        };
        Self { ref_: f.reference, rows }
    }
}

impl From<&dialog::Done> for wit::Done {
    fn from(d: &dialog::Done) -> Self {
        Self { ref_: d.reference, outcome: d.outcome.as_ref().map_err(Into::into).copied() }
    }
}

impl From<&dialog::Event> for wit::Event {
    fn from(event: &dialog::Event) -> Self {
        match event {
            dialog::Event::Started(context) => Self::Started(context.into()),
            dialog::Event::Said(message) => Self::Said(message.into()),
            dialog::Event::Answered(answered) => Self::Answered(answered.into()),
            dialog::Event::Presence(presence) => Self::Presence(presence.into()),
            dialog::Event::Timer(id) => Self::Timer(*id),
            dialog::Event::Fetched(fetched) => Self::Fetched(fetched.into()),
            dialog::Event::Found(found) => Self::Found(found.into()),
            dialog::Event::Status(queues) => Self::Status(copied(queues)),
            dialog::Event::Done(done) => Self::Done(done.into()),
            dialog::Event::Turned(word) => Self::Turned(word.clone()),
            dialog::Event::Other(other) => Self::Other(other.into()),
        }
    }
}

impl From<wit::Asking> for dialog::Asking {
    fn from(a: wit::Asking) -> Self {
        Self { name: a.name, form: a.form.into() }
    }
}

impl From<wit::Fetching> for dialog::Fetching {
    fn from(f: wit::Fetching) -> Self {
        Self { reference: f.ref_, request: f.request.into(), timeout_ms: f.timeout_ms }
    }
}

impl From<wit::LookUp> for dialog::LookUp {
    fn from(l: wit::LookUp) -> Self {
        Self { reference: l.ref_, source: l.source, query: taken(l.query) }
    }
}

impl From<wit::Change> for dialog::Amendment {
    fn from(c: wit::Change) -> Self {
        Self { reference: c.ref_, source: c.source, values: taken(c.values) }
    }
}

impl From<wit::Timer> for adapter::Timer {
    fn from(t: wit::Timer) -> Self {
        Self { id: t.id, at: t.at.map(Timestamp) }
    }
}

impl From<wit::Enqueuing> for dialog::Enqueuing {
    fn from(e: wit::Enqueuing) -> Self {
        Self { queue: e.queue, priority: e.priority, medium: e.medium, attributes: taken(e.attributes) }
    }
}

impl From<wit::Callback> for dialog::Callback {
    fn from(c: wit::Callback) -> Self {
        Self {
            queue: c.queue,
            medium: c.medium,
            contact: c.contact,
            not_before: c.not_before.map(Timestamp),
            attributes: taken(c.attributes),
        }
    }
}

impl From<wit::Alert> for dialog::Alert {
    fn from(a: wit::Alert) -> Self {
        Self { reference: a.ref_, condition: a.condition, contact: a.contact }
    }
}

impl From<wit::Action> for dialog::Action {
    fn from(action: wit::Action) -> Self {
        match action {
            wit::Action::Say(body) => Self::Say(body.into()),
            wit::Action::Ask(asking) => Self::Ask(asking.into()),
            wit::Action::Set(attribute) => Self::Set(attribute.into()),
            wit::Action::Fetch(fetching) => Self::Fetch(fetching.into()),
            wit::Action::LookUp(look_up) => Self::LookUp(look_up.into()),
            wit::Action::Change(change) => Self::Change(change.into()),
            wit::Action::SetTimer(timer) => Self::SetTimer(timer.into()),
            wit::Action::Enqueue(enqueuing) => Self::Enqueue(enqueuing.into()),
            wit::Action::Divert(target) => Self::Divert(target),
            wit::Action::Callback(callback) => Self::Callback(callback.into()),
            wit::Action::Watch(alert) => Self::Watch(alert.into()),
            wit::Action::Direct(order) => Self::Direct(order.into()),
            wit::Action::Close(words) => Self::Close(words),
            wit::Action::Other(other) => Self::Other(other.into()),
        }
    }
}

/// What a guest answered to one event, in order.
pub fn actions(actions: Vec<wit::Action>) -> Vec<dialog::Action> {
    taken(actions)
}
