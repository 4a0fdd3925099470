//! Tables for people: aligned columns, ages in words.
//!
//! Invariant: what a stranger chose (a name, a client's version) can't move the cursor or start a line of its own.

use crate::model::Timestamp;
use std::fmt;

/// Characters of a cell; what is longer ends in `…`.
const CELL_CHARS: usize = 60;

/// Rows under titles.
#[derive(Debug)]
pub struct Table {
    titles: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    /// Said instead of a table without rows.
    none: &'static str,
}

impl Table {
    /// A table; a title that begins with `>` is of a column of numbers, flush right.
    pub fn new(titles: &[&'static str], none: &'static str) -> Self {
        Self { titles: titles.to_vec(), rows: Vec::new(), none }
    }

    /// One row more, a cell for each title.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        debug_assert_eq!(N, self.titles.len(), "a cell for each title");
        self.rows.push(cells.into_iter().map(|cell| shown(&cell)).collect());
    }

    fn widths(&self) -> Vec<usize> {
        let title = |column: usize| self.titles[column].trim_start_matches('>').chars().count();
        let cells = |column: usize| self.rows.iter().map(move |row| row[column].chars().count());
        (0..self.titles.len()).map(|column| cells(column).chain([title(column)]).max().unwrap_or(0)).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows.is_empty() {
            return writeln!(f, "{}", self.none);
        }
        let widths = self.widths();
        let titles: Vec<String> = self.titles.iter().map(|title| title.trim_start_matches('>').to_owned()).collect();
        for row in std::iter::once(&titles).chain(&self.rows) {
            let mut line = String::new();
            for ((cell, width), title) in row.iter().zip(&widths).zip(&self.titles) {
                let padding = " ".repeat(width - cell.chars().count());
                let (before, behind) =
                    if title.starts_with('>') { (padding, String::new()) } else { (String::new(), padding) };
                line.extend([&before, cell, &behind, "  "]);
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A cell on one line: control and direction characters replaced, cut to a length, `-` for nothing.
pub fn shown(cell: &str) -> String {
    if cell.is_empty() {
        return "-".to_owned();
    }
    if cell.chars().count() <= CELL_CHARS {
        return harmless(cell);
    }
    harmless(&cell.chars().take(CELL_CHARS - 1).chain(['…']).collect::<String>())
}

/// Control and direction characters replaced.
pub fn harmless(text: &str) -> String {
    let harmless = |c: char| match c {
        c if c.is_control() => '\u{fffd}',
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c => c,
    };
    text.chars().map(harmless).collect()
}

/// A length of time as people say it: `12 s`, `3 min`, `5 h`, `2 d`.
pub fn age(ms: u64) -> String {
    match ms / 1000 {
        s @ 0..=119 => format!("{s} s"),
        s @ 120..=7199 => format!("{} min", s / 60),
        s @ 7200..=172_799 => format!("{} h", s / 3600),
        s => format!("{} d", s / 86_400),
    }
}

/// How long ago something was.
pub fn ago(now: Timestamp, then: Timestamp) -> String {
    age(now.since_ms(then))
}
