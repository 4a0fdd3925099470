//! The text that a [`Config`](super::Config) was read from, for those who find something wrong with a setting later.
//!
//! Spans are not kept with every value: whoever complains names the keys that lead to the place, and the text is read once more.

use super::problem::{Problem, Problems};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A file's name and text; both empty where there was no file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    file: String,
    text: Arc<str>,
}

impl Origin {
    pub(super) fn new(file: &str, text: &str) -> Self {
        Self { file: file.to_owned(), text: text.into() }
    }

    /// The file, to read it again.
    pub fn file(&self) -> Option<PathBuf> {
        (!self.file.is_empty()).then(|| PathBuf::from(&self.file))
    }

    /// Bytes of the text where the keys lead, items of lists by their number: of the last key that is there. `of_key`: of the key itself
    /// instead of its value.
    pub fn place(&self, path: &[&str], of_key: bool) -> Range<usize> {
        let (document, _) = DeTable::parse_recoverable(&self.text);
        let mut span = 0..self.text.find('\n').unwrap_or(self.text.len());
        let Some((first, rest)) = path.split_first() else { return span };
        let Some((key, item)) = entry(document.get_ref(), first) else { return span };
        span = key;
        let mut item = item;
        for (number, step) in rest.iter().enumerate() {
            let last = number + 1 == rest.len();
            match item.get_ref() {
                DeValue::Table(table) => {
                    let Some((key, value)) = entry(table, step) else { return span };
                    span = if last && !of_key { value.span() } else { key };
                    item = value;
                }
                DeValue::Array(items) => {
                    let Some(value) = step.parse().ok().and_then(|at: usize| items.get(at)) else { return span };
                    span = value.span();
                    item = value;
                }
                _ => return span,
            }
        }
        span
    }

    /// Where these words stand in a place, and not as a part of others, if they do; the place otherwise.
    pub fn narrowed(&self, place: Range<usize>, words: &str) -> Range<usize> {
        let text = self.text.get(place.clone()).filter(|_| !words.is_empty()).unwrap_or_default();
        let goes_on = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        let stands_alone =
            |at: usize| !goes_on(text[..at].chars().next_back()) && !goes_on(text[at + words.len()..].chars().next());
        let at = text.match_indices(words).map(|(at, _)| at).find(|at| stands_alone(*at));
        at.map_or(place.clone(), |at| place.start + at..place.start + at + words.len())
    }

    /// Problems of this file, in the order of its text.
    pub fn problems(&self, list: Vec<Problem>) -> Problems {
        Problems::new(&self.file, &self.text, list)
    }
}

fn entry<'d>(table: &'d DeTable<'d>, key: &str) -> Option<(Range<usize>, &'d Spanned<DeValue<'d>>)> {
    table.iter().find(|(name, _)| name.get_ref() == key).map(|(name, value)| (name.span(), value))
}
