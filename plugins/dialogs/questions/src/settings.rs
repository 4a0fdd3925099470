//! What the operator sets, as it is read; the schema is in `plugin.toml`, and [`crate::check`] refuses what does not go together.

use cordboard_sdk::settings;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Bytes of all settings. They are read at every event, within the fuel of a call: so much can be, whatever it is.
pub(crate) const SETTINGS_BYTES: usize = 16 * 1024;

/// All of it.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) greeting: String,
    pub(crate) questions: Vec<Question>,
    pub(crate) thanks: String,
    pub(crate) then: Target,
    pub(crate) otherwise: Target,
    pub(crate) attempts: u8,
    pub(crate) remind_s: Option<u32>,
    pub(crate) agent_words: Vec<String>,
    pub(crate) skip_words: Vec<String>,
    pub(crate) yes_words: Vec<String>,
    pub(crate) no_words: Vec<String>,
    pub(crate) texts: Texts,
    /// Texts and what they are in a language, by its tag.
    pub(crate) languages: Table<Table<String>>,
}

/// A table as a list: it is read at every event, and looked into only a few times.
#[derive(Debug)]
pub(crate) struct Table<T>(pub(crate) Vec<(String, T)>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Table<T> {
    fn get(&self, key: &str) -> Option<&T> {
        self.0.iter().find(|(other, _)| other == key).map(|(_, value)| value)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Table<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Table<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Table(entries))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

impl Default for Settings {
    fn default() -> Self {
        let words = |words: [&str; 2]| words.map(str::to_owned).to_vec();
        Self {
            greeting: String::new(),
            questions: Vec::new(),
            thanks: String::new(),
            then: Target::default(),
            otherwise: Target::default(),
            attempts: 3,
            remind_s: None,
            agent_words: words(["agent", "person"]),
            skip_words: words(["-", "skip"]),
            yes_words: words(["yes", "y"]),
            no_words: words(["no", "n"]),
            texts: Texts::default(),
            languages: Table::default(),
        }
    }
}

/// One question.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    pub(crate) name: String,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) kind: Kind,
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
    #[serde(default = "yes")]
    pub(crate) required: bool,
    pub(crate) when: Option<When>,
    #[serde(default)]
    pub(crate) choices: Vec<Choice>,
}

fn yes() -> bool {
    true
}

/// What an answer is, where there are no choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    #[default]
    Text,
    Number,
    YesNo,
}

/// After which answer a question is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct When {
    pub(crate) question: String,
    pub(crate) is: Vec<String>,
}

/// One of several answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    pub(crate) value: String,
    label: Option<String>,
    #[serde(default)]
    pub(crate) words: Vec<String>,
    pub(crate) to: Option<Target>,
}

impl Choice {
    /// As it is shown.
    pub(crate) fn label(&self) -> &str {
        self.label.as_ref().unwrap_or(&self.value)
    }

    /// What it is called in every language.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.value).chain(&self.label).chain(&self.words).map(String::as_str)
    }
}

/// Where a customer goes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum Target {
    /// By its name; empty: the session's own.
    Queue(String),
    Dialog(String),
    Close,
}

impl Default for Target {
    fn default() -> Self {
        Self::Queue(String::new())
    }
}

impl TryFrom<String> for Target {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.split_once(':') {
            None if word == "queue" => Ok(Self::default()),
            None if word == "close" => Ok(Self::Close),
            Some(("queue", name)) if !name.is_empty() => Ok(Self::Queue(name.to_owned())),
            Some(("dialog", name)) if !name.is_empty() => Ok(Self::Dialog(name.to_owned())),
            _ => Err(format!("expected `queue`, `queue:<name>`, `dialog:<name>` or `close`, found {word:?}")),
        }
    }
}

/// What is said beside greeting, questions and thanks.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Texts {
    pub(crate) choose: String,
    pub(crate) yes_no: String,
    pub(crate) number: String,
    pub(crate) number_range: String,
    pub(crate) in_words: String,
    pub(crate) too_long: String,
    pub(crate) skip: String,
    pub(crate) sorry: String,
    pub(crate) no_answer: String,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            choose: "Please answer with one of the numbers.".to_owned(),
            yes_no: "Please answer yes or no.".to_owned(),
            number: "Please answer with a whole number.".to_owned(),
            number_range: "Please answer with a whole number from {min} to {max}.".to_owned(),
            in_words: "Please answer in words.".to_owned(),
            too_long: "Please answer in at most {max} characters.".to_owned(),
            skip: "Answer - to leave this out.".to_owned(),
            sorry: "Sorry, I could not follow you.".to_owned(),
            no_answer: "There was no answer.".to_owned(),
        }
    }
}

impl Texts {
    fn all(&self) -> [&str; 9] {
        let Self { choose, yes_no, number, number_range, in_words, too_long, skip, sorry, no_answer } = self;
        [choose, yes_no, number, number_range, in_words, too_long, skip, sorry, no_answer]
    }
}

impl Settings {
    /// Out of JSON.
    pub(crate) fn read(json: &str) -> Result<Self, String> {
        if json.len() > SETTINGS_BYTES {
            return Err(format!(
                "the settings have {} bytes; expected at most {SETTINGS_BYTES}: make several dialogs of it, each of which leads to the \
                 next (`then = \"dialog:<name>\"`)",
                json.len()
            ));
        }
        settings::read(json)
    }

    /// The language in which this person is spoken to, of those that are set: `de` serves `de-AT`.
    pub(crate) fn language(&self, tag: &str) -> Option<String> {
        let mut tag = tag;
        loop {
            if let Some(known) =
                self.languages.0.iter().map(|(known, _)| known).find(|known| known.eq_ignore_ascii_case(tag))
            {
                return Some(known.clone());
            }
            (tag, _) = tag.rsplit_once('-')?;
        }
    }

    /// A text in a language; as it stands where it has no translation.
    pub(crate) fn told<'a>(&'a self, language: Option<&str>, text: &'a str) -> &'a str {
        let translated = language.and_then(|language| self.languages.get(language)?.get(text));
        translated.map_or(text, String::as_str)
    }

    /// All that is said to customers, but for the labels of choices.
    pub(crate) fn said(&self) -> impl Iterator<Item = &str> {
        let questions = self.questions.iter().map(|question| question.text.as_str());
        [self.greeting.as_str(), &self.thanks].into_iter().chain(self.texts.all()).chain(questions)
    }
}
