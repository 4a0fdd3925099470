//! The world: people, their lines, the host's parts, and one step at a time.
//!
//! Invariant: a step that is possible stays possible until it is done or what it belongs to is gone, so that no schedule starves.

use super::client::{Client, Fate};
use super::dice::Dice;
use super::guests::{Version, Vice};
use super::laws;
use super::line::{Closing, Letterbox, Line, Pull};
use super::power::{Power, PoweredStore};
use super::script::{Deed, When};
use super::stage::Stage;
use crate::centre::invariants::{self, Violation};
use crate::centre::{Components, Effect, Input};
use crate::model::adapter::{Authentication, Channel, Ending, Opening, Principal, Proof, ProofStep};
use crate::model::{Alias, Attribute, Side, Timestamp};
use crate::shard::{ByHand, Clock, CommitRetries, FakeClock, SegmentLimits, ShardOptions, ShardSetup};
use crate::storage::faulty::FaultyStore;
use crate::storage::memory::MemoryStore;
use crate::transport::endpoint::{Action, Endpoint, EndpointConfig, Event};
use crate::transport::mailbox::Mail;
use std::collections::BTreeSet;
use std::sync::Arc;

mod steps;

const CHANNEL: Channel = 1;
/// Between the death of the process and the next.
const RESTART_MS: u64 = 1_000;
/// After the last deed: what is due within seconds is still done (rest of endpoints, wrap-up, presence).
const AFTERMATH_MS: u64 = 6_000;
/// More than any story takes.
const MAX_STEPS: usize = 30_000;
/// See [`MAX_STEPS`]; of time.
const MAX_MS: u64 = 1_200_000;

/// Set, every step is told.
const TRACE: &str = "SIMULATION_TRACE";

/// One thing that can be done now. Numbers are places in the cast and among the lines.
#[derive(Debug, Clone, Copy)]
enum Step {
    Deed(usize),
    Connect(usize),
    Receive(usize),
    Take(usize),
    Mail(usize),
    Pulled(usize),
    Proven(usize),
    Due(usize),
    GoOver(usize),
    HangUp(usize),
    Handle,
    Tick,
    Close,
    Store,
}

/// See the module.
pub(super) struct World {
    pub(super) stage: Stage,
    pub(super) cast: Vec<Client>,
    pub(super) memory: Arc<MemoryStore>,
    pub(super) faulty: Arc<FaultyStore>,
    pub(super) power: Arc<Power>,
    pub(super) clock: Arc<FakeClock>,
    pub(super) dice: Dice,
    /// People who don't read what is sent to them.
    pub(super) paused: BTreeSet<usize>,
    pub(super) lines: Vec<Line>,
    /// Since when nothing goes wrong any more.
    pub(super) calm_since: Timestamp,
    pub(super) crashes: usize,
    pub(super) reloads: usize,
    pub(super) poisons: usize,
    /// Endpoints that went over to another adapter, and those that could not.
    pub(super) moved: usize,
    pub(super) stayed: usize,
    shard: Option<ByHand>,
    customers: Arc<EndpointConfig>,
    agents: Arc<EndpointConfig>,
    pub(super) opened: u64,
    /// What new connections open with: the last version without a vice.
    version: Version,
    swaps: u8,
    steps: usize,
    /// Every step and what comes of it is told.
    traces: bool,
}

impl World {
    /// A world whose process dies at a moment, if at all.
    pub(super) fn new(stage: Stage, cast: Vec<Client>, seed: u64, off_at: Option<usize>) -> Self {
        let power = Power::off_at(off_at);
        let memory = Arc::new(MemoryStore::default());
        let (customers, agents) = (stage.config(Side::Customer), stage.config(Side::Agent));
        let mut world = Self {
            cast,
            faulty: FaultyStore::new(memory.clone()),
            memory,
            power,
            clock: Arc::new(FakeClock::at(1_000_000)),
            dice: Dice::new(seed),
            paused: BTreeSet::new(),
            lines: Vec::new(),
            calm_since: Timestamp(0),
            crashes: 0,
            reloads: 0,
            poisons: 0,
            moved: 0,
            stayed: 0,
            shard: None,
            customers,
            agents,
            opened: 0,
            version: Version::default(),
            swaps: 0,
            steps: 0,
            traces: std::env::var_os(TRACE).is_some(),
            stage,
        };
        for client in &mut world.cast {
            client.last_deed_at = world.clock.wall();
        }
        world.boot();
        world
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.wall()
    }

    fn setup(&self) -> ShardSetup {
        let store = PoweredStore { power: Arc::clone(&self.power), store: self.faulty.clone() };
        let profiles = self.stage.profiles.clone();
        ShardSetup {
            number: 0,
            store: Arc::new(store),
            settings: self.stage.settings.clone(),
            components: Box::new(|_| Ok(Components::new())),
            profiles: Box::new(move || profiles.clone()),
            members: Box::new(Vec::new),
            clock: self.clock.clone(),
            options: ShardOptions {
                retries: CommitRetries { first_wait_ms: 0, ..CommitRetries::default() },
                segments: SegmentLimits { bytes: 20_000, age_ms: 60_000, first_bytes: 1_000_000, part_bytes: 5_000 },
                ..ShardOptions::default()
            },
        }
    }

