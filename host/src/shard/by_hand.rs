//! A shard worked by hand, one step at a time, in the order that whoever works it chooses: for simulations.
//!
//! It has no threads and no runtime; the steps are those of the driver, and what they are made of ([`Term`], [`Storing`],
//! [`Endpoints`]) is the same code. Invariant: at most one batch is in flight and one is open, as with the driver.

use super::committer::{Storing, Work};
use super::encoding;
use super::endpoints::Endpoints;
use super::term::Term;
use super::{Post, ShardSetup, StartError, Transcripts};
use crate::centre::{Centre, Input, Snapshot};
use crate::model::record::{Entry, Shard as Part};
use crate::model::{EndpointId, Seq, SessionId};
use crate::storage::StoreError;
use std::collections::VecDeque;
use std::sync::Arc;

/// See the [module](self).
pub(crate) struct ByHand {
    setup: ShardSetup,
    term: Term,
    storing: Storing,
    in_flight: Option<Work>,
    /// A checkpoint on its way.
    snapshot: Option<Snapshot>,
    inputs: VecDeque<Input>,
    endpoints: Arc<Endpoints>,
    transcripts: Transcripts,
    seeds: u64,
    /// A planted defect: effects are handed out as soon as a batch is closed.
    hasty: bool,
}

impl ByHand {
    /// Loads the shard; the batch of its resumption is in flight.
    pub(crate) fn start(setup: ShardSetup) -> Result<Self, StartError> {
        let endpoints = Arc::new(Endpoints::new());
        let transcripts = Transcripts::new(Part::Pool(setup.number), Arc::clone(&setup.store), setup.options.recent);
        let (term, work) = Term::load(&setup)?;
        let storing = Storing::new(term.lease(), &setup, Arc::clone(&endpoints), transcripts.clone());
        endpoints.begin(term.lease().epoch);
        let (in_flight, inputs) = (Some(work), VecDeque::new());
        let (snapshot, seeds, hasty) = (None, 0, false);
        Ok(Self { setup, term, storing, in_flight, snapshot, inputs, endpoints, transcripts, seeds, hasty })
    }

    /// Plants the defect that effects don't wait for their batch.
    pub(crate) fn be_hasty(&mut self) {
        self.hasty = true;
    }

    pub(crate) fn next_endpoint(&self) -> EndpointId {
        self.endpoints.next()
    }

    pub(crate) fn register(&self, endpoint: EndpointId, post: Arc<dyn Post>) {
        self.endpoints.register(endpoint, post);
    }

    pub(crate) fn unregister(&self, endpoint: EndpointId) {
        self.endpoints.unregister(endpoint);
    }

    pub(crate) fn submit(&mut self, input: Input) {
        self.inputs.push_back(input);
    }

    /// Whether an input waits that the open batch can take.
    pub(crate) fn can_handle(&self) -> bool {
        !self.inputs.is_empty() && !self.term.is_full()
    }

    /// Has the centre handle the next input.
    pub(crate) fn handle(&mut self) {
        if let Some(input) = self.inputs.pop_front() {
            self.take(input);
        }
    }

    /// In how many milliseconds a tick is due; none while a batch is open, as that does what is due.
    pub(crate) fn tick_in_ms(&mut self) -> Option<u64> {
        if self.term.has_open() { None } else { self.term.tick_in_ms(&*self.setup.clock) }
    }

    /// A tick is due.
    pub(crate) fn tick(&mut self) {
        self.take(Input::Tick);
    }

    fn take(&mut self, input: Input) {
        self.seeds += 1;
        let mut seed = [0; 32];
        seed[..4].copy_from_slice(&self.term.lease().epoch.to_be_bytes());
        seed[4..12].copy_from_slice(&self.seeds.to_be_bytes());
        self.term.handle(&*self.setup.clock, input, || seed);
    }

    pub(crate) fn can_close(&self) -> bool {
        self.in_flight.is_none() && self.term.has_open()
    }

    /// Closes the open batch: it is in flight then. The checkpoint that it brings is encoded when the next one is closed.
    pub(crate) fn close(&mut self) {
        if let Some(snapshot) = self.snapshot.take() {
            self.term.encoded(encoding::encode(&snapshot, self.setup.options.segments, || false));
        }
        self.in_flight = self.term.close();
        self.snapshot = self.term.take_snapshot();
        if let Some(work) = self.in_flight.as_mut().filter(|_| self.hasty) {
            for effect in std::mem::take(&mut work.effects) {
                self.endpoints.post(effect);
            }
        }
    }

    pub(crate) fn is_in_flight(&self) -> bool {
        self.in_flight.is_some()
    }

    /// Stores the batch in flight and hands out its effects.
    pub(crate) fn store(&mut self) -> Result<(), String> {
        self.in_flight.take().map_or(Ok(()), |work| self.storing.store(work)).map_err(|error| error.to_string())
    }

    /// A commit has failed: everybody is reset and the shard loaded again, as the driver does it. To be called again after an error.
    pub(crate) fn reload(&mut self) -> Result<(), StartError> {
        (self.in_flight, self.snapshot) = (None, None);
        self.endpoints.end();
        self.transcripts.forget();
        let (term, work) = Term::load(&self.setup)?;
        let (endpoints, transcripts) = (Arc::clone(&self.endpoints), self.transcripts.clone());
        self.storing = Storing::new(term.lease(), &self.setup, endpoints, transcripts);
        self.endpoints.begin(term.lease().epoch);
        (self.term, self.in_flight) = (term, Some(work));
        Ok(())
    }

    /// Reads a transcript for a delivery.
    pub(crate) fn read(&self, session: SessionId, after: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        match self.transcripts.recent(session, after, limit) {
            Some(entries) => Ok(entries),
            None => self.setup.store.read(Part::Pool(self.setup.number), session, after, limit),
        }
    }

    pub(crate) fn centre(&self) -> &Centre {
        self.term.centre()
    }
}
