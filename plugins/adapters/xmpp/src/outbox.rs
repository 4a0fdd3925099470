//! Collects the outputs of one input, in order. What is sent is joined, so that one input makes one packet.
//!
//! Invariant: bytes are sent before the receipt, the start of TLS or the end that follows them.

use crate::xml::Writer;
use cordboard_sdk::adapter::{Authentication, Channel, Chunk, Ending, Output, Receipt, Report, Timer};
use cordboard_sdk::model::{Failure, Timestamp};

/// Outputs so far.
#[derive(Debug)]
pub(crate) struct Outbox {
    channel: Channel,
    xml: Writer,
    outputs: Vec<Output>,
    sent: usize,
}

impl Outbox {
    /// Nothing yet, for that channel.
    pub(crate) fn new(channel: Channel) -> Self {
        Self { channel, xml: Writer::default(), outputs: Vec::new(), sent: 0 }
    }

    /// Where to write what is sent.
    pub(crate) fn xml(&mut self) -> &mut Writer {
        &mut self.xml
    }

    /// Bytes written so far.
    pub(crate) fn bytes(&self) -> usize {
        self.sent + self.xml.len()
    }

    /// Something a person did.
    pub(crate) fn report(&mut self, report: Report) {
        self.outputs.push(Output::Report(report));
    }

    /// A step of checking who the peer is.
    pub(crate) fn verify(&mut self, authentication: Authentication) {
        self.outputs.push(Output::Verify(authentication));
    }

    /// A step of proving who we are.
    pub(crate) fn prove(&mut self, authentication: Authentication) {
        self.outputs.push(Output::Prove(authentication));
    }

    /// From here on the host may give commands for the people of the channel.
    pub(crate) fn ready(&mut self) {
        self.outputs.push(Output::Ready(self.channel));
    }

    /// A stanza was left out; `contact` is empty where it is nobody's.
    pub(crate) fn skipped(&mut self, contact: &str) {
        self.outputs.push(Output::Skipped(contact.to_owned()));
    }

    /// Sets a timer, or clears it.
    pub(crate) fn timer(&mut self, id: u32, at: Option<Timestamp>) {
        self.outputs.push(Output::SetTimer(Timer { id, at }));
    }

    /// What became of a delivery.
    pub(crate) fn receipt(&mut self, id: String, outcome: Result<(), Failure>) {
        self.flush();
        self.outputs.push(Output::Receipt(Receipt { id, outcome }));
    }

    /// TLS from here on.
    pub(crate) fn start_tls(&mut self) {
        self.flush();
        self.outputs.push(Output::StartTls(self.channel));
    }

    /// Nothing more from here on.
    pub(crate) fn close(&mut self, reason: String) {
        self.flush();
        self.outputs.push(Output::Close(Ending { channel: self.channel, reason }));
    }

    /// All of it.
    pub(crate) fn finish(mut self) -> Vec<Output> {
        self.flush();
        self.outputs
    }

    fn flush(&mut self) {
        if self.xml.len() > 0 {
            self.sent += self.xml.len();
            let data = self.xml.take();
            self.outputs.push(Output::Send(Chunk { channel: self.channel, data, text: false }));
        }
    }
}