    /// A process is started, as often as it takes.
    fn boot(&mut self) {
        loop {
            match ByHand::start(self.setup()) {
                Ok(mut shard) => {
                    if self.stage.is_hasty {
                        shard.be_hasty();
                    }
                    self.shard = Some(shard);
                    return;
                }
                Err(error) => {
                    assert!(self.crashes < 100, "it doesn't start: {error}");
                    self.crashes += 1;
                    self.power.restore();
                    self.clock.advance(RESTART_MS);
                }
            }
        }
    }

    /// The process dies: all memory is gone, the store stays. Everybody's connection is lost.
    pub(super) fn crash(&mut self) {
        self.crashes += 1;
        self.lines.clear();
        self.shard = None;
        self.cast.iter_mut().for_each(Client::disconnected);
        self.clock.advance(RESTART_MS);
        self.power.restore();
        self.boot();
    }

    /// Another version is put in service: all that are there are to go over to it, as soon as it is their turn.
    pub(super) fn swap(&mut self, vice: Option<Vice>) {
        // Number 0 is the first, and none comes twice within any story.
        self.swaps = self.swaps % u8::MAX + 1;
        let version = Version { number: self.swaps, vice };
        if vice.is_none() {
            self.version = version;
        }
        for line in &mut self.lines {
            line.version_due = Some(version);
        }
    }

    /// Every other version is one that no guest can stay on.
    fn swap_in_turn(&mut self) {
        let vices = [None, Some(Vice::RefusesStates), None, Some(Vice::TrapsAt(0)), None, Some(Vice::TrapsInSave)];
        self.swap(vices[usize::from(self.swaps) % vices.len()]);
    }

    /// Runs until everybody has done everything and nothing more comes of it.
    pub(super) fn run(&mut self) -> Result<(), Violation> {
        let mut ends_at = None;
        let (latest, most) = (self.now().plus_ms(MAX_MS), self.steps + MAX_STEPS);
        while ends_at.is_none_or(|end| self.now() < end) {
            if self.now() > latest || self.steps > most {
                return Err(self.restless());
            }
            if self.step()? {
                continue;
            }
            if self.is_over() && ends_at.is_none() {
                ends_at = Some(self.now().plus_ms(AFTERMATH_MS));
            }
            self.wait(ends_at);
        }
        Ok(())
    }

    /// Everybody who is there has done and had answered everything.
    pub(super) fn is_over(&self) -> bool {
        self.cast.iter().all(|client| {
            let is_answered = client.outbox.iter().all(|said| said.fate != Fate::Open);
            client.next_deed().is_none() && (!client.wants_online || client.is_ready() && is_answered)
        })
    }

    /// Does one thing, if there is anything to do.
    pub(super) fn step(&mut self) -> Result<bool, Violation> {
        self.carry_output();
        let possible = self.possible();
        if possible.is_empty() {
            return Ok(false);
        }
        self.steps += 1;
        let step = *self.dice.pick(&possible);
        if self.traces {
            eprintln!("{} {step:?}", self.now().0);
        }
        self.take(step)?;
        let swaps = self.stage.steps_per_swap.is_some_and(|steps| self.steps.is_multiple_of(steps));
        if swaps && !matches!(step, Step::GoOver(_)) {
            self.swap_in_turn();
        }
        if self.power.is_off() {
            self.crash();
        }
        Ok(true)
    }

    /// What everybody has said and heard, for whoever has to find out what went wrong.
    pub(super) fn account(&self) -> String {
        let said = |client: &Client| -> Vec<String> {
            client.outbox.iter().map(|said| format!("{} {:?} {:?}", said.id, said.text, said.fate)).collect()
        };
        let heard = |client: &Client| -> Vec<String> {
            client.inbox.iter().map(|heard| format!("{} {:?}", heard.id, heard.text)).collect()
        };
        let of = |client: &Client| format!("{}: said {:#?}, heard {:#?}\n", client.name, said(client), heard(client));
        let people: String = self.cast.iter().map(of).collect();
        people + &laws::Stored::of(self).account()
    }

    fn restless(&mut self) -> Violation {
        let possible = self.possible();
        let waits = |client: &Client| {
            let open = client.outbox.iter().filter(|said| said.fate == Fate::Open).count();
            format!("{} before {:?} with {open} unanswered", client.name, client.next_deed())
        };
        let people: Vec<String> = self.cast.iter().map(waits).collect();
        let what = format!("it does not come to rest: {}; possible: {possible:?}", people.join("; "));
        Violation { invariant: "I9", what }
    }

    /// Lets time pass until something is due, not beyond the end.
    pub(super) fn wait(&mut self, end: Option<Timestamp>) {
        let now = self.now();
        let tick = self.shard.as_mut().and_then(ByHand::tick_in_ms).map(|ms| now.plus_ms(ms));
        let lines = self.lines.iter().filter_map(|line| line.endpoint.next_due());
        let deeds = self.cast.iter().filter_map(|client| match client.next_deed()? {
            (When::After(ms), _) => Some(client.last_deed_at.plus_ms(*ms)),
            _ => None,
        });
        let later = lines.chain(deeds).filter(|at| *at > now);
        let due = later.chain(tick).chain(end).min().unwrap_or(now.plus_ms(MAX_MS));
        self.clock.advance(due.since_ms(now).max(1));
    }

