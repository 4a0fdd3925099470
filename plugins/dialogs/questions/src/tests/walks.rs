//! Random questions and random customers: the law of dialogs, and what is set and done is what the settings allow.

use super::{Questions, done, topic, with};
use cordboard_sdk::dialog::Action;
use cordboard_sdk_testing::dialog::{Actions, Customers, Step};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What customers say: every sort of answer, and none.
const WORDS: [&str; 16] = [
    "1",
    "2",
    "3",
    "0",
    "-7",
    "A bill",
    "billing",
    "bye",
    "yes",
    "N",
    "what?",
    "",
    "-",
    "skip",
    "Agent",
    "a long story\nof mine",
];

/// A question, without its name.
fn question() -> impl Strategy<Value = Value> {
    let kinds = prop_oneof![
        Just(json!({})),
        Just(json!({"kind": "yes-no"})),
        Just(json!({"kind": "number"})),
        Just(json!({"kind": "number", "min": -1, "max": 2})),
        Just(json!({"choices": topic()["choices"]})),
        Just(json!({"choices": [{"value": "left", "words": ["yes"]}, {"value": "right", "to": "dialog:other"}]})),
    ];
    (kinds, any::<bool>()).prop_map(|(mut question, required)| {
        question["required"] = json!(required);
        question
    })
}

/// An answer after which another question may be asked.
fn answer_of(question: &Value) -> &'static str {
    match question["kind"].as_str() {
        Some("yes-no") => "no",
        Some("number") => "1",
        _ => question["choices"][0]["value"]
            .as_str()
            .map_or("skip", |value| if value == "left" { "left" } else { "billing" }),
    }
}

fn target() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec!["queue", "queue:sales", "dialog:other", "close"])
}

/// Some settings, all valid.
fn settings() -> impl Strategy<Value = Value> {
    let questions = proptest::collection::vec((question(), any::<Option<prop::sample::Index>>()), 1..6);
    let rest = (1_u8..4, proptest::option::of(5_u32..60), any::<bool>(), target(), target());
    (questions, rest).prop_map(|(questions, (attempts, remind_s, greets, then, otherwise))| {
        let mut asked: Vec<Value> = Vec::new();
        for (mut question, after) in questions {
            question["name"] = json!(format!("q{}", asked.len()));
            question["text"] = json!(format!("Question {}?", asked.len()));
            if let Some(after) = after.filter(|_| !asked.is_empty()) {
                let earlier = after.get(&asked);
                question["when"] = json!({"question": earlier["name"], "is": [answer_of(earlier)]});
            }
            asked.push(question);
        }
        let mut settings = json!({"questions": asked, "attempts": attempts, "then": then, "otherwise": otherwise});
        if let Some(remind_s) = remind_s {
            settings["remind_s"] = json!(remind_s);
        }
        if greets {
            settings["greeting"] = json!("Welcome.");
            settings["thanks"] = json!("Thank you.");
        }
        settings
    })
}

/// What was set, and how it ended, if it did.
fn outcome(steps: &[Step]) -> (Vec<(String, String)>, Option<String>) {
    let (mut set, mut end) = (Vec::new(), None);
    for step in steps {
        for action in &step.actions {
            match action {
                Action::Set(attribute) => set.push((attribute.name.clone(), attribute.value.clone())),
                Action::Say(_) | Action::SetTimer(_) => {}
                other => end = Some(done(&Actions(vec![other.clone()]))),
            }
        }
    }
    (set, end)
}

/// Whether a question may have this answer.
fn may_be(question: &Value, answer: &str) -> bool {
    if let Some(choices) = question["choices"].as_array() {
        return choices.iter().any(|choice| choice["value"] == answer);
    }
    match question["kind"].as_str() {
        Some("yes-no") => ["yes", "no"].contains(&answer),
        Some("number") => answer.parse().is_ok_and(|number: i64| {
            question["min"].as_i64().is_none_or(|min| min <= number)
                && question["max"].as_i64().is_none_or(|max| number <= max)
        }),
        _ => !answer.is_empty(),
    }
}

/// Whether its `when` is met by what was set before.
fn is_due(question: &Value, before: &BTreeMap<&str, &str>) -> bool {
    let when = &question["when"];
    when.is_null() || before.get(when["question"].as_str().unwrap()).is_some_and(|answer| when["is"][0] == *answer)
}

/// Where this conversation may end.
fn ends(settings: &Value) -> Vec<String> {
    let questions = settings["questions"].as_array().unwrap();
    let led = questions
        .iter()
        .flat_map(|question| question["choices"].as_array().into_iter().flatten())
        .map(|choice| &choice["to"]);
    let named = led.chain([&settings["then"], &settings["otherwise"]]).filter_map(Value::as_str);
    let mut ends: Vec<String> =
        named.map(|target| if target == "queue" { "queue:".to_owned() } else { target.to_owned() }).collect();
    // For a person.
    ends.push("queue:".to_owned());
    ends
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_customers_say_the_law_is_kept_and_what_is_set_is_allowed(settings in settings(), seed: u64) {
        let customers = Customers { most_actions: 4, most_state_bytes: 1024, ..Customers::new(with(&settings), &WORDS) };
        let steps = customers.walk::<Questions>(seed).unwrap();
        let (set, end) = outcome(&steps);
        let questions = settings["questions"].as_array().unwrap();
        let (mut before, mut last) = (BTreeMap::new(), None);
        for (name, value) in &set {
            let place = questions.iter().position(|question| question["name"] == **name);
            prop_assert!(place > last, "{} is set in its turn, once", name);
            last = place;
            let question = &questions[place.unwrap()];
            prop_assert!(may_be(question, value), "{}={}", name, value);
            prop_assert!(is_due(question, &before), "{} was not to be asked", name);
            before.insert(name.as_str(), value.as_str());
        }
        if let Some(end) = end {
            prop_assert!(ends(&settings).contains(&end), "it ended in {}", end);
        }
    }
}

#[test]
fn most_conversations_come_to_an_end() {
    let settings = json!({"questions": [topic(), {"name": "member", "text": "?", "kind": "yes-no"}], "remind_s": 60});
    let ended = Customers { most_actions: 4, ..Customers::new(with(&settings), &WORDS) }.check_law::<Questions>();
    assert_eq!(ended, Ok(200), "each answer leads on, is counted, or was the last reminder");
}
