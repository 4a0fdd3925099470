//! The rules and dialogs that a centre is given: the rules of every chain of every pool, and all dialogs.
//!
//! Invariant: a chain that nobody put anything in is empty.

use super::DialogSet;
use crate::model::Lane;
use crate::model::dialog::Dialog;
use crate::model::rule::Rule;
use std::collections::BTreeMap;

/// The rules of one chain, the most significant first.
pub type Rules = Vec<Box<dyn Rule>>;

/// See the [module](self).
#[derive(Default)]
pub struct Components {
    pools: BTreeMap<String, BTreeMap<Lane, Rules>>,
    dialogs: DialogSet,
}

impl Components {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// The rules of a pool's chain in service, in place of those before.
    pub fn insert(&mut self, pool: impl Into<String>, rules: Rules) {
        self.put(pool, Lane::Service, rules);
    }

    /// The rules of any chain of a pool, in place of those before.
    pub fn put(&mut self, pool: impl Into<String>, lane: Lane, rules: Rules) {
        self.pools.entry(pool.into()).or_default().insert(lane, rules);
    }

    /// One dialog more.
    pub fn add_dialog(&mut self, dialog: Box<dyn Dialog>) {
        self.dialogs.insert(dialog.name().to_owned(), dialog);
    }

    /// All dialogs; there are none then.
    pub fn take_dialogs(&mut self) -> DialogSet {
        std::mem::take(&mut self.dialogs)
    }

    /// The rules of a chain.
    pub fn of(&self, pool: &str, lane: Lane) -> &[Box<dyn Rule>] {
        self.pools.get(pool).and_then(|lanes| lanes.get(&lane)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The same, to be changed.
    pub fn of_mut(&mut self, pool: &str, lane: Lane) -> &mut Rules {
        self.pools.entry(pool.to_owned()).or_default().entry(lane).or_default()
    }

    /// The rules of a chain, which is empty then.
    pub fn take(&mut self, pool: &str, lane: Lane) -> Rules {
        self.pools.get_mut(pool).and_then(|lanes| lanes.remove(&lane)).unwrap_or_default()
    }

    /// Of each pool, the chain in service; candidates are dropped.
    pub fn into_service(self) -> impl Iterator<Item = (String, Rules)> {
        let service = |mut lanes: BTreeMap<Lane, Rules>| lanes.remove(&Lane::Service).unwrap_or_default();
        self.pools.into_iter().map(move |(pool, lanes)| (pool, service(lanes)))
    }

    /// Pools, and their chains.
    pub fn pools(&self) -> impl Iterator<Item = (&String, &BTreeMap<Lane, Rules>)> {
        self.pools.iter()
    }
}

impl FromIterator<(String, Rules)> for Components {
    fn from_iter<I: IntoIterator<Item = (String, Rules)>>(chains: I) -> Self {
        let mut set = Self::new();
        for (pool, rules) in chains {
            set.insert(pool, rules);
        }
        set
    }
}

impl<const N: usize> From<[(String, Rules); N]> for Components {
    fn from(chains: [(String, Rules); N]) -> Self {
        chains.into_iter().collect()
    }
}
