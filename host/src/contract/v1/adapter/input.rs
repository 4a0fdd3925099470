//! What an endpoint is given.

use super::{copied, wit};
use crate::model::adapter;

impl From<&adapter::Tls> for wit::Tls {
    fn from(t: &adapter::Tls) -> Self {
        Self {
            version: t.version.clone(),
            server_name: t.server_name.clone(),
            client_identity: t.client_identity.clone(),
            exporter: t.exporter.clone(),
        }
    }
}

impl From<&adapter::Opening> for wit::Opening {
    fn from(o: &adapter::Opening) -> Self {
        Self {
            channel: o.channel,
            transport: o.transport.clone(),
            direction: o.direction.clone(),
            dial: o.dial,
            local: o.local.clone(),
            remote: o.remote.clone(),
            tls: o.tls.as_ref().map(Into::into),
            attributes: copied(&o.attributes),
        }
    }
}

impl From<&adapter::Chunk> for wit::Chunk {
    fn from(c: &adapter::Chunk) -> Self {
        Self { channel: c.channel, data: c.data.clone(), text: c.text }
    }
}

impl From<&adapter::Datagram> for wit::Datagram {
    fn from(d: &adapter::Datagram) -> Self {
        Self { channel: d.channel, remote: d.remote.clone(), data: d.data.clone() }
    }
}

impl From<&adapter::Asked> for wit::Asked {
    fn from(a: &adapter::Asked) -> Self {
        Self { channel: a.channel, ref_: a.reference, remote: a.remote.clone(), request: (&a.request).into() }
    }
}

impl From<&adapter::Replied> for wit::Replied {
    fn from(r: &adapter::Replied) -> Self {
        let reply = match &r.reply {
            Ok(response) => Ok(response.into()),
            Err(failure) => Err(failure.into()),
        };
        Self { ref_: r.reference, reply }
    }
}

impl From<&adapter::Principal> for wit::Principal {
    fn from(p: &adapter::Principal) -> Self {
        Self {
            alias: p.alias.as_str().to_owned(),
            kind: p.kind.clone(),
            data: p.data.clone(),
            attributes: copied(&p.attributes),
        }
    }
}

impl From<&adapter::Proof> for wit::Proof {
    fn from(p: &adapter::Proof) -> Self {
        let step = match &p.step {
            adapter::ProofStep::Challenge(data) => wit::ProofStep::Challenge(data.clone()),
            adapter::ProofStep::Success(principal) => wit::ProofStep::Success(principal.into()),
            adapter::ProofStep::Response(data) => wit::ProofStep::Response(data.clone()),
            adapter::ProofStep::Refused(failure) => wit::ProofStep::Refused(failure.into()),
        };
        Self { ref_: p.reference, step }
    }
}

impl From<&adapter::Settlement> for wit::Settlement {
    fn from(s: &adapter::Settlement) -> Self {
        Self { ref_: s.reference, outcome: s.outcome.as_ref().map_err(Into::into).copied() }
    }
}

impl From<&adapter::Ending> for wit::Ending {
    fn from(e: &adapter::Ending) -> Self {
        Self { channel: e.channel, reason: e.reason.clone() }
    }
}

impl From<&adapter::Input> for wit::Input {
    fn from(input: &adapter::Input) -> Self {
        match input {
            adapter::Input::Opened(opening) => Self::Opened(opening.into()),
            adapter::Input::Received(chunk) => Self::Received(chunk.into()),
            adapter::Input::Datagram(datagram) => Self::Datagram(datagram.into()),
            adapter::Input::Secured(opening) => Self::Secured(opening.into()),
            adapter::Input::Asked(asked) => Self::Asked(asked.into()),
            adapter::Input::Replied(replied) => Self::Replied(replied.into()),
            adapter::Input::Proof(proof) => Self::Proof(proof.into()),
            adapter::Input::Timer(id) => Self::Timer(*id),
            adapter::Input::Settled(settlement) => Self::Settled(settlement.into()),
            adapter::Input::Command(command) => Self::Command(command.into()),
            adapter::Input::Closed(ending) => Self::Closed(ending.into()),
            adapter::Input::Skip(channel) => Self::Skip(*channel),
            adapter::Input::Other(other) => Self::Other(other.into()),
        }
    }
}
