//! Settings that do not go together.

use super::{Questions, topic, with};
use cordboard_sdk_testing::dialog::Talk;
use serde_json::{Value, json};

fn refused(settings: &Value) -> String {
    Talk::<Questions>::open(with(settings)).unwrap_err()
}

/// A question with these settings beside name and text, after one of each kind.
fn of(question: &Value) -> Value {
    let mut last = json!({"name": "last", "text": "?"});
    last.as_object_mut().unwrap().extend(question.as_object().unwrap().clone());
    let number = json!({"name": "stars", "text": "?", "kind": "number", "min": 1, "max": 5});
    json!({"questions": [topic(), number, {"name": "member", "text": "?", "kind": "yes-no"}, {"name": "why", "text": "?"}, last]})
}

#[test]
fn questions_that_can_not_be_asked_or_answered_are_refused() {
    for (question, why) in [
        (
            json!({"name": "topic"}),
            "(`topic`): name: an earlier question is called so; two would set one attribute, name another",
        ),
        (
            json!({"kind": "number", "choices": [{"value": "a"}]}),
            "(`last`): kind: expected none beside `choices`, found both; leave one of them out",
        ),
        (
            json!({"min": 1, "max": 2}),
            "(`last`): min, max: expected with `kind = \"number\"` alone, found without; leave them out",
        ),
        (json!({"kind": "number", "min": 1}), "(`last`): min, max: expected both or none, found one; add the other"),
        (
            json!({"kind": "number", "min": 3, "max": 2}),
            "(`last`): min, max: expected `min` not above `max`, found 3 and 2",
        ),
        (
            json!({"when": {"question": "last", "is": ["a"]}}),
            "(`last`): when: expected the name of an earlier question (`topic`, `stars`, `member`, `why`), found \"last\"",
        ),
        (
            json!({"when": {"question": "topic", "is": ["billing", "A bill"]}}),
            "(`last`): when: is: expected answers to `topic`, found \"A bill\", which is none",
        ),
        (
            json!({"when": {"question": "topic", "is": ["sales"]}}),
            "(`last`): when: is: \"sales\" leads elsewhere at once (`to` of that choice), so this would not be asked; leave one of them out",
        ),
        (
            json!({"when": {"question": "stars", "is": ["6"]}}),
            "(`last`): when: is: expected answers to `stars`, found \"6\", which is none",
        ),
        (
            json!({"when": {"question": "stars", "is": ["05"]}}),
            "(`last`): when: is: expected answers to `stars`, found \"05\", which is none",
        ),
        (
            json!({"when": {"question": "member", "is": ["Yes"]}}),
            "(`last`): when: is: expected answers to `member`, found \"Yes\", which is none",
        ),
        (
            json!({"choices": [{"value": "a"}, {"value": "b", "words": ["A!"]}]}),
            "(`last`): \"a\" means choice 1 and choice 2; expected one of them, change the other",
        ),
        (
            json!({"choices": [{"value": "2"}, {"value": "1"}]}),
            "(`last`): \"2\" means choice 1 and choice 2; expected one of them, change the other",
        ),
        (
            json!({"choices": [{"value": "Person"}]}),
            "(`last`): \"person\" means a wish for a person (`agent_words`) and choice 1; expected one of them, change the other",
        ),
        (
            json!({"required": false, "choices": [{"value": "skip"}]}),
            "(`last`): \"skip\" means to leave the question out (`skip_words`) and choice 1; expected one of them, change the other",
        ),
    ] {
        assert_eq!(refused(&of(&question)), format!("questions, number 5 {why}"));
    }
    for question in [
        json!({"when": {"question": "topic", "is": ["Billing"]}}),
        json!({"when": {"question": "why", "is": ["anything"]}}),
        json!({"choices": [{"value": "1"}, {"value": "two", "words": ["2", "Two"]}]}),
        json!({"choices": [{"value": "skip"}]}),
    ] {
        assert!(Talk::<Questions>::open(with(&of(&question))).is_ok(), "{question}");
    }
}

#[test]
fn words_that_mean_two_things_are_refused() {
    let settings = |kind: &str, key: &str, words: &[&str]| json!({"questions": [{"name": "a", "text": "?", "kind": kind, "required": false}], key: words});
    for (kind, key, words, why) in [
        (
            "yes-no",
            "no_words",
            &["no", "YES"][..],
            "\"yes\" means yes (`yes_words`) and no (`no_words`); expected one of them, change the other",
        ),
        (
            "yes-no",
            "agent_words",
            &["n"],
            "\"n\" means a wish for a person (`agent_words`) and no (`no_words`); expected one of them, change the other",
        ),
        (
            "number",
            "agent_words",
            &["0"],
            "\"0\" means a wish for a person (`agent_words`) and a number that may be the answer; expected one of them, change the other",
        ),
        (
            "text",
            "skip_words",
            &[],
            "required: expected `skip_words` to leave it out by, found none; name some or make it required",
        ),
    ] {
        assert_eq!(refused(&settings(kind, key, words)), format!("questions, number 1 (`a`): {why}"));
    }
    let mut limited = settings("number", "agent_words", &["0"]);
    limited["questions"][0].as_object_mut().unwrap().extend([("min".into(), json!(1)), ("max".into(), json!(9))]);
    assert!(Talk::<Questions>::open(with(&limited)).is_ok(), "0 for a person is as usual, if it is no answer");
}

#[test]
fn translations_are_of_what_is_said_and_differ() {
    let settings =
        |text: &str, translated: &str| json!({"questions": [topic()], "languages": {"de": {text: translated}}});
    assert_eq!(
        refused(&settings("A bil", "Rechnung")),
        "languages, `de`: expected texts of these settings, letter by letter, and what they are in that language; found \"A bil\", which is \
         never said"
    );
    assert_eq!(
        refused(&settings("A bill", "Bye")),
        "languages, `de`: \"bye\" means choice 3 and choice 1; expected one of them, change the other"
    );
    assert!(Talk::<Questions>::open(with(&settings("There was no answer.", "Keine Antwort."))).is_ok());
}

#[test]
fn what_can_not_be_read_is_refused() {
    assert_eq!(refused(&json!({})), "questions: expected at least one, found none");
    let unknown = refused(&json!({"questions": [{"name": "a", "text": "?", "wehn": {}}]}));
    assert!(
        unknown.starts_with("the settings can't be used: unknown field `wehn`, expected one of `name`, `text`"),
        "{unknown}"
    );
    let target = refused(&json!({"questions": [], "then": "billing"}));
    assert!(
        target.contains("expected `queue`, `queue:<name>`, `dialog:<name>` or `close`, found \"billing\""),
        "{target}"
    );
    let large = refused(&json!({"questions": [{"name": "a", "text": "x".repeat(20_000)}]}));
    assert!(large.contains("expected at most 16384: make several dialogs of it"), "{large}");
}
