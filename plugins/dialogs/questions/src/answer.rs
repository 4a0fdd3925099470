//! What an answer means. Invariant: what is made of the same words does not depend on capitals, spaces and signs around them.

use crate::settings::{Choice, Kind, Question, Settings, Target};

/// Bytes of an answer: what the host keeps of a fact.
const ANSWER_BYTES: usize = 1024;

/// What an answer is taken for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer<'a> {
    /// What the attribute is set to, and where the customer goes at once.
    Value(String, Option<&'a Target>),
    /// The question is left out.
    Skipped,
    /// Somebody wants a person.
    Person,
    /// It can't be used; these words say what could.
    Unclear(String),
}

/// Words as they are compared: "1. Billing!" is "1 billing". Of nothing but signs, the signs.
pub(crate) fn plain(words: &str) -> String {
    let mut plain = String::with_capacity(words.len());
    compare(words, |letter| plain.push(letter));
    plain
}

/// A number for [`plain`] words, where many are compared.
pub(crate) fn key(words: &str) -> u64 {
    let mut key = FIRST_KEY;
    compare(words, |letter| key = next_key(key, letter.into()));
    key
}

/// FNV-1a. Nobody gains from two words of one number: at most their settings are refused.
pub(crate) const FIRST_KEY: u64 = 0xcbf2_9ce4_8422_2325;

pub(crate) fn next_key(key: u64, sign: u32) -> u64 {
    (key ^ u64::from(sign)).wrapping_mul(0x0100_0000_01b3)
}

/// Gives the letters of plain words. It is called for every word of the settings, so it goes through them once and keeps nothing.
fn compare(words: &str, mut give: impl FnMut(char)) {
    let (mut has_begun, mut gap) = (false, false);
    for sign in words.chars() {
        if is_between(sign) {
            gap = has_begun;
            continue;
        }
        if gap {
            give(' ');
        }
        (has_begun, gap) = (true, false);
        if sign.is_ascii() {
            give(sign.to_ascii_lowercase());
        } else {
            sign.to_lowercase().for_each(&mut give);
        }
    }
    if !has_begun {
        words.trim().chars().for_each(give);
    }
}

/// What stands between words and means nothing.
pub(crate) fn is_between(sign: char) -> bool {
    !sign.is_ascii_alphanumeric() && (sign.is_whitespace() || is_punctuation(sign))
}

fn is_punctuation(sign: char) -> bool {
    matches!(
        sign,
        '.' | ','
            | ';'
            | ':'
            | '!'
            | '?'
            | '('
            | ')'
            | '"'
            | '\''
            | '¡'
            | '¿'
            | '“'
            | '”'
            | '„'
            | '…'
            | '。'
            | '！'
            | '？'
    )
}

/// Whether these are among them; they are plain.
pub(crate) fn is_one_of(plain_words: &str, of: &[String]) -> bool {
    of.iter().any(|word| plain(word) == plain_words)
}

/// An answer in words, as it is kept.
fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Settings {
    /// What somebody of this language means by these words.
    pub(crate) fn answer<'a>(&'a self, question: &'a Question, language: Option<&str>, words: &str) -> Answer<'a> {
        let said = plain(words);
        if is_one_of(&said, &self.agent_words) {
            return Answer::Person;
        }
        if !question.required && is_one_of(&said, &self.skip_words) {
            return Answer::Skipped;
        }
        let value = match question.kind {
            _ if !question.choices.is_empty() => return self.choice(question, language, &said),
            Kind::Number => number(question, &said),
            Kind::YesNo if is_one_of(&said, &self.yes_words) => Some("yes".to_owned()),
            Kind::YesNo if is_one_of(&said, &self.no_words) => Some("no".to_owned()),
            Kind::YesNo => None,
            Kind::Text => Some(one_line(words)).filter(|line| (1..=ANSWER_BYTES).contains(&line.len())),
        };
        value.map_or_else(|| Answer::Unclear(self.hint(question, language, words)), |value| Answer::Value(value, None))
    }

    /// By a name; by its number, as shown in front of it; by both, as in the line that was shown.
    fn choice<'a>(&'a self, question: &'a Question, language: Option<&str>, said: &str) -> Answer<'a> {
        let called = |choice: &Choice, name: &str| self.names(choice, language).any(|other| plain(other) == name);
        let numbered = || {
            let (number, rest) = said.split_once(' ').unwrap_or((said, ""));
            let choice = question.choices.get(number.parse::<usize>().ok()?.checked_sub(1)?)?;
            (rest.is_empty() || called(choice, rest)).then_some(choice)
        };
        match question.choices.iter().find(|choice| called(choice, said)).or_else(numbered) {
            Some(choice) => Answer::Value(choice.value.clone(), choice.to.as_ref()),
            None => Answer::Unclear(self.told(language, &self.texts.choose).to_owned()),
        }
    }

    /// What a choice is called by somebody of this language, beside its number.
    fn names<'a>(&'a self, choice: &'a Choice, language: Option<&str>) -> impl Iterator<Item = &'a str> {
        choice.names().chain([self.told(language, choice.label())])
    }

    /// What an answer to a question without choices should be.
    fn hint(&self, question: &Question, language: Option<&str>, words: &str) -> String {
        let texts = &self.texts;
        let told = |text| self.told(language, text);
        match (question.kind, question.min, question.max) {
            (Kind::YesNo, ..) => told(&texts.yes_no).to_owned(),
            (Kind::Number, Some(min), Some(max)) => {
                told(&texts.number_range).replace("{min}", &min.to_string()).replace("{max}", &max.to_string())
            }
            (Kind::Number, ..) => told(&texts.number).to_owned(),
            (Kind::Text, ..) if words.trim().is_empty() => told(&texts.in_words).to_owned(),
            (Kind::Text, ..) => told(&texts.too_long).replace("{max}", &most_chars(words).to_string()),
        }
    }
}

/// So many characters of these words fit; of some scripts fewer than of others.
fn most_chars(words: &str) -> usize {
    one_line(words).char_indices().take_while(|(at, letter)| at + letter.len_utf8() <= ANSWER_BYTES).count()
}

/// A whole number in the question's range, as it is usually written.
pub(crate) fn number(question: &Question, said: &str) -> Option<String> {
    let number: i64 = said.parse().ok()?;
    let fits = question.min.is_none_or(|min| min <= number) && question.max.is_none_or(|max| number <= max);
    fits.then(|| number.to_string())
}
