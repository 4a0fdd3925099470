//! Reads a transcript's lines.
//!
//! ```text
//!  trial 1 KIND ─► setup, at ─► > call ─► < answer* ─┐
//!                                  ▲   at, #, empty  │
//!                                  └─────────────────┘
//! ```

use super::setup::{Line, Setup};
use super::stage::Call;
use super::{Transcript, TrialError, plain};
use crate::model::Timestamp;
use crate::model::limits::TRIAL_CALLS;
use crate::plugin::Kind;
use serde_json::Value;

/// The format read here.
const FORMAT: &str = "1";
/// The time where a transcript doesn't say it.
const START: Timestamp = Timestamp(1_000_000);

/// A transcript that was read.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) kind: Kind,
    pub(super) setup: Setup,
    pub(super) opened_at: Timestamp,
    /// What should come of the opening: a refusal, or nothing.
    pub(super) opening: Vec<Expected>,
    /// The last line in front of the first call that is not empty and no comment.
    pub(super) head_line: usize,
    pub(super) calls: Vec<Written>,
}

/// A call with what should come of it.
#[derive(Debug)]
pub(super) struct Written {
    /// Counted from 1.
    pub(super) line: usize,
    /// As it is written, without the sign.
    pub(super) text: String,
    pub(super) at: Timestamp,
    pub(super) call: Call,
    pub(super) expected: Vec<Expected>,
}

/// An answer that should come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expected {
    /// Counted from 1.
    pub(super) line: usize,
    /// In the spelling that answers have when they are written anew.
    pub(super) text: String,
}

impl Trial {
    pub(super) fn parse(transcript: &Transcript) -> Result<Self, TrialError> {
        let numbered = transcript.text.lines().zip(1..).map(|(text, line)| (line, text.trim()));
        let mut lines = numbered.filter(|(_, text)| !text.is_empty() && !text.starts_with('#'));
        let refuse = |line, reason: String| TrialError::Syntax { trial: transcript.name.clone(), line, reason };
        let (line, head) = lines.next().unwrap_or((1, ""));
        let kind = kind_of(head).map_err(|reason| refuse(line, reason))?;
        let mut reader = Reader::new(kind, line);
        for (line, text) in lines {
            reader.line(line, text).map_err(|reason| refuse(line, reason))?;
        }
        Ok(reader.trial)
    }
}

fn kind_of(head: &str) -> Result<Kind, String> {
    let words: Vec<&str> = head.split_whitespace().collect();
    let kinds = [Kind::Rule, Kind::Adapter, Kind::Dialog];
    match words[..] {
        ["trial", FORMAT, word] => kinds.into_iter().find(|kind| kind.as_str() == word),
        _ => None,
    }
    .ok_or_else(|| {
        format!("expected `trial {FORMAT} rule`, `trial {FORMAT} adapter` or `trial {FORMAT} dialog`, found {head:?}")
    })
}

struct Reader {
    trial: Trial,
    now: Timestamp,
}

impl Reader {
    fn new(kind: Kind, head_line: usize) -> Self {
        let (setup, opened_at) = (Setup::default(), START);
        Self { trial: Trial { kind, setup, opened_at, opening: Vec::new(), head_line, calls: Vec::new() }, now: START }
    }

    fn line(&mut self, line: usize, text: &str) -> Result<(), String> {
        let (sign, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        let in_head = self.trial.calls.is_empty();
        match sign {
            ">" => return self.call(line, rest),
            "<" => return self.answer(line, rest),
            "at" => self.at(rest)?,
            "setup" if in_head && self.trial.opening.is_empty() => {
                let Line::Setup(setup) = plain::parse("setup", content(rest)?).map_err(|error| error.to_string())?;
                self.trial.setup = setup;
            }
            "setup" => return Err("`setup` comes before what goes in and out".to_owned()),
            found => return Err(format!("expected `>`, `<`, `at`, `setup` or `#`, found {found:?}")),
        }
        if in_head {
            self.trial.head_line = line;
        }
        Ok(())
    }

    fn at(&mut self, written: &str) -> Result<(), String> {
        let (by, digits) = written.strip_prefix('+').map_or((false, written), |digits| (true, digits));
        let number: u64 =
            digits.parse().map_err(|_| format!("expected milliseconds, as 1000 or +500, found {written:?}"))?;
        let at = if by { self.now.plus_ms(number) } else { Timestamp(number) };
        if self.trial.calls.is_empty() {
            self.trial.opened_at = at;
        } else if at < self.now {
            return Err(format!("time does not go back: it is {} already", self.now.0));
        }
        self.now = at;
        Ok(())
    }

    fn call(&mut self, line: usize, written: &str) -> Result<(), String> {
        if self.trial.calls.len() == TRIAL_CALLS {
            return Err(format!("a transcript has at most {TRIAL_CALLS} calls"));
        }
        let (word, rest) = word_of(written)?;
        let call = Call::parse(self.trial.kind, word, content(rest)?)?;
        let text = written.to_owned();
        self.trial.calls.push(Written { line, text, at: self.now, call, expected: Vec::new() });
        Ok(())
    }

    fn answer(&mut self, line: usize, written: &str) -> Result<(), String> {
        let (word, rest) = word_of(written)?;
        let text = match self.trial.calls.last() {
            Some(written) => written.call.answer(word, content(rest)?)?,
            None => super::stage::opening(word, content(rest)?)?,
        };
        let expected = self.trial.calls.last_mut().map_or(&mut self.trial.opening, |written| &mut written.expected);
        expected.push(Expected { line, text });
        Ok(())
    }
}

fn word_of(written: &str) -> Result<(&str, &str), String> {
    let (word, rest) = written.split_once(char::is_whitespace).unwrap_or((written, ""));
    if word.is_empty() { Err("expected a word and its content, found nothing".to_owned()) } else { Ok((word, rest)) }
}

fn content(json: &str) -> Result<Option<Value>, String> {
    let json = json.trim();
    if json.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(json).map(Some).map_err(|error| format!("what follows the word is not JSON: {error}"))
}
