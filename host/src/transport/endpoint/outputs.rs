//! What a guest may answer, and how it is carried out.
//!
//! A broken rule (too much, an unknown channel, a reference used twice) fails the whole call: nothing of it is carried out and
//! the guest is restored without that input. A report that may not be made is refused to the guest alone.

use super::admission::Admission;
use super::channel::{ChannelState, Phase};
use super::timers::{TIMERS, Timers};
use super::{Action, Endpoint, EndpointConfig};
use crate::centre::Input as CentreInput;
use crate::model::adapter::{Authentication, Channel, Chunk, Ending, Event, GuestFailure, Output, Report, Settlement};
use crate::model::{Body, Contact, Reference, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Reports given to the centre and not settled yet; with the contact where the report is its arrival.
pub(super) type Unsettled = BTreeMap<Reference, Option<Contact>>;

/// What the outputs of a call are held against.
pub(super) struct Rules<'a> {
    pub(super) config: &'a EndpointConfig,
    pub(super) channels: &'a [ChannelState],
    pub(super) last_channel: Channel,
    pub(super) admission: &'a Admission,
    pub(super) timers: &'a Timers,
    pub(super) unsettled: &'a Unsettled,
}

impl Rules<'_> {
    /// Whether all of it may be carried out.
    pub(super) fn check(&self, outputs: &[Output]) -> Result<(), GuestFailure> {
        let limits = &self.config.limits;
        at_most("outputs", outputs.len(), limits.outputs)?;
        at_most("bytes of output", outputs.iter().map(weight).sum(), limits.output_bytes)?;
        let mut references = BTreeSet::new();
        let mut timers = BTreeSet::new();
        let mut securing = self.channels.iter().any(|state| state.phase == Phase::Securing);
        for output in outputs {
            if securing && !self.config.lasting && matches!(output, Output::Verify(_) | Output::Report(_)) {
                return Err(broken("a verify or report between start-tls and secured"));
            }
            match output {
                Output::Send(Chunk { channel, .. }) | Output::Close(Ending { channel, .. }) => {
                    self.check_channel(*channel)?;
                }
                Output::StartTls(channel) => {
                    self.check_start_tls(*channel)?;
                    securing = true;
                }
                Output::Verify(step) => self.check_verify(step)?,
                Output::Prove(step) => self.check_prove(step)?,
                Output::SetTimer(timer) if timer.at.is_some() && !self.timers.is_set(timer.id) => {
                    timers.insert(timer.id);
                }
                Output::Report(report) => self.check_report(report, &mut references)?,
                Output::Ready(channel) => self.check_channel(*channel)?,
                Output::SetTimer(_) | Output::Receipt(_) | Output::Skipped(_) | Output::Other(_) => {}
                Output::Datagram(_) | Output::Respond(_) | Output::Request(_) | Output::Dial(_) => {
                    return Err(broken(
                        "a stream's endpoint may send, start TLS, verify or prove, set timers, report and close",
                    ));
                }
            }
        }
        at_most("timers", self.timers.len() + timers.len(), TIMERS)?;
        at_most("unsettled reports", self.unsettled.len() + references.len(), limits.endpoint_credit + limits.outputs)
    }

    fn check_channel(&self, channel: Channel) -> Result<(), GuestFailure> {
        // A channel that has just ended is known: the guest may not have heard of it.
        if channel <= self.last_channel { Ok(()) } else { Err(broken(format!("channel {channel} was never opened"))) }
    }

    fn check_start_tls(&self, channel: Channel) -> Result<(), GuestFailure> {
        self.check_channel(channel)?;
        match self.channels.iter().find(|state| state.number == channel) {
            _ if !self.config.tls => Err(broken("start-tls, but this listener has no certificate")),
            Some(state) if state.secured || state.phase == Phase::Securing => {
                Err(broken(format!("start-tls again on channel {channel}")))
            }
            _ => Ok(()),
        }
    }

    fn check_verify(&self, step: &Authentication) -> Result<(), GuestFailure> {
        if self.config.lasting {
            return Err(broken("verify on a link, where we sign in and nobody else does"));
        }
        if self.admission.is_proven() {
            return Err(broken("verify after success"));
        }
        step.channel.map_or(Ok(()), |channel| self.check_channel(channel))
    }

    fn check_prove(&self, step: &Authentication) -> Result<(), GuestFailure> {
        if !self.config.lasting {
            return Err(broken("prove on an accepted channel, where the peer signs in and we don't"));
        }
        step.channel.map_or(Ok(()), |channel| self.check_channel(channel))
    }

    fn check_report(&self, report: &Report, references: &mut BTreeSet<Reference>) -> Result<(), GuestFailure> {
        let is_new = !self.unsettled.contains_key(&report.reference) && references.insert(report.reference);
        if is_new { Ok(()) } else { Err(broken(format!("two unsettled reports with reference {}", report.reference))) }
    }
}

