//! One matching pass.
//!
//! Invariant: a pass makes at least one decision if anything is marked, and no more calls than the limit and one decision.

use super::chain::{Decision, Diversion, Ranked};
use super::marks::Progress;
use super::{Chain, Concluded};
use crate::centre::Centre;
use crate::centre::queue::{FreeKey, WaitKey};
use crate::centre::session::Ending;
use crate::model::adapter::GuestFailure;
use crate::model::rule::{AgentRef, Rule, SessionRef, session_ref};
use crate::model::{Alias, SavedState, SessionId, Timestamp};
use std::collections::BTreeMap;

/// A session is not diverted more often than this; then its rules' diversions count for nothing.
const DIVERTS: u8 = 8;

/// What looking at one thing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// An offer was made.
    Offered,
    /// Nothing to offer.
    Nothing,
    /// The pass's calls are used up.
    Exhausted,
}

/// A decision about one session.
struct Question {
    id: SessionId,
    /// The agent who found it; absent: all who are free are asked.
    found_by: Option<FreeKey>,
}

impl Centre {
    /// Runs a bounded pass over every pool that has something marked.
    pub(in crate::centre) fn match_pools(&mut self) {
        for pool in self.pools.busy() {
            let Some(marks) = self.pools.get_mut(&pool).filter(|marks| marks.has_work()) else { continue };
            marks.mark_held();
            let Some(mut chain) = self.chains.remove(&pool) else { continue };
            chain.calls = 0;
            self.teach(&pool, &mut chain);
            if self.serve_transfers(&pool, &mut chain) && self.serve_agents(&pool, &mut chain) != Step::Exhausted {
                self.serve_sessions(&pool, &mut chain);
            }
            self.put_back(pool, chain);
        }
    }

    /// A pool's chain after its rules were called. Where one was quarantined, its noes count no more.
    pub(super) fn put_back(&mut self, pool: String, mut chain: Chain) {
        if chain.has_lost_a_rule() {
            self.decide_anew(&pool);
        }
        self.chains.insert(pool, chain);
    }

    pub(super) fn is_exhausted(&self, chain: &Chain) -> bool {
        chain.calls >= self.settings.limits.matching_calls
    }

    fn serve_agents(&mut self, pool: &str, chain: &mut Chain) -> Step {
        while let Some(key) = self.pools.get(pool).and_then(|marks| marks.agents.keys().next().copied()) {
            if self.serve_agent(pool, chain, key) == Step::Exhausted {
                return Step::Exhausted;
            }
        }
        Step::Nothing
    }

    /// Offers sessions to one agent, until there is none for the agent or no slot. Then the agent is not marked any more.
    fn serve_agent(&mut self, pool: &str, chain: &mut Chain, key: FreeKey) -> Step {
        let queues = self.free_queues(pool, key.1);
        let mut step = self.serve_overdue(pool, chain, key, &queues);
        while step == Step::Nothing {
            let position = self.progress(pool, key).and_then(|progress| progress.window);
            let size = if chain.is_empty() { 1 } else { self.settings.limits.matching_window };
            let window = self.queues.window(&queues, position, size);
            let Some(last) = window.last().copied() else { break };
            step = self.serve_from_window(pool, chain, key, &window);
            if let Some(progress) = self.progress(pool, key).filter(|_| step == Step::Nothing) {
                progress.window = Some(last);
            }
        }
        if step == Step::Nothing
            && let Some(marks) = self.pools.get_mut(pool)
        {
            marks.agents.remove(&key);
        }
        step
    }

    fn progress(&mut self, pool: &str, key: FreeKey) -> Option<&mut Progress> {
        self.pools.get_mut(pool)?.agents.get_mut(&key)
    }

    fn free_queues(&self, pool: &str, agent: AgentRef) -> Vec<String> {
        let free_in = self.agents.get(agent).map(|agent| agent.placement.free_in.as_slice()).unwrap_or_default();
        free_in.iter().filter(|name| self.queues.pool(name) == Some(pool)).cloned().collect()
    }

