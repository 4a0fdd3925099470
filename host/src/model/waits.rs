//! What a pool's waiting times have learnt, as it is stored.
//!
//! Invariant: the bytes go everywhere in one piece. Some ten thousand numbers of one byte each would hold up the batch that they are hashed in.

use super::SavedState;
use serde::{Deserialize, Serialize, Serializer};

/// The record of one pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waits {
    /// Which pool.
    pub pool: String,
    /// As [`WaitingTimes::learnt`](crate::waiting::WaitingTimes::learnt) gave it.
    #[serde(serialize_with = "in_one_piece")]
    pub state: SavedState,
}

/// As it is written otherwise, but for the bytes.
#[derive(Serialize)]
struct State<'a> {
    format: u32,
    bytes: Piece<'a>,
}

struct Piece<'a>(&'a [u8]);

impl Serialize for Piece<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

fn in_one_piece<S: Serializer>(state: &SavedState, serializer: S) -> Result<S::Ok, S::Error> {
    let SavedState { format, bytes } = state;
    State { format: *format, bytes: Piece(bytes) }.serialize(serializer)
}
