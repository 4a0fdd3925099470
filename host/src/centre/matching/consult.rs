//! Rules that ask the world before they decide.
//!
//! ```text
//!  asked ─► consults ─► the session waits ─┬─ answered, failed, timed out ─► the rule is told, and asked again
//!              ▲                           └─ it leaves the queue, its hold is over: the answer is nobody's
//!              └── at most three times in a row; then the rule is left out of the decision
//! ```
//! It is a hold: `max_hold` ends it. What is under way lies in memory only, since after a restart the rule, which knows nothing of it then,
//! is asked anew.
//!
//! Invariant: whoever waits for an answer has a timer that ends the wait, whether anybody carries the question out or not.

use super::Chain;
use crate::centre::{Centre, Effect};
use crate::model::adapter::GuestFailure;
use crate::model::consult::{Asker, Consulted, Question};
use crate::model::rule::{Consultation, session_ref};
use crate::model::{EndpointId, Failure, HttpResponse, Lane, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

/// Questions about one session without another decision between them.
const IN_A_ROW: u8 = 3;
/// A question waits so long at least.
const LEAST_MS: u32 = 100;
/// What carrying it out may take beyond its own time before it counts as lost.
const MARGIN_MS: u64 = 2_000;

/// What a session waits for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::centre) struct Consulting {
    question: Question,
    /// Of which chain.
    lane: Lane,
    /// In that chain.
    place: usize,
    /// When the wait ends.
    pub(in crate::centre) until: Timestamp,
}

impl Centre {
    /// Questions are carried out there from now on; those under way are asked once more.
    pub(in crate::centre) fn consultant_opened(&mut self, endpoint: EndpointId) {
        self.consultant = Some(endpoint);
        let asked = self.sessions.all().filter_map(|live| live.consulting.as_ref());
        let asked: Vec<Question> = asked.map(|consulting| consulting.question.clone()).collect();
        for question in asked {
            self.effect(Effect::Consult(endpoint, question));
        }
        self.fetch_again();
    }

    /// Whether rules may consult about this session now.
    pub(super) fn may_consult(&self, id: SessionId) -> bool {
        self.sessions.get(id).is_some_and(|live| live.consults < IN_A_ROW && !live.is_overdue)
    }

    /// Whether a session waits for an answer, and is not to be decided about meanwhile.
    pub(super) fn is_consulting(&self, id: SessionId) -> bool {
        self.sessions.get(id).is_some_and(|live| live.consulting.is_some() && !live.is_overdue)
    }

    /// How long a question may take of which a plugin says how long, and when it counts as lost.
    pub(in crate::centre) fn time_to_ask(&self, wanted_ms: u32) -> (u32, Timestamp) {
        let timeout_ms = wanted_ms.clamp(LEAST_MS, self.settings.limits.consult_ms.max(LEAST_MS));
        (timeout_ms, self.now.plus_ms(u64::from(timeout_ms) + MARGIN_MS))
    }

    /// A rule asks the world about a session.
    pub(super) fn consult(&mut self, chain: &mut Chain, id: SessionId, place: usize, mut consultation: Consultation) {
        let (bytes, most) = (consultation.request.body.len(), self.settings.limits.consult_bytes);
        if bytes > most {
            let text = format!("consults with a body of {bytes} bytes; at most {most} are allowed");
            chain.report(&mut self.outbox, place, GuestFailure::Contract(text));
            return self.hold(chain, id, "a rule asks elsewhere with too many words".to_owned(), None);
        }
        let until;
        (consultation.timeout_ms, until) = self.time_to_ask(consultation.timeout_ms);
        let rule = chain.rules().nth(place).map_or_else(String::new, |rule| rule.name.to_owned());
        self.note_waiting(chain, id, format!("rule {rule} asks elsewhere"), None, true);
        let Some(live) = self.sessions.get_mut(id) else { return };
        live.consults += 1;
        live.questions += 1;
        let question = Question { session: id, number: live.questions, asker: Asker::Rule, rule, consultation };
        live.consulting = Some(Consulting { question: question.clone(), lane: chain.lane(), place, until });
        self.session_changed(id);
        if let Some(endpoint) = self.consultant {
            self.effect(Effect::Consult(endpoint, question));
        }
    }

    /// An answer has come; one to another question than the present is nobody's.
    pub(in crate::centre) fn consulted(&mut self, consulted: &Consulted) {
        if self.dialog_fetched(consulted.session, consulted.number, consulted.reply.clone()) {
            return;
        }
        let is_present = |question: &Question| question.number == consulted.number;
        let live = self.sessions.get(consulted.session);
        if live.and_then(|live| live.consulting.as_ref()).is_some_and(|consulting| is_present(&consulting.question)) {
            self.end_consultation(consulted.session, consulted.reply.clone());
        }
    }

    /// No answer has come in time.
    pub(in crate::centre) fn consultation_due(&mut self, id: SessionId) {
        let until = self.sessions.get(id).and_then(|live| live.consulting.as_ref()).map(|consulting| consulting.until);
        if until.is_some_and(|until| until <= self.now) {
            self.end_consultation(id, Err(Failure::new("timeout", "no answer came in time")));
        }
    }

    /// A session waits no more for an answer to a rule of this chain.
    pub(super) fn drop_consultation(&mut self, id: SessionId, of: Lane) {
        let Some(live) = self.sessions.get_mut(id) else { return };
        if live.consulting.as_ref().is_some_and(|consulting| consulting.lane == of) {
            live.consulting = None;
            live.consults = 0;
            self.session_changed(id);
        }
    }

    fn end_consultation(&mut self, id: SessionId, reply: Result<HttpResponse, Failure>) {
        let Some(live) = self.sessions.get_mut(id) else { return };
        let Some(Consulting { question, lane, place, .. }) = live.consulting.take() else { return };
        let pool = self.queues.pool(&live.record.queue).map(str::to_owned);
        if let Some((pool, mut lanes)) = pool.and_then(|pool| self.chains.remove_entry(&pool)) {
            // As in a pass, what became of sessions before that they are gone.
            self.teach(&pool, &mut lanes);
            self.feed(&pool, &mut lanes);
            let reference = question.consultation.reference;
            if let Some(chain) = lanes.get_mut(lane) {
                chain.consulted(&mut self.outbox, self.now, place, session_ref(id), reference, reply);
            }
            self.put_back(pool, lanes);
        }
        self.session_changed(id);
        self.reconsider_session(id);
    }
}
