//! What a batch has decided so far.
//!
//! Invariant: a record's key stands here once, and its value is taken when the batch ends: so an [`Output`] has at most one
//! absolute value for a key.

use super::{Centre, DialogAnswer, Effect, Fault, Forgotten, Output, PluginAnswer, RolledBack, Spoken, TalkFault};
use crate::model::record::{Binding, Cursor, Entry, Op, Record, RecordKey};
use crate::model::{FeedId, SessionId};
use std::collections::BTreeMap;

/// What to write of a key.
#[derive(Debug)]
enum Pending {
    /// Whatever the memory holds when the batch ends; nothing there means gone.
    Current,
    /// This: the memory has forgotten it.
    Last(Box<Record>),
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    pub(super) effects: Vec<Effect>,
    pub(super) appends: Vec<Entry>,
    pub(super) answers: Vec<PluginAnswer>,
    pub(super) faults: Vec<Fault>,
    pub(super) rolled_back: Vec<RolledBack>,
    spoken: Vec<DialogAnswer>,
    pub(super) talk_faults: Vec<TalkFault>,
    pub(super) forgotten: Vec<Forgotten>,
    /// There while decisions are noted.
    pub(super) notes: Option<super::noted::Notes>,
    changed: BTreeMap<RecordKey, Pending>,
}

impl Outbox {
    /// An empty one in which is noted what rules say.
    pub(super) fn noting() -> Self {
        Self { notes: Some(super::noted::Notes::default()), ..Self::default() }
    }

    /// A dialog has answered.
    pub(super) fn spoken(&mut self, dialog: &str, session: SessionId, spoken: Spoken) {
        self.spoken.push(DialogAnswer { dialog: dialog.to_owned(), session, spoken });
    }

    /// The record of this key is new, changed or gone.
    pub(super) fn touch(&mut self, key: RecordKey) {
        self.changed.insert(key, Pending::Current);
    }

    /// The record's last value; the memory forgets it.
    pub(super) fn leave(&mut self, record: Record) {
        self.changed.insert(record.key(), Pending::Last(Box::new(record)));
    }
}

impl Centre {
    pub(super) fn collect(&mut self) -> Output {
        let mut changed = std::mem::take(&mut self.outbox.changed);
        if !changed.is_empty() || !self.outbox.appends.is_empty() {
            self.meta.last_now = self.now;
            changed.insert(RecordKey::Meta, Pending::Current);
        }
        let ops = changed.into_iter().map(|(key, pending)| self.op(key, pending)).collect();
        Output {
            effects: std::mem::take(&mut self.outbox.effects),
            ops,
            appends: std::mem::take(&mut self.outbox.appends),
            answers: std::mem::take(&mut self.outbox.answers),
            faults: std::mem::take(&mut self.outbox.faults),
            rolled_back: std::mem::take(&mut self.outbox.rolled_back),
            spoken: std::mem::take(&mut self.outbox.spoken),
            talk_faults: std::mem::take(&mut self.outbox.talk_faults),
            forgotten: std::mem::take(&mut self.outbox.forgotten),
        }
    }

    fn op(&self, key: RecordKey, pending: Pending) -> Op {
        match pending {
            Pending::Last(record) => Op::Put(*record),
            Pending::Current => match self.record(&key) {
                Some(record) => Op::Put(record),
                None => Op::Delete(key),
            },
        }
    }

    /// The value of a record as the memory holds it.
    fn record(&self, key: &RecordKey) -> Option<Record> {
        match key {
            RecordKey::Meta => Some(Record::Meta(self.meta)),
            RecordKey::Session(id) => self.sessions.get(*id).map(|live| Record::Session(Box::new(live.record.clone()))),
            RecordKey::Cursor(session, participant) => {
                let feed = FeedId { session: *session, participant: *participant };
                let through = *self.cursors.get(&feed)?;
                Some(Record::Cursor(Cursor { session: *session, participant: *participant, through }))
            }
            RecordKey::Agent(name) => self.agents.named(name).map(|agent| Record::Agent(agent.duty.clone())),
            RecordKey::Binding(session, participant) => {
                let feed = FeedId { session: *session, participant: *participant };
                self.table.row(feed).map(|row| Record::Binding(Binding::clone(&row.binding)))
            }
            RecordKey::Memory(pool, rule) => self.chains.get(pool)?.memory_record(pool, rule).map(Record::Memory),
            RecordKey::Subscription(provider, contact, presentity) => {
                self.subscriptions.record(provider, contact, presentity).map(Record::Subscription)
            }
            RecordKey::Served(customer) => self.served.record(customer).cloned().map(Record::Served),
            RecordKey::Quarantine(of) => self.quarantine(of).map(Record::Quarantine),
            RecordKey::Waits(pool) => self.estimates.record(self.now, pool).map(Record::Waits),
            RecordKey::Account(..) => None,
        }
    }

    /// Every record that the memory holds, in the order of keys: what the store has after the last batch.
    #[cfg(test)]
    pub(super) fn records(&self) -> Vec<Record> {
        let mut keys = vec![RecordKey::Meta];
        keys.extend(self.sessions.ids().map(RecordKey::Session));
        keys.extend(self.cursors.keys().map(|feed| RecordKey::Cursor(feed.session, feed.participant)));
        keys.extend(self.agents.all().map(|agent| RecordKey::Agent(agent.profile.name.clone())));
        keys.extend(self.table.feeds().map(|feed| RecordKey::Binding(feed.session, feed.participant)));
        keys.extend(self.subscriptions.keys());
        keys.extend(self.served.customers().cloned().map(RecordKey::Served));
        keys.extend(self.quarantines().into_iter().map(|quarantine| RecordKey::Quarantine(quarantine.of)));
        keys.sort();
        keys.iter().filter_map(|key| self.record(key)).collect()
    }
}