    /// What clients have to say is on its way.
    fn carry_output(&mut self) {
        for line in self.lines.iter_mut().filter(|line| !line.is_dropped) {
            line.to_host.extend(self.cast[line.client].take_output());
        }
    }

    fn possible(&mut self) -> Vec<Step> {
        let now = self.now();
        let mut steps = Vec::new();
        for (place, client) in self.cast.iter().enumerate() {
            if client.wants_online && !client.is_connected() {
                steps.push(Step::Connect(place));
            }
            if self.is_time_for_deed(client) {
                steps.push(Step::Deed(place));
            }
        }
        for (place, line) in self.lines.iter().enumerate() {
            let endpoint = &line.endpoint;
            let mut may = |step: Step, is_possible: bool| {
                if is_possible {
                    steps.push(step);
                }
            };
            let is_flushed = line.is_dropped || line.to_client.is_empty();
            let reads = !line.is_dropped && !self.paused.contains(&line.client);
            may(Step::Receive(place), endpoint.wants_read(CHANNEL) && !line.to_host.is_empty());
            may(Step::Take(place), reads && !line.to_client.is_empty());
            may(Step::Mail(place), endpoint.wants_effects() && line.letterbox.has_mail());
            may(Step::Pulled(place), !line.pulls.is_empty());
            may(Step::Proven(place), !line.proofs.is_empty());
            may(Step::GoOver(place), line.version_due.is_some());
            may(Step::Due(place), endpoint.next_due().is_some_and(|due| due <= now));
            may(
                Step::HangUp(place),
                match &line.closing {
                    _ if line.is_dropped => true,
                    Some(Closing::Politely(_)) => is_flushed,
                    Some(Closing::Abruptly(_)) => true,
                    None => false,
                },
            );
        }
        if let Some(shard) = &mut self.shard {
            let tick_is_due = shard.tick_in_ms() == Some(0);
            let of_shard = [
                (Step::Handle, shard.can_handle()),
                (Step::Tick, tick_is_due),
                (Step::Close, shard.can_close()),
                (Step::Store, shard.is_in_flight()),
            ];
            steps.extend(of_shard.into_iter().filter(|(_, is_possible)| *is_possible).map(|(step, _)| step));
        }
        steps
    }

    fn is_time_for_deed(&self, client: &Client) -> bool {
        let Some((when, deed)) = client.next_deed() else { return false };
        let other = |name: &str| self.cast.iter().find(|other| other.name == name).expect("it is in the cast");
        let is_time = match when {
            When::Now => true,
            When::Heard(words) => client.has_heard(words),
            When::After(ms) => client.last_deed_at.plus_ms(*ms) <= self.now(),
            When::Dropped(name, times) => other(name).drops >= *times,
            When::Said(name, text) => other(name).outbox.iter().any(|said| said.text == *text),
            When::Answered => client.outbox.iter().all(|said| said.fate != Fate::Open),
        };
        let is_able = match deed {
            Deed::Answers(_) => client.conversation().is_some(),
            Deed::Sends(stanza) => {
                client.is_ready() && (!stanza.contains("{conversation}") || client.conversation().is_some())
            }
            Deed::Connects | Deed::Drops | Deed::Says(..) => true,
        };
        is_time && is_able
    }

    fn take(&mut self, step: Step) -> Result<(), Violation> {
        match step {
            Step::Deed(client) => self.deed(client),
            Step::Connect(client) => self.connect(client),
            Step::Receive(line) => self.receive(line),
            Step::Take(line) => self.deliver(line),
            Step::Mail(line) => self.mail(line),
            Step::Pulled(line) => self.pulled(line),
            Step::Proven(line) => {
                if let Some(proof) = self.lines[line].proofs.pop_front() {
                    self.event(line, Event::Proof(proof));
                }
            }
            Step::Due(line) => self.event(line, Event::Due),
            Step::GoOver(line) => self.go_over(line),
            Step::HangUp(line) => self.hang_up(line),
            Step::Handle => self.shard().handle(),
            Step::Tick => self.shard().tick(),
            Step::Close => {
                self.shard().close();
                invariants::check(self.shard().centre())?;
            }
            Step::Store => self.store()?,
        }
        Ok(())
    }

    fn shard(&mut self) -> &mut ByHand {
        self.shard.as_mut().expect("a process runs")
    }

    fn store(&mut self) -> Result<(), Violation> {
        let mut outcome = self.shard().store();
        while outcome.is_err() && !self.power.is_off() {
            self.reloads += 1;
            self.clock.advance(100);
            outcome = self.shard().reload().map_err(|error| error.to_string());
            assert!(self.reloads < 10_000, "it is not loaded again: {outcome:?}");
        }
        if self.power.is_off() { Ok(()) } else { invariants::check(self.shard().centre()) }
    }
}
