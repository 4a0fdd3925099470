//! Presence and what may be seen of a queue.

use super::{copied, taken, wit};
use crate::model;

impl From<&model::PresenceTuple> for wit::PresenceTuple {
    fn from(t: &model::PresenceTuple) -> Self {
        Self {
            id: t.id.clone(),
            open: t.open,
            activity: t.activity.clone(),
            medium: t.medium.clone(),
            contact: t.contact.clone(),
            note: t.note.clone(),
            priority: t.priority,
            since: t.since.0,
            attributes: copied(&t.attributes),
        }
    }
}

impl From<wit::PresenceTuple> for model::PresenceTuple {
    fn from(t: wit::PresenceTuple) -> Self {
        Self {
            id: t.id,
            open: t.open,
            activity: t.activity,
            medium: t.medium,
            contact: t.contact,
            note: t.note,
            priority: t.priority,
            since: model::Timestamp(t.since),
            attributes: taken(t.attributes),
        }
    }
}

impl From<&model::Presence> for wit::Presence {
    fn from(p: &model::Presence) -> Self {
        Self { presentity: p.presentity.as_str().to_owned(), tuples: copied(&p.tuples) }
    }
}

impl From<&model::QueueStatus> for wit::QueueStatus {
    fn from(q: &model::QueueStatus) -> Self {
        Self {
            queue: q.queue.clone(),
            open: q.open,
            waiting: q.waiting,
            agents_available: q.agents_available,
            agents_on_duty: q.agents_on_duty,
            longest_wait_ms: q.longest_wait_ms,
            wait_ms: q.wait_ms,
            wait_high_ms: q.wait_high_ms,
            media: q.media.clone(),
            attributes: copied(&q.attributes),
        }
    }
}
