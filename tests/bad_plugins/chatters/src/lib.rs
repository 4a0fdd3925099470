//! An adapter that logs as many lines at the word `log` as the number behind it says.

use cordboard_bad_decent::adapter::{Bad, Heard, Vice};

/// The vice.
#[derive(Debug)]
pub struct Chatters;

impl Vice for Chatters {
    fn heard(word: &str, number: usize) -> Option<Heard> {
        (word == "log").then(|| {
            (0..number).for_each(|line| cordboard_sdk::info!("line {line}"));
            Heard::Silence
        })
    }
}

cordboard_sdk::export_adapter!(Bad<Chatters>);
