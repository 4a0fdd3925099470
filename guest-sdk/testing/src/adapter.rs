//! Drives an adapter as a host does: bytes and commands in, outputs out, timers by the clock that the test sets.
//!
//! Invariant: an output is seen once, in the return value of the call that caused it.

use cordboard_sdk::adapter::{
    Adapter, Chunk, Command, Ending, Input, Opening, Output, Proof, ProofStep, Report, Settlement, Setup,
};
use cordboard_sdk::model::{Failure, Reference, Timestamp};
use std::collections::BTreeMap;

/// The channel that [`Endpoint::open_stream`] opens.
pub const CHANNEL: u32 = 1;

/// A customer's setup in the role of a server of `localhost`, without settings and attributes. Write the fields that matter:
/// `Setup { side: "agent".into(), ..setup() }`.
pub fn setup() -> Setup {
    Setup {
        side: "customer".to_owned(),
        role: "server".to_owned(),
        domain: "localhost".to_owned(),
        settings: "{}".to_owned(),
        seed: vec![7; 32],
        attributes: Vec::new(),
    }
}

/// An adapter and its clock.
#[derive(Debug)]
pub struct Endpoint<A: Adapter> {
    adapter: A,
    setup: Setup,
    now: Timestamp,
    timers: BTreeMap<u32, Timestamp>,
}

impl<A: Adapter> Endpoint<A> {
    /// A new endpoint at time 1,000,000.
    pub fn open(setup: Setup) -> Result<Self, String> {
        let now = 1_000_000;
        let adapter = A::open(now, setup.clone())?;
        Ok(Self { adapter, setup, now, timers: BTreeMap::new() })
    }

    /// One input.
    pub fn handle(&mut self, input: Input) -> Outputs {
        let outputs = self.adapter.handle(self.now, input);
        for output in &outputs {
            if let Output::SetTimer(timer) = output {
                match timer.at {
                    Some(at) => drop(self.timers.insert(timer.id, at)),
                    None => drop(self.timers.remove(&timer.id)),
                }
            }
        }
        Outputs(outputs)
    }

    /// A peer connects by an accepted stream without TLS, as [`CHANNEL`].
    pub fn open_stream(&mut self) -> Outputs {
        self.open_channel(CHANNEL, "accepted")
    }

    /// The host has connected to a provider by a stream without TLS. It counts its channels from 1.
    pub fn dial(&mut self, channel: u32) -> Outputs {
        self.open_channel(channel, "dialled")
    }

    /// A channel is gone.
    pub fn lose(&mut self, channel: u32) -> Outputs {
        self.handle(Input::Closed(Ending { channel, reason: "reset".to_owned() }))
    }

    fn open_channel(&mut self, channel: u32, direction: &str) -> Outputs {
        self.handle(Input::Opened(Opening {
            channel,
            transport: "stream".to_owned(),
            direction: direction.to_owned(),
            dial: None,
            local: "192.0.2.1:5222".to_owned(),
            remote: "198.51.100.7:40000".to_owned(),
            tls: None,
            attributes: Vec::new(),
        }))
    }

    /// Bytes from the peer on [`CHANNEL`].
    pub fn receive(&mut self, data: impl AsRef<[u8]>) -> Outputs {
        self.handle(Input::Received(Chunk { channel: CHANNEL, data: data.as_ref().to_vec(), text: false }))
    }

    /// The same bytes in pieces of `size`.
    pub fn receive_in_pieces(&mut self, data: impl AsRef<[u8]>, size: usize) -> Outputs {
        Outputs(data.as_ref().chunks(size).flat_map(|piece| self.receive(piece).0).collect())
    }

    /// A command of the host.
    pub fn command(&mut self, command: Command) -> Outputs {
        self.handle(Input::Command(command))
    }

    /// A report is stored.
    pub fn settle(&mut self, reference: Reference) -> Outputs {
        self.handle(Input::Settled(Settlement { ref_: reference, outcome: Ok(()) }))
    }

    /// A report is refused.
    pub fn refuse(&mut self, reference: Reference, code: &str, text: &str) -> Outputs {
        self.handle(Input::Settled(Settlement { ref_: reference, outcome: Err(Failure::new(code, text)) }))
    }

    /// A step of an authentication.
    pub fn prove(&mut self, reference: Reference, step: ProofStep) -> Outputs {
        self.handle(Input::Proof(Proof { ref_: reference, step }))
    }

    /// Time goes by; timers fire in their order, each at its time.
    pub fn advance(&mut self, milliseconds: u64) -> Outputs {
        let end = self.now + milliseconds;
        let mut outputs = Vec::new();
        while let Some((id, at)) = self.next_timer().filter(|(_, at)| *at <= end) {
            self.now = self.now.max(at);
            self.timers.remove(&id);
            outputs.extend(self.handle(Input::Timer(id)).0);
        }
        self.now = end;
        Outputs(outputs)
    }

    /// Saves the endpoint and restores it, as a reload does. Timers belong to the endpoint and stay.
    pub fn reload(&mut self) -> Result<(), String> {
        self.adapter = A::restore(self.setup.clone(), self.adapter.save())?;
        Ok(())
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The timer that fires next, and when.
    pub fn next_timer(&self) -> Option<(u32, Timestamp)> {
        self.timers.iter().map(|(id, at)| (*id, *at)).min_by_key(|(id, at)| (*at, *id))
    }

    /// The adapter.
    pub fn adapter(&self) -> &A {
        &self.adapter
    }
}

/// What an adapter did.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "an adapter's outputs are what a test looks at"]
pub struct Outputs(pub Vec<Output>);

impl Outputs {
    /// All that was sent, as text.
    pub fn text(&self) -> String {
        let sent = self.0.iter().filter_map(|output| match output {
            Output::Send(chunk) => Some(String::from_utf8_lossy(&chunk.data).into_owned()),
            _ => None,
        });
        sent.collect()
    }

    /// The reports.
    pub fn reports(&self) -> Vec<&Report> {
        let reports = self.0.iter().filter_map(|output| match output {
            Output::Report(report) => Some(report),
            _ => None,
        });
        reports.collect()
    }

    /// The only report.
    ///
    /// # Panics
    /// If there is none or more than one.
    #[track_caller]
    pub fn report(&self) -> &Report {
        match self.reports()[..] {
            [report] => report,
            _ => panic!("expected one report, found {:?}", self.0),
        }
    }

    /// The reference of the proof that the adapter wants, of the peer or of itself.
    pub fn proof(&self) -> Option<Reference> {
        self.0.iter().find_map(|output| match output {
            Output::Verify(authentication) | Output::Prove(authentication) => Some(authentication.ref_),
            _ => None,
        })
    }

    /// Whether a dialled channel is up.
    pub fn is_ready(&self) -> bool {
        self.0.iter().any(|output| matches!(output, Output::Ready(_)))
    }

    /// Whether a channel is closed.
    pub fn closes(&self) -> bool {
        self.0.iter().any(|output| matches!(output, Output::Close(_)))
    }
}

#[cfg(test)]
mod tests;
