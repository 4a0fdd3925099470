//! The dialog `questions`: asks a customer questions, one after the other, and sets an attribute of the session with each answer. It greets
//! customers in front of a queue, as a telephone menu does, and it is a form or survey that agents transfer to.
//!
//! ```text
//!                       ┌──────── not understood: again, `attempts` times at most ────────┐
//!                       ▼                                                                 │
//!  started ─► greeting, question ──► said ─┬─► understood: set ─┬─► the next question     │
//!                 │     ▲                  │                    ├─► `to` of the choice    │
//!                 │     │ once             │                    └─► no more: thanks, `then`
//!                 ▼     │                  ├─► an agent's word: the session's own queue    │
//!              no answer for `remind_s`    └─────────────────────────────────────────────►┘
//!                 └─► again no answer, or not understood too often: `otherwise`
//! ```
//!
//! ```toml
//! [[dialog]]
//! name = "welcome"
//! plugin = "questions"
//!
//! [dialog.settings]
//! greeting = "Welcome to Northwind."
//! thanks = "Thank you, somebody will be with you."
//! then = "queue:sales"
//! remind_s = 120
//!
//! [[dialog.settings.questions]]
//! name = "topic"
//! text = "What is it about?"
//! choices = [
//!     { value = "billing", label = "A bill", words = ["bill", "invoice"], to = "queue:billing" },
//!     { value = "order", label = "An order" },
//! ]
//!
//! [[dialog.settings.questions]]
//! name = "order-number"
//! text = "Which order is it?"
//! kind = "number"
//! required = false
//! when = { question = "topic", is = ["order"] }
//!
//! [dialog.settings.languages.de]
//! "What is it about?" = "Worum geht es?"
//! "A bill" = "Eine Rechnung"
//! ```
//!
//! - **Choices** are shown with numbers. Number, label, value and `words` are answers, whatever the capitals and signs around them.
//! - **Where it goes**: `queue:<name>`, `dialog:<name>`, `close`; and `queue`, the queue that the session belongs to, which is an
//!   `enqueue` with an empty name. A dialog that serves several links, or that agents transfer to, needs no other.
//! - **A language** of the customer that is in `languages` is spoken; what has no translation there is said as it stands. Words that are
//!   understood (`words`, `agent_words`, `yes_words`, ...) are the same for all, so name those of every language.
//! - **A customer who leaves** is not reminded, and is asked again on coming back.
//!
//! Invariant: each attribute is set once at most, to what its question allows; after its end it does nothing.

mod answer;
mod check;
mod settings;

use answer::{Answer, is_one_of, plain};
use cordboard_sdk::dialog::{Action, Context, Dialog, Enqueuing, Event, Setup, Timer};
use cordboard_sdk::model::{Attribute, Body, SavedState, Timestamp};
use cordboard_sdk::saved;
use serde::{Deserialize, Serialize};
use settings::{Question, Settings, Target};
use std::collections::BTreeMap;

const FORMAT: u32 = 1;
/// The attribute with which a conversation begins: what the customer has written to the link.
const FIRST_WORDS: &str = "first-words";
/// The only timer there is.
const REMINDER: u32 = 1;

/// A conversation. All that it remembers is in `State`.
#[derive(Debug)]
pub struct Questions {
    settings: Settings,
    state: State,
}

/// Names and not numbers of questions, so that it goes on when the operator has changed them in between.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    stage: Stage,
    medium: String,
    /// One of `languages`.
    language: Option<String>,
    /// Questions that are done with; the answers are kept where another question asks for them.
    done: BTreeMap<String, String>,
    /// Answers to this question that were not understood.
    misses: u8,
    reminded: bool,
    /// When the customer is reminded.
    due: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
enum Stage {
    #[default]
    New,
    Asking,
    Over,
}

impl Dialog for Questions {
    fn open(_now: Timestamp, setup: Setup) -> Result<Self, String> {
        let settings = Settings::read(&setup.settings)?;
        check::check(&settings)?;
        Ok(Self { settings, state: State::default() })
    }

