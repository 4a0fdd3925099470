//! An adapter that traps: opened with the settings `trap`, at the word `trap`, at the datagram `trap`.

use cordboard_bad_decent::adapter::{Bad, Heard, Vice};

/// The vice.
#[derive(Debug)]
pub struct Traps;

impl Vice for Traps {
    fn opened(settings: &str) {
        assert!(settings != "trap", "these settings say trap");
    }

    fn heard(word: &str, _number: usize) -> Option<Heard> {
        assert!(word != "trap", "a stanza that traps");
        None
    }

    fn sorted(data: &[u8]) {
        assert!(data != b"trap", "a datagram that traps");
    }
}

cordboard_sdk::export_adapter!(Bad<Traps>);
