//! The host's side of one endpoint: a pure machine between sockets, an adapter's sandbox and the centre.
//!
//! ```text
//!  sockets ── Received, Secured, Sent, Closed ──►┌──────────┐── Send, StartTls, Close ──► sockets
//!  checks  ── Proof ────────────────────────────►│          │── Verify, Prove ──────────► checks
//!  clock   ── Due ──────────────────────────────►│ Endpoint │◄─ next_due
//!  mailbox ── Effect ───────────────────────────►│  (guest) │── Submit ─────────────────► centre
//!  store   ── Pulled ───────────────────────────►└──────────┘── Pull ───────────────────► store
//!
//!  open ──► serving ──(guest closes, peer leaves)────────────────► gone
//!              │  └──(fault, deadline, slow reader, Reset)──► ending ─┘
//!              └──(Drain)──► draining ──(done, or out of time)─┘
//! ```
//!
//! The endpoint of a link lasts: it outlives its channels, one after the other.
//!
//! ```text
//!                Opened                guest: ready                             Reset, Drain, guest lost
//!   no channel ─────────► signing in ──────────────► ready      each of them ──────────────────────────────► ending ─► gone
//!       ▲                    │ Closed, deadline        │ Closed, slow reader
//!       └────────────────────┴─────────────────────────┘  feeds are set back to what was acknowledged
//! ```
//!
//! Only while a channel is ready effects are taken and the credit counts: settlements of reports from before wait in the
//! mailbox, and signing in again is never short of credit for them.
//!
//! The shell gives it [`Event`]s, one at a time, and carries out the [`Action`]s in order. What the shell still has to ask:
//! [`Endpoint::wants_read`], [`Endpoint::wants_effects`], [`Endpoint::next_due`], [`Endpoint::is_gone`].
//!
//! Parts: `sandbox` keeps the guest over a trap, `swap` brings it over to another adapter, `poison` finds and leaves out what made it, `admission` says who may report, `feeds` what is delivered, `outputs`
//! what a guest may answer, `effects` what the centre has for it.
//!
//! Invariants: no clock, no randomness, no IO. A report is settled by the centre's effect, or refused here, once. Nothing
//! waits here without a bound: reports by credit, deliveries by window, bytes by `unsent_bytes`, timers by count.

mod admission;
mod channel;
mod effects;
mod event;
mod feeds;
mod outputs;
mod pace;
mod poison;
mod sandbox;
mod swap;
#[cfg(test)]
mod tests;
mod timers;

pub use event::{Action, EndpointConfig, Event};

use crate::centre::{Input as CentreInput, Opened};
use crate::model::adapter::{
    AdapterFactory, Channel, Chunk, Command, Ending, GuestFailure, Input, Opening, Principal, Proof, ProofStep,
    Settlement,
};
use crate::model::{EndpointId, Failure, Timestamp};
use admission::{Admission, Trust};
use channel::{ChannelState, Phase, Unsent};
use feeds::Feeds;
use outputs::{Rules, Unsettled};
use sandbox::{Call, Sandbox};
use std::collections::VecDeque;
use std::sync::Arc;
use timers::Timers;

/// What the adapter's own time limit is given before the host's takes over: the adapter says goodbye in its protocol.
const GRACE_MS: u64 = 2_000;

/// See the module.
pub struct Endpoint {
    id: EndpointId,
    config: Arc<EndpointConfig>,
    sandbox: Sandbox,
    channels: Vec<ChannelState>,
    last_channel: Channel,
    admission: Admission,
    unsettled: Unsettled,
    refusals: VecDeque<Settlement>,
    feeds: Feeds,
    timers: Timers,
    last_notice: u64,
    authenticate_by: Option<Timestamp>,
    drain_by: Option<Timestamp>,
    /// Messages that the guest was asked to leave out and has not named yet.
    skips: u32,
    /// Bans up to this version are in effect here.
    bans_seen: u64,
    ending: Option<String>,
    gone: bool,
    actions: Vec<Action>,
}

