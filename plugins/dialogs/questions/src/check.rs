//! Settings that do not go together, beyond what the schema can say: found when a dialog is opened, so `cordboard check` tells of them.
//!
//! Invariant: with settings that pass, every answer means one thing at most, and every question can be asked.

use crate::answer::{FIRST_KEY, is_between, key, next_key, number, plain};
use crate::settings::{Kind, Question, Settings, Table, When};
use std::fmt;

/// The first fault: where it is, what was expected and found, and what to do.
pub(crate) fn check(settings: &Settings) -> Result<(), String> {
    if settings.questions.is_empty() {
        return Err("questions: expected at least one, found none".to_owned());
    }
    let mut known = Vec::new();
    for (at, question) in settings.questions.iter().enumerate() {
        let checked = check_question(settings, question, &settings.questions[..at]);
        let checked = checked.and_then(|()| meanings(settings, question));
        known.push(checked.map_err(|why| format!("questions, number {} (`{}`): {why}", at + 1, question.name))?);
    }
    let languages = Languages::of(settings, &known);
    let mut translations = settings.languages.0.iter();
    translations.try_for_each(|(tag, texts)| languages.check(texts).map_err(|why| format!("languages, `{tag}`: {why}")))
}

fn check_question(settings: &Settings, question: &Question, earlier: &[Question]) -> Result<(), String> {
    if earlier.iter().any(|other| other.name == question.name) {
        return Err("name: an earlier question is called so; two would set one attribute, name another".to_owned());
    }
    check_kind(question)?;
    if let Some(when) = &question.when {
        check_when(when, earlier)?;
    }
    if !question.required && settings.skip_words.is_empty() {
        return Err(
            "required: expected `skip_words` to leave it out by, found none; name some or make it required".to_owned()
        );
    }
    Ok(())
}

fn check_kind(question: &Question) -> Result<(), String> {
    let Question { kind, min, max, choices, .. } = question;
    if !choices.is_empty() && *kind != Kind::Text {
        return Err("kind: expected none beside `choices`, found both; leave one of them out".to_owned());
    }
    match (min, max) {
        (None, None) => Ok(()),
        _ if *kind != Kind::Number => {
            Err("min, max: expected with `kind = \"number\"` alone, found without; leave them out".to_owned())
        }
        (Some(min), Some(max)) if min <= max => Ok(()),
        (Some(min), Some(max)) => Err(format!("min, max: expected `min` not above `max`, found {min} and {max}")),
        _ => Err("min, max: expected both or none, found one; add the other".to_owned()),
    }
}

fn check_when(when: &When, earlier: &[Question]) -> Result<(), String> {
    let Some(asked) = earlier.iter().find(|other| other.name == when.question) else {
        let names: Vec<_> = earlier.iter().map(|other| format!("`{}`", other.name)).collect();
        let names = if names.is_empty() { "there is none".to_owned() } else { names.join(", ") };
        return Err(format!("when: expected the name of an earlier question ({names}), found {:?}", when.question));
    };
    let choices: Vec<_> = asked.choices.iter().map(|choice| (key(&choice.value), choice)).collect();
    for value in &when.is {
        let value_key = key(value);
        let choice = choices.iter().find(|(key, _)| *key == value_key).map(|(_, choice)| choice);
        let is_answer = match asked.kind {
            _ if !asked.choices.is_empty() => choice.is_some(),
            Kind::YesNo => ["yes", "no"].contains(&value.as_str()),
            Kind::Number => number(asked, value).is_some_and(|number| number == *value),
            Kind::Text => true,
        };
        if !is_answer {
            return Err(format!("when: is: expected answers to `{}`, found {value:?}, which is none", asked.name));
        }
        if choice.is_some_and(|choice| choice.to.is_some()) {
            return Err(format!(
                "when: is: {value:?} leads elsewhere at once (`to` of that choice), so this would not be asked; leave one of them out"
            ));
        }
    }
    Ok(())
}

/// What a word is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Person,
    Skip,
    Yes,
    No,
    /// By its number.
    Choice(usize),
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person => f.write_str("a wish for a person (`agent_words`)"),
            Self::Skip => f.write_str("to leave the question out (`skip_words`)"),
            Self::Yes => f.write_str("yes (`yes_words`)"),
            Self::No => f.write_str("no (`no_words`)"),
            Self::Choice(number) => write!(f, "choice {number}"),
        }
    }
}

/// What the words mean that may answer a question, in every language: by their keys, sorted. There may be thousands, which a call has to
/// look through.
type Meanings<'a> = Vec<(u64, Meaning, &'a str)>;

