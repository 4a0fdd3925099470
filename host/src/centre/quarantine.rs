//! Quarantines over a restart: each is a record, written in the batch of the failure that was one too many, and deleted in the batch that
//! takes it back. What led to it (strikes, pauses, what is withheld) is not kept: whoever is in service after a restart begins anew.
//!
//! Invariant: after every batch the stored quarantines are those in force.

use super::Centre;
use super::matching::{Chain, Lanes};
use crate::model::Lane;
use crate::model::quarantine::{Quarantine, Quarantined};
use crate::model::record::RecordKey;

impl Centre {
    /// All that is out of service, by what it is.
    pub fn quarantines(&self) -> Vec<Quarantine> {
        let of_lane = |(_, chain)| Chain::quarantines(chain).collect::<Vec<_>>();
        let of_pool = |lanes| Lanes::all(lanes).flat_map(of_lane).collect::<Vec<_>>();
        let mut all: Vec<Quarantine> = self.chains.values().flat_map(of_pool).collect();
        all.extend(self.dialogs.quarantines());
        all.sort_by(|one, other| one.of.cmp(&other.of));
        all
    }

    /// What is out of service there, if it is.
    pub(super) fn quarantine(&self, of: &Quarantined) -> Option<Quarantine> {
        match of {
            Quarantined::Rule { pool, lane, rule } => {
                self.chain(pool, *lane)?.quarantines().find(|found| is_rule(found, rule))
            }
            Quarantined::Dialog(name) => self.dialogs.quarantine(name),
        }
    }

    /// A quarantine as it was stored. It is given up where another component, or nothing, is there now.
    pub(super) fn quarantined_before(&mut self, stored: Quarantine) {
        let is_taken_up = match &stored.of {
            Quarantined::Rule { pool, lane, rule } => self
                .chains
                .get_mut(pool)
                .and_then(|lanes| lanes.get_mut(*lane))
                .is_some_and(|chain| chain.quarantined_before(rule, stored.digest, &stored.out)),
            Quarantined::Dialog(name) => self.dialogs.quarantined_before(name, stored.digest, &stored.out),
        };
        if !is_taken_up {
            self.quarantine_changed(stored.of);
        }
    }

    /// Something is out of service, or not any more.
    pub(super) fn quarantine_changed(&mut self, of: Quarantined) {
        self.outbox.touch(RecordKey::Quarantine(of));
    }

    /// Those of them that are taken back since, for whatever reason, are to be stored no more.
    pub(super) fn give_up_quarantines(&mut self, before: Vec<Quarantine>) {
        for Quarantine { of, .. } in before {
            if self.quarantine(&of).is_none() {
                self.quarantine_changed(of);
            }
        }
    }

    fn chain(&self, pool: &str, lane: Lane) -> Option<&Chain> {
        self.chains.get(pool)?.get(lane)
    }
}

fn is_rule(quarantine: &Quarantine, name: &str) -> bool {
    matches!(&quarantine.of, Quarantined::Rule { rule, .. } if rule == name)
}
