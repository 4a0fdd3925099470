//! Which of an agent's devices may serve a session, where its queue wants no translation between protocols.
//!
//! Invariant: a session of such a queue is offered to, and bound to, no other device (the operator's `[compatibility]` says which).

use super::Centre;
use super::device::{Device, DeviceId};
use crate::model::SessionId;
use crate::model::rule::AgentRef;

impl Centre {
    /// Whether a session may be served on a device.
    pub(super) fn may_serve_on(&self, device: DeviceId, session: SessionId) -> bool {
        let Some(live) = self.sessions.get(session).filter(|live| live.record.own_software) else { return true };
        let opened = self.devices.opened(device);
        opened.is_some_and(|opened| self.settings.speaks(&opened.protocol, &live.record.protocol))
    }

    /// Whether one of an agent's open devices may serve a session.
    pub(super) fn can_serve(&self, agent: AgentRef, session: SessionId) -> bool {
        let Some(live) = self.sessions.get(session).filter(|live| live.record.own_software) else { return true };
        let devices = self.agents.get(agent).into_iter().flat_map(|agent| &agent.devices);
        let mut open = devices.filter(|device| self.devices.get(**device).is_some_and(Device::is_open));
        open.any(|device| self.may_serve_on(*device, live.record.id))
    }
}
