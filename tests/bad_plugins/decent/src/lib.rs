//! What the bad plugins are where they are not bad: an adapter, a rule and a dialog that do as they should. Each bad plugin overrides one
//! thing of them, and is exported by a crate of its own.

pub mod adapter;
pub mod dialog;
pub mod rule;

use std::hint::black_box;

/// The format of all saved states here.
pub const FORMAT: u32 = 1;

/// Never comes back.
pub fn endless<T>() -> T {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

/// Takes memory in pieces of that size until there is none.
pub fn allocate<T>(piece_bytes: usize) -> T {
    let mut held = Vec::new();
    loop {
        held.push(black_box(Vec::<u8>::with_capacity(piece_bytes)));
    }
}
