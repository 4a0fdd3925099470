//! What goes out in answer to one input, in order.

use cordboard_sdk::adapter::{Chunk, Ending, Output};

/// Collects it.
#[derive(Debug)]
pub(crate) struct Outbox {
    pub(crate) channel: u32,
    pub(crate) outputs: Vec<Output>,
}

impl Outbox {
    pub(crate) fn new(channel: u32) -> Self {
        Self { channel, outputs: Vec::new() }
    }

    pub(crate) fn push(&mut self, output: Output) {
        self.outputs.push(output);
    }

    /// A line of text. What somebody else wrote must not make two lines of it.
    pub(crate) fn line(&mut self, text: &str) {
        let mut line: String = text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
        line.push('\n');
        self.push(Output::Send(Chunk { channel: self.channel, data: line.into_bytes(), text: false }));
    }

    /// The last line.
    pub(crate) fn close(&mut self, reason: &str) {
        self.line(&format!("Good-bye: {reason}."));
        self.push(Output::Close(Ending { channel: self.channel, reason: reason.to_owned() }));
    }
}
