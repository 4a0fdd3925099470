//! Every kind of value there and back, and what is said of values that can't be read.

use super::{kebab, line, parse};
use crate::model::adapter::{Authentication, Chunk, Command, Event, Input, Offer, Output, Report, Settlement, Timer};
use crate::model::rule::{Change, Skill};
use crate::model::{Alias, Attribute, Contact, Extension, Failure, Form, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let (word, content) = text.split_once(' ').map_or((text, None), |(word, content)| (word, Some(content)));
    let content = content.map(|content| serde_json::from_str(content).unwrap());
    parse(word, content).map_err(|error| error.to_string())
}

#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, text: &str) {
    assert_eq!(line(value).unwrap(), text);
    assert_eq!(read::<T>(text).as_ref(), Ok(value));
}

fn chunk(data: &[u8]) -> Input {
    Input::Received(Chunk { channel: 1, data: data.to_vec(), text: false })
}

#[test]
fn bytes_are_text_where_they_can_be() {
    check(&chunk(b"<a>\r\n"), r#"received {"channel":1,"data":"<a>\r\n"}"#);
    check(&chunk("\u{e4}".as_bytes()), "received {\"channel\":1,\"data\":\"\u{e4}\"}");
    check(&chunk(b""), r#"received {"channel":1}"#);
    check(&chunk(&[0, 255, 16]), r#"received {"channel":1,"data":{"hex":"00ff10"}}"#);
    check(&chunk(b"\x1b[31m"), r#"received {"channel":1,"data":{"hex":"1b5b33316d"}}"#);
}

#[test]
fn what_is_empty_is_left_out_and_what_is_left_out_is_empty() {
    let settled = |outcome| Input::Settled(Settlement { reference: 7, outcome });
    check(&settled(Ok(())), r#"settled {"reference":7,"outcome":"ok"}"#);
    assert_eq!(read::<Input>(r#"settled {"reference":7}"#), Ok(settled(Ok(()))));
    let busy = Failure::new("busy", "later");
    check(&settled(Err(busy)), r#"settled {"reference":7,"outcome":{"err":{"code":"busy","text":"later"}}}"#);
    check(&Output::SetTimer(Timer { id: 0, at: None }), r#"set-timer {"id":0}"#);
    check(&Output::SetTimer(Timer { id: 1, at: Some(Timestamp(9)) }), r#"set-timer {"id":1,"at":9}"#);
    assert_eq!(read::<Output>("set-timer"), Ok(Output::SetTimer(Timer { id: 0, at: None })));
}

#[test]
fn cases_are_words_of_the_contracts() {
    check(&Input::Timer(3), "timer 3");
    check(&Input::Command(Command::Drain), r#"command "drain""#);
    check(&Change::AgentGone(0), "agent-gone 0");
    let report = Report { reference: 1, contact: Contact::new("c"), origin: None, event: Event::AskedRoster };
    check(&Output::Report(report), r#"report {"reference":1,"contact":"c","event":"asked-roster"}"#);
    let other = Extension { name: "new".to_owned(), value: vec![1] };
    check(&Output::Other(other), r#"other {"name":"new","value":{"hex":"01"}}"#);
    assert_eq!(kebab("SetTimer"), "set-timer");
}

#[test]
fn records_in_records_and_lists_in_lists() {
    let form = Form {
        title: String::new(),
        text: "Joe".to_owned(),
        fields: Vec::new(),
        attributes: vec![Attribute::new("number", "1"), Attribute::new("queue", "")],
    };
    let offer = Offer { contact: Contact::new("jim"), session: Alias::new("s0"), form, expires: Timestamp(u64::MAX) };
    let text = r#"offer {"contact":"jim","session":"s0","form":{"text":"Joe","attributes":[{"name":"number","value":"1"},{"name":"queue"}]},"expires":18446744073709551615}"#;
    check(&Command::Offer(offer), text);
    let verify = Authentication {
        reference: 2,
        channel: Some(1),
        scheme: "PLAIN".to_owned(),
        secret: String::new(),
        data: b"\0joe\0joe".to_vec(),
        attributes: Vec::new(),
    };
    let text = r#"verify {"reference":2,"channel":1,"scheme":"PLAIN","data":{"hex":"006a6f65006a6f65"}}"#;
    check(&Output::Verify(verify), text);
}

#[test]
fn what_cant_be_read_is_named() {
    let refused = |text: &str| read::<Input>(text).unwrap_err();
    assert!(refused("sing").starts_with("there is no `sing`; expected `opened`, `received`, "), "{}", refused("sing"));
    let unknown = refused(r#"received {"chanel":1}"#);
    assert_eq!(unknown, "unknown field `chanel`, expected one of `channel`, `data`, `text`");
    let wrong = refused(r#"received {"channel":"one"}"#);
    assert_eq!(wrong, "channel: invalid type: string \"one\", expected u32");
    let bytes = refused(r#"received {"data":{"hex":"0"}}"#);
    assert!(bytes.starts_with("data: expected a list, a text, or bytes as {\"hex\":\"00ff\"}; found"), "{bytes}");
    assert!(refused("command").starts_with("expected `deliver`, `show`, "), "{}", refused("command"));
    assert_eq!(refused("received 3"), "expected {...}, found 3");
}

#[test]
fn a_small_number_is_no_text() {
    let skill = Skill { name: "billing".to_owned(), level: 7 };
    let wrapped = serde_json::json!([{ "name": "billing", "level": 7 }]);
    assert_eq!(parse::<Wrapped>("skills", Some(wrapped)).unwrap(), Wrapped::Skills(vec![skill.clone()]));
    assert_eq!(line(&Wrapped::Skills(vec![skill])).unwrap(), r#"skills [{"name":"billing","level":7}]"#);
}

#[derive(Debug, PartialEq, Serialize, serde::Deserialize)]
enum Wrapped {
    Skills(Vec<Skill>),
}
