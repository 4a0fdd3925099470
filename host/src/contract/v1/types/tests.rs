//! There and back again.

use super::wit;
use crate::model::{
    Alias, Attribute, Body, Extension, Failure, Field, Form, FormOption, HttpRequest, HttpResponse, LinkTarget,
    Message, PresenceTuple, SavedState, Timestamp,
};

fn facts() -> Vec<Attribute> {
    vec![Attribute::new("a", "1"), Attribute::new("b", "")]
}

fn bodies() -> Vec<Body> {
    let field = Field {
        name: "why".to_owned(),
        label: "Why?".to_owned(),
        kind: "one".to_owned(),
        required: true,
        options: vec![FormOption { value: "x".to_owned(), label: "X".to_owned() }],
        values: vec!["x".to_owned()],
    };
    let form = Form { title: "T".to_owned(), text: "text".to_owned(), fields: vec![field], attributes: facts() };
    let links = [None, Some(Alias::new("top"))].map(|parent| LinkTarget {
        alias: Alias::new("billing"),
        label: "Billing".to_owned(),
        parent,
    });
    vec![
        Body::Text("hello".to_owned()),
        Body::Form(form),
        Body::FormReply(facts()),
        Body::Menu(links.to_vec()),
        Body::Other(Extension { name: "new".to_owned(), value: vec![0, 255] }),
    ]
}

#[test]
fn messages_survive() {
    for body in bodies() {
        let message = Message {
            id: "7".to_owned(),
            sender: Alias::new("joe"),
            sender_name: "Joe".to_owned(),
            sent_at: Timestamp(5),
            body,
            language: Some("en".to_owned()),
            attributes: facts(),
        };
        assert_eq!(Message::from(wit::Message::from(&message)), message);
    }
}

#[test]
fn presence_survives() {
    let tuple = PresenceTuple {
        id: "phone".to_owned(),
        open: true,
        activity: "away".to_owned(),
        medium: "chat".to_owned(),
        contact: Some("tel:1".to_owned()),
        note: Some("out".to_owned()),
        priority: -1,
        since: Timestamp(9),
        attributes: facts(),
    };
    assert_eq!(PresenceTuple::from(wit::PresenceTuple::from(&tuple)), tuple);
}

#[test]
fn requests_responses_failures_and_states_survive() {
    let request =
        HttpRequest { method: "PUT".to_owned(), url: "https://a/b".to_owned(), headers: facts(), body: vec![1] };
    assert_eq!(HttpRequest::from(wit::HttpRequest::from(&request)), request);
    let response = HttpResponse { status: 404, headers: facts(), body: vec![2] };
    assert_eq!(HttpResponse::from(wit::HttpResponse::from(&response)), response);
    let failure = Failure::new("busy", "later");
    assert_eq!(Failure::from(wit::Failure::from(&failure)), failure);
    let state = SavedState { format: 3, bytes: vec![3] };
    assert_eq!(SavedState::from(wit::SavedState::from(&state)), state);
}
