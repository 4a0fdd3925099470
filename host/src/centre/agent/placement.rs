//! Where an agent stands in the queues' lists, kept up to date with standing, profile and slots.
//!
//! Invariant: the lists of every queue hold exactly what the placements say; only [`Centre::refresh_agent`] changes either.

use super::{Agent, Standing};
use crate::centre::Centre;
use crate::centre::device::Device;
use crate::model::Timestamp;
use crate::model::rule::AgentRef;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in crate::centre) struct Placement {
    pub(in crate::centre) standing: Standing,
    /// Queues in which the agent is counted.
    pub(in crate::centre) serves: Vec<String>,
    /// Queues in which the agent could take a session now.
    pub(in crate::centre) free_in: Vec<String>,
    /// Whether a device takes sessions: without one only requests can be given.
    pub(in crate::centre) has_device: bool,
    /// The agent's place among the free ones.
    pub(in crate::centre) idle_since: Timestamp,
    /// What the agent's open devices speak.
    pub(in crate::centre) protocols: BTreeSet<String>,
}

impl Placement {
    /// Whether the agent comes, goes, or is here by other devices.
    fn stands_otherwise(&self, other: &Self) -> bool {
        let how = |placement: &Self| (placement.standing, placement.has_device);
        how(self) != how(other) || self.protocols != other.protocols
    }
}

impl Centre {
    /// An agent's devices, duty, profile or slots have changed.
    pub(in crate::centre) fn refresh_agent(&mut self, reference: AgentRef) {
        let Some(agent) = self.agents.get(reference) else { return };
        let placement = self.placement(agent);
        self.place(reference, &placement);
        self.count_slots(reference);
        let Some(agent) = self.agents.get(reference) else { return };
        for queue in &agent.placement.serves {
            if let Some(pool) = self.queues.pool(queue) {
                self.pools.agent_changed(pool, reference);
            }
        }
    }

    /// Takes an agent out of all lists.
    pub(in crate::centre) fn displace_agent(&mut self, reference: AgentRef) {
        self.place(reference, &Placement::default());
        self.count_slots(reference);
    }

    fn placement(&self, agent: &Agent) -> Placement {
        let (standing, has_device) = self.standing(agent);
        let mut serves: Vec<String> = Vec::new();
        for queue in agent.profile.queues.iter().filter(|queue| self.queues.get(queue).is_some()) {
            if !serves.contains(queue) {
                serves.push(queue.clone());
            }
        }
        let is_free = |queue: &&String| {
            let medium = self.queues.get(queue).map(|queue| queue.settings.medium.as_str());
            standing == Standing::Available && medium.is_some_and(|medium| agent.has_slot(medium, &self.settings))
        };
        let free_in = serves.iter().filter(is_free).cloned().collect();
        let open = agent.devices.iter().filter(|id| self.devices.get(**id).is_some_and(Device::is_open));
        let protocols = open.filter_map(|id| self.devices.opened(*id)).map(|opened| opened.protocol.clone()).collect();
        Placement { standing, serves, free_in, has_device, idle_since: agent.duty.idle_since, protocols }
    }

    /// By devices and by what a switch has said, and whether a device takes sessions.
    fn standing(&self, agent: &Agent) -> (Standing, bool) {
        let (mut open, mut available) = (agent.duty.at_switch, false);
        for device in agent.devices.iter().filter_map(|device| self.devices.get(*device)) {
            open |= device.is_open();
            available |= device.is_available();
        }
        let takes = (available || agent.duty.at_switch) && agent.duty.away.is_none();
        let standing = match (open, takes) {
            (false, _) => Standing::OffDuty,
            (true, false) => Standing::Away,
            (true, true) => Standing::Available,
        };
        (standing, available)
    }

    fn place(&mut self, reference: AgentRef, new: &Placement) {
        let now = self.now;
        let Some(agent) = self.agents.get_mut(reference) else { return };
        if agent.placement == *new {
            return;
        }
        let old = std::mem::replace(&mut agent.placement, new.clone());
        if old.standing != new.standing {
            agent.since = now;
        }
        if old.stands_otherwise(new) {
            let name = agent.profile.name.clone();
            self.note_standing(&name, new);
        }
        self.count_agent(&old, false);
        self.count_agent(new, true);
        self.list_agent(reference, &old, new);
        self.set_memberships(reference, &old, new);
        for queue in old.serves.iter().chain(&new.serves) {
            self.queue_changed(queue);
            if let Some(pool) = self.queues.pool(queue).filter(|_| old.standing != new.standing) {
                self.pools.look_again(pool);
            }
        }
        for queue in old.serves.iter().filter(|_| old.standing != Standing::OffDuty) {
            self.reconsider_deserted(queue);
        }
    }

    /// Where the last agent of a queue has gone, all who wait there are decided about again: rules may send them elsewhere now.
    fn reconsider_deserted(&mut self, name: &str) {
        let Some(queue) = self.queues.get(name).filter(|queue| queue.on_duty == 0) else { return };
        for key in &queue.waiting {
            self.pools.session_held(&queue.settings.pool, *key);
        }
        self.pools.look_again(&queue.settings.pool);
    }

    fn count_agent(&mut self, placement: &Placement, add: bool) {
        let step = |count: &mut u32| *count = if add { *count + 1 } else { count.saturating_sub(1) };
        for name in &placement.serves {
            let Some(queue) = self.queues.get_mut(name) else { continue };
            if placement.standing != Standing::OffDuty {
                step(&mut queue.on_duty);
            }
            if placement.standing == Standing::Available {
                step(&mut queue.available);
            }
        }
    }

    fn set_memberships(&mut self, reference: AgentRef, old: &Placement, new: &Placement) {
        if old.serves == new.serves {
            return;
        }
        let pools = |placement: &Placement| -> BTreeSet<String> {
            placement.serves.iter().filter_map(|queue| self.queues.pool(queue)).map(str::to_owned).collect()
        };
        let (before, after) = (pools(old), pools(new));
        for pool in before.difference(&after) {
            self.pools.member_left(pool, reference);
        }
        for pool in &after {
            self.pools.member_joined(pool, reference);
        }
    }

    fn list_agent(&mut self, reference: AgentRef, old: &Placement, new: &Placement) {
        for name in &old.free_in {
            if let Some(queue) = self.queues.get_mut(name) {
                queue.free.remove(&(old.idle_since, reference));
            }
        }
        for name in &new.free_in {
            if let Some(queue) = self.queues.get_mut(name) {
                queue.free.insert((new.idle_since, reference));
            }
        }
        for name in old.serves.iter().chain(&new.serves) {
            let Some(pool) = self.queues.pool(name).map(str::to_owned) else { continue };
            let was_dirty = self.pools.agent_moved(&pool, (old.idle_since, reference), (new.idle_since, reference));
            let is_free = new.free_in.iter().any(|free| self.queues.pool(free) == Some(&pool));
            let was_free = old.free_in.contains(name) && (old.has_device || !new.has_device);
            let newly = new.free_in.contains(name) && (!was_free || old.protocols != new.protocols);
            if is_free && (was_dirty || newly) {
                self.pools.agent_dirty(&pool, (new.idle_since, reference));
            }
        }
    }
}
