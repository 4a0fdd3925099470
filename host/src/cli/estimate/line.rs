//! A line of a history of calls: its cells by column, as values of the right type.
//!
//! Invariant: a cell that is not what its column holds is told with file, line, column and fix.

use super::calls::CallsError;
use csv::StringRecord;

/// The columns that are needed, in any order; others are passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Day,
    Service,
    Priority,
    Arrived,
    Queued,
    Waited,
    Outcome,
    Start,
    End,
    Agent,
}

/// As [`Column`] counts them.
const NAMES: [&str; 10] = [
    "day",
    "service",
    "priority",
    "arrived_s",
    "queued_s",
    "waited_s",
    "outcome",
    "service_start_s",
    "service_end_s",
    "agent",
];
/// A wait or a time that is longer is an error: two days.
const MOST_SECONDS: f64 = 2.0 * 86_400.0;
/// Days are counted from any; two thousand years of them.
const MOST_DAYS: u32 = 1_000_000;
/// Characters of a cell that are shown.
const SHOWN_CHARS: usize = 40;

/// Which column is where.
#[derive(Debug)]
pub(super) struct Header<'a> {
    file: &'a str,
    places: [usize; NAMES.len()],
    width: usize,
}

impl<'a> Header<'a> {
    pub(super) fn new(file: &'a str, first: &StringRecord) -> Result<Self, CallsError> {
        let mut places = [0; NAMES.len()];
        for (place, name) in places.iter_mut().zip(NAMES) {
            let found = first.iter().position(|column| column.trim().trim_start_matches('\u{feff}') == name);
            *place = found.ok_or_else(|| CallsError::NoColumn {
                file: file.to_owned(),
                missing: name,
                expected: NAMES.join(","),
                found: if first.is_empty() {
                    "nothing".to_owned()
                } else {
                    cut(&first.iter().collect::<Vec<_>>().join(","))
                },
            })?;
        }
        Ok(Self { file, places, width: first.len() })
    }

    pub(super) fn line<'l>(&'l self, record: &'l StringRecord) -> Result<Line<'l>, CallsError> {
        let number = record.position().map_or(0, csv::Position::line);
        if record.len() != self.width {
            let (file, expected) = (self.file.to_owned(), self.width);
            return Err(CallsError::Width { file, line: number, expected, found: record.len() });
        }
        Ok(Line { header: self, record, number })
    }
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    header: &'a Header<'a>,
    record: &'a StringRecord,
    /// In the file, from 1.
    pub(super) number: u64,
}

impl<'a> Line<'a> {
    fn cell(&self, column: Column) -> &'a str {
        self.record[self.header.places[column as usize]].trim()
    }

    fn wrong(&self, column: Column, expected: &'static str, fix: &'static str) -> CallsError {
        CallsError::Cell {
            file: self.header.file.to_owned(),
            line: self.number,
            column: NAMES[column as usize],
            expected,
            found: cut(self.cell(column)),
            fix,
        }
    }

    pub(super) fn day(&self) -> Result<u32, CallsError> {
        let day = self.cell(Column::Day).parse().ok().filter(|day| *day <= MOST_DAYS);
        day.ok_or_else(|| {
            self.wrong(Column::Day, "a number of the day, from 0 to 1000000", "number the days, as 1, 2, 3")
        })
    }

    pub(super) fn service(&self) -> Result<&'a str, CallsError> {
        let service = self.cell(Column::Service);
        let fix = "name the service, or remove the line";
        if service.is_empty() { Err(self.wrong(Column::Service, "a service's name", fix)) } else { Ok(service) }
    }

    /// 0, 1 or 2.
    pub(super) fn priority(&self) -> Result<usize, CallsError> {
        let fix = "2 is for customers who are served as if they had come 90 s earlier; give the others 0";
        let priority = ["0", "1", "2"].iter().position(|priority| *priority == self.cell(Column::Priority));
        priority.ok_or_else(|| self.wrong(Column::Priority, "0, 1 or 2", fix))
    }

    pub(super) fn was_served(&self) -> Result<bool, CallsError> {
        match self.cell(Column::Outcome) {
            "AGENT" => Ok(true),
            "HANG" | "PHANTOM" => Ok(false),
            _ => Err(self.wrong(
                Column::Outcome,
                "AGENT (served), HANG (given up) or PHANTOM (nobody there)",
                "write what became of the call",
            )),
        }
    }

    pub(super) fn agent(&self) -> Option<&'a str> {
        Some(self.cell(Column::Agent)).filter(|agent| !agent.is_empty())
    }

    pub(super) fn time_ms(&self, column: Column) -> Result<u64, CallsError> {
        self.optional_time_ms(column)?.ok_or_else(|| self.wrong_time(column))
    }

    /// None for an empty cell.
    pub(super) fn optional_time_ms(&self, column: Column) -> Result<Option<u64>, CallsError> {
        let cell = self.cell(column);
        if cell.is_empty() {
            return Ok(None);
        }
        let seconds = cell.parse::<f64>().ok().filter(|seconds| (0.0..=MOST_SECONDS).contains(seconds));
        seconds.map(|seconds| Some(milliseconds(seconds))).ok_or_else(|| self.wrong_time(column))
    }

    fn wrong_time(&self, column: Column) -> CallsError {
        let fix = "correct it, or remove the line";
        match column {
            Column::Waited => self.wrong(column, "seconds waited, from 0 to 172800", fix),
            _ => self.wrong(column, "seconds of the day, from 0 to 172800", fix),
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and MOST_SECONDS")]
fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0).round() as u64
}

fn cut(text: &str) -> String {
    if text.chars().count() <= SHOWN_CHARS {
        return text.to_owned();
    }
    text.chars().take(SHOWN_CHARS).chain(['…']).collect()
}
