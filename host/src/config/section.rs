//! Reads one table of the operator's file key by key and collects what is wrong instead of stopping at it.
//!
//! Invariant: a key that nobody asked for is a problem, so a misspelt setting is never silently ignored.

use super::problem::{Problem, Problems};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Problems as they are found; shared by all sections of a file.
#[derive(Debug, Default)]
pub(super) struct Findings {
    list: RefCell<Vec<Problem>>,
    hidden: RefCell<Vec<Range<usize>>>,
}

impl Findings {
    pub(super) fn add(&self, problem: Problem) {
        self.list.borrow_mut().push(problem);
    }

    /// These bytes of the text are a secret: they are not shown beside a problem.
    pub(super) fn hide(&self, span: Range<usize>) {
        self.hidden.borrow_mut().push(span);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.borrow().is_empty()
    }

    /// All problems, and the text they are shown in.
    pub(super) fn shown_in(self, file: &str, text: &str) -> Problems {
        Problems::new(file, text, self.list.into_inner()).hiding(self.hidden.into_inner())
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

impl<T> Located<T> {
    pub(super) fn new(value: T, span: Range<usize>) -> Self {
        Self { value, span }
    }
}

/// One kind of value that a key may have.
pub(super) trait Value: Sized {
    /// What is right, in words, with an example.
    const EXPECTED: &'static str;
    /// The value, if it is of this kind.
    fn read(value: &DeValue<'_>) -> Option<Self>;
}

impl Value for String {
    const EXPECTED: &'static str = "a text in quotes";
    fn read(value: &DeValue<'_>) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

impl Value for bool {
    const EXPECTED: &'static str = "true or false";
    fn read(value: &DeValue<'_>) -> Option<Self> {
        value.as_bool()
    }
}

impl Value for i64 {
    const EXPECTED: &'static str = "a whole number";
    fn read(value: &DeValue<'_>) -> Option<Self> {
        let number = value.as_integer()?;
        Self::from_str_radix(number.as_str(), number.radix()).ok()
    }
}

impl Value for PathBuf {
    const EXPECTED: &'static str = "a path in quotes, relative to the folder of this file";
    fn read(value: &DeValue<'_>) -> Option<Self> {
        value.as_str().filter(|path| !path.is_empty()).map(Self::from)
    }
}

impl Value for SocketAddr {
    const EXPECTED: &'static str = "an IP address and a port, as \"0.0.0.0:5222\" or \"[::]:5222\"";
    fn read(value: &DeValue<'_>) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl Value for Vec<Located<String>> {
    const EXPECTED: &'static str = "a list of texts, as [\"first\", \"second\"]";
    fn read(value: &DeValue<'_>) -> Option<Self> {
        let text = |item: &Spanned<DeValue<'_>>| {
            item.get_ref().as_str().map(|text| Located::new(text.to_owned(), item.span()))
        };
        value.as_array()?.iter().map(text).collect()
    }
}

/// Any table, as JSON: what is handed to a plugin.
impl Value for serde_json::Map<String, serde_json::Value> {
    const EXPECTED: &'static str = "a table of settings";
    fn read(value: &DeValue<'_>) -> Option<Self> {
        match json(value)? {
            serde_json::Value::Object(map) => Some(map),
            _ => None,
        }
    }
}

/// `None` for what JSON has no word for (a number beyond 64 bits, infinity).
fn json(value: &DeValue<'_>) -> Option<serde_json::Value> {
    use serde_json::Value as Json;
    Some(match value {
        DeValue::String(text) => Json::String(text.to_string()),
        DeValue::Integer(_) => Json::from(i64::read(value)?),
        DeValue::Float(number) => Json::Number(serde_json::Number::from_f64(number.as_str().parse().ok()?)?),
        DeValue::Boolean(yes) => Json::Bool(*yes),
        DeValue::Datetime(moment) => Json::String(moment.to_string()),
        DeValue::Array(items) => Json::Array(items.iter().map(|item| json(item.get_ref())).collect::<Option<_>>()?),
        DeValue::Table(table) => Json::Object(
            table
                .iter()
                .map(|(key, item)| Some((key.get_ref().to_string(), json(item.get_ref())?)))
                .collect::<Option<_>>()?,
        ),
    })
}

/// How a value is named in `found:`.
pub(super) fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text {:?}", clip(text)),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the number {number}"),
        DeValue::Boolean(yes) => format!("{yes}"),
        DeValue::Datetime(moment) => format!("the date {moment}"),
        DeValue::Array(items) => format!("a list of {}", items.len()),
        DeValue::Table(table) => format!("a table of {}", table.len()),
    }
}

fn clip(text: &str) -> String {
    const SHOWN_CHARS: usize = 60;
    if text.chars().count() <= SHOWN_CHARS {
        return text.to_owned();
    }
    text.chars().take(SHOWN_CHARS).chain(['…']).collect()
}

/// One table while it is read.
pub(super) struct Section<'d> {
    title: String,
    /// Its header, or the file's first line for the table of all.
    pub(super) span: Range<usize>,
    entries: BTreeMap<&'d str, (Range<usize>, &'d Spanned<DeValue<'d>>)>,
    asked: Vec<&'static str>,
    findings: &'d Findings,
}

impl<'d> Section<'d> {
    pub(super) fn new(title: &str, span: Range<usize>, table: &'d DeTable<'d>, findings: &'d Findings) -> Self {
        let entries = table.iter().map(|(key, value)| (key.get_ref().as_ref(), (key.span(), value))).collect();
        Self { title: title.to_owned(), span, entries, asked: Vec::new(), findings }
    }

