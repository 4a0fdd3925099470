//! What a shard has in memory as long as a lease: the centre, its time, and the batch that is being gathered. Without threads, queues or
//! a runtime, so that whoever drives it decides what happens next.
//!
//! ```text
//!  load ─► (the resumption's batch) ─► handle ─► handle ─► ... ─► close ─► (a batch) ─► handle ─► ...
//! ```
//!
//! Invariant: a batch is opened by its first input and closed once; what comes afterwards belongs to the next.

mod loading;

use super::Clock;
use super::clock::Time;
use super::committer::Work;
use super::encoding::{Parts, Unfit};
use super::endpoints;
use super::open_batch::OpenBatch;
use super::segment::Progress;
use crate::centre::view::{Summary, View};
use crate::centre::{Centre, Fault, Forgotten, Input, JournalEntry, Output, RolledBack, Snapshot, TalkFault};
use crate::model::record::{Batch, Segment};
use crate::model::{EndpointId, Timestamp};
use crate::storage::Lease;
use crate::telemetry::event;

/// Between ticks that come to nothing though more are asked for at once, so that a defect in a timer can't fill the disk.
const IDLE_TICK_MS: u64 = 10;
/// How long a batch of nothing but cursors waits for company, so that the answer to a message does not wait for a commit that says only
/// that the message was delivered. After a crash a message whose cursor was not stored is delivered again, with the same identifier.
const CURSORS_WAIT_MS: u64 = 10;

/// See the [module](self).
pub(super) struct Term {
    pub(super) centre: Centre,
    lease: Lease,
    time: Time,
    open: Option<OpenBatch>,
    segment: Progress,
    /// The centre where the segment begins that is to be encoded.
    snapshot: Option<Snapshot>,
    /// No tick before it.
    next_tick: Timestamp,
}

impl Term {
    #[cfg(test)]
    pub(super) fn centre(&self) -> &Centre {
        &self.centre
    }

    /// Under which lease.
    pub(super) fn lease(&self) -> Lease {
        self.lease
    }

    /// Whether a batch is being gathered.
    pub(super) fn has_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether the open batch takes nothing more.
    pub(super) fn is_full(&self) -> bool {
        let limit = self.centre.settings().limits.batch_inputs.max(1);
        self.open.as_ref().is_some_and(|open| open.inputs.len() >= limit)
    }

    /// Has the centre handle an input, in a new batch where none is open. Answers whether it was taken: what an endpoint of an ended
    /// lease says is not.
    pub(super) fn handle(&mut self, clock: &dyn Clock, input: Input, seed: impl FnOnce() -> [u8; 32]) -> bool {
        if endpoint(&input).is_some_and(|endpoint| endpoints::epoch(endpoint) != self.lease.epoch) {
            return false;
        }
        let open = match &mut self.open {
            Some(open) => open,
            none => {
                let now = self.time.now(clock);
                none.insert(OpenBatch::begin(&mut self.centre, now, seed()))
            }
        };
        open.handle(&mut self.centre, input);
        true
    }

    /// In how many milliseconds the open batch is to be ended, though nothing comes; nothing where none is open.
    pub(super) fn close_in_ms(&mut self, clock: &dyn Clock) -> Option<u64> {
        let full = self.is_full();
        let open = self.open.as_ref()?;
        let wait_ms = if open.is_patient() && !full { CURSORS_WAIT_MS } else { 0 };
        Some(open.now.plus_ms(wait_ms).since_ms(self.time.now(clock)))
    }

    /// Nothing more comes. What is still to be stored of what was learnt goes into the last batch.
    pub(super) fn stop(&mut self, clock: &dyn Clock, seed: impl FnOnce() -> [u8; 32]) {
        if self.centre.has_learnt() {
            self.handle(clock, Input::Stopping, seed);
        }
    }

