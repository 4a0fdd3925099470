//! A chat from the first line to the last. No host and no socket are needed: `cargo test`.

use super::LineChat;
use cordboard_sdk::adapter::{Command, Delivery, Directive, Event, Output, Principal, ProofStep};
use cordboard_sdk::model::{Body, Failure, Message};
use cordboard_sdk_testing::adapter::{Endpoint, setup};

/// A connection after the welcome.
fn connected() -> Endpoint<LineChat> {
    let mut endpoint = Endpoint::open(setup()).unwrap();
    assert_eq!(endpoint.open_stream().text(), "Welcome to localhost. What is your name?\n");
    endpoint
}

/// Joe, let in as a guest.
fn joe() -> Endpoint<LineChat> {
    let mut endpoint = connected();
    let asked = endpoint.receive("Joe\n").0;
    assert!(matches!(&asked[..], [Output::Verify(verify)] if verify.scheme == "ANONYMOUS"), "{asked:?}");
    let guest =
        Principal { alias: "guest-1".to_owned(), kind: "guest".to_owned(), data: Vec::new(), attributes: Vec::new() };
    let let_in = endpoint.prove(1, ProofStep::Success(guest));
    assert!(matches!(&let_in.report().event, Event::Arrived(arrival) if arrival.name == "Joe"));
    assert_eq!(let_in.text(), "Hello Joe. Write to a link as `LINK: your words`.\n");
    endpoint
}

#[test]
fn what_a_person_writes_is_reported() {
    let mut endpoint = joe();
    let said = endpoint.receive("billing: My invoice is wrong\nAnd late\n");
    let texts: Vec<_> = said.reports().iter().map(|report| report.event.clone()).collect();
    let [Event::Said(first), Event::Said(second)] = &texts[..] else { panic!("{texts:?}") };
    assert_eq!((first.to.as_str(), &first.message.body), ("billing", &Body::Text("My invoice is wrong".to_owned())));
    assert_eq!((second.to.as_str(), &second.message.body), ("billing", &Body::Text("And late".to_owned())));
}

#[test]
fn a_line_may_come_in_pieces_and_the_endpoint_may_be_reloaded_between_them() {
    let mut endpoint = joe();
    assert!(endpoint.receive("billing: My inv").reports().is_empty());
    endpoint.reload().unwrap();
    assert_eq!(endpoint.receive("oice\n").reports().len(), 1);
}

#[test]
fn what_is_refused_is_told() {
    let mut endpoint = connected();
    let _ = endpoint.receive("Joe\n");
    let refused = endpoint.prove(1, ProofStep::Refused(Failure::new("not-allowed", "no guests")));
    assert_eq!(refused.text(), "You can't come in: no guests\n");
    let mut endpoint = joe();
    let reference = endpoint.receive("sailing: Ahoy\n").report().ref_;
    assert_eq!(endpoint.refuse(reference, "not-found", "no such link").text(), "(not taken: no such link)\n");
    assert_eq!(endpoint.settle(reference).text(), "");
}

#[test]
fn what_is_delivered_is_shown_on_one_line() {
    let message = Message {
        id: "5".to_owned(),
        sender: "billing".to_owned(),
        sender_name: "Billing".to_owned(),
        sent_at: 0,
        body: Body::Text("We'll look\ninto it.".to_owned()),
        language: None,
        attributes: Vec::new(),
    };
    let (id, contact, to) = ("5".to_owned(), "peer".to_owned(), "billing".to_owned());
    let shown = joe().command(Command::Deliver(Delivery { id, contact, to, message, replay: false }));
    assert_eq!(shown.text(), "Billing: We'll look into it.\n");
    assert!(shown.0.iter().any(|output| matches!(output, Output::Receipt(receipt) if receipt.id == "5")));
}

#[test]
fn it_ends_when_the_host_says_so() {
    let name = "disconnect".to_owned();
    let ended = joe().command(Command::Direct(Directive { contact: "peer".to_owned(), name, attributes: Vec::new() }));
    assert!(ended.closes());
    assert_eq!(joe().command(Command::Drain).text(), "Good-bye: we are closing.\n");
}
