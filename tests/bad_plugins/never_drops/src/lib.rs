//! A dialog that never gives back what a conversation took: 4 KiB each turn, and 9 MiB at the word `hoard`.

use cordboard_bad_decent::dialog::{Bad, Vice};
use cordboard_sdk::dialog::Action;
use std::hint::black_box;

/// The vice.
#[derive(Debug)]
pub struct NeverDrops;

impl Vice for NeverDrops {
    fn heard(words: &str) -> Option<Vec<Action>> {
        (words == "hoard").then(|| {
            keep(9 * 1024 * 1024);
            Vec::new()
        })
    }

    fn restored() {
        keep(4 * 1024);
    }
}

fn keep(bytes: usize) {
    std::mem::forget(black_box(Vec::<u8>::with_capacity(bytes)));
}

cordboard_sdk::export_dialog!(Bad<NeverDrops>);
