//! What operators write, and what they are told.

use super::{Description, parse_address, parse_capacity, parse_queues, parse_skills};
use crate::model::rule::Skill;
use expect_test::{Expect, expect};
use std::collections::BTreeMap;

fn skill(name: &str, level: u8) -> Skill {
    Skill { name: name.to_owned(), level }
}

#[test]
fn skills_and_capacity_as_in_the_manual() {
    assert_eq!(parse_skills("billing:7,sales:3"), Ok(vec![skill("billing", 7), skill("sales", 3)]));
    assert_eq!(parse_skills(" level.2_x : 10 "), Ok(vec![skill("level.2_x", 10)]));
    assert_eq!(parse_skills(""), Ok(vec![]));
    assert_eq!(parse_capacity("chat=3,voice=1"), Ok(BTreeMap::from([("chat".into(), 3), ("voice".into(), 1)])));
    assert_eq!(parse_queues("billing, sales"), Ok(vec!["billing".into(), "sales".into()]));
}

#[test]
fn errors_name_the_part_and_the_fix() {
    let skills = |text: &str, expected: Expect| expected.assert_eq(&parse_skills(text).unwrap_err().to_string());
    skills("billing:12", expect![[r#""billing:12": a skill's level is 1 to 10"#]]);
    skills("sales:1,billing:0", expect![[r#""billing:0": a skill's level is 1 to 10"#]]);
    skills("billing:99999999999999999999", expect![[r#""billing:99999999999999999999": a skill's level is 1 to 10"#]]);
    skills("billing", expect![[r#""billing": a skill is written name:level, for example billing:7"#]]);
    skills("billing:high", expect![[r#""billing:high": a skill is written name:level, for example billing:7"#]]);
    skills("billing:-1", expect![[r#""billing:-1": a skill is written name:level, for example billing:7"#]]);
    skills("billing:7,", expect![[r#""": a skill is written name:level, for example billing:7"#]]);
    skills("Billing:7", expect![[r#""Billing:7": a name has 1 to 64 of a-z, 0-9, '-', '_' and '.'"#]]);
    skills(":7", expect![[r#"":7": a name has 1 to 64 of a-z, 0-9, '-', '_' and '.'"#]]);
    skills("a:1,b:2,a:3", expect![[r#""a" is named twice; name it once"#]]);
    skills(&vec!["a:1"; 65].join(","), expect!["65 are named; at most 64 are allowed"]);
    let capacity = |text: &str, expected: Expect| expected.assert_eq(&parse_capacity(text).unwrap_err().to_string());
    capacity("chat:3", expect![[r#""chat:3": a capacity is written medium=number, for example chat=3"#]]);
    capacity("chat=0", expect![[r#""chat=0": a capacity is 1 to 1000"#]]);
    capacity("chat=1001", expect![[r#""chat=1001": a capacity is 1 to 1000"#]]);
    capacity("chat=1,chat=2", expect![[r#""chat" is named twice; name it once"#]]);
    assert_eq!(parse_queues("a,a").unwrap_err().to_string(), "\"a\" is named twice; name it once");
}

#[test]
fn an_agent_serves_the_queues_named_like_his_skills() {
    let skills = parse_skills("billing:7,sales:3").unwrap();
    let profile = Description { skills: skills.clone(), ..Description::default() }.into_profile("jim");
    assert_eq!(profile.queues, ["billing", "sales"]);
    assert_eq!(profile.capacity, BTreeMap::from([("chat".into(), 3)]));
    assert_eq!(profile.skills, skills);
    let description = Description { skills, queues: Some(vec!["support".into()]), ..Description::default() };
    assert_eq!(description.into_profile("jim").queues, ["support"]);
}

#[test]
fn an_account_name_is_not_what_customers_are_shown() {
    assert_eq!(Description::default().into_profile("jim").shown_as, "Agent");
    let description = Description { shown_as: Some("James".into()), ..Description::default() };
    assert_eq!(description.into_profile("jim").shown_as, "James");
}

#[test]
fn an_address_is_read_as_it_is_compared() {
    for (written, provider, address) in [
        ("prosody:joe@home.example", "prosody", "joe@home.example"),
        ("prosody: Joe@Home.Example/phone", "prosody", "joe@home.example"),
        ("libera:sip:joe", "libera", "sip:joe"),
        ("prosody:Zoë@home.example", "prosody", "zoë@home.example"),
    ] {
        let read = parse_address(written).unwrap();
        assert_eq!((read.provider.as_str(), read.address.as_str()), (provider, address));
    }
    let long = format!("prosody:{}", "x".repeat(2_048));
    for wrong in ["", "joe", ":joe", "Prosody:joe", "prosody:", "prosody:/phone", "prosody:joe doe", &long] {
        assert!(parse_address(wrong).is_err(), "{wrong}");
    }
}
