//! What is wrong with an operator's file, and how it is shown: file, line, column, what was expected, what was found, the fix.
//!
//! Invariant: a [`Problem`] always names a place in the text, so that nobody has to search for it.

use std::fmt;
use std::ops::Range;

/// One thing that is wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Bytes of the text that it is about.
    pub span: Range<usize>,
    /// Who and what: names the section and the key.
    pub what: String,
    /// What is right there.
    pub expected: String,
    /// What stands there.
    pub found: String,
    /// What to write instead.
    pub fix: String,
}

/// All that is wrong with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The file's name as the operator gave it.
    pub file: String,
    /// The file's text.
    pub text: String,
    /// In the order of the text; never empty.
    pub list: Vec<Problem>,
}

/// A place in a text, both counted from 1; the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in it.
    pub column: usize,
}

/// Where a byte of a text stands.
pub fn place(text: &str, offset: usize) -> Place {
    let offset = floor_char(text, offset);
    let before = &text[..offset];
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Place { line: before.matches('\n').count() + 1, column: before[start..].chars().count() + 1 }
}

impl Problems {
    /// Sorted by place.
    pub fn new(file: &str, text: &str, mut list: Vec<Problem>) -> Self {
        list.sort_by_key(|problem| (problem.span.start, problem.span.end));
        Self { file: file.to_owned(), text: text.to_owned(), list }
    }

    /// The same, with stars in place of what may be a secret.
    #[must_use]
    pub fn hiding(mut self, secrets: Vec<Range<usize>>) -> Self {
        for span in secrets {
            let stars = "*".repeat(span.len());
            self.text.replace_range(span, &stars);
        }
        self
    }

    fn show(&self, f: &mut fmt::Formatter<'_>, problem: &Problem) -> fmt::Result {
        let Place { line, column } = place(&self.text, problem.span.start);
        let source = self.text.lines().nth(line - 1).unwrap_or_default().replace('\t', " ");
        let gutter = " ".repeat(line.to_string().len());
        let marks = "^".repeat(self.marked_chars(problem, &source, column));
        writeln!(f, "error: {}", problem.what)?;
        writeln!(f, "{gutter}--> {}:{line}:{column}", self.file)?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{line} | {source}")?;
        writeln!(f, "{gutter} | {}{marks}", " ".repeat(column - 1))?;
        writeln!(f, "{gutter} = expected: {}", problem.expected)?;
        writeln!(f, "{gutter} = found: {}", problem.found)?;
        writeln!(f, "{gutter} = fix: {}", problem.fix)
    }

    /// At least one character, never beyond the line.
    fn marked_chars(&self, problem: &Problem, source: &str, column: usize) -> usize {
        let start = floor_char(&self.text, problem.span.start);
        let end = floor_char(&self.text, problem.span.end).max(start);
        let rest = (source.chars().count() + 1).saturating_sub(column);
        self.text[start..end].chars().count().clamp(1, rest.max(1))
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.list {
            self.show(f, problem)?;
            writeln!(f)?;
        }
        match self.list.len() {
            1 => write!(f, "1 problem in {}", self.file),
            n => write!(f, "{n} problems in {}", self.file),
        }
    }
}

fn floor_char(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}
