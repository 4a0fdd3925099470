//! Who is told how long it will take: on arrival, on request, and when it has changed much.
//!
//! Nobody is told what is not known: before enough was measured, while nobody takes sessions or a rule holds the session back, only who asks
//! gets an answer, and it says so.
//!
//! Invariant: unasked, a session is told at most once in the time that the settings name, twice as seldom each time, and only what differs
//! much from what it was told.

use super::SHORT_LINE;
use crate::centre::queue::Availability;
use crate::centre::{Centre, phrases};
use crate::model::record::State;
use crate::model::{SessionId, Timestamp};
use crate::waiting::{Estimate, Standing, Told};

/// Sessions looked at in one batch; what is left is looked at with the next, at once.
const LOOKS_PER_BATCH: usize = 32;
/// A time that changes again and again is told twice as seldom each time, so often at most: after an hour with the default.
const MOST_DOUBLED: u32 = 6;
/// What a customer says to be told how long it will take. Nothing else may be said with it.
const QUESTIONS: [&str; 6] = ["how long", "how long will it take", "how much longer", "status", "wait", "waiting time"];

/// Whether a customer asks how long it will take.
pub(in crate::centre) fn is_question(text: &str) -> bool {
    let words = text.trim().trim_end_matches(['?', '!', '.', ' ']);
    QUESTIONS.iter().any(|question| question.eq_ignore_ascii_case(words))
}

impl Centre {
    /// A customer wants to know how long it will take: the answer comes when the batch ends, or the session comes into line.
    pub(in crate::centre) fn hear_question(&mut self, id: SessionId, text: &str) {
        if !self.settings.waiting_times.tell || !is_question(text) {
            return;
        }
        let now = self.now;
        let Some(live) = self.sessions.get_mut(id) else { return };
        live.asks = matches!(live.record.state, State::Arrived { .. } | State::Waiting | State::Offered);
        if live.asks && self.estimates.lines.contains_key(&id) {
            self.estimates.look_later(id, Some(now));
        }
    }

    /// At the end of a batch: looks at those whose time has come, and at the queues that have changed.
    pub(in crate::centre) fn tell_waiting_times(&mut self) {
        for _ in 0..LOOKS_PER_BATCH {
            let Some((at, id)) = self.estimates.looks.first().copied().filter(|(at, _)| *at <= self.now) else { break };
            self.estimates.looks.remove(&(at, id));
            self.look_at(id);
        }
        for queue in std::mem::take(&mut self.estimates.changed_queues) {
            self.look_at_queue(&queue);
        }
    }

    /// When a session's wait is looked at next. Sessions take turns by their numbers, so that not all come at once.
    pub(super) fn next_look(&self, id: SessionId) -> Timestamp {
        let line = self.estimates.lines.get(&id).and_then(|line| self.estimates.pools.get(&line.pool));
        let longer = line.map_or(0, |times| times.followed().0 / SHORT_LINE) as u64 + 1;
        let every_ms = self.settings.waiting_times.every_ms.max(1) * longer;
        self.now.plus_ms(every_ms + every_ms * (id.0 % 16) / 64)
    }

    fn look_at(&mut self, id: SessionId) {
        let next = self.next_look(id);
        let standing = self.standing_of(id);
        let asked = self.sessions.get_mut(id).is_some_and(|live| std::mem::take(&mut live.asks));
        let Some(line) = self.estimates.lines.get_mut(&id) else { return };
        line.look_at = None;
        line.seen = standing;
        let (told, changes) = (line.told, line.changes);
        self.estimates.look_later(id, Some(next));
        let text = match (&standing, asked) {
            (Some(standing), true) => Some(phrases::wait(standing)),
            (Some(standing), false) => self.news(id, told.map(|told| (told, changes)), standing),
            (None, true) => Some(self.unknown_wait(id)),
            (None, false) => None,
        };
        let Some(text) = text else { return };
        let told = standing.map(|standing| Told { at: self.now, estimate: standing.estimate });
        if let Some(line) = self.estimates.lines.get_mut(&id) {
            line.changes += u32::from(!asked && line.told.is_some());
            line.told = told.or(line.told);
        }
        if self.is_request(id) {
            self.requests.changed(id);
        } else {
            self.append_from_centre(id, &text);
        }
    }

    /// What a session is told without having asked.
    fn news(&self, id: SessionId, told: Option<(Told, u32)>, standing: &Standing) -> Option<String> {
        let record = &self.sessions.get(id)?.record;
        if record.state != State::Waiting || record.customer_lost_at.is_some() {
            return None;
        }
        let Some((told, changes)) = told else { return Some(phrases::wait(standing)) };
        let pause_ms = self.settings.waiting_times.every_ms << changes.min(MOST_DOUBLED);
        let is_late = told.at.plus_ms(pause_ms) <= self.now;
        let is_news = is_late && told.changed_much(self.now, &standing.estimate);
        is_news.then(|| phrases::wait_changed(&told, self.now, standing))
    }

    /// How a session stands, where that is known.
    pub(in crate::centre) fn standing_of(&self, id: SessionId) -> Option<Standing> {
        let live = self.sessions.get(id)?;
        let queue = self.queues.get(&live.record.queue)?;
        if live.is_held || queue.available == 0 || !matches!(live.record.state, State::Waiting | State::Offered) {
            return None;
        }
        self.measured_times(&queue.settings.pool)?.standing(self.now, id)
    }

    /// The answer where it is not known.
    fn unknown_wait(&self, id: SessionId) -> String {
        let Some(live) = self.sessions.get(id) else { return String::new() };
        let availability =
            self.queues.get(&live.record.queue).map_or(Availability::Nobody, crate::centre::queue::Queue::availability);
        match (live.record.state, availability) {
            (State::Offered, _) => phrases::BEING_ASKED.to_owned(),
            (_, Availability::Nobody) => phrases::NOBODY_HERE.to_owned(),
            (_, Availability::Away) => phrases::AWAY.to_owned(),
            (_, Availability::Available) => phrases::WAIT_UNKNOWN.to_owned(),
        }
    }

    /// What watchers of the queue's links are shown follows what is expected, where that has changed much.
    fn look_at_queue(&mut self, name: &str) {
        let Some(queue) = self.queues.get(name) else { return };
        let expected = self.expected_wait(queue, self.now).filter(|_| !queue.waiting.is_empty());
        let shown = self.estimates.shown.get(name);
        let is_news = match (shown, &expected) {
            (Some(shown), Some(expected)) => is_other(shown, expected, self.now),
            (None, None) => false,
            _ => true,
        };
        if !is_news {
            return;
        }
        match expected {
            Some(expected) => self.estimates.shown.insert(name.to_owned(), expected),
            None => self.estimates.shown.remove(name),
        };
    }
}

fn is_other(shown: &Estimate, expected: &Estimate, now: Timestamp) -> bool {
    Told { at: now, estimate: *shown }.changed_much(now, expected)
}