    /// Sessions whose hold is over come first, in the built-in order.
    fn serve_overdue(&mut self, pool: &str, chain: &mut Chain, key: FreeKey, queues: &[String]) -> Step {
        loop {
            let behind = self.progress(pool, key).and_then(|progress| progress.overdue);
            let Some(overdue) = self.queues.first_overdue(queues, behind) else { return Step::Nothing };
            if self.is_exhausted(chain) {
                return Step::Exhausted;
            }
            chain.calls += 1;
            if let Some(progress) = self.progress(pool, key) {
                progress.overdue = Some(overdue);
            }
            if self.may_be_shown(key.1, overdue.2)
                && self.decide(pool, chain, &Question { id: overdue.2, found_by: Some(key) })
            {
                return Step::Offered;
            }
        }
    }

    fn may_be_shown(&self, agent: AgentRef, session: SessionId) -> bool {
        let has_passed = self.agents.get(agent).is_some_and(|agent| agent.passed.contains(&session));
        !has_passed && self.can_serve(agent, session)
    }

    fn serve_from_window(&mut self, pool: &str, chain: &mut Chain, key: FreeKey, window: &[WaitKey]) -> Step {
        if self.is_exhausted(chain) {
            return Step::Exhausted;
        }
        chain.calls += 1;
        let asked: Vec<&WaitKey> = window.iter().filter(|waiting| self.may_be_shown(key.1, waiting.2)).collect();
        let sessions: Vec<SessionRef> = asked.iter().map(|waiting| session_ref(waiting.2)).collect();
        self.feed(pool, chain);
        let ranked = chain.rank_sessions(&mut self.outbox, self.now, key.1, &sessions);
        self.keep_agent_recheck(key.1, ranked.recheck);
        let ids: BTreeMap<SessionRef, SessionId> =
            asked.iter().map(|waiting| (session_ref(waiting.2), waiting.2)).collect();
        let chosen = ranked.decision.best_first();
        self.note_choice(pool, key.1, &asked, &chosen);
        for id in chosen.into_iter().filter_map(|chosen| ids.get(&chosen).copied()) {
            if self.is_exhausted(chain) {
                return Step::Exhausted;
            }
            if self.decide(pool, chain, &Question { id, found_by: Some(key) }) {
                return Step::Offered;
            }
        }
        Step::Nothing
    }

    fn keep_agent_recheck(&mut self, agent: AgentRef, recheck: Option<Timestamp>) {
        let before = self.agents.get(agent).and_then(|agent| agent.recheck);
        if let Some(earliest) = before.into_iter().chain(recheck).min() {
            self.recheck_agent(agent, Some(earliest));
        }
    }

    fn serve_sessions(&mut self, pool: &str, chain: &mut Chain) -> Step {
        while let Some(key) = self.pools.get(pool).and_then(|marks| marks.sessions.first().copied()) {
            if self.is_exhausted(chain) {
                return Step::Exhausted;
            }
            chain.calls += 1;
            // Before the decision, which may mark the session anew.
            self.pools.session_clean(pool, key);
            self.decide(pool, chain, &Question { id: key.2, found_by: None });
        }
        Step::Nothing
    }

    /// Asks the chain about one session and does what it says. Answers whether the session was offered.
    fn decide(&mut self, pool: &str, chain: &mut Chain, question: &Question) -> bool {
        let Some(live) = self.sessions.get(question.id).filter(|live| live.is_waiting()) else { return false };
        let key = live.wait_key();
        if self.is_consulting(question.id) {
            self.pools.session_clean(pool, key);
            return false;
        }
        // One who is marked was not compared with all who are free yet; one who is not was, and only marked agents are new.
        let found_by = question.found_by.filter(|_| !self.pools.is_session_dirty(pool, key));
        if found_by.is_none() {
            self.pools.session_clean(pool, key);
        }
        let candidates = self.candidates(pool, question.id, found_by);
        let ranked = self.ask(pool, chain, question.id, &candidates, found_by);
        let is_empty = matches!(&ranked.decision, Decision::Kept(ranking) if ranking.kept.is_empty());
        if is_empty && found_by.is_none() && self.ends_round(question.id) {
            self.forget_passed_over(question.id);
            let candidates = self.candidates(pool, question.id, None);
            let ranked = self.ask(pool, chain, question.id, &candidates, None);
            return self.carry_out(chain, question.id, ranked, None);
        }
        self.carry_out(chain, question.id, ranked, found_by)
    }

