//! What a dialog asks of the world and of the centre.
//!
//! Invariant: a request under way is part of the session's record, so that it is carried out again after a crash, with the same key.

use crate::centre::queue::Queue;
use crate::centre::{Centre, Effect};
use crate::model::consult::{Asker, Question};
use crate::model::dialog::{Fetch, Fetching, Found, LookUp};
use crate::model::rule::Consultation;
use crate::model::{Attribute, Failure, SessionId, attribute};

/// Rows of an answer; who wants to know of one queue names it.
const ROWS: usize = 64;

impl Centre {
    /// Something is to be asked of a server.
    pub(super) fn fetch(&mut self, id: SessionId, mut fetching: Fetching) {
        let until;
        (fetching.timeout_ms, until) = self.time_to_ask(fetching.timeout_ms);
        let Some(live) = self.sessions.get_mut(id) else { return };
        live.questions += 1;
        let number = live.questions;
        let Some(talk) = live.record.talk.as_deref_mut() else { return };
        talk.fetches.push(Fetch { number, turn: talk.turns, fetching, until });
        let fetch = talk.fetches.len() - 1;
        self.send_fetch(id, fetch);
    }

    fn send_fetch(&mut self, id: SessionId, place: usize) {
        let Some(endpoint) = self.consultant else { return };
        let Some(live) = self.sessions.get(id) else { return };
        let Some(talk) = live.record.talk.as_deref() else { return };
        let Some((fetch, dialog)) = talk.fetches.get(place).zip(self.dialog(&talk.dialog)) else { return };
        let Fetching { reference, request, timeout_ms } = fetch.fetching.clone();
        let mut request = request;
        request.headers.retain(|header| !header.name.eq_ignore_ascii_case("idempotency-key"));
        let key = format!("{}-{}-{}-{reference}", live.record.alias, talk.since.0, fetch.turn);
        request.headers.push(Attribute::new("idempotency-key", key));
        let question = Question {
            session: id,
            number: fetch.number,
            asker: Asker::Dialog,
            rule: dialog.plugin.clone(),
            consultation: Consultation { reference, request, timeout_ms },
        };
        self.effect(Effect::Consult(endpoint, question));
    }

    /// Requests under way are carried out once more: by another endpoint than before, or after a crash.
    pub(in crate::centre) fn fetch_again(&mut self) {
        let ids: Vec<SessionId> = self.sessions.ids().collect();
        for id in ids {
            let under_way = self.sessions.get(id).and_then(|live| live.record.talk.as_deref());
            for place in 0..under_way.map_or(0, |talk| talk.fetches.len()) {
                self.send_fetch(id, place);
            }
        }
    }

    /// Data of the centre by name.
    pub(super) fn look_up(&self, id: SessionId, asked: &LookUp) -> Found {
        let rows = match asked.source.as_str() {
            "profile" => Ok(self.profile_of(id)),
            "status" => {
                let named = attribute(&asked.query, "queue");
                let is_meant = |queue: &&Queue| named.is_none_or(|name| queue.settings.name == name);
                Ok(self.queues.all().filter(is_meant).take(ROWS).map(|queue| self.status_row(queue)).collect())
            }
            source => {
                Err(Failure::new("not-found", format!("there is no source `{source}`; there are profile and status")))
            }
        };
        Found { reference: asked.reference, rows }
    }

    /// One row of what is known of the customer; none of a stranger.
    fn profile_of(&self, id: SessionId) -> Vec<Vec<Attribute>> {
        let Some(live) = self.sessions.get(id).filter(|live| live.record.member) else { return Vec::new() };
        let mut row = vec![Attribute::new("name", live.record.customer.alias.as_str())];
        row.extend(self.attributes_of(&live.record.customer).iter().cloned());
        vec![row]
    }

    fn status_row(&self, queue: &Queue) -> Vec<Attribute> {
        let status = self.queue_status(queue);
        let mut row = vec![
            Attribute::new("queue", status.queue),
            Attribute::new("label", queue.settings.label.clone()),
            Attribute::new("open", status.open.to_string()),
            Attribute::new("waiting", status.waiting.to_string()),
            Attribute::new("agents-available", status.agents_available.to_string()),
            Attribute::new("agents-on-duty", status.agents_on_duty.to_string()),
            Attribute::new("longest-wait-ms", status.longest_wait_ms.to_string()),
        ];
        row.extend(status.wait_ms.map(|wait| Attribute::new("wait-ms", wait.to_string())));
        row.extend(status.wait_high_ms.map(|wait| Attribute::new("wait-high-ms", wait.to_string())));
        row
    }
}