    /// How it is called in messages, as `[storage]` or ``[[link]] `billing` ``.
    pub(super) fn title(&self) -> &str {
        &self.title
    }

    /// Adds the name that the section was found to have.
    pub(super) fn named(&mut self, name: &str) {
        self.title = format!("{} `{}`", self.title, clip(name));
    }

    /// Where a key's value stands, as far as it was not read yet.
    fn take(&mut self, key: &'static str) -> Option<(Range<usize>, &'d Spanned<DeValue<'d>>)> {
        self.asked.push(key);
        self.entries.remove(key)
    }

    /// The key's value, which may be absent.
    pub(super) fn optional<T: Value>(&mut self, key: &'static str) -> Option<Located<T>> {
        let (_, item) = self.take(key)?;
        let value = T::read(item.get_ref());
        if value.is_none() {
            self.findings.add(Problem {
                span: item.span(),
                what: format!("{}: `{key}` is not what it should be", self.title),
                expected: T::EXPECTED.to_owned(),
                found: describe(item.get_ref()),
                fix: format!("give `{key}` {}", T::EXPECTED),
            });
        }
        value.map(|value| Located::new(value, item.span()))
    }

    /// The key's value; a problem where it is absent. `example` is a whole line.
    pub(super) fn required<T: Value>(&mut self, key: &'static str, example: &str) -> Option<Located<T>> {
        if !self.entries.contains_key(key) {
            self.asked.push(key);
            self.findings.add(Problem {
                span: self.span.clone(),
                what: format!("{} has no `{key}`", self.title),
                expected: T::EXPECTED.to_owned(),
                found: "nothing".to_owned(),
                fix: format!("add a line such as `{example}`"),
            });
            return None;
        }
        self.optional(key)
    }

    /// The key's value or else this.
    pub(super) fn or<T: Value>(&mut self, key: &'static str, default: T) -> T {
        self.optional(key).map_or(default, |located| located.value)
    }

    /// A number within limits, or else this.
    pub(super) fn number(&mut self, key: &'static str, default: u64, range: RangeInclusive<u64>) -> u64 {
        let bound = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let number = self.within(key, bound(default), bound(*range.start())..=bound(*range.end()));
        u64::try_from(number).unwrap_or(default)
    }

    /// A number within limits that may be negative, or else this.
    pub(super) fn signed(&mut self, key: &'static str, default: i32, range: RangeInclusive<i32>) -> i32 {
        let number = self.within(key, default.into(), (*range.start()).into()..=(*range.end()).into());
        i32::try_from(number).unwrap_or(default)
    }

    fn within(&mut self, key: &'static str, default: i64, range: RangeInclusive<i64>) -> i64 {
        let Some(located) = self.optional::<i64>(key) else { return default };
        if range.contains(&located.value) {
            return located.value;
        }
        self.findings.add(Problem {
            span: located.span,
            what: format!("{}: `{key}` is out of range", self.title),
            expected: format!("a whole number from {} to {}", range.start(), range.end()),
            found: located.value.to_string(),
            fix: format!("write `{key} = {default}`, which is the default, or leave the line out"),
        });
        default
    }

    /// One of a few words, or else the first.
    pub(super) fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&'static str, T)]) -> T {
        let default = choices[0].1;
        let Some(located) = self.optional::<String>(key) else { return default };
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == located.value) {
            return *choice;
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.unknown_word(key, &located, &words);
        default
    }

