//! The pure core: owns sessions, queues, agents, presence and the address table of a shard.
//!
//! One batch is [`Centre::begin`], at most [`Limits::batch_inputs`](crate::model::limits::Limits) times [`Centre::handle`], and
//! [`Centre::finish`], which runs one bounded matching pass and gives back everything: records and transcript entries to store,
//! and effects to carry out once they are stored. What happens inside is told by the folders, one for each concern.
//!
//! Invariant: no IO, no clock, no randomness. Every output is a function of the settings, what was loaded, the inputs and the
//! rules' answers, all of which the journal has (I8).

mod address_table;
mod addresses;
mod agent;
mod checkpoint;
mod compatibility;
mod components;
mod customer;
mod delivery;
mod device;
mod dialog;
pub mod effect;
mod estimate;
pub mod input;
pub mod invariants;
pub mod journal;
mod link;
mod load;
mod matching;
pub mod noted;
mod outbox;
mod pages;
mod people;
mod phrases;
mod presence;
mod quarantine;
mod queue;
mod recall;
mod request;
mod resume;
mod served;
mod session;
mod timers;
pub mod view;
mod words;

#[cfg(test)]
pub(crate) mod tests;

pub use checkpoint::{Checkpoint, CheckpointError, Snapshot};
pub use components::{Components, Rules};
pub use dialog::{DialogDigest, DialogSet, ENDED_BY_DIALOG, TalkFault};
pub use effect::{Effect, Feed, Notice, message_id, parse_message_id};
pub use estimate::Forgotten;
pub use input::{Input, Opened};
pub use journal::{Answered, DialogAnswer, JournalEntry, PluginAnswer, RuleDigest, Spoken};
pub use load::{LoadError, Loaded};
pub use matching::{Compared, Concluded, Decided, Difference, Differing, Fault, RolledBack};
pub use view::View;

use crate::model::record::{Entry, Meta, Op};
use crate::model::rule::Rule;
use crate::model::settings::{QueueTimes, Settings};
use crate::model::{EndpointId, FeedId, Lane, Seq, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a rule stands: its pool, which of the pool's chains, and its name.
pub type RulePlace = (String, Lane, String);

/// All that a batch decided. `ops` and `appends` are stored in one commit; `effects` are carried out after it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Output {
    /// What to do, in order.
    pub effects: Vec<Effect>,
    /// Changed records; at most one change for a key.
    pub ops: Vec<Op>,
    /// New transcript entries, in the order of their arrival.
    pub appends: Vec<Entry>,
    /// What the rules answered, in order, failures too: for the journal.
    pub answers: Vec<PluginAnswer>,
    /// What the rules did wrong: for the log. They follow from `answers`.
    pub faults: Vec<Fault>,
    /// Canaries that decide no more: for the log. They follow from `answers`.
    pub rolled_back: Vec<RolledBack>,
    /// What the dialogs answered, in order, failures too: for the journal.
    pub spoken: Vec<DialogAnswer>,
    /// What the dialogs did wrong: for the log. They follow from `spoken`.
    pub talk_faults: Vec<TalkFault>,
    /// Pools whose waits are learnt anew after a restart: for the log.
    pub forgotten: Vec<Forgotten>,
}

/// The pure core of one shard.
#[derive(Serialize, Deserialize)]
pub struct Centre {
    settings: pages::Shared<Settings>,
    shard: u16,
    meta: Meta,
    now: Timestamp,
    seed: [u8; 32],
    drawn: u64,
    devices: device::Devices,
    customers: customer::Customers,
    agents: agent::Agents,
    sessions: session::Sessions,
    queues: queue::Queues,
    links: pages::Shared<link::Links>,
    table: address_table::AddressTable,
    addresses: addresses::Addresses,
    cursors: pages::PagedMap<FeedId, Seq>,
    pools: matching::Pools,
    /// Rules are no data; a checkpoint has what is known of them.
    #[serde(skip)]
    chains: BTreeMap<String, matching::Lanes>,
    /// See [`Centre::stage_rules`].
    #[serde(skip)]
    staged: BTreeMap<RulePlace, Box<dyn Rule>>,
    /// See [`Centre::stage_dialogs`].
    #[serde(skip)]
    staged_dialogs: DialogSet,
    dialogs: dialog::Dialogs,
    /// See [`journal::Replay::ask_others`].
    #[serde(skip)]
    others: matching::Others,
    trials: matching::Trials,
    watches: presence::Watches,
    subscriptions: presence::Subscriptions,
    recalls: recall::Recalls,
    requests: request::Requests,
    /// Where rules' questions to the world are carried out.
    consultant: Option<EndpointId>,
    served: served::LastServed,
    estimates: estimate::Estimates,
    timers: timers::Timers,
    /// Empty between two batches.
    #[serde(skip)]
    outbox: outbox::Outbox,
}

