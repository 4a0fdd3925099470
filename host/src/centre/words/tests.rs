//! What agents type, and what it means.

use super::*;

#[test]
fn words_are_read_as_people_write_them() {
    let cases = [
        ("accept", Words::Accept(None)),
        ("ACCEPT 12", Words::Accept(Some(12))),
        ("  Accept   #12. ", Words::Accept(Some(12))),
        ("`accept 12`", Words::Accept(Some(12))),
        ("accept twelve", Words::BadNumber("accept", "twelve".to_owned())),
        ("accept -1", Words::BadNumber("accept", "-1".to_owned())),
        ("accept 99999999999", Words::BadNumber("accept", "99999999999".to_owned())),
        ("decline", Words::Decline(None)),
        ("Ready!", Words::Ready),
        ("ready or not", Words::Unknown("ready or not".to_owned())),
        ("away", Words::Away(String::new())),
        ("away at Lunch", Words::Away("at Lunch".to_owned())),
        ("end 3", Words::End(Some(3))),
        ("done", Words::Done(None)),
        ("Done 4.", Words::Done(Some(4))),
        ("status", Words::Status),
        ("help", Words::Help),
        ("accepted", Words::Unknown("accepted".to_owned())),
        ("", Words::Unknown(String::new())),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text), expected, "{text:?}");
    }
}

#[test]
fn what_is_quoted_back_is_short_and_of_one_line() {
    let Words::Unknown(quoted) = parse(&format!("{}\nsecond line", "ä".repeat(100))) else { panic!("no such word") };
    assert_eq!(quoted, format!("{}…", "ä".repeat(40)));
}
