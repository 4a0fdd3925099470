//! Interviews, and the law of dialogs. Between any two events the test kit saves and restores the dialog: `cargo test`.

use super::Interview;
use cordboard_sdk::dialog::Setup;
use cordboard_sdk_testing::dialog::{Customers, Talk, context, setup};

fn queues() -> Setup {
    Setup { settings: r#"{"queues": ["billing", "sales"]}"#.to_owned(), ..setup() }
}

fn talk() -> Talk<Interview> {
    Talk::open(queues()).unwrap()
}

#[test]
fn whoever_names_a_queue_gets_there() {
    let mut talk = talk();
    assert_eq!(talk.start(context()).text(), "What is it about: billing, sales?");
    let actions = talk.say("Billing, please");
    assert_eq!((actions.text().as_str(), actions.queue()), ("Thank you, somebody will be with you.", Some("billing")));
}

#[test]
fn who_is_not_understood_is_asked_once_more_and_then_served_anyway() {
    let mut talk = talk();
    let _ = talk.start(context());
    assert_eq!(talk.say("Hello?").text(), "What is it about: billing, sales?");
    assert_eq!(talk.say("I don't know").queue(), Some("billing"));
}

#[test]
fn without_queues_it_can_not_work() {
    let error = Talk::<Interview>::open(Setup { settings: r#"{"queues": []}"#.to_owned(), ..setup() }).unwrap_err();
    assert_eq!(error, "queues: expected at least one, found none");
}

#[test]
fn it_keeps_the_law_and_every_conversation_ends() {
    let customers = Customers::new(queues(), &["Hello", "billing", "Sales, please", ""]);
    assert_eq!(customers.check_law::<Interview>(), Ok(200));
}