fn at_most(what: &str, count: usize, limit: usize) -> Result<(), GuestFailure> {
    if count <= limit {
        Ok(())
    } else {
        Err(GuestFailure::Limit(format!("{count} {what}; at most {limit} are allowed")))
    }
}

fn broken(what: impl Into<String>) -> GuestFailure {
    GuestFailure::Contract(what.into())
}

/// Roughly the bytes an output holds.
fn weight(output: &Output) -> usize {
    match output {
        Output::Send(chunk) => chunk.data.len(),
        Output::Verify(step) | Output::Prove(step) => step.data.len(),
        Output::Report(report) => match &report.event {
            Event::Said(said) | Event::InvokedLink(said) => match &said.message.body {
                Body::Text(text) => text.len(),
                _ => 0,
            },
            _ => 0,
        },
        _ => 0,
    }
}

impl Endpoint {
    /// Carries out what a guest answered, in order.
    pub(super) fn carry_out(&mut self, now: Timestamp, outputs: Vec<Output>) {
        for output in outputs {
            if self.ending.is_some() {
                return;
            }
            match output {
                Output::Send(chunk) => self.send(now, chunk),
                Output::StartTls(channel) => self.start_tls(channel),
                Output::Verify(step) | Output::Prove(step) => {
                    let step = self.admission.verify(step);
                    self.take_step(step);
                }
                Output::SetTimer(timer) => self.timers.set(now, timer),
                Output::Report(report) => self.report(now, report),
                // A receipt for one of our notices has no feed and ends there.
                Output::Receipt(receipt) => self.feeds.receipt(&receipt.id, receipt.outcome),
                Output::Close(ending) => self.close_channel(ending),
                Output::Ready(channel) => self.ready(channel),
                Output::Skipped(contact) => self.skipped(now, &contact),
                Output::Other(_) | Output::Datagram(_) | Output::Respond(_) | Output::Request(_) | Output::Dial(_) => {}
            }
        }
    }

    /// Sends. What is said between start-tls and secured would answer something unsecured, and is thrown away.
    fn send(&mut self, now: Timestamp, chunk: Chunk) {
        let limit = self.config.limits.unsent_bytes;
        let Some(state) = self.channel(chunk.channel).filter(|state| state.phase == Phase::Open) else { return };
        state.unsent.queued(now, chunk.data.len());
        if state.unsent.bytes() > limit {
            return self.abort(&format!("slow reader: more than {limit} bytes wait to be read"));
        }
        self.actions.push(Action::Send { channel: chunk.channel, data: chunk.data });
    }

    /// Commands for contacts may be given from now on. An accepted channel is ready from the start.
    fn ready(&mut self, channel: Channel) {
        let waits = |state: &&mut ChannelState| !state.ready && state.phase == Phase::Open;
        if let Some(state) = self.channel(channel).filter(waits) {
            state.ready = true;
            self.authenticate_by = None;
            self.actions.push(Action::Ready { channel });
        }
    }

    /// A step to check, or on a link to prove.
    pub(super) fn take_step(&mut self, step: Option<Authentication>) {
        let action = if self.config.lasting { Action::Prove } else { Action::Verify };
        self.actions.extend(step.map(action));
    }

    fn start_tls(&mut self, channel: Channel) {
        if let Some(state) = self.channel(channel).filter(|state| state.phase == Phase::Open) {
            state.phase = Phase::Securing;
            self.actions.push(Action::StartTls { channel });
        }
    }

    fn report(&mut self, now: Timestamp, report: Report) {
        if let Err(failure) = self.admission.admit(now, &report) {
            self.refusals.push_back(Settlement { reference: report.reference, outcome: Err(failure) });
            return;
        }
        let arrival = matches!(report.event, Event::Arrived(_)).then(|| report.contact.clone());
        if matches!(report.event, Event::Left(_)) {
            self.feeds.stop_contact(&report.contact);
        }
        self.unsettled.insert(report.reference, arrival);
        self.sandbox.reported(report.reference);
        self.actions.push(Action::Submit(CentreInput::Report { endpoint: self.id, report }));
    }

    pub(super) fn close_channel(&mut self, ending: Ending) {
        if let Some(state) = self.channel(ending.channel).filter(|state| state.phase != Phase::Closing) {
            state.phase = Phase::Closing;
            self.actions.push(Action::Close { channel: ending.channel, reason: ending.reason });
        }
    }
}
