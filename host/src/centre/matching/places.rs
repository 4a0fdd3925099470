//! Where rules stand, and how others take their places between two passes.
//!
//! Invariant: a rule that has come is asked nothing before the input that says so, so that a replay knows of it.

use super::{Chain, Lanes};
use crate::centre::{Centre, RulePlace};
use crate::model::rule::Rule;
use crate::model::{Lane, SavedState, SessionId};
use std::collections::BTreeMap;

impl Centre {
    /// Where a rule stands: pools, their chains, and its places in these.
    pub fn places_of(&self, rule: &str) -> Vec<(String, Lane, usize)> {
        let of_chain = |pool: &String, lane: Lane, chain: &Chain| {
            let places = chain.rules().enumerate().filter(|(_, standing)| standing.name == rule);
            places.map(|(place, _)| (pool.clone(), lane, place)).collect::<Vec<_>>()
        };
        let of_pool = |(pool, lanes): (&String, &Lanes)| {
            lanes.all().flat_map(|(lane, chain)| of_chain(pool, lane, chain)).collect::<Vec<_>>()
        };
        self.chains.iter().flat_map(of_pool).collect()
    }

    /// Where in one of a pool's chains a rule stands.
    pub fn place_of(&self, pool: &str, lane: Lane, rule: &str) -> Option<usize> {
        self.chains.get(pool)?.get(lane)?.rules().position(|standing| standing.name == rule)
    }

    /// Rules that the next [`Input::Settings`](crate::centre::Input::Settings) names and that are not there yet; it has to follow
    /// at once.
    pub fn stage_rules(&mut self, rules: BTreeMap<RulePlace, Box<dyn Rule>>) {
        self.staged = rules;
    }

    /// What the rule in a place remembers, for one that is to take its place. Asked of the rule between two passes; its answer decides
    /// nothing here, so it is not journaled.
    pub fn memory_of(&mut self, pool: &str, lane: Lane, place: usize) -> Option<SavedState> {
        self.chains.get_mut(pool)?.get_mut(lane)?.memory_of(place)
    }

    /// Puts another rule in a place of a pool's chain. An [`Input::RuleReplaced`](crate::centre::Input::RuleReplaced) has to follow at once,
    /// before [`Self::finish`]: until then the new one is asked nothing.
    pub fn replace_rule(&mut self, pool: &str, lane: Lane, place: usize, rule: Box<dyn Rule>) {
        if let Some(chain) = self.chains.get_mut(pool).and_then(|lanes| lanes.get_mut(lane)) {
            chain.replace(place, rule);
        }
    }

    /// A rule was replaced or rebuilt from outside.
    pub(in crate::centre) fn rule_replaced(&mut self, pool: &str, lane: Lane, place: usize) {
        let Some(chain) = self.chains.get_mut(pool).and_then(|lanes| lanes.get_mut(lane)) else { return };
        if let Some(quarantined) = chain.renewed(place) {
            self.quarantine_changed(quarantined);
        }
        self.trials.forget(pool);
        // What a shadow says changes nothing, whoever says it.
        if lane != Lane::Shadow {
            self.decide_anew(pool);
        }
    }

    /// The operator takes back a rule's quarantine.
    pub(in crate::centre) fn rule_released(&mut self, rule: &str) {
        for pool in self.pools.names() {
            let Some(lanes) = self.chains.get_mut(&pool) else { continue };
            for (lane, quarantined) in lanes.released(rule) {
                self.quarantine_changed(quarantined);
                // What a shadow says changes nothing.
                if lane != Lane::Shadow {
                    self.decide_anew(&pool);
                }
            }
        }
    }

    /// Every waiting session of a pool is decided about again.
    pub(super) fn decide_anew(&mut self, pool: &str) {
        let queues = self.pools.get(pool).map(|marks| marks.queues.clone()).unwrap_or_default();
        for queue in queues.iter().filter_map(|name| self.queues.get(name)) {
            for key in &queue.waiting {
                self.pools.session_dirty(pool, *key);
            }
        }
    }

    /// The sessions that wait in a pool's queues.
    pub(super) fn waiting_in(&self, pool: &str) -> Vec<SessionId> {
        let queues = self.pools.get(pool).into_iter().flat_map(|marks| &marks.queues);
        let waiting = queues.filter_map(|name| self.queues.get(name)).flat_map(|queue| &queue.waiting);
        waiting.map(|(_, _, id)| *id).collect()
    }
}