    fn ask(
        &mut self,
        pool: &str,
        chain: &mut Chain,
        id: SessionId,
        candidates: &[AgentRef],
        found_by: Option<FreeKey>,
    ) -> Ranked<Decision> {
        self.feed(pool, chain);
        let is_overdue = self.sessions.get(id).is_some_and(|live| live.is_overdue);
        let may_consult = self.may_consult(id);
        let ranked =
            chain.rank_agents(&mut self.outbox, self.now, session_ref(id), candidates, is_overdue, may_consult);
        let found_by = found_by.map(|key| key.1);
        self.note_decision(pool, id, found_by, candidates, || concluded(chain, &ranked), ranked.recheck);
        ranked
    }

    /// Those who are free and have not passed the session over: all of them, or only those who are marked.
    fn candidates(&self, pool: &str, id: SessionId, found_by: Option<FreeKey>) -> Vec<AgentRef> {
        let Some(live) = self.sessions.get(id) else { return Vec::new() };
        let passed: Vec<AgentRef> =
            live.record.passed_over.iter().filter_map(|name| self.agents.reference(name)).collect();
        let Some(queue) = self.queues.get(&live.record.queue) else { return Vec::new() };
        let may = |key: &&FreeKey| !passed.contains(&key.1) && self.can_serve(key.1, id);
        if found_by.is_none() {
            queue.free.iter().filter(may).map(|key| key.1).collect()
        } else {
            let marked = self.pools.get(pool).into_iter().flat_map(|marks| marks.agents.keys());
            marked.filter(|key| queue.free.contains(key)).filter(may).map(|key| key.1).collect()
        }
    }

    /// Whether everybody who may be asked has passed the session over, and may be asked again.
    fn ends_round(&self, id: SessionId) -> bool {
        let Some(live) = self.sessions.get(id) else { return false };
        !live.record.passed_over.is_empty() && live.retry_at.is_none_or(|at| at <= self.now)
    }

    fn carry_out(
        &mut self,
        chain: &mut Chain,
        id: SessionId,
        ranked: Ranked<Decision>,
        found_by: Option<FreeKey>,
    ) -> bool {
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
                None => self.keeps_waiting(chain, id, ranked.recheck, ranked.emptied_by, found_by),
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
        id: SessionId,
        recheck: Option<Timestamp>,
        emptied_by: Option<usize>,
        found_by: Option<FreeKey>,
    ) {
        if let (Some((_, agent)), Some(place)) = (found_by, emptied_by) {
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
        };
        let Some(queue) = self.queues.get(&name).map(|queue| queue.settings.clone()) else {
            return contract(format!("diverts to the queue `{name}`, which does not exist"));
        };
        let Some(live) = self.sessions.get(id) else { return Ok(()) };
        if live.record.queue == name || live.diverts >= DIVERTS {
            return contract(format!("diverts session {id} to `{name}` again"));
        }
        if live.record.request.is_some() && live.record.medium != queue.medium {
            return contract(format!(
                "diverts session {id}, a request for {}, to `{name}`, which serves {}",
                live.record.medium, queue.medium
            ));
        }
        self.leave_queue(id);
        self.forget_passed_over(id);
        self.leave_rules(id);
        if let Some(live) = self.sessions.get_mut(id) {
            live.diverts += 1;
            live.record.recheck = None;
            live.record.queue = queue.name;
            live.record.priority = queue.priority.saturating_add(live.record.own_priority());
        }
        self.join_queue(id);
        Ok(())
    }

