//! After a restart, and after the operator's settings have changed.
//!
//! Invariant: whatever a crash could have lost is due again: nothing but records says what there is to do (I9).

use super::pages::Shared;
use super::session::{Ending, Return, Unoffer};
use super::{Centre, Output, phrases};
use crate::model::record::{RecordKey, State};
use crate::model::settings::{Pool, Settings};
use crate::model::{AgentName, Lane, SessionId, Timestamp};
use std::collections::BTreeSet;

impl Centre {
    /// After [`Centre::load`]: everybody is disconnected, so customers and agents of live sessions are in their grace, offers go
    /// back, timers run again. Transcripts, offers and presence then follow as the endpoints open and people come.
    pub fn resume(&mut self, now: Timestamp) -> Output {
        let outage_ms = now.since_ms(self.now);
        self.now = now.max(self.now);
        self.recall_waits(outage_ms);
        let sessions: Vec<SessionId> = self.sessions.ids().collect();
        for id in sessions {
            self.resume_session(id);
        }
        self.all_is_found();
        for reference in self.agents.references() {
            let Some(agent) = self.agents.get(reference) else { continue };
            if agent.duty.idle_since == Timestamp::default() {
                self.outbox.touch(RecordKey::Agent(agent.profile.name.clone()));
            }
            self.refresh_agent(reference);
        }
        self.do_what_is_due();
        self.finish()
    }

    fn resume_session(&mut self, id: SessionId) {
        let now = self.now;
        let Some(live) = self.sessions.get_mut(id) else { return };
        live.seen_at = now;
        let has_contact = live.record.request.is_none();
        if has_contact && live.is_live() {
            live.record.customer_lost_at.get_or_insert(now);
        }
        if !live.record.passed_over.is_empty() {
            live.retry_at = Some(now);
        }
        if let Some(owner) = live.record.owner.as_mut().filter(|_| has_contact && live.record.state == State::Active) {
            owner.lost_at.get_or_insert(now);
        }
        for joined in live.record.joined.iter_mut().filter(|_| live.record.state.is_live()) {
            joined.lost_at.get_or_insert(now);
        }
        let state = live.record.state;
        let queue_is_gone = self.queues.get(&live.record.queue).is_none();
        let owner = live.record.owner.as_ref().map(|owner| owner.agent.clone());
        match state {
            State::Arrived { .. } | State::Waiting | State::Offered if queue_is_gone => self.close_with_queue(id),
            State::Waiting => self.join_queue(id),
            State::Offered => self.unoffer(id, Unoffer::Withdrawn(phrases::YOU_LEFT)),
            State::Active | State::Wrapping { .. } if owner.as_ref().is_some_and(|name| self.is_unknown(name)) => {
                self.take_back(id, Return::AgentRemoved);
            }
            State::Active => self.drop_transfer(id),
            State::Automated => self.talk_goes_on(id),
            State::Closed { .. } => self.forget_when_delivered(id),
            State::Arrived { .. } | State::Wrapping { .. } => {}
        }
        self.unknown_leave(id);
        self.session_changed(id);
    }

    /// Agents who had joined and have no account any more.
    fn unknown_leave(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get(id) else { return };
        let joined = live.record.joined.iter().map(|joined| &joined.agent);
        let unknown: Vec<AgentName> = joined.filter(|name| self.is_unknown(name)).cloned().collect();
        for name in unknown {
            self.leave(id, &name);
        }
    }

    fn is_unknown(&self, agent: &AgentName) -> bool {
        self.agents.reference(agent).is_none()
    }

    fn close_with_queue(&mut self, id: SessionId) {
        self.end_session(id, &Ending::new("the queue was removed", phrases::QUEUE_CLOSED));
    }

    /// A session stays with its dialog, if that is still there.
    fn talk_goes_on(&mut self, id: SessionId) {
        let talk = self.sessions.get(id).and_then(|live| live.record.talk.as_deref());
        let Some(name) = talk.map(|talk| talk.dialog.clone()) else { return };
        if let Err(why) = self.may_talk(&name) {
            self.fall_back(id, &why);
        }
    }

    /// The operator's settings have changed. Sessions that wait in a queue which is no more end; those with an agent or a dialog go on.
    pub(super) fn settings_changed(&mut self, settings: &Settings) {
        let waiting: Vec<SessionId> =
            self.sessions.all().filter(|live| live.is_waiting()).map(|live| live.record.id).collect();
        for id in &waiting {
            self.leave_queue(*id);
        }
        let agents = self.agents.references();
        for reference in &agents {
            self.displace_agent(*reference);
        }
        self.forget_trials(settings);
        let quarantines = self.quarantines();
        self.settings = Shared::new(settings.clone());
        for reference in &agents {
            if let Some(agent) = self.agents.get_mut(*reference) {
                agent.note_overhang(&self.settings);
            }
        }
        self.links = Shared::new(super::link::Links::new(settings));
        self.publish_links();
        self.queues.replace(settings);
        self.pools.replace(settings);
        self.rechain(settings);
        self.dialogs.replace(std::mem::take(&mut self.staged_dialogs));
        self.give_up_quarantines(quarantines);
        self.forget_waits();
        let queues = &self.queues;
        self.estimates.keep_only(|queue| queues.get(queue).is_some());
        for reference in &agents {
            self.refresh_agent(*reference);
            self.agent_watches_again(*reference);
        }
        self.sessions_go_on();
        for id in waiting {
            self.wait_under_new_settings(id);
        }
        self.advertise_again();
    }

    /// Each pool has the rules that the settings name for it.
    fn rechain(&mut self, settings: &Settings) {
        let mut chains = super::matching::chains(settings, super::Components::new());
        let mut staged = std::mem::take(&mut self.staged);
        for pool in &settings.pools {
            let Some(lanes) = chains.get_mut(&pool.name) else { continue };
            if let Some(kept) = self.chains.remove(&pool.name) {
                *lanes = kept;
            }
            let taken = |lane: Lane, rule: &str| staged.remove(&(pool.name.clone(), lane, rule.to_owned()));
            lanes.rearrange(pool, &settings.limits, taken);
        }
        self.chains = chains;
    }

    /// What was counted of candidates counts no more where the rules of a chain are others.
    fn forget_trials(&mut self, settings: &Settings) {
        let rules = |pool: &Pool| pool.chains().map(|(lane, rules)| (lane, rules.to_vec())).collect::<Vec<_>>();
        let before = &self.settings.pools;
        let is_same = |pool: &&Pool| before.iter().any(|old| old.name == pool.name && rules(old) == rules(pool));
        let same: BTreeSet<&str> = settings.pools.iter().filter(is_same).map(|pool| pool.name.as_str()).collect();
        self.trials.retain(|pool| same.contains(pool));
    }

    fn sessions_go_on(&mut self) {
        let ids: Vec<SessionId> = self.sessions.ids().collect();
        for id in ids {
            let Some(live) = self.sessions.get(id) else { continue };
            let is_gone = self.queues.get(&live.record.queue).is_none();
            if is_gone && matches!(live.record.state, State::Arrived { .. } | State::Waiting | State::Offered) {
                self.close_with_queue(id);
            } else {
                self.session_changed(id);
                self.seek_again(id);
                self.talk_goes_on(id);
            }
        }
    }

    fn wait_under_new_settings(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get_mut(id).filter(|live| live.is_waiting()) else { return };
        if let Some(queue) = self.queues.get(&live.record.queue) {
            live.record.priority = queue.settings.priority.saturating_add(live.record.own_priority());
        }
        // Where the hold has lasted too long under these settings too, it is found out at once.
        live.is_overdue = false;
        self.join_queue(id);
    }
}
