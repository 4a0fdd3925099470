//! One of two who talk: asks, or answers.
//!
//! Invariant: numbers come in order and none is left out, on either side.

use super::{Phase, TalkOptions};
use crate::client::Client;
use anyhow::ensure;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// In front of a question's number.
const ASKED: &str = "ask ";
/// In front of an answer's number.
const ANSWERED: &str = "answer ";

/// A client and whom it talks to.
pub(super) struct Talker {
    pub(super) client: Client,
    pub(super) to: String,
}

/// One round trip.
#[derive(Debug, Clone, Copy)]
pub struct Trip {
    /// When the answer came.
    pub ended: Instant,
    /// How long that took.
    pub took: Duration,
}

impl Talker {
    /// Asks and asks until the end, and hears every answer; gives the round trips that ended while it was measured.
    pub(super) async fn ask(mut self, options: TalkOptions, phase: Arc<Phase>) -> anyhow::Result<Vec<Trip>> {
        let (mut asked, mut heard) = (0, 0);
        let (mut outstanding, mut trips) = (VecDeque::new(), Vec::new());
        let mut next_at = Instant::now() + options.delay();
        loop {
            while outstanding.len() < options.outstanding
                && next_at <= Instant::now()
                && !phase.ending.load(Ordering::Relaxed)
            {
                let words = format!("{ASKED}{asked} {:.>1$}", "", options.bytes);
                self.client.say(&self.to, &asked.to_string(), &words);
                outstanding.push_back(Instant::now());
                asked += 1;
                next_at += options.pause;
            }
            if outstanding.is_empty() && phase.ending.load(Ordering::Relaxed) {
                return Ok(trips);
            }
            // What is asked leaves before anything is waited for.
            self.client.flush().await?;
            let may_ask = outstanding.len() < options.outstanding && next_at > Instant::now();
            let (_, words) = tokio::select! {
                words = self.client.next_words() => words?,
                () = sleep_until(next_at), if may_ask => continue,
            };
            let Some((number, _)) = numbered(&words, ANSWERED) else { continue };
            ensure!(number == heard, "answer {heard} was expected, and {number} has come");
            heard += 1;
            let begun = outstanding.pop_front();
            if phase.measuring.load(Ordering::Relaxed) {
                trips.extend(begun.map(|begun| Trip { ended: Instant::now(), took: begun.elapsed() }));
            }
        }
    }

    /// Answers for ever.
    pub(super) async fn answer(mut self, phase: Arc<Phase>) -> anyhow::Result<()> {
        let mut answered = 0;
        loop {
            let (_, words) = self.client.next_words().await?;
            let Some((number, rest)) = numbered(&words, ASKED) else { continue };
            ensure!(number == answered, "question {answered} was expected, and {number} has come");
            self.client.say(&self.to, &number.to_string(), &format!("{ANSWERED}{number} {rest}"));
            answered += 1;
            if phase.measuring.load(Ordering::Relaxed) {
                phase.answered.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// The number behind these words, and what follows.
fn numbered<'a>(words: &'a str, before: &str) -> Option<(u64, &'a str)> {
    let (number, rest) = words.strip_prefix(before)?.split_once(' ')?;
    Some((number.parse().ok()?, rest))
}
