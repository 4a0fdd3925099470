//! The batch that is being gathered: handled already, not stored yet.
//!
//! Invariant: what is journaled is what the centre was told, in the order in which it was told.

use crate::centre::{Centre, Input};
use crate::model::Timestamp;

/// See the [module](self).
pub(super) struct OpenBatch {
    pub(super) now: Timestamp,
    pub(super) seed: [u8; 32],
    pub(super) inputs: Vec<Input>,
}

impl OpenBatch {
    /// Begins a batch.
    pub(super) fn begin(centre: &mut Centre, now: Timestamp, seed: [u8; 32]) -> Self {
        centre.begin(now, seed);
        Self { now, seed, inputs: Vec::new() }
    }

    /// Has the centre handle one input.
    pub(super) fn handle(&mut self, centre: &mut Centre, input: Input) {
        centre.handle(&input);
        self.inputs.push(input);
    }

    /// Whether there is nothing in it that anybody waits for: only cursors, and no message that was refused.
    pub(super) fn is_patient(&self) -> bool {
        self.inputs.iter().all(|input| matches!(input, Input::Delivered { outcome: Ok(()), .. }))
    }

    /// Whether time alone began it.
    pub(super) fn is_tick(&self) -> bool {
        matches!(self.inputs.as_slice(), [Input::Tick])
    }
}
