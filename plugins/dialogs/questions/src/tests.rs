//! What is asked, understood and done. Between any two events the test kit saves and restores the dialog.

mod documents;
mod refusals;
mod walks;

use super::Questions;
use cordboard_sdk::dialog::{Action, Context, Enqueuing, Event, Setup, Timer};
use cordboard_sdk::model::{Attribute, Body, Message};
use cordboard_sdk_testing::dialog::{Actions, Talk, context, setup};
use serde_json::{Value, json};

fn with(settings: &Value) -> Setup {
    Setup { settings: settings.to_string(), ..setup() }
}

fn talk(settings: &Value) -> Talk<Questions> {
    Talk::open(with(settings)).unwrap()
}

/// A conversation that has begun, with this one question.
fn asked(question: &Value) -> Talk<Questions> {
    let mut talk = talk(&json!({ "questions": [question] }));
    let _ = talk.start(context());
    talk
}

fn topic() -> Value {
    json!({"name": "topic", "text": "What is it about?", "choices": [
        {"value": "billing", "label": "A bill", "words": ["invoice"]},
        {"value": "sales", "label": "Something new", "to": "queue:sales"},
        {"value": "bye", "to": "close"},
    ]})
}

/// What is set, and where it goes, as `topic=billing; queue:sales`.
fn done(actions: &Actions) -> String {
    let parts = actions.0.iter().filter_map(|action| match action {
        Action::Set(Attribute { name, value }) => Some(format!("{name}={value}")),
        Action::Enqueue(Enqueuing { queue, .. }) => Some(format!("queue:{queue}")),
        Action::Divert(target) => Some(target.clone()),
        Action::Close(_) => Some("close".to_owned()),
        Action::Say(_) | Action::SetTimer(_) => None,
        other => panic!("it never does this: {other:?}"),
    });
    parts.collect::<Vec<_>>().join("; ")
}

#[test]
fn questions_are_asked_one_by_one_and_answers_are_set() {
    let mut talk = talk(&json!({
        "greeting": "Welcome.",
        "questions": [
            {"name": "name", "text": "Who are you?"},
            {"name": "stars", "text": "How many stars?", "kind": "number", "min": 1, "max": 5},
            {"name": "again", "text": "Will you come again?", "kind": "yes-no"},
        ],
        "thanks": "Thank you.",
        "then": "close",
    }));
    assert_eq!(talk.start(context()).text(), "Welcome.\nWho are you?");
    let actions = talk.say("  Joe\n Doe ");
    assert_eq!((done(&actions).as_str(), actions.text().as_str()), ("name=Joe Doe", "How many stars?"));
    let actions = talk.say("5!");
    assert_eq!((done(&actions).as_str(), actions.text().as_str()), ("stars=5", "Will you come again?"));
    let actions = talk.say("Yes.");
    assert_eq!(actions.0, [Action::Set(Attribute::new("again", "yes")), Action::Close("Thank you.".to_owned()),]);
    assert!(talk.say("Hello?").0.is_empty(), "it is over");
}

#[test]
fn a_choice_is_named_by_number_label_value_or_another_word() {
    let mut talk = talk(&json!({"questions": [topic()]}));
    assert_eq!(talk.start(context()).text(), "What is it about?\n1 A bill\n2 Something new\n3 bye");
    for (said, expected) in [
        ("1", "topic=billing; queue:"),
        (" 1. ", "topic=billing; queue:"),
        ("1. A bill", "topic=billing; queue:"),
        ("a BILL", "topic=billing; queue:"),
        ("Billing!", "topic=billing; queue:"),
        ("invoice", "topic=billing; queue:"),
        ("something\tnew", "topic=sales; queue:sales"),
        ("3", "topic=bye; close"),
        ("4", ""),
        ("0", ""),
        ("bill", ""),
        ("", ""),
    ] {
        assert_eq!(done(&asked(&topic()).say(said)), expected, "{said:?}");
    }
}

#[test]
fn what_counts_as_an_answer_depends_on_the_kind() {
    let number = json!({"name": "a", "text": "?", "kind": "number"});
    let range = json!({"name": "a", "text": "?", "kind": "number", "min": -2, "max": 10});
    let yes_no = json!({"name": "a", "text": "?", "kind": "yes-no"});
    let text = json!({"name": "a", "text": "?"});
    let (long, longer, longest) = ("ä".repeat(512), "ä".repeat(513), "a".repeat(1025));
    for (question, said, expected) in [
        (&number, "007", "a=7"),
        (&number, "-3", "a=-3"),
        (&number, "3.5", "Please answer with a whole number.\n?"),
        (&number, "seven", "Please answer with a whole number.\n?"),
        (&number, "99999999999999999999", "Please answer with a whole number.\n?"),
        (&range, "10", "a=10"),
        (&range, "-2", "a=-2"),
        (&range, "11", "Please answer with a whole number from -2 to 10.\n?"),
        (&yes_no, "Y", "a=yes"),
        (&yes_no, "no!", "a=no"),
        (&yes_no, "perhaps", "Please answer yes or no.\n?"),
        (&text, "-", "a=-"),
        (&text, "Skip", "a=Skip"),
        (&text, " \n", "Please answer in words.\n?"),
        (&text, &long, &format!("a={long}")),
        (&text, &longer, "Please answer in at most 512 characters.\n?"),
        (&text, &longest, "Please answer in at most 1024 characters.\n?"),
    ] {
        let actions = asked(question).say(said);
        let found = if actions.0.len() == 1 { actions.text() } else { done(&actions).replace("; queue:", "") };
        assert_eq!(found, expected, "{said:?}");
    }
}