impl Endpoint {
    /// A new endpoint with its first channel, and a guest of this adapter. `address` is the peer's, for the centre alone; `seed` is for
    /// the guest.
    pub fn open(
        id: EndpointId,
        config: Arc<EndpointConfig>,
        factory: Arc<dyn AdapterFactory>,
        seed: [u8; 32],
        address: String,
        now: Timestamp,
        opening: Opening,
    ) -> Result<(Self, Vec<Action>), GuestFailure> {
        let limits = &config.limits;
        let trust = match (config.own_accounts, config.lasting) {
            (true, _) => Trust::Proof,
            (false, true) => Trust::Provider,
            (false, false) => Trust::Anonymous,
        };
        let mut endpoint = Self {
            id,
            sandbox: Sandbox::open(config.clone(), factory, seed, now)?,
            channels: Vec::new(),
            last_channel: 0,
            admission: Admission::new(trust, config.contacts, limits),
            unsettled: Unsettled::new(),
            refusals: VecDeque::new(),
            feeds: Feeds::new(limits.delivery_window),
            timers: Timers::default(),
            last_notice: 0,
            authenticate_by: None,
            drain_by: None,
            skips: 0,
            bans_seen: 0,
            ending: None,
            gone: false,
            actions: Vec::new(),
            config,
        };
        let opened = Opened {
            endpoint: id,
            side: endpoint.config.setup.side,
            provider: endpoint.config.provider.clone(),
            protocol: endpoint.config.protocol.clone(),
            own_accounts: endpoint.config.own_accounts,
            address,
        };
        endpoint.actions.push(Action::Submit(CentreInput::Opened(opened)));
        let actions = endpoint.handle(now, Event::Opened(opening));
        Ok((endpoint, actions))
    }

    /// Takes one event; yields all that follows from it. `now` never goes back.
    pub fn handle(&mut self, now: Timestamp, event: Event) -> Vec<Action> {
        if !self.gone {
            self.admission.go_on(now);
            self.take(now, event);
            self.tell_bans(now);
            self.settle_refused(now);
            self.tell_progress();
            self.pull();
            if self.sandbox.is_full() && self.ending.is_none() {
                self.checkpoint(now, Sandbox::save);
                self.try_again(now);
            }
            self.tell_put_back();
        }
        std::mem::take(&mut self.actions)
    }

    /// Whether bytes of this channel may be read now: with credit (once it is ready), in phase open, no step being checked,
    /// only from a peer who reads what it is sent, and not while the guest still works on what was read before.
    pub fn wants_read(&self, channel: Channel) -> bool {
        let limits = &self.config.limits;
        let has_credit = self.unsettled.len() < limits.endpoint_credit;
        self.ending.is_none()
            && !self.admission.is_checking()
            && self.admission.paused_until().is_none()
            && !self.timers.is_behind()
            && self.channels.iter().any(|state| {
                state.number == channel
                    && state.phase == Phase::Open
                    && state.unsent.bytes() < limits.unsent_bytes / 2
                    && (has_credit || !state.ready)
            })
    }

    /// Whether effects may be taken from the mailbox now: while a channel is ready, and the peer is not slow to read.
    pub fn wants_effects(&self) -> bool {
        let enough = self.config.limits.unsent_bytes / 4;
        self.is_ready() && self.channels.iter().all(|state| state.unsent.bytes() < enough)
    }

    fn is_ready(&self) -> bool {
        self.ending.is_none() && self.channels.iter().any(ChannelState::serves)
    }

    /// When [`Event::Due`] is wanted.
    pub fn next_due(&self) -> Option<Timestamp> {
        if self.ending.is_some() {
            return None;
        }
        let paused_until = self.admission.paused_until();
        let of_sandbox = [self.sandbox.rests_at(), self.sandbox.probation_until()];
        let own = [self.timers.next_due(), self.authenticate_by, self.drain_by, paused_until];
        own.into_iter().chain(of_sandbox).flatten().chain(self.stalls_at().map(|(at, _)| at)).min()
    }

    /// Whether it has ended: nothing is to be given to it any more.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// Its number.
    pub fn id(&self) -> EndpointId {
        self.id
    }