impl Centre {
    /// An empty centre of shard 0. Pools that `components` does not name have no rules.
    pub fn new(settings: Settings, components: Components) -> Self {
        Self::empty(settings, components, 0)
    }

    fn empty(settings: Settings, mut components: Components, shard: u16) -> Self {
        let dialogs = dialog::Dialogs::new(components.take_dialogs());
        let links = pages::Shared::new(link::Links::new(&settings));
        Self {
            shard,
            meta: Meta::default(),
            now: Timestamp::default(),
            seed: [0; 32],
            drawn: 0,
            devices: device::Devices::default(),
            customers: customer::Customers::default(),
            agents: agent::Agents::default(),
            sessions: session::Sessions::default(),
            queues: queue::Queues::new(&settings),
            table: address_table::AddressTable::default(),
            addresses: addresses::Addresses::default(),
            cursors: pages::PagedMap::default(),
            pools: matching::Pools::new(&settings),
            chains: matching::chains(&settings, components),
            staged: BTreeMap::new(),
            staged_dialogs: DialogSet::new(),
            dialogs,
            trials: matching::Trials::default(),
            others: matching::Others::default(),
            watches: presence::Watches::new(&links),
            links,
            subscriptions: presence::Subscriptions::default(),
            recalls: recall::Recalls::default(),
            requests: request::Requests::default(),
            consultant: None,
            served: served::LastServed::default(),
            estimates: estimate::Estimates::default(),
            timers: timers::Timers::default(),
            outbox: outbox::Outbox::default(),
            settings: pages::Shared::new(settings),
        }
    }

    /// Begins a batch: does what became due up to `now`. `seed` is 32 bytes that nobody can guess; aliases are made from it.
    /// A `now` before that of the last batch counts as the same moment.
    pub fn begin(&mut self, now: Timestamp, seed: [u8; 32]) {
        self.now = now.max(self.now);
        self.seed = seed;
        self.drawn = 0;
        self.do_what_is_due();
    }

    /// Takes one input.
    pub fn handle(&mut self, input: &Input) {
        match input {
            Input::Opened(opened) => self.opened(opened),
            Input::Gone { endpoint, .. } => self.endpoint_gone(*endpoint),
            Input::Report { endpoint, report } => self.report(*endpoint, report),
            Input::Delivered { endpoint, feed, through, outcome } => {
                self.delivered(*endpoint, *feed, *through, outcome);
            }
            Input::Agent(profile) => self.agent_changed(profile),
            Input::AgentRemoved(name) => self.agent_removed(name),
            Input::Member(profile) => self.member_changed(profile),
            Input::MemberRemoved(alias) => self.addresses.member_removed(alias),
            Input::Settings(settings) => self.settings_changed(settings),
            Input::Close { session, reason } => self.close_by_operator(*session, reason),
            Input::RuleReplaced { pool, lane, rule } => self.rule_replaced(pool, *lane, *rule),
            Input::RuleReleased { rule } => self.rule_released(rule),
            Input::DialogReplaced { dialog } => self.dialog_forgiven(dialog),
            Input::DialogReleased { plugin } => self.dialogs_released(plugin),
            Input::SwitchboardOpened(endpoint) => self.switchboard_opened(*endpoint),
            Input::Call(call) => self.switch_called(call),
            Input::ConsultantOpened(endpoint) => self.consultant_opened(*endpoint),
            Input::Consulted(consulted) => self.consulted(consulted),
            Input::Excerpted(excerpted) => self.excerpted(excerpted),
            Input::Stopping => self.store_waits_at_stop(),
            Input::Tick => {}
        }
    }

    /// Ends the batch: one bounded matching pass, what is to be told and shown, and everything collected.
    pub fn finish(&mut self) -> Output {
        self.match_pools();
        self.tell_waiting_times();
        self.recall_some();
        self.tell_switches();
        self.show_what_changed();
        self.tell_rules();
        self.store_waits();
        self.collect()
    }

    /// When the next batch is needed though nothing happens: an [`Input::Tick`] then. A moment that is past already: at once,
    /// because the last batch left work for another.
    pub fn next_due(&self) -> Option<Timestamp> {
        let left = self.pools.have_work() || self.watches.have_work();
        let at_once = left.then_some(self.now);
        let due = [self.timers.next(), self.watches.next_due(), self.recalls.next_due(), self.estimates.next_due()];
        at_once.into_iter().chain(due.into_iter().flatten()).min()
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The times of a queue.
    fn times(&self, queue: &str) -> QueueTimes {
        self.settings.times(self.queues.get(queue).map(|queue| &queue.settings))
    }

    fn effect(&mut self, effect: Effect) {
        self.outbox.effects.push(effect);
    }

    /// The endpoint of a device that is known to exist.
    fn endpoint_of(&self, device: device::DeviceId) -> Option<EndpointId> {
        self.devices.get(device).map(|device| device.endpoint)
    }
}
