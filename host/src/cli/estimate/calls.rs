//! A history of calls, read from CSV line by line: each line becomes a [`Call`], or an error with its place.
//!
//! Times are seconds of the day; what is earlier than what it follows is on the next day. Lines may come in any order.
//!
//! Invariant: every line of the file is checked, also those of calls outside the pool.

use super::line::{Column, Header, Line};
use crate::model::Timestamp;
use crate::model::rule::AgentRef;
use csv::{ReaderBuilder, StringRecord};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::Arc;
use thiserror::Error;

/// Calls of a pool that are replayed at once: it bounds the memory, at about 200 bytes each.
const MOST_CALLS: usize = 10_000_000;
/// Served as if they had come so much earlier, by priority.
const HEAD_STARTS_MS: [u64; 3] = [0, 0, 90_000];
const DAY_MS: u64 = 86_400_000;

/// Why a history can't be replayed.
#[derive(Debug, Error)]
pub(super) enum CallsError {
    #[error("{file}: the calls can't be read: {cause}")]
    Unreadable { file: String, cause: csv::Error },
    #[error("{file}:1: expected the columns {expected} in the first line; found {found}; name {missing:?} there")]
    NoColumn { file: String, missing: &'static str, expected: String, found: String },
    #[error(
        "{file}:{line}: expected {expected} columns, as in the first line; found {found}; complete or remove the line"
    )]
    Width { file: String, line: u64, expected: usize, found: usize },
    #[error("{file}:{line}: column {column}: expected {expected}; found {found:?}; {fix}")]
    Cell { file: String, line: u64, column: &'static str, expected: &'static str, found: String, fix: &'static str },
    #[error("{file}: --pool: expected services of the file, which are {expected}; found {found:?}; correct the name")]
    NoService { file: String, expected: String, found: String },
    #[error("{file}:{line}: expected at most {MOST_CALLS} calls in the pool; found more; split the file by days")]
    TooMany { file: String, line: u64 },
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// As numbered in the file.
    pub(super) day: u32,
    pub(super) service: Arc<str>,
    pub(super) head_start_ms: u64,
    /// In the line, or at the agent who was free; counted from the day before day 0, so that a head start fits.
    pub(super) arrived: Timestamp,
    /// None for who did not come into the line.
    pub(super) waited_ms: Option<u64>,
    pub(super) ending: Ending,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// An agent took it, when it had waited.
    Served {
        agent: Option<AgentRef>,
        ended: Timestamp,
        /// False where the file does not say how long it took.
        measured: bool,
    },
    /// The customer hung up.
    GaveUp,
}

/// A file's calls.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// Those of the pool, in the order of the file.
    pub(super) list: Vec<Call>,
    /// The days of all calls.
    pub(super) days: BTreeSet<u32>,
    services: BTreeSet<Arc<str>>,
    agents: BTreeMap<String, AgentRef>,
}

impl Calls {
    /// Of these services; without any named, of all.
    pub(super) fn read(file: &str, from: impl Read, pool: Option<&[String]>) -> Result<Self, CallsError> {
        let unreadable = |cause| CallsError::Unreadable { file: file.to_owned(), cause };
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(from);
        let header = Header::new(file, reader.headers().map_err(unreadable)?)?;
        let mut calls = Self::default();
        let mut record = StringRecord::new();
        while reader.read_record(&mut record).map_err(unreadable)? {
            let line = header.line(&record)?;
            let call = calls.call(&line)?;
            if pool.is_some_and(|pool| !pool.iter().any(|service| **service == *call.service)) {
                continue;
            }
            if calls.list.len() >= MOST_CALLS {
                return Err(CallsError::TooMany { file: file.to_owned(), line: line.number });
            }
            calls.list.push(call);
        }
        calls.has_all(file, pool.unwrap_or_default())?;
        Ok(calls)
    }

    fn call(&mut self, line: &Line<'_>) -> Result<Call, CallsError> {
        let day = line.day()?;
        let midnight = Timestamp((u64::from(day) + 1) * DAY_MS);
        let arrived = follows(midnight, midnight.plus_ms(line.time_ms(Column::Arrived)?));
        let queued_ms = line.optional_time_ms(Column::Queued)?;
        let (arrived, waited_ms) = match queued_ms {
            Some(queued_ms) => (follows(arrived, midnight.plus_ms(queued_ms)), Some(line.time_ms(Column::Waited)?)),
            None => (arrived, None),
        };
        let left = arrived.plus_ms(waited_ms.unwrap_or(0));
        let ending = if line.was_served()? { self.served(line, midnight, left)? } else { Ending::GaveUp };
        let service = self.service(line.service()?);
        self.days.insert(day);
        Ok(Call { day, service, head_start_ms: HEAD_STARTS_MS[line.priority()?], arrived, waited_ms, ending })
    }

    /// Calls whose service has no end, or begins and ends at midnight sharp, have an unknown service time.
    fn served(&mut self, line: &Line<'_>, midnight: Timestamp, entered: Timestamp) -> Result<Ending, CallsError> {
        let start_ms = line.optional_time_ms(Column::Start)?;
        let end_ms = line.optional_time_ms(Column::End)?;
        let agent = line.agent().map(|name| self.agent(name));
        let (ended, measured) = match (start_ms, end_ms) {
            (Some(0), Some(0)) | (_, None) => (entered, false),
            (_, Some(end_ms)) => (follows(entered, midnight.plus_ms(end_ms)).max(entered), true),
        };
        Ok(Ending::Served { agent, ended, measured })
    }

    fn service(&mut self, name: &str) -> Arc<str> {
        if let Some(service) = self.services.get(name) {
            return service.clone();
        }
        let service: Arc<str> = name.into();
        self.services.insert(service.clone());
        service
    }

    fn agent(&mut self, name: &str) -> AgentRef {
        let next = AgentRef::try_from(self.agents.len()).unwrap_or(AgentRef::MAX);
        match self.agents.get(name) {
            Some(agent) => *agent,
            None => *self.agents.entry(name.to_owned()).or_insert(next),
        }
    }

    /// A service that the file does not have is a slip of the pen.
    fn has_all(&self, file: &str, pool: &[String]) -> Result<(), CallsError> {
        match pool.iter().find(|service| !self.services.contains(service.as_str())) {
            None => Ok(()),
            Some(found) => Err(CallsError::NoService {
                file: file.to_owned(),
                expected: self.services.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "),
                found: found.clone(),
            }),
        }
    }
}

/// The time on that day or, where it would be more than half a day before what it follows, on the next. (By less, clocks differ.)
fn follows(before: Timestamp, at: Timestamp) -> Timestamp {
    if at.plus_ms(DAY_MS / 2) < before { at.plus_ms(DAY_MS) } else { at }
}