    /// The rules that know a session forget it, because it goes elsewhere.
    pub(in crate::centre) fn leave_rules(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get_mut(id) else { return };
        let was_known = std::mem::take(&mut live.is_known);
        if let Some(pool) = self.queues.pool(live.known_in()) {
            self.pools.session_gone(pool, id, was_known);
        }
    }

    /// Where a rule decides: pools, and its places in their chains.
    pub fn places_of(&self, rule: &str) -> Vec<(String, usize)> {
        let of_pool = |(pool, chain): (&String, &Chain)| {
            let places = chain.rules().enumerate().filter(|(_, standing)| standing.name == rule);
            places.map(|(place, _)| (pool.clone(), place)).collect::<Vec<_>>()
        };
        self.chains.iter().flat_map(of_pool).collect()
    }

    /// Where in a pool's chain a rule decides.
    pub fn place_of(&self, pool: &str, rule: &str) -> Option<usize> {
        self.chains.get(pool)?.rules().position(|standing| standing.name == rule)
    }

    /// Rules, by pool and name, that the next [`Input::Settings`](crate::centre::Input::Settings) names and that are not there yet; it has to follow
    /// at once.
    pub fn stage_rules(&mut self, rules: BTreeMap<(String, String), Box<dyn Rule>>) {
        self.staged = rules;
    }

    /// What the rule in a place remembers, for one that is to take its place. Asked of the rule between two passes; its answer decides
    /// nothing here, so it is not journaled.
    pub fn memory_of(&mut self, pool: &str, place: usize) -> Option<SavedState> {
        self.chains.get_mut(pool)?.memory_of(place)
    }

    /// Puts another rule in a place of a pool's chain. An [`Input::RuleReplaced`](crate::centre::Input::RuleReplaced) has to follow at once,
    /// before [`Self::finish`]: until then the new one is asked nothing.
    pub fn replace_rule(&mut self, pool: &str, place: usize, rule: Box<dyn Rule>) {
        if let Some(chain) = self.chains.get_mut(pool) {
            chain.replace(place, rule);
        }
    }

    /// A rule was replaced or rebuilt from outside.
    pub(in crate::centre) fn rule_replaced(&mut self, pool: &str, place: usize) {
        let Some(chain) = self.chains.get_mut(pool) else { return };
        chain.renewed(place);
        self.decide_anew(pool);
    }

    /// The operator takes back a rule's quarantine.
    pub(in crate::centre) fn rule_released(&mut self, rule: &str) {
        for pool in self.pools.names() {
            if self.chains.get_mut(&pool).is_some_and(|chain| chain.released(rule)) {
                self.decide_anew(&pool);
            }
        }
    }

    /// Every waiting session of a pool is decided about again.
    fn decide_anew(&mut self, pool: &str) {
        let queues = self.pools.get(pool).map(|marks| marks.queues.clone()).unwrap_or_default();
        for queue in queues.iter().filter_map(|name| self.queues.get(name)) {
            for key in &queue.waiting {
                self.pools.session_dirty(pool, *key);
            }
        }
    }
}

/// What is noted of a chain's answer: the best agent, or why there is none.
pub(super) fn concluded(chain: &Chain, ranked: &Ranked<Decision>) -> (Option<AgentRef>, Concluded) {
    let emptied_by = || Some(chain.rules().nth(ranked.emptied_by?)?.name.to_owned());
    match &ranked.decision {
        Decision::Kept(ranking) => (ranking.best(), Concluded::Nobody(emptied_by())),
        Decision::Held(why) => (None, Concluded::Held(why.clone())),
        Decision::Diverted(Diversion::Queue(name)) => (None, Concluded::Diverted(format!("queue {name}"))),
        Decision::Diverted(Diversion::Link(alias)) => (None, Concluded::Diverted(format!("link {alias}"))),
        Decision::Refused(text) => (None, Concluded::Refused(text.clone())),
        Decision::Consulted(asked) => (None, Concluded::Held(format!("{} is asked first", asked.request.url))),
    }
}