    fn take(&mut self, now: Timestamp, event: Event) {
        match event {
            Event::Sent { channel, bytes } => {
                if let Some(state) = self.channel(channel) {
                    state.unsent.sent(now, bytes);
                }
            }
            Event::Closed(ending) => self.closed(now, ending),
            _ if self.ending.is_some() => {}
            Event::Opened(opening) => self.opened(now, opening),
            Event::Received { channel, data } => self.received(now, channel, data),
            Event::Secured(opening) => self.secured(now, opening),
            Event::Proof(proof) => self.proof(now, proof),
            Event::Pulled { feed, entries } => self.pulled(now, feed, &entries),
            Event::Effect(effect) => self.effect(now, effect),
            Event::Due => self.due(now),
            Event::Swap(factory) => self.swap(now, factory),
            Event::Drain => self.drain(now),
            Event::Reset(reason) => self.close(reason.to_owned()),
        }
    }

    fn opened(&mut self, now: Timestamp, opening: Opening) {
        let number = opening.channel;
        let (phase, secured) = (Phase::Open, opening.tls.is_some());
        self.last_channel = self.last_channel.max(number);
        let ready = !self.config.lasting;
        self.channels.push(ChannelState { number, phase, secured, ready, unsent: Unsent::default() });
        if self.config.own_accounts || self.config.lasting {
            self.authenticate_by = Some(now.plus_ms(self.config.limits.authenticate_ms + GRACE_MS));
        }
        self.give(now, Input::Opened(opening));
    }

    fn received(&mut self, now: Timestamp, channel: Channel, data: Vec<u8>) {
        let limit = self.config.limits.chunk_bytes;
        if data.len() > limit {
            return data.chunks(limit).for_each(|part| self.received(now, channel, part.to_vec()));
        }
        // After start-tls or close what still comes in is thrown away.
        if self.takes(channel) && !data.is_empty() {
            self.timers.received(data.len());
            self.give(now, Input::Received(Chunk { channel, data, text: false }));
        }
    }

    fn secured(&mut self, now: Timestamp, opening: Opening) {
        let securing = self.channel(opening.channel).filter(|state| state.phase == Phase::Securing);
        if let Some(state) = securing {
            state.phase = Phase::Open;
            state.secured = true;
            self.give(now, Input::Secured(opening));
        }
    }

    fn proof(&mut self, now: Timestamp, mut proof: Proof) {
        if let ProofStep::Success(Principal { alias, .. }) = &proof.step
            && let Some(until) = self.config.bans.until(&self.config.provider, alias.as_str(), now)
        {
            proof.step = ProofStep::Refused(Failure::new("too-many", poison::banned_text(now, until)));
        }
        let answer = self.admission.proof(proof);
        self.take_step(answer.next);
        if let Some(proof) = answer.proof {
            self.give(now, Input::Proof(proof));
        }
        if self.admission.is_proven() && self.authenticate_by.take().is_some() {
            // What somebody signed in with is not kept for a replay.
            self.checkpoint(now, Sandbox::save);
        }
    }

    fn closed(&mut self, now: Timestamp, ending: Ending) {
        let before = self.channels.len();
        self.channels.retain(|state| state.number != ending.channel);
        if self.channels.len() == before {
            return;
        }
        if self.config.lasting && self.ending.is_none() && self.drain_by.is_none() {
            return self.disconnected(now, ending);
        }
        if self.channels.is_empty() {
            self.go(ending.reason);
        }
    }

    /// A link without its channel: what was under way on it is forgotten on both sides.
    fn disconnected(&mut self, now: Timestamp, ending: Ending) {
        self.authenticate_by = None;
        self.admission.forget_step();
        self.skips = 0;
        self.feeds.rewind();
        self.give(now, Input::Closed(ending));
    }

    fn go(&mut self, reason: String) {
        self.gone = true;
        let reason = self.ending.get_or_insert(reason).clone();
        self.actions.push(Action::Submit(CentreInput::Gone { endpoint: self.id, reason }));
    }

    fn drain(&mut self, now: Timestamp) {
        if self.channels.is_empty() {
            return self.close("drained".to_owned());
        }
        if self.drain_by.is_none() {
            self.drain_by = Some(now.plus_ms(self.config.limits.drain_ms));
            self.give(now, Input::Command(Command::Drain));
        }
    }

