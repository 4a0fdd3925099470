//! The chains of one pool: in service, canary and shadow (see [`crate::model::lane`]).
//!
//! ```text
//! canary: decides about its share ──a rule of it is quarantined──► rolled back ──released, or another component──► decides about its share
//! ```
//! Invariant: all chains are told the same, in the same order; only what they are asked differs.

use super::chain::{Chain, Standing};
use super::health::Health;
use crate::centre::outbox::Outbox;
use crate::centre::{Components, Rules};
use crate::model::lane::{Canary, is_in_share};
use crate::model::limits::Limits;
use crate::model::quarantine::{OutOfService, Quarantined};
use crate::model::record::Memory;
use crate::model::rule::{AgentRef, Change, Rule, SessionRef};
use crate::model::settings::Pool;
use crate::model::{Lane, SavedState, SessionId, Timestamp};

/// See the [module](self).
pub(in crate::centre) struct Lanes {
    pub(super) service: Chain,
    canary: Option<Chain>,
    /// Of the canary, see [`Canary::share_ppm`].
    share_ppm: u32,
    pub(super) shadow: Option<Chain>,
}

impl Lanes {
    /// The chains that the settings want, of these rules; those of other chains are left.
    pub(in crate::centre) fn new(pool: &Pool, rules: &mut Components, limits: &Limits) -> Self {
        let mut chain = |lane| {
            let rules: Rules = rules.take(&pool.name, lane);
            pool.chain(lane).map(|_| Chain::new(&pool.name, lane, rules, limits))
        };
        Self {
            service: chain(Lane::Service).unwrap_or_else(|| Chain::new(&pool.name, Lane::Service, Vec::new(), limits)),
            canary: chain(Lane::Canary),
            share_ppm: share_of(pool),
            shadow: chain(Lane::Shadow),
        }
    }

    /// Has the chains that the settings name, of rules that are here or staged: see [`Chain::rearrange`].
    pub(in crate::centre) fn rearrange(
        &mut self,
        pool: &Pool,
        limits: &Limits,
        mut staged: impl FnMut(Lane, &str) -> Option<Box<dyn Rule>>,
    ) {
        self.share_ppm = share_of(pool);
        for lane in [Lane::Canary, Lane::Shadow] {
            let place = self.place_for(lane);
            if pool.chain(lane).is_none() {
                *place = None;
            } else if place.is_none() {
                *place = Some(Chain::new(&pool.name, lane, Vec::new(), limits));
            }
        }
        for (lane, names) in pool.chains() {
            if let Some(chain) = self.get_mut(lane) {
                chain.rearrange(names, limits, |rule| staged(lane, rule));
            }
        }
    }

    fn place_for(&mut self, candidate: Lane) -> &mut Option<Chain> {
        if candidate == Lane::Shadow { &mut self.shadow } else { &mut self.canary }
    }

    pub(in crate::centre) fn get(&self, lane: Lane) -> Option<&Chain> {
        match lane {
            Lane::Service => Some(&self.service),
            Lane::Canary => self.canary.as_ref(),
            Lane::Shadow => self.shadow.as_ref(),
        }
    }

    pub(in crate::centre) fn get_mut(&mut self, lane: Lane) -> Option<&mut Chain> {
        match lane {
            Lane::Service => Some(&mut self.service),
            Lane::Canary => self.canary.as_mut(),
            Lane::Shadow => self.shadow.as_mut(),
        }
    }

