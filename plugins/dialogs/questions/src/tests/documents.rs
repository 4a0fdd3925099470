//! What operators read is what the dialog does: the example in the crate's documents, and the defaults in `plugin.toml`.

use super::super::settings::Settings;
use super::{Questions, with};
use cordboard_sdk_testing::dialog::{Talk, context};
use serde_json::{Value, json};

#[test]
fn the_example_in_the_documents_is_taken() {
    let lines = include_str!("../lib.rs").lines().map_while(|line| line.strip_prefix("//!"));
    let inside = lines.skip_while(|line| *line != " ```toml").skip(1).take_while(|line| *line != " ```");
    let example: Value = toml::from_str(&inside.collect::<Vec<_>>().join("\n")).unwrap();
    let mut talk = Talk::<Questions>::open(with(&example["dialog"][0]["settings"])).unwrap();
    assert_eq!(talk.start(context()).text(), "Welcome to Northwind.\nWhat is it about?\n1 A bill\n2 An order");
}

#[test]
fn the_defaults_are_as_the_schema_says() {
    let manifest: Value = toml::from_str(include_str!("../../plugin.toml")).unwrap();
    let properties = |schema: &Value| schema["properties"].as_object().unwrap().clone();
    let defaults = |schema: &Value| -> Value {
        let stated = properties(schema).into_iter().filter_map(|(name, of)| Some((name, of.get("default")?.clone())));
        stated.collect::<serde_json::Map<_, _>>().into()
    };
    let schema = &manifest["settings"];
    let (question, choice) = (&schema["properties"]["questions"]["items"], json!({"value": "x", "words": []}));
    let mut plain_question = json!({"name": "a", "text": "?", "choices": [{"value": "x"}]});
    let plain = json!({ "questions": [plain_question] });
    plain_question.as_object_mut().unwrap().extend(defaults(question).as_object().unwrap().clone());
    plain_question["choices"] = json!([choice]);
    let mut stated = defaults(schema);
    stated["questions"] = json!([plain_question]);
    stated["texts"] = defaults(&schema["properties"]["texts"]);
    assert_eq!(stated["texts"].as_object().unwrap().len(), 9);
    let read = |settings: &Value| format!("{:?}", Settings::read(&settings.to_string()).unwrap());
    assert_eq!(read(&stated), read(&plain));
}