fn ambiguous(word: &str, one: impl fmt::Display, other: impl fmt::Display) -> String {
    format!("{:?} means {one} and {other}; expected one of them, change the other", plain(word))
}

/// No word means two things.
fn meanings<'a>(settings: &'a Settings, question: &'a Question) -> Result<Meanings<'a>, String> {
    let mut meanings = Meanings::new();
    let mut add =
        |words: &'a [String], meaning| meanings.extend(words.iter().map(|word| (key(word), meaning, word.as_str())));
    add(&settings.agent_words, Meaning::Person);
    if !question.required {
        add(&settings.skip_words, Meaning::Skip);
    }
    if question.kind == Kind::YesNo {
        add(&settings.yes_words, Meaning::Yes);
        add(&settings.no_words, Meaning::No);
    }
    for (choice, number) in question.choices.iter().zip(1..) {
        meanings.extend(choice.names().map(|name| (key(name), Meaning::Choice(number), name)));
    }
    meanings.iter().try_for_each(|(_, meaning, word)| check_number(question, word, *meaning))?;
    meanings.sort_by_key(|(key, ..)| *key);
    let twice = meanings.windows(2).find(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1);
    match twice {
        Some(pair) => Err(ambiguous(pair[0].2, pair[0].1, pair[1].1)),
        None => Ok(meanings),
    }
}

/// A number is an answer by itself.
fn check_number(question: &Question, word: &str, meaning: Meaning) -> Result<(), String> {
    let word = word.trim_matches(is_between);
    if !word.bytes().all(|sign| matches!(sign, b'0'..=b'9' | b'+' | b'-')) {
        return Ok(());
    }
    if question.kind == Kind::Number && number(question, word).is_some() {
        return Err(ambiguous(word, meaning, "a number that may be the answer"));
    }
    match word.parse() {
        Ok(number) if (1..=question.choices.len()).contains(&number) && meaning != Meaning::Choice(number) => {
            Err(ambiguous(word, meaning, Meaning::Choice(number)))
        }
        _ => Ok(()),
    }
}

/// Every text that is translated is said, and the labels of choices still differ.
struct Languages<'a> {
    settings: &'a Settings,
    /// What is said, and where it is a choice's label: number of the question and of the choice. Sorted.
    said: Vec<(u64, Option<(usize, usize)>)>,
    meanings: &'a [Meanings<'a>],
}

impl<'a> Languages<'a> {
    fn of(settings: &'a Settings, meanings: &'a [Meanings<'a>]) -> Self {
        let mut said: Vec<_> = settings.said().map(|text| (exact_key(text), None)).collect();
        for (at, question) in settings.questions.iter().enumerate() {
            let labels = question.choices.iter().zip(1..);
            said.extend(labels.map(|(choice, number)| (exact_key(choice.label()), Some((at, number)))));
        }
        said.sort_unstable();
        Self { settings, said, meanings }
    }

    fn check(&self, texts: &Table<String>) -> Result<(), String> {
        let mut labels = Vec::new();
        for (text, translated) in &texts.0 {
            let text_key = exact_key(text);
            let first = self.said.partition_point(|(key, _)| *key < text_key);
            let mut said = self.said[first..].iter().take_while(|(key, _)| *key == text_key).peekable();
            if said.peek().is_none() {
                return Err(format!(
                    "expected texts of these settings, letter by letter, and what they are in that language; found {text:?}, which is \
                     never said"
                ));
            }
            let places = said.filter_map(|(_, place)| *place);
            labels.extend(places.map(|(question, number)| (question, key(translated), number, translated.as_str())));
        }
        labels.sort_unstable();
        let twice = labels.windows(2).find(|pair| pair[0].0 == pair[1].0 && pair[0].1 == pair[1].1);
        if let Some(pair) = twice {
            return Err(ambiguous(pair[0].3, Meaning::Choice(pair[0].2), Meaning::Choice(pair[1].2)));
        }
        labels.iter().try_for_each(|(question, key, number, label)| self.check_label(*question, *key, *number, label))
    }

    /// A label in a language against the words of all languages.
    fn check_label(&self, question: usize, key: u64, number: usize, label: &str) -> Result<(), String> {
        let (meanings, meaning) = (&self.meanings[question], Meaning::Choice(number));
        match meanings.binary_search_by_key(&key, |(key, ..)| *key) {
            Ok(at) if meanings[at].1 != meaning => Err(ambiguous(label, meanings[at].1, meaning)),
            _ => check_number(&self.settings.questions[question], label, meaning),
        }
    }
}

/// A number for a text as it stands.
fn exact_key(text: &str) -> u64 {
    text.bytes().fold(FIRST_KEY, |key, byte| next_key(key, u32::from(byte)))
}