    /// Every chain, in the order of lanes.
    pub(in crate::centre) fn all(&self) -> impl Iterator<Item = (Lane, &Chain)> {
        Lane::ALL.into_iter().filter_map(|lane| Some((lane, self.get(lane)?)))
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut Chain> {
        let Self { service, canary, shadow, .. } = self;
        [Some(service), canary.as_mut(), shadow.as_mut()].into_iter().flatten()
    }

    /// Every rule of every chain.
    pub(in crate::centre) fn rules(&self) -> impl Iterator<Item = (Lane, Standing<'_>)> {
        self.all().flat_map(|(lane, chain)| chain.rules().map(move |rule| (lane, rule)))
    }

    /// Which chain decides about a session.
    pub(super) fn lane_of(&self, session: SessionId) -> Lane {
        let decides = |canary: &Chain| is_in_share(session, self.share_ppm) && canary.quarantined().is_none();
        if self.canary.as_ref().is_some_and(decides) { Lane::Canary } else { Lane::Service }
    }

    /// The chain that decides there.
    pub(super) fn deciding(&mut self, lane: Lane) -> &mut Chain {
        match (lane, &mut self.canary) {
            (Lane::Canary, Some(canary)) => canary,
            _ => &mut self.service,
        }
    }

    /// Why the chain in service decides about the canary's share, too, if it does: the rule, and how it failed.
    pub(in crate::centre) fn rolled_back(&self) -> Option<(&str, &OutOfService)> {
        self.canary.as_ref()?.quarantined()
    }

    /// See [`Canary::share_ppm`].
    pub(in crate::centre) fn share_ppm(&self) -> u32 {
        self.share_ppm
    }

    /// Whether the built-in order decides alone.
    pub(in crate::centre) fn is_empty(&self) -> bool {
        self.service.is_empty() && self.canary.as_ref().is_none_or(Chain::is_empty)
    }

    /// A pass begins.
    pub(super) fn begin_pass(&mut self) {
        self.all_mut().for_each(|chain| chain.calls = 0);
    }

    /// Something is looked at, which counts as a call.
    pub(super) fn looked(&mut self) {
        self.service.calls += 1;
    }

    /// Calls of this pass that count: not those of the shadow, which has a limit of its own.
    pub(super) fn calls(&self) -> usize {
        self.service.calls + self.canary.as_ref().map_or(0, |canary| canary.calls)
    }

    /// Whether some rule has to be told everything.
    pub(super) fn needs_everything(&self, now: Timestamp) -> bool {
        self.all().any(|(_, chain)| chain.needs_everything(now))
    }

    /// See [`Chain::feed`].
    pub(super) fn feed(
        &mut self,
        outbox: &mut Outbox,
        now: Timestamp,
        changes: &[Change],
        whole: Option<&[Change]>,
        per_call: usize,
    ) {
        self.all_mut().for_each(|chain| chain.feed(outbox, now, changes, whole, per_call));
    }

    /// Tells every rule an outcome, whichever chain decided: a candidate learns from all of them.
    pub(super) fn learned(
        &mut self,
        outbox: &mut Outbox,
        now: Timestamp,
        session: SessionRef,
        agent: AgentRef,
        outcome: &str,
    ) {
        self.all_mut().for_each(|chain| chain.learned(outbox, now, session, agent, outcome));
    }

    /// See [`Chain::memorise`]; under the names that memories are stored as.
    pub(super) fn memorise(&mut self, outbox: &mut Outbox, now: Timestamp) -> Vec<String> {
        let memorised = |chain: &mut Chain| {
            let lane = chain.lane();
            chain.memorise(outbox, now).into_iter().map(move |rule| lane.stored_as(&rule)).collect::<Vec<_>>()
        };
        self.all_mut().flat_map(memorised).collect()
    }

    /// What a rule remembered before a restart.
    pub(in crate::centre) fn remember(&mut self, stored_as: &str, memory: &SavedState) {
        let (lane, rule) = Lane::of_stored(stored_as);
        if let Some(chain) = self.get_mut(lane) {
            chain.remember(rule, memory);
        }
    }

    /// What is to be stored of a rule's memory.
    pub(in crate::centre) fn memory_record(&self, pool: &str, stored_as: &str) -> Option<Memory> {
        let (lane, rule) = Lane::of_stored(stored_as);
        let state = self.get(lane)?.memory(rule)?.clone();
        Some(Memory { pool: pool.to_owned(), rule: stored_as.to_owned(), state })
    }

    /// The operator takes back the quarantine of a rule. Answers in which chains it had one.
    pub(super) fn released(&mut self, rule: &str) -> Vec<(Lane, Quarantined)> {
        self.all_mut().filter_map(|chain| Some((chain.lane(), chain.released(rule)?))).collect()
    }

    /// What is known of the rules of every chain.
    pub(in crate::centre) fn health(&self) -> Vec<(Lane, Vec<&Health>)> {
        self.all().map(|(lane, chain)| (lane, chain.health())).collect()
    }

    /// Goes on with what was known.
    pub(in crate::centre) fn set_health(&mut self, lane: Lane, known: Vec<Health>) {
        if let Some(chain) = self.get_mut(lane) {
            chain.set_health(known);
        }
    }
}

fn share_of(pool: &Pool) -> u32 {
    pool.canary.as_ref().map_or(0, |Canary { share_ppm, .. }| *share_ppm)
}