#[test]
fn who_is_not_understood_is_asked_again_and_at_last_goes_elsewhere() {
    let mut talk =
        talk(&json!({"questions": [topic()], "attempts": 2, "otherwise": "queue:help", "thanks": "Thanks."}));
    let question = talk.start(context()).text();
    assert_eq!(talk.say("What?").text(), format!("Please answer with one of the numbers.\n{question}"));
    let actions = talk.say("What??");
    assert_eq!((done(&actions).as_str(), actions.text().as_str()), ("queue:help", "Sorry, I could not follow you."));
}

#[test]
fn attempts_are_counted_for_each_question() {
    let number = |name: &str| json!({"name": name, "text": "?", "kind": "number"});
    let mut talk = talk(&json!({"questions": [number("a"), number("b")], "otherwise": "close"}));
    let _ = talk.start(context());
    for (said, expected) in [("x", ""), ("x", ""), ("1", "a=1"), ("x", ""), ("x", ""), ("x", "close")] {
        assert_eq!(done(&talk.say(said)), expected);
    }
}

#[test]
fn whoever_wants_a_person_gets_one_at_any_time() {
    let settings = json!({"questions": [{"name": "a", "text": "?"}], "then": "close", "thanks": "Thanks."});
    for said in ["agent", "Person!"] {
        let mut talk = talk(&settings);
        let _ = talk.start(context());
        let actions = talk.say(said);
        assert_eq!((done(&actions).as_str(), actions.text().as_str()), ("queue:", ""), "the session's own queue");
    }
    let mut settings = settings;
    let first_words = |words: &str| vec![Attribute::new("first-words", words)];
    let begun = talk(&settings).start(Context { attributes: first_words("Agent!"), ..context() });
    assert_eq!((begun.text().as_str(), done(&begun)), ("", "queue:".to_owned()));
    let begun = talk(&settings).start(Context { attributes: first_words("My agent is lost"), ..context() });
    assert_eq!(done(&begun), "");
    settings["agent_words"] = json!([]);
    let mut talk = talk(&settings);
    let _ = talk.start(context());
    assert_eq!(done(&talk.say("agent")), "a=agent; close");
}

#[test]
fn what_is_not_required_may_be_left_out() {
    let question = json!({"name": "a", "text": "A word?", "required": false});
    let mut talk = talk(&json!({"questions": [question, {"name": "b", "text": "Another?"}]}));
    assert_eq!(talk.start(context()).text(), "A word?\nAnswer - to leave this out.");
    let actions = talk.say("-");
    assert_eq!((done(&actions).as_str(), actions.text().as_str()), ("", "Another?"));
    assert_eq!(done(&talk.say("-")), "b=-; queue:");
}

#[test]
fn questions_follow_from_earlier_answers() {
    let settings = json!({"questions": [
        {"name": "member", "text": "Are you a member?", "kind": "yes-no"},
        {"name": "stars", "text": "Stars?", "kind": "number", "required": false, "when": {"question": "member", "is": ["yes"]}},
        {"name": "why", "text": "Why?", "when": {"question": "stars", "is": ["1", "2"]}},
        {"name": "join", "text": "Why not?", "when": {"question": "member", "is": ["no"]}},
    ]});
    for (answers, expected) in [
        (vec!["yes", "1", "bad"], "member=yes; stars=1; why=bad; queue:"),
        (vec!["yes", "3"], "member=yes; stars=3; queue:"),
        (vec!["yes", "skip"], "member=yes; queue:"),
        (vec!["no", "too dear"], "member=no; join=too dear; queue:"),
    ] {
        let mut talk = talk(&settings);
        let _ = talk.start(context());
        let parts = answers.into_iter().map(|answer| done(&talk.say(answer))).filter(|part| !part.is_empty());
        assert_eq!(parts.collect::<Vec<_>>().join("; "), expected);
    }
}