    fn due(&mut self, now: Timestamp) {
        let is_over = |deadline: Option<Timestamp>| deadline.is_some_and(|at| at <= now);
        if let Some((_, channel)) = self.stalls_at().filter(|(at, _)| *at <= now) {
            let ms = self.config.limits.idle_ms;
            return self.abort(&format!("slow reader: what was sent on channel {channel} was not read within {ms} ms"));
        }
        if is_over(self.authenticate_by) {
            self.authenticate_by = None;
            return self.fault(format!("not authenticated within {} ms", self.config.limits.authenticate_ms));
        }
        if is_over(self.drain_by) {
            return self.close(format!("not finished within {} ms", self.config.limits.drain_ms));
        }
        if is_over(self.sandbox.rests_at()) {
            if self.unsettled.is_empty() {
                // An emptied map keeps its last node.
                self.unsettled = Unsettled::new();
            }
            self.checkpoint(now, Sandbox::rest);
            self.try_again(now);
        }
        if is_over(self.sandbox.probation_until()) {
            self.sandbox.end_probation();
        }
        for timer in self.timers.due(now) {
            self.give(now, Input::Timer(timer));
        }
    }

    /// When the first channel's reader will have been too slow. One that is closing is the shell's to end.
    fn stalls_at(&self) -> Option<(Timestamp, Channel)> {
        let stalls = |state: &ChannelState| {
            Some((state.unsent.waiting_since()?.plus_ms(self.config.limits.idle_ms), state.number))
        };
        self.channels.iter().filter(|state| state.phase != Phase::Closing).filter_map(stalls).min()
    }

    /// Hands one input to the guest and carries out what it answers.
    fn give(&mut self, now: Timestamp, input: Input) {
        if self.ending.is_some() {
            return;
        }
        match self.call(now, input, true) {
            Call::Done(outputs) => self.carry_out(now, outputs),
            Call::Failed(input, failure) => self.poisoned(now, input, failure),
            Call::Lost(input, failure) => self.lost(now, input, failure),
        }
    }

    /// Hands one input to the guest; nothing of what it answers is carried out yet.
    fn call(&mut self, now: Timestamp, input: Input, counts: bool) -> Call {
        let rules = Rules {
            config: &self.config,
            channels: &self.channels,
            last_channel: self.last_channel,
            admission: &self.admission,
            timers: &self.timers,
            unsettled: &self.unsettled,
        };
        self.sandbox.handle(now, input, counts, |outputs| rules.check(outputs))
    }

    /// Answers the reports that were refused here. A guest that reports again and again what is refused is ended.
    fn settle_refused(&mut self, now: Timestamp) {
        let mut answered = 0;
        while let Some(settlement) = self.refusals.pop_front() {
            answered += 1;
            if answered > self.config.limits.outputs {
                self.refusals.clear();
                return self.close("the adapter keeps on reporting what is refused".to_owned());
            }
            self.give(now, Input::Settled(settlement));
        }
    }

    /// Ends every channel, and the endpoint with them; what the guest still has to say is not heard.
    fn close(&mut self, reason: String) {
        self.close_channels(&reason);
        self.ending.get_or_insert(reason);
        if self.channels.is_empty() {
            self.go(String::new());
        }
    }

    /// The peer is at fault: its channels end, and the endpoint where it goes with them.
    fn fault(&mut self, reason: String) {
        self.close_channels(&reason);
        if !self.config.lasting {
            self.ending.get_or_insert(reason);
        }
    }

    fn close_channels(&mut self, reason: &str) {
        let open: Vec<Channel> = self.channels.iter().map(|state| state.number).collect();
        for channel in open {
            self.close_channel(Ending { channel, reason: reason.to_owned() });
        }
    }

    /// The same at once, what is unsent with it.
    fn abort(&mut self, reason: &str) {
        for state in self.channels.iter_mut().filter(|state| state.phase != Phase::Closing) {
            state.phase = Phase::Closing;
            state.unsent = Unsent::default();
            self.actions.push(Action::Abort { channel: state.number, reason: reason.to_owned() });
        }
        if !self.config.lasting {
            self.ending.get_or_insert(reason.to_owned());
        }
    }

    fn channel(&mut self, number: Channel) -> Option<&mut ChannelState> {
        self.channels.iter_mut().find(|state| state.number == number)
    }
}

/// A failure without its backtrace.
fn first_line(failure: &GuestFailure) -> String {
    failure.to_string().lines().next().unwrap_or_default().to_owned()
}
