//! How a session leaves its dialog.
//!
//! Invariant: a session that leaves waits in a queue, is with another dialog, or is over; never nowhere.

use super::check::queue_meant;
use crate::centre::noted::Instead;
use crate::centre::session::Ending;
use crate::centre::{Centre, phrases};
use crate::model::SessionId;
use crate::model::dialog::{Event, Fetched, Origin, Talk};
use crate::model::settings::Fallback;
use crate::model::{Failure, Timestamp};

/// How the reason of a session begins that a dialog has ended; the dialog's name follows.
pub const ENDED_BY_DIALOG: &str = "ended by the dialog";

/// What is due of a conversation.
enum Due {
    /// No answer has come to a request.
    Fetch(u32),
    /// The transcript was not read.
    Recount(u32),
    Timer(u32),
    Silence,
}

impl Centre {
    /// The dialog has the session no more; the caller gives it another state.
    pub(in crate::centre) fn end_talk(&mut self, id: SessionId) -> Option<Talk> {
        self.sessions.get_mut(id)?.record.talk.take().map(|talk| *talk)
    }

    /// It waits in a queue: for the first time, or again with the time it had.
    pub(super) fn leave_for_queue(&mut self, id: SessionId, name: &str, raised: i32) {
        let Some(live) = self.sessions.get(id) else { return };
        let name = queue_meant(&live.record, name).to_owned();
        let Some(queue) = self.queues.get(&name) else {
            return self.end_session(id, &Ending::new("the queue was removed", phrases::QUEUE_CLOSED));
        };
        if queue.waiting.len() >= queue.settings.max_waiting as usize {
            let text = phrases::queue_full(&queue.settings.label);
            return self.end_session(id, &Ending::new("its queue is full", text));
        }
        let priority = queue.settings.priority;
        let Some(talk) = self.end_talk(id) else { return };
        self.change_queue(id, &name);
        if let Some(live) = self.sessions.get_mut(id) {
            live.record.raised = raised;
            live.record.priority = priority.saturating_add(live.record.own_priority());
        }
        match talk.origin {
            Origin::Arrival => self.start_waiting_in_time(id),
            Origin::Queue | Origin::Agent => self.join_queue(id),
        }
    }

    /// The dialog ends it.
    pub(super) fn leave_for_good(&mut self, id: SessionId, text: &str) {
        let dialog = self.sessions.get(id).and_then(|live| live.record.talk.as_deref());
        let reason = format!("{ENDED_BY_DIALOG} {}", dialog.map_or("", |talk| talk.dialog.as_str()));
        if !text.is_empty() {
            self.say_of_dialog(id, text.to_owned());
        }
        self.end_session(id, &Ending::new(reason, ""));
    }

    /// The dialog can't go on with it.
    pub(in crate::centre) fn fall_back(&mut self, id: SessionId, why: &str) {
        let Some(talk) = self.sessions.get(id).and_then(|live| live.record.talk.as_deref()) else { return };
        let fallback = self.dialog(&talk.dialog).map(|dialog| dialog.fallback).unwrap_or_default();
        let instead = if fallback == Fallback::Close { Instead::End } else { Instead::Queue };
        let dialog = talk.dialog.clone();
        self.note_unspoken(id, &dialog, why, instead);
        match fallback {
            Fallback::Queue => {
                self.append_from_centre(id, phrases::PASSED);
                self.leave_for_queue(id, "", 0);
            }
            Fallback::Close => {
                let reason = format!("dialog {dialog}: {why}");
                self.end_session(id, &Ending::new(reason, phrases::DIALOG_OVER));
            }
        }
    }

    /// Something of a conversation is due: one thing after the other.
    pub(in crate::centre) fn talk_due(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get_mut(id) else { return };
        if let Some(turned) = live.turned.take() {
            return self.tell_dialog(id, Event::Turned(turned.as_str().to_owned()));
        }
        let is_away = live.record.customer_lost_at.is_some();
        let Some(talk) = live.record.talk.as_deref_mut() else { return };
        let silence_ms = self.settings.dialog(&talk.dialog).map_or(0, |dialog| dialog.silence_ms);
        match talk.due(self.now, silence_ms, is_away) {
            Some(Due::Fetch(number)) => {
                self.dialog_fetched(id, number, Err(no_answer()));
            }
            Some(Due::Recount(number)) => self.recounted(id, number, Err(no_answer())),
            Some(Due::Timer(timer)) => {
                talk.timers.remove(&timer);
                self.tell_dialog(id, Event::Timer(timer));
            }
            Some(Due::Silence) => {
                self.fall_back(id, &format!("the customer has said nothing for {} s", silence_ms / 1000));
            }
            None => self.session_changed(id),
        }
    }

    /// An answer to a dialog's request. Answers whether it was one.
    pub(in crate::centre) fn dialog_fetched(
        &mut self,
        id: SessionId,
        number: u32,
        reply: Result<crate::model::HttpResponse, Failure>,
    ) -> bool {
        let talk = self.sessions.get_mut(id).and_then(|live| live.record.talk.as_deref_mut());
        let Some(talk) = talk else { return false };
        let Some(place) = talk.fetches.iter().position(|fetch| fetch.number == number) else { return false };
        let reference = talk.fetches.remove(place).fetching.reference;
        self.tell_dialog(id, Event::Fetched(Fetched { reference, reply }));
        true
    }
}

fn no_answer() -> Failure {
    Failure::new("timeout", "no answer came in time")
}

impl Talk {
    /// The highest number among its questions that have no answer; zero where there is none.
    pub(in crate::centre) fn last_question(&self) -> u32 {
        let fetches = self.fetches.iter().map(|fetch| fetch.number);
        fetches.chain(self.recounts.iter().map(|recount| recount.number)).max().unwrap_or(0)
    }

    /// What is due first. Nobody is reminded or given up who is away: the centre waits for customers who drop.
    fn due(&self, now: Timestamp, silence_ms: u64, is_away: bool) -> Option<Due> {
        let fetch = self.fetches.iter().map(|fetch| (fetch.until, Due::Fetch(fetch.number)));
        let recount = self.recounts.iter().map(|recount| (recount.until, Due::Recount(recount.number)));
        let timer = self.timers.iter().map(|(id, at)| (*at, Due::Timer(*id)));
        let silence = std::iter::once((self.heard_at.plus_ms(silence_ms), Due::Silence));
        let of_person = timer.chain(silence).filter(|_| !is_away);
        let all = fetch.chain(recount).chain(of_person).filter(|(at, _)| *at <= now);
        all.min_by_key(|(at, _)| *at).map(|(_, due)| due)
    }

    /// When something is due; see [`Centre::talk_due`].
    pub(in crate::centre) fn deadline(&self, silence_ms: u64, is_away: bool) -> Option<Timestamp> {
        let fetches = self.fetches.iter().map(|fetch| fetch.until);
        let recounts = self.recounts.iter().map(|recount| recount.until);
        let of_person = self.timers.values().copied().chain([self.heard_at.plus_ms(silence_ms)]);
        fetches.chain(recounts).chain(of_person.filter(|_| !is_away)).min()
    }
}
