//! What an endpoint answers.

use super::{taken, wit};
use crate::model::{Contact, Timestamp, adapter};

impl From<wit::Chunk> for adapter::Chunk {
    fn from(c: wit::Chunk) -> Self {
        Self { channel: c.channel, data: c.data, text: c.text }
    }
}

impl From<wit::Datagram> for adapter::Datagram {
    fn from(d: wit::Datagram) -> Self {
        Self { channel: d.channel, remote: d.remote, data: d.data }
    }
}

impl From<wit::Timer> for adapter::Timer {
    fn from(t: wit::Timer) -> Self {
        Self { id: t.id, at: t.at.map(Timestamp) }
    }
}

impl From<wit::Authentication> for adapter::Authentication {
    fn from(a: wit::Authentication) -> Self {
        Self {
            reference: a.ref_,
            channel: a.channel,
            scheme: a.scheme,
            secret: a.secret,
            data: a.data,
            attributes: taken(a.attributes),
        }
    }
}

impl From<wit::Receipt> for adapter::Receipt {
    fn from(r: wit::Receipt) -> Self {
        Self { id: r.id, outcome: r.outcome.map_err(Into::into) }
    }
}

impl From<wit::Request> for adapter::Request {
    fn from(r: wit::Request) -> Self {
        Self { reference: r.ref_, request: r.request.into() }
    }
}

impl From<wit::Response> for adapter::Response {
    fn from(r: wit::Response) -> Self {
        Self { reference: r.ref_, response: r.response.into() }
    }
}

impl From<wit::Dialling> for adapter::Dialling {
    fn from(d: wit::Dialling) -> Self {
        Self { reference: d.ref_, url: d.url }
    }
}

impl From<wit::Ending> for adapter::Ending {
    fn from(e: wit::Ending) -> Self {
        Self { channel: e.channel, reason: e.reason }
    }
}

impl From<wit::Output> for adapter::Output {
    fn from(output: wit::Output) -> Self {
        match output {
            wit::Output::Send(chunk) => Self::Send(chunk.into()),
            wit::Output::Datagram(datagram) => Self::Datagram(datagram.into()),
            wit::Output::Respond(response) => Self::Respond(response.into()),
            wit::Output::Request(request) => Self::Request(request.into()),
            wit::Output::Dial(dialling) => Self::Dial(dialling.into()),
            wit::Output::StartTls(channel) => Self::StartTls(channel),
            wit::Output::Verify(authentication) => Self::Verify(authentication.into()),
            wit::Output::Prove(authentication) => Self::Prove(authentication.into()),
            wit::Output::SetTimer(timer) => Self::SetTimer(timer.into()),
            wit::Output::Report(report) => Self::Report(report.into()),
            wit::Output::Receipt(receipt) => Self::Receipt(receipt.into()),
            wit::Output::Close(ending) => Self::Close(ending.into()),
            wit::Output::Ready(channel) => Self::Ready(channel),
            wit::Output::Skipped(contact) => Self::Skipped(Contact::new(contact)),
            wit::Output::Other(other) => Self::Other(other.into()),
        }
    }
}
