//! What is done after a decision: an offer, a longer wait, a diversion, an end.
//!
//! Invariant: a session that is not offered waits, with a reason that people can be shown, or is somewhere else.

use super::Chain;
use super::chain::{Decision, Diversion, Ranked};
use super::decide::Question;
use crate::centre::Centre;
use crate::centre::queue::FreeKey;
use crate::centre::session::Ending;
use crate::model::adapter::GuestFailure;
use crate::model::dialog::Origin;
use crate::model::{Alias, SessionId, Timestamp};

/// A session is not diverted more often than this; then its rules' diversions count for nothing.
const DIVERTS: u8 = 8;

impl Centre {
    /// Does what was decided about a session. Answers whether it was offered.
    pub(super) fn carry_out(
        &mut self,
        chain: &mut Chain,
        question: &Question,
        ranked: Ranked<Decision>,
        found_by: Option<FreeKey>,
    ) -> bool {
        let id = question.id;
        if let Some(live) = self.sessions.get_mut(id).filter(|_| !matches!(ranked.decision, Decision::Consulted(_))) {
            live.consults = 0;
        }
        match ranked.decision {
            Decision::Consulted(consultation) => {
                self.consult(chain, id, ranked.emptied_by.unwrap_or_default(), consultation);
            }
            Decision::Kept(ranking) => match ranking.best() {
                Some(agent) => {
                    self.make_offer(id, agent);
                    if let Some(live) = self.sessions.get_mut(id) {
                        live.why = chain.left_out().unwrap_or_default();
                    }
                    return true;
                }
                None => self.keeps_waiting(chain, question, ranked.recheck, ranked.emptied_by, found_by),
            },
            Decision::Held(reason) => self.hold(chain, id, reason, ranked.recheck),
            Decision::Refused(text) => self.end_session(id, &Ending::new("refused by a rule", text)),
            Decision::Diverted(target) => {
                if let Err(failure) = self.divert(id, &target) {
                    self.note_refusal(&failure.to_string());
                    chain.report(&mut self.outbox, ranked.emptied_by.unwrap_or_default(), failure);
                    self.hold(chain, id, "a rule diverts it where it can't go".to_owned(), ranked.recheck);
                }
            }
        }
        false
    }

    fn keeps_waiting(
        &mut self,
        chain: &mut Chain,
        question: &Question,
        recheck: Option<Timestamp>,
        emptied_by: Option<usize>,
        found_by: Option<FreeKey>,
    ) {
        let id = question.id;
        let has_chosen = question.chosen_by == Some(chain.lane());
        if let (Some((_, agent)), Some(place)) = (found_by.filter(|_| has_chosen), emptied_by) {
            let text = format!("keeps session {id} for agent {agent} in rank-sessions, but not in rank-agents");
            chain.report(&mut self.outbox, place, GuestFailure::Contract(text));
        }
        let why = match emptied_by {
            Some(place) => format!("rule {} keeps nobody", chain.rules().nth(place).map_or("", |rule| rule.name)),
            None => "nobody is free".to_owned(),
        };
        let before = self.sessions.get(id).and_then(|live| live.record.recheck).filter(|_| found_by.is_some());
        let recheck = before.into_iter().chain(recheck).min();
        self.note_waiting(chain, id, why, recheck, false);
    }

    pub(super) fn hold(&mut self, chain: &Chain, id: SessionId, reason: String, recheck: Option<Timestamp>) {
        self.note_waiting(chain, id, reason, recheck, true);
    }

    pub(super) fn note_waiting(
        &mut self,
        chain: &Chain,
        id: SessionId,
        why: String,
        recheck: Option<Timestamp>,
        is_held: bool,
    ) {
        let now = self.now;
        let Some(live) = self.sessions.get_mut(id) else { return };
        live.why = match chain.left_out() {
            Some(left_out) => format!("{why}; {left_out}"),
            None => why,
        };
        live.is_held = is_held;
        let held_since = if is_held { live.record.held_since.or(Some(now)) } else { live.record.held_since };
        if live.record.recheck != recheck || live.record.held_since != held_since {
            live.record.recheck = recheck;
            live.record.held_since = held_since;
            self.session_changed(id);
        }
        self.note_held(id);
    }

    /// Who waits because of a rule is decided about again when an agent comes, goes or changes.
    fn note_held(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get(id) else { return };
        if live.record.held_since.is_none() && live.record.recheck.is_none() {
            return;
        }
        if let Some(pool) = self.queues.pool(&live.record.queue) {
            self.pools.session_held(pool, live.wait_key());
        }
    }

    fn divert(&mut self, id: SessionId, target: &Diversion) -> Result<(), GuestFailure> {
        let contract = |text: String| Err(GuestFailure::Contract(text));
        let name = match target {
            Diversion::Queue(name) => name.clone(),
            Diversion::Link(alias) => match self.links.get(&Alias::new(alias.clone())) {
                Some(link) => link.queue.clone(),
                None => return contract(format!("diverts to the link `{alias}`, which does not exist")),
            },
            Diversion::Dialog(name) => return self.divert_to_dialog(id, name),
        };
        let Some(queue) = self.queues.get(&name).map(|queue| queue.settings.clone()) else {
            return contract(format!("diverts to the queue `{name}`, which does not exist"));
        };
        let Some(live) = self.sessions.get(id) else { return Ok(()) };
        if live.record.queue == name {
            return contract(format!("diverts session {id} to `{name}`, where it is"));
        }
        if live.record.request.is_some() && live.record.medium != queue.medium {
            return contract(format!(
                "diverts session {id}, a request for {}, to `{name}`, which serves {}",
                live.record.medium, queue.medium
            ));
        }
        self.go_elsewhere(id, &name)?;
        if let Some(live) = self.sessions.get_mut(id) {
            live.record.recheck = None;
            live.record.queue = queue.name;
            live.record.priority = queue.priority.saturating_add(live.record.own_priority());
        }
        self.join_queue(id);
        Ok(())
    }

    fn divert_to_dialog(&mut self, id: SessionId, name: &str) -> Result<(), GuestFailure> {
        let contract = |text: String| Err(GuestFailure::Contract(text));
        if let Err(why) = self.may_talk(name) {
            return contract(format!("diverts to the dialog `{name}`: {why}"));
        }
        if self.is_request(id) {
            return contract(format!("diverts session {id}, a request of a switch, to the dialog `{name}`"));
        }
        self.go_elsewhere(id, name)?;
        self.begin_talk(id, name, Origin::Queue, Vec::new());
        Ok(())
    }

    /// A session leaves its queue for good, and is forgotten by its rules.
    fn go_elsewhere(&mut self, id: SessionId, to: &str) -> Result<(), GuestFailure> {
        if !self.counts_divert(id) {
            return Err(GuestFailure::Contract(format!("diverts session {id} to `{to}` again")));
        }
        self.leave_queue(id);
        self.forget_passed_over(id);
        self.leave_rules(id);
        Ok(())
    }

    /// Counts a diversion. Answers whether it may be.
    pub(in crate::centre) fn counts_divert(&mut self, id: SessionId) -> bool {
        let Some(live) = self.sessions.get_mut(id).filter(|live| live.diverts < DIVERTS) else { return false };
        live.diverts += 1;
        true
    }

    /// The rules that know a session forget it, because it goes elsewhere.
    pub(in crate::centre) fn leave_rules(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get_mut(id) else { return };
        let was_known = std::mem::take(&mut live.is_known);
        if let Some(pool) = self.queues.pool(live.known_in()) {
            self.pools.session_gone(pool, id, was_known);
        }
    }
}
