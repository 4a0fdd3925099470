//! Settings that do not go together, beyond what the schema can say: found when a dialog is opened, so `cordboard check` tells of them.
//!
//! Invariant: with settings that pass, every answer means one thing at most, and every question can be asked.

use crate::answer::{number, plain};
use crate::settings::{Kind, Question, Settings, When};
use std::collections::{BTreeMap, BTreeSet};

/// The first fault: where it is, what was expected and found, and what to do.
pub(crate) fn check(settings: &Settings) -> Result<(), String> {
    if settings.questions.is_empty() {
        return Err("questions: expected at least one, found none".to_owned());
    }
    for (at, question) in settings.questions.iter().enumerate() {
        let earlier = &settings.questions[..at];
        check_question(settings, question, earlier)
            .map_err(|why| format!("questions, number {} (`{}`): {why}", at + 1, question.name))?;
    }
    settings.languages.iter().try_for_each(|(language, texts)| check_language(settings, language, texts))
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
    let languages = settings.languages.keys().map(|language| Some(language.as_str()));
    std::iter::once(None).chain(languages).try_for_each(|language| check_words(settings, question, language))
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
    let choice = |value: &String| asked.choices.iter().find(|choice| plain(&choice.value) == plain(value));
    for value in &when.is {
        let is_answer = match asked.kind {
            _ if !asked.choices.is_empty() => choice(value).is_some(),
            Kind::YesNo => ["yes", "no"].contains(&value.as_str()),
            Kind::Number => number(asked, value).is_some_and(|number| number == *value),
            Kind::Text => true,
        };
        if !is_answer {
            return Err(format!("when: is: expected answers to `{}`, found {value:?}, which is none", asked.name));
        }
        if choice(value).is_some_and(|choice| choice.to.is_some()) {
            return Err(format!(
                "when: is: {value:?} leads elsewhere at once (`to` of that choice), so this would not be asked; leave one of them out"
            ));
        }
    }
    Ok(())
}

/// What a word is taken for.
type Meanings = BTreeMap<String, String>;

/// No word means two things.
fn check_words(settings: &Settings, question: &Question, language: Option<&str>) -> Result<(), String> {
    let mut meanings = Meanings::new();
    let mut add = |words: Vec<String>, meaning: String| -> Result<(), String> {
        for word in words {
            match meanings.get(&word) {
                Some(other) if *other != meaning => {
                    let spoken = language.map(|language| format!(" in the language `{language}`")).unwrap_or_default();
                    return Err(format!(
                        "{word:?} means {other} and {meaning}{spoken}; expected one of them, change the other"
                    ));
                }
                _ => meanings.insert(word, meaning.clone()),
            };
        }
        Ok(())
    };
    let plain_words = |words: &[String]| words.iter().map(|word| plain(word)).collect::<Vec<_>>();
    add(plain_words(&settings.agent_words), "a wish for a person (`agent_words`)".to_owned())?;
    if !question.required {
        add(plain_words(&settings.skip_words), "to leave the question out (`skip_words`)".to_owned())?;
    }
    for (choice, number) in question.choices.iter().zip(1..) {
        add(settings.names(choice, number, language), format!("choice {number}"))?;
    }
    match question.kind {
        Kind::Text => Ok(()),
        Kind::YesNo => {
            add(plain_words(&settings.yes_words), "yes (`yes_words`)".to_owned())?;
            add(plain_words(&settings.no_words), "no (`no_words`)".to_owned())
        }
        Kind::Number => match meanings.iter().find(|(word, _)| number(question, word).is_some()) {
            Some((word, meaning)) => Err(format!(
                "{word:?} means {meaning} and a number from `min` to `max`; expected one of them, change the other"
            )),
            None => Ok(()),
        },
    }
}

/// Every text that is translated is said.
fn check_language(settings: &Settings, language: &str, texts: &BTreeMap<String, String>) -> Result<(), String> {
    let said: BTreeSet<&str> = settings.said().collect();
    match texts.keys().find(|text| !said.contains(text.as_str())) {
        Some(text) => Err(format!(
            "languages, `{language}`: expected texts of these settings, letter by letter, and what they are in that language; found {text:?}, \
             which is never said"
        )),
        None => Ok(()),
    }
}
