//! What a dialog asks of the world, of the store and of the centre.
//!
//! Invariant: what is under way is part of the session's record, so that it is carried out again after a crash; a request with the same key.

use crate::centre::queue::Queue;
use crate::centre::{Centre, Effect};
use crate::model::consult::{Asker, Excerpt, Excerpted, Question};
use crate::model::dialog::{Event, Fetch, Fetching, Found, LookUp, Recount};
use crate::model::record::{Entry, Speaker};
use crate::model::rule::Consultation;
use crate::model::{Attribute, Body, Failure, Participant, Seq, SessionId, attribute};

/// The source that is the session's transcript.
pub(super) const TRANSCRIPT: &str = "transcript";
/// Rows of an answer; who wants to know of one queue names it, and of a transcript these are the last messages.
const ROWS: u16 = 64;
/// Reading the store counts as lost after that.
const READING_MS: u64 = 10_000;

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

    /// What is under way is carried out once more: by another endpoint than before, or after a crash.
    pub(in crate::centre) fn fetch_again(&mut self) {
        let ids: Vec<SessionId> = self.sessions.ids().collect();
        for id in ids {
            let Some(talk) = self.sessions.get(id).and_then(|live| live.record.talk.as_deref()) else { continue };
            let (fetches, recounts) = (talk.fetches.len(), talk.recounts.clone());
            for place in 0..fetches {
                self.send_fetch(id, place);
            }
            for recount in recounts {
                self.send_recount(id, &recount);
            }
        }
    }

    /// The session's last messages are to be read, of those that there are now.
    pub(super) fn recount(&mut self, id: SessionId, asked: &LookUp) {
        let until = self.now.plus_ms(READING_MS);
        let Some(live) = self.sessions.get_mut(id) else { return };
        live.questions += 1;
        let after = Seq(live.last.0.saturating_sub(ROWS.into()));
        let recount = Recount { number: live.questions, reference: asked.reference, after, until };
        let Some(talk) = live.record.talk.as_deref_mut() else { return };
        talk.recounts.push(recount.clone());
        self.send_recount(id, &recount);
    }

    fn send_recount(&mut self, session: SessionId, recount: &Recount) {
        let Some(endpoint) = self.consultant else { return };
        let bytes = self.settings.limits.consult_bytes;
        let excerpt = Excerpt { session, number: recount.number, after: recount.after, limit: ROWS, bytes };
        self.effect(Effect::Excerpt(endpoint, excerpt));
    }

    /// What was read of a transcript has come.
    pub(in crate::centre) fn excerpted(&mut self, excerpted: &Excerpted) {
        let entries = excerpted.entries.as_ref().map_err(Clone::clone);
        let rows = entries.map(|entries| entries.iter().map(row_of).collect());
        self.recounted(excerpted.session, excerpted.number, rows);
    }

    /// A dialog is told of a transcript, if it still waits for that.
    pub(super) fn recounted(&mut self, id: SessionId, number: u32, rows: Result<Vec<Vec<Attribute>>, Failure>) {
        let talk = self.sessions.get_mut(id).and_then(|live| live.record.talk.as_deref_mut());
        let Some(talk) = talk else { return };
        let Some(place) = talk.recounts.iter().position(|recount| recount.number == number) else { return };
        let reference = talk.recounts.remove(place).reference;
        self.tell_dialog(id, Event::Found(Found { reference, rows }));
    }

    /// Data of the centre by name.
    pub(super) fn look_up(&self, id: SessionId, asked: &LookUp) -> Found {
        let rows = match asked.source.as_str() {
            "profile" => Ok(self.profile_of(id)),
            "status" => {
                let named = attribute(&asked.query, "queue");
                let is_meant = |queue: &&Queue| named.is_none_or(|name| queue.settings.name == name);
                Ok(self.queues.all().filter(is_meant).take(ROWS.into()).map(|queue| self.status_row(queue)).collect())
            }
            source => Err(Failure::new(
                "not-found",
                format!("there is no source `{source}`; there are profile, status and {TRANSCRIPT}"),
            )),
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

/// One row of what was said.
fn row_of(entry: &Entry) -> Vec<Attribute> {
    let by = match entry.speaker {
        Speaker::Participant(Participant::CUSTOMER) => "customer",
        Speaker::Participant(_) => "agent",
        Speaker::Centre => "centre",
    };
    let text = if let Body::Text(text) = &entry.body { text.as_str() } else { "" };
    vec![
        Attribute::new("at-ms", entry.at.0.to_string()),
        Attribute::new("by", by),
        Attribute::new("name", entry.name.as_str()),
        Attribute::new("text", text),
    ]
}
