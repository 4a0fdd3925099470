//! Which of an agent's devices may serve a session, where its queue wants no translation between protocols.
//!
//! Invariant: a session of such a queue is offered to, and bound to, no other device (the operator's `[compatibility]` says which).

use super::Centre;
use super::device::{Device, DeviceId};
use super::session::Live;
use crate::model::SessionId;
use crate::model::part::{Purpose, Transfer};
use crate::model::rule::AgentRef;

impl Centre {
    /// Whether a session may be served on a device.
    pub(super) fn may_serve_on(&self, device: DeviceId, session: SessionId) -> bool {
        let Some(live) = self.sessions.get(session) else { return true };
        !live.record.own_software || self.speaks_on(device, live)
    }

    /// Whether a session may be taken on a device that it is offered on: where it is to be transferred to, or else as it is served.
    pub(super) fn may_take_on(&self, device: DeviceId, session: SessionId) -> bool {
        let Some(live) = self.sessions.get(session) else { return true };
        !self.wants_own_software(live) || self.speaks_on(device, live)
    }

    fn speaks_on(&self, device: DeviceId, live: &Live) -> bool {
        let opened = self.devices.opened(device);
        opened.is_some_and(|opened| self.settings.speaks(&opened.protocol, &live.record.protocol))
    }

    fn wants_own_software(&self, live: &Live) -> bool {
        match &live.record.transfer {
            Some(Transfer { purpose: Purpose::Invite, .. }) => false,
            Some(Transfer { queue: Some(queue), .. }) => {
                self.queues.get(queue).is_some_and(|queue| live.record.needs_own_software_in(&queue.settings))
            }
            _ => live.record.own_software,
        }
    }

    /// Whether one of an agent's open devices may take a session; a request of a switch needs none.
    pub(super) fn can_serve(&self, agent: AgentRef, session: SessionId) -> bool {
        if self.is_request(session) {
            return true;
        }
        if !self.agents.get(agent).is_some_and(|agent| agent.placement.has_device) {
            return false;
        }
        let live = self.sessions.get(session).filter(|live| self.wants_own_software(live));
        let Some(live) = live else { return true };
        let devices = self.agents.get(agent).into_iter().flat_map(|agent| &agent.devices);
        let mut open = devices.filter(|device| self.devices.get(**device).is_some_and(Device::is_open));
        open.any(|device| self.speaks_on(*device, live))
    }
}
