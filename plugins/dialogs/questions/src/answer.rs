//! What an answer means. Invariant: what is made of the same words does not depend on capitals, spaces and signs around them.

use crate::settings::{Choice, Kind, Question, Settings, Target};

/// Characters of an answer in words.
pub(crate) const ANSWER_CHARS: usize = 1000;
/// Around words they mean nothing: "1. Billing!" is "1 billing".
const SIGNS: [char; 18] = ['.', ',', ';', ':', '!', '?', '¡', '¿', '(', ')', '"', '\'', '“', '”', '„', '…', '。', '！'];

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

/// Words as they are compared; of nothing but signs, the signs.
pub(crate) fn plain(words: &str) -> String {
    let lower = words.to_lowercase();
    let is_between = |sign: char| sign.is_whitespace() || SIGNS.contains(&sign);
    let bare: Vec<&str> = lower.split(is_between).filter(|word| !word.is_empty()).collect();
    if bare.is_empty() { one_line(&lower) } else { bare.join(" ") }
}

/// Whether these are among them; they are plain.
pub(crate) fn is_one_of(plain_words: &str, of: &[String]) -> bool {
    of.iter().any(|word| plain(word) == plain_words)
}

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
            Kind::Text => Some(one_line(words)).filter(|line| !line.is_empty() && line.chars().count() <= ANSWER_CHARS),
        };
        value.map_or_else(
            || Answer::Unclear(self.hint(question, language, said.is_empty())),
            |value| Answer::Value(value, None),
        )
    }

    fn choice<'a>(&'a self, question: &'a Question, language: Option<&str>, said: &str) -> Answer<'a> {
        let mut numbered = question.choices.iter().zip(1..);
        let chosen =
            numbered.find(|(choice, number)| self.names(choice, *number, language).iter().any(|name| name == said));
        match chosen {
            Some((choice, _)) => Answer::Value(choice.value.clone(), choice.to.as_ref()),
            None => Answer::Unclear(self.told(language, &self.texts.choose).to_owned()),
        }
    }

    /// All that a choice may be called by somebody of this language, plain: its number first.
    pub(crate) fn names(&self, choice: &Choice, number: usize, language: Option<&str>) -> Vec<String> {
        let (label, shown) = (choice.label(), self.told(language, choice.label()));
        let numbered = [number.to_string(), format!("{number} {shown}")];
        let words = [choice.value.as_str(), label, shown].into_iter().chain(choice.words.iter().map(String::as_str));
        numbered.iter().map(String::as_str).chain(words).map(plain).collect()
    }

    /// What an answer to a question without choices should be.
    fn hint(&self, question: &Question, language: Option<&str>, is_empty: bool) -> String {
        let texts = &self.texts;
        let told = |text| self.told(language, text);
        match (question.kind, question.min, question.max) {
            (Kind::YesNo, ..) => told(&texts.yes_no).to_owned(),
            (Kind::Number, Some(min), Some(max)) => {
                told(&texts.number_range).replace("{min}", &min.to_string()).replace("{max}", &max.to_string())
            }
            (Kind::Number, ..) => told(&texts.number).to_owned(),
            (Kind::Text, ..) if is_empty => told(&texts.in_words).to_owned(),
            (Kind::Text, ..) => told(&texts.too_long).replace("{max}", &ANSWER_CHARS.to_string()),
        }
    }
}

/// A whole number in the question's range, as it is usually written.
pub(crate) fn number(question: &Question, said: &str) -> Option<String> {
    let number: i64 = said.parse().ok()?;
    let fits = question.min.is_none_or(|min| min <= number) && question.max.is_none_or(|max| number <= max);
    fits.then(|| number.to_string())
}