#[test]
fn who_does_not_answer_is_reminded_once() {
    let mut talk = talk(&json!({"questions": [{"name": "a", "text": "A?"}], "remind_s": 60, "otherwise": "close"}));
    let timer = |at| Action::SetTimer(Timer { id: 1, at });
    assert_eq!(talk.start(context()).0[1], timer(Some(1_060_000)));
    talk.advance(60_000);
    let actions = talk.handle(Event::Timer(1));
    assert_eq!((actions.text().as_str(), &actions.0[1]), ("A?", &timer(Some(1_120_000))));
    talk.advance(59_999);
    assert!(talk.handle(Event::Timer(1)).0.is_empty(), "that was an earlier one");
    talk.advance(1);
    assert_eq!(talk.handle(Event::Timer(1)).0, [Action::Close("There was no answer.".to_owned())]);
}

#[test]
fn whoever_answers_is_reminded_of_the_next_question_anew() {
    let number = |name: &str| json!({"name": name, "text": "?", "kind": "number"});
    let mut talk = talk(&json!({"questions": [number("a"), number("b")], "remind_s": 60}));
    let _ = talk.start(context());
    for said in ["x", "1", "y"] {
        talk.advance(60_000);
        assert_eq!(done(&talk.handle(Event::Timer(1))), "");
        talk.advance(10_000);
        assert!(talk.say(said).0.iter().any(|action| matches!(action, Action::SetTimer(_))), "after {said:?}");
    }
    talk.advance(60_000);
    assert_eq!(talk.handle(Event::Timer(1)).text(), "?");
    talk.advance(60_000);
    assert_eq!(done(&talk.handle(Event::Timer(1))), "queue:");
}

#[test]
fn whoever_left_is_not_reminded_and_is_asked_again_on_coming_back() {
    let mut talk = talk(&json!({"questions": [{"name": "a", "text": "A?"}], "remind_s": 60}));
    let _ = talk.start(context());
    let mut turned = |how: &str| talk.handle(Event::Turned(how.to_owned()));
    assert_eq!(turned("customer-left").0, [Action::SetTimer(Timer { id: 1, at: None })]);
    assert!(turned("customer-left").0.is_empty());
    assert_eq!(turned("customer-back").text(), "A?");
    assert!(turned("agent-joined").0.is_empty());
}

#[test]
fn where_it_goes_is_a_queue_a_dialog_or_nowhere() {
    let enqueue = |queue: &str| {
        let (queue, medium) = (queue.to_owned(), "chat".to_owned());
        Action::Enqueue(Enqueuing { queue, priority: 0, medium, attributes: Vec::new() })
    };
    for (then, expected) in [
        ("queue", enqueue("")),
        ("queue:sales", enqueue("sales")),
        ("dialog:survey", Action::Divert("dialog:survey".to_owned())),
        ("close", Action::Close(String::new())),
    ] {
        let mut talk = talk(&json!({"questions": [{"name": "a", "text": "A?"}], "then": then}));
        let _ = talk.start(context());
        assert_eq!(talk.say("x").0[1..], [expected], "{then}");
    }
}

#[test]
fn the_customers_language_is_spoken() {
    let mut german = topic();
    german["required"] = json!(false);
    let mut talk = talk(&json!({
        "greeting": "Welcome.",
        "questions": [german],
        "languages": {"de": {
            "What is it about?": "Worum geht es?",
            "A bill": "Eine Rechnung",
            "Answer - to leave this out.": "Mit - geht es weiter.",
            "Please answer with one of the numbers.": "Bitte eine Nummer.",
        }},
    }));
    let question = "Worum geht es?\n1 Eine Rechnung\n2 Something new\n3 bye\nMit - geht es weiter.";
    let started = talk.start(Context { language: "DE-at".to_owned(), ..context() });
    assert_eq!(started.text(), format!("Welcome.\n{question}"));
    assert_eq!(talk.say("Wie bitte?").text(), format!("Bitte eine Nummer.\n{question}"));
    assert_eq!(done(&talk.say("eine rechnung")), "topic=billing; queue:");
}

#[test]
fn a_conversation_goes_on_when_the_questions_have_changed_in_between() {
    let question = |name: &str| json!({"name": name, "text": format!("{name}?")});
    let before = with(&json!({"questions": [question("a"), question("b")]}));
    let after = with(&json!({"questions": [question("new"), question("a"), question("c")]}));
    let mut talk = Talk::<Questions>::open(before).unwrap();
    let _ = talk.start(context());
    let _ = talk.say("x");
    talk.update(after).unwrap();
    let answers = ["1", "2"].map(|said| done(&talk.say(said)));
    assert_eq!(answers, ["new=1", "c=2; queue:"]);
}

#[test]
fn pictures_are_no_answers() {
    let mut talk = asked(&json!({"name": "a", "text": "A?"}));
    let message = Message {
        id: "1".into(),
        sender: "customer".into(),
        sender_name: "Joe".into(),
        sent_at: 1_000_000,
        body: Body::FormReply(Vec::new()),
        language: None,
        attributes: Vec::new(),
    };
    assert_eq!(talk.handle(Event::Said(message)).text(), "Please answer in words.\nA?");
}