    /// Ends the open batch: what is to be stored of it, and what waits for that.
    pub(super) fn close(&mut self) -> Option<Work> {
        let open = self.open.take()?;
        let output = self.centre.finish();
        log(&output);
        if open.is_tick() && output.ops.is_empty() && output.appends.is_empty() && output.effects.is_empty() {
            self.next_tick = open.now.plus_ms(IDLE_TICK_MS);
        }
        let entry = JournalEntry::batch(&self.centre, open.now, open.seed, open.inputs, &output);
        let mut work = Work::new(output, &entry);
        work.batch.segment = self.segment.add(open.now, &work.batch.journal);
        if matches!(work.batch.segment, Some(Segment::Begins { .. })) {
            self.snapshot = Some(self.centre.snapshot());
        }
        Some(work)
    }

    /// What a new segment of the journal begins with; to be encoded, and given to [`Self::encoded`].
    pub(super) fn take_snapshot(&mut self) -> Option<Snapshot> {
        self.snapshot.take()
    }

    /// A snapshot has come to this.
    pub(super) fn encoded(&mut self, parts: Result<Parts, Unfit>) {
        self.segment.encoded(parts);
    }

    /// The next part of a checkpoint, to be stored without a batch.
    pub(super) fn next_part(&mut self) -> Option<Work> {
        let segment = Some(self.segment.next_part()?);
        Some(Work { batch: Batch { segment, ..Batch::default() }, effects: Vec::new() })
    }

    /// In how many milliseconds a tick is due.
    pub(super) fn tick_in_ms(&mut self, clock: &dyn Clock) -> Option<u64> {
        let due = self.centre.next_due()?.max(self.next_tick);
        Some(due.since_ms(self.time.now(clock)))
    }

    /// The centre as it is now.
    pub(super) fn view(&mut self, clock: &dyn Clock) -> View {
        self.centre.view(self.time.now(clock))
    }

    /// What of it has no row for each person or session.
    pub(super) fn summary(&mut self, clock: &dyn Clock) -> Summary {
        self.centre.summary(self.time.now(clock))
    }
}

/// Says which rules were left out of decisions, and why, which canaries decide no more, and whose waits are learnt anew.
fn log(output: &Output) {
    for Fault { pool, lane, rule, digest, failure } in &output.faults {
        let lane = lane.as_str();
        tracing::warn!(pool, lane, rule, %digest, %failure, "a rule is left out of a decision");
    }
    for TalkFault { dialog, digest, session, failure } in &output.talk_faults {
        let session = session.0;
        tracing::warn!(dialog, session, %digest, %failure, "a dialog has failed, and its customer goes elsewhere");
    }
    for Forgotten { pool, why } in &output.forgotten {
        tracing::warn!(pool, %why, "waiting times are learnt anew: what was stored of them can't be used");
    }
    for RolledBack { pool, rule, why } in &output.rolled_back {
        event::canary_rolled_back(pool, rule, why);
    }
}

/// The endpoint that an input is of.
fn endpoint(input: &Input) -> Option<EndpointId> {
    match input {
        Input::Opened(opened) => Some(opened.endpoint),
        Input::Gone { endpoint, .. } | Input::Report { endpoint, .. } | Input::Delivered { endpoint, .. } => {
            Some(*endpoint)
        }
        Input::SwitchboardOpened(endpoint) | Input::ConsultantOpened(endpoint) => Some(*endpoint),
        Input::Call(call) => Some(call.endpoint),
        Input::Consulted(consulted) => Some(consulted.endpoint),
        Input::Excerpted(excerpted) => Some(excerpted.endpoint),
        Input::Agent(_)
        | Input::AgentRemoved(_)
        | Input::Member(_)
        | Input::MemberRemoved(_)
        | Input::Settings(_)
        | Input::Close { .. }
        | Input::RuleReplaced { .. }
        | Input::RuleReleased { .. }
        | Input::DialogReplaced { .. }
        | Input::DialogReleased { .. }
        | Input::Stopping
        | Input::Tick => None,
    }
}