    fn handle(&mut self, now: Timestamp, event: Event) -> Vec<Action> {
        match (self.state.stage, event) {
            (Stage::New, Event::Started(context)) => self.start(now, context),
            (Stage::Asking, Event::Said(message)) => match message.body {
                Body::Text(text) => self.said(now, &text),
                _ => self.said(now, ""),
            },
            (Stage::Asking, Event::Timer(REMINDER)) => self.remind(now),
            (Stage::Asking, Event::Turned(how)) => match how.as_str() {
                "customer-left" => self.pause(),
                "customer-back" | "returned" => self.ask(now),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn save(&self) -> SavedState {
        saved::write(FORMAT, &self.state)
    }

    fn restore(setup: Setup, state: SavedState) -> Result<Self, String> {
        Ok(Self { settings: Settings::read(&setup.settings)?, state: saved::read(&state, FORMAT)? })
    }
}

impl Questions {
    fn start(&mut self, now: Timestamp, context: Context) -> Vec<Action> {
        self.state.stage = Stage::Asking;
        self.state.medium = context.medium;
        self.state.language = self.settings.language(&context.language);
        let first = context.attributes.iter().find(|attribute| attribute.name == FIRST_WORDS);
        if let (Some(words), Some(question)) = (first, self.question())
            && let Answer::Person = self.settings.answer(question, self.state.language.as_deref(), &words.value)
        {
            return self.end(&Target::default(), "");
        }
        let mut actions = self.say(&self.settings.greeting);
        actions.extend(self.ask(now));
        actions
    }

    /// The question that is to be answered; none if all are.
    fn question(&self) -> Option<&Question> {
        self.settings.questions.iter().find(|question| {
            let is_met = question.when.as_ref().is_none_or(|when| {
                self.state.done.get(&when.question).is_some_and(|answer| is_one_of(&plain(answer), &when.is))
            });
            is_met && !self.state.done.contains_key(&question.name)
        })
    }

    /// Asks what is to be asked now; if that is nothing, it is over.
    fn ask(&mut self, now: Timestamp) -> Vec<Action> {
        let Some(question) = self.question() else {
            return self.end(&self.settings.then.clone(), &self.settings.thanks.clone());
        };
        let mut actions = vec![say(self.shown(question))];
        self.state.reminded = false;
        actions.extend(self.set_reminder(now));
        actions
    }

    /// With its choices, a line each, and how it is left out.
    fn shown(&self, question: &Question) -> String {
        let choices = question.choices.iter().zip(1..);
        let choices = choices.map(|(choice, number)| format!("{number} {}", self.told(choice.label())));
        let skip = Some(self.told(&self.settings.texts.skip).to_owned());
        let skip = skip.filter(|text| !question.required && !text.is_empty());
        let lines = std::iter::once(self.told(&question.text).to_owned()).chain(choices).chain(skip);
        lines.collect::<Vec<_>>().join("\n")
    }

    fn said(&mut self, now: Timestamp, words: &str) -> Vec<Action> {
        let Some(question) = self.question() else { return self.ask(now) };
        match self.settings.answer(question, self.state.language.as_deref(), words) {
            Answer::Person => self.end(&Target::default(), ""),
            Answer::Skipped => {
                let name = question.name.clone();
                self.next(now, name, String::new())
            }
            Answer::Value(value, to) => {
                let (name, to) = (question.name.clone(), to.cloned());
                let mut actions = vec![Action::Set(Attribute::new(name.as_str(), value.as_str()))];
                actions.extend(match to {
                    Some(to) => self.end(&to, &self.settings.thanks.clone()),
                    None => self.next(now, name, value),
                });
                actions
            }
            Answer::Unclear(_) if self.state.misses + 1 >= self.settings.attempts => {
                self.end(&self.settings.otherwise.clone(), &self.settings.texts.sorry.clone())
            }
            Answer::Unclear(hint) => {
                let lines = [hint, self.shown(question)].into_iter().filter(|line| !line.is_empty());
                let again = say(lines.collect::<Vec<_>>().join("\n"));
                self.state.misses += 1;
                self.state.reminded = false;
                std::iter::once(again).chain(self.set_reminder(now)).collect()
            }
        }
    }

    fn next(&mut self, now: Timestamp, name: String, answer: String) -> Vec<Action> {
        let mut conditions = self.settings.questions.iter().filter_map(|question| question.when.as_ref());
        let is_needed = conditions.any(|when| when.question == name);
        self.state.done.insert(name, if is_needed { answer } else { String::new() });
        self.state.misses = 0;
        self.ask(now)
    }

    fn remind(&mut self, now: Timestamp) -> Vec<Action> {
        if self.state.due.is_none_or(|due| now < due) {
            return Vec::new();
        }
        if self.state.reminded {
            return self.end(&self.settings.otherwise.clone(), &self.settings.texts.no_answer.clone());
        }
        let actions = self.ask(now);
        self.state.reminded = true;
        actions
    }

    fn set_reminder(&mut self, now: Timestamp) -> Option<Action> {
        let at = now + u64::from(self.settings.remind_s?) * 1000;
        self.state.due = Some(at);
        Some(Action::SetTimer(Timer { id: REMINDER, at: Some(at) }))
    }

    /// Nobody is there to be reminded.
    fn pause(&mut self) -> Vec<Action> {
        let due = self.state.due.take();
        due.map(|_| Action::SetTimer(Timer { id: REMINDER, at: None })).into_iter().collect()
    }

    /// The last words, and where it goes. The host forgets its timer.
    fn end(&mut self, to: &Target, words: &str) -> Vec<Action> {
        let words = self.told(words).to_owned();
        let State { medium, .. } = std::mem::replace(&mut self.state, State { stage: Stage::Over, ..State::default() });
        let to = match to {
            Target::Close => return vec![Action::Close(words)],
            Target::Dialog(name) => Action::Divert(format!("dialog:{name}")),
            Target::Queue(name) => {
                Action::Enqueue(Enqueuing { queue: name.clone(), priority: 0, medium, attributes: Vec::new() })
            }
        };
        let words = Some(words).filter(|words| !words.is_empty());
        words.map(say).into_iter().chain([to]).collect()
    }

    fn say(&self, text: &str) -> Vec<Action> {
        Some(self.told(text)).filter(|text| !text.is_empty()).map(|text| say(text.to_owned())).into_iter().collect()
    }

    fn told<'a>(&'a self, text: &'a str) -> &'a str {
        self.settings.told(self.state.language.as_deref(), text)
    }
}

fn say(text: String) -> Action {
    Action::Say(Body::Text(text))
}

cordboard_sdk::export_dialog!(Questions);

#[cfg(test)]
mod tests;