    /// A problem: a word that is none of those known.
    pub(super) fn unknown_word(&self, key: &str, located: &Located<String>, words: &[&str]) {
        let fix = match nearest(&located.value, words) {
            Some(word) => format!("did you mean `{key} = {word:?}`?"),
            None => format!("write one of the words above for `{key}`"),
        };
        self.findings.add(Problem {
            span: located.span.clone(),
            what: format!("{}: `{key}` is none of the words it knows", self.title),
            expected: format!("one of {}", quoted(words)),
            found: format!("{:?}", clip(&located.value)),
            fix,
        });
    }

    /// Whether a key is there and was not read yet.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// A key's value as it stands, for keys of more than one shape.
    pub(super) fn raw(&mut self, key: &'static str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.take(key).map(|(_, item)| item)
    }

    /// A table inside, `[key]`.
    pub(super) fn table(&mut self, key: &'static str) -> Option<Section<'d>> {
        let (key_span, item) = self.take(key)?;
        if let Some(table) = item.get_ref().as_table() {
            return Some(Section::new(&format!("[{key}]"), key_span, table, self.findings));
        }
        self.wrong_shape(key, item, &format!("a table, `[{key}]` on a line of its own"));
        None
    }

    /// Tables inside, `[[key]]`; none where absent.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Section<'d>> {
        let Some((_, item)) = self.take(key) else { return Vec::new() };
        let title = format!("[[{key}]]");
        let tables = item.get_ref().as_array().and_then(|items| {
            let table = |item: &'d Spanned<DeValue<'d>>| Some((item.span(), item.get_ref().as_table()?));
            items.iter().map(table).collect::<Option<Vec<_>>>()
        });
        if let Some(tables) = tables {
            return tables.into_iter().map(|(span, table)| Section::new(&title, span, table, self.findings)).collect();
        }
        self.wrong_shape(key, item, &format!("one or more tables, each `{title}` on a line of its own"));
        Vec::new()
    }

    /// What is left, each a table of its own name: `[rules.<name>]`.
    pub(super) fn each_rest<T: Value>(&mut self) -> Vec<(String, Located<T>)> {
        let mut rest = Vec::new();
        for (key, (_, item)) in std::mem::take(&mut self.entries) {
            match T::read(item.get_ref()) {
                Some(value) => rest.push((key.to_owned(), Located::new(value, item.span()))),
                None => self.wrong_shape(key, item, T::EXPECTED),
            }
        }
        rest
    }

    /// What is left, each a section of its own name.
    pub(super) fn rest_of_tables(&mut self) -> Vec<(String, Section<'d>)> {
        let mut rest = Vec::new();
        for (key, (key_span, item)) in std::mem::take(&mut self.entries) {
            match item.get_ref().as_table() {
                Some(table) => {
                    let mut section = Section::new(&self.title, key_span, table, self.findings);
                    section.named(key);
                    rest.push((key.to_owned(), section));
                }
                None => self.wrong_shape(key, item, "a table, as { hosts = [\"api.example\"] }"),
            }
        }
        rest
    }

    fn wrong_shape(&self, key: &str, item: &Spanned<DeValue<'_>>, expected: &str) {
        self.findings.add(Problem {
            span: item.span(),
            what: format!("{}: `{key}` is not what it should be", self.title),
            expected: expected.to_owned(),
            found: describe(item.get_ref()),
            fix: format!("make `{key}` {expected}"),
        });
    }

    /// Ends the reading: what nobody asked for is a problem.
    pub(super) fn finish(mut self) {
        for (key, (span, _)) in std::mem::take(&mut self.entries) {
            let fix = match nearest(key, &self.asked) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "take the line out, or move it to the section it belongs to".to_owned(),
            };
            self.findings.add(Problem {
                span,
                what: format!("{} has no setting `{}`", self.title, clip(key)),
                expected: format!("one of {}", self.asked.join(", ")),
                found: format!("`{}`", clip(key)),
                fix,
            });
        }
    }
}

/// The known word that was probably meant.
pub fn nearest<'w>(word: &str, known: &[&'w str]) -> Option<&'w str> {
    const ALIKE: f64 = 0.8;
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), *candidate))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Words in quotes, with commas.
pub(super) fn quoted<S: AsRef<str>>(words: &[S]) -> String {
    words.iter().map(|word| format!("{:?}", word.as_ref())).collect::<Vec<_>>().join(", ")
}
