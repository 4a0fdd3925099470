//! Who is found under a name.

use super::{Present, Roster};
use crate::rule::{Agent, Change};

fn told(changes: &[Change]) -> Roster {
    let mut roster = Roster::new();
    for change in changes {
        roster.changed(change);
    }
    roster
}

fn agent(reference: u32, name: &str, state: &str) -> Change {
    Change::Agent(Agent {
        ref_: reference,
        name: name.to_owned(),
        kind: "person".to_owned(),
        state: state.to_owned(),
        since: 0,
        idle_since: 0,
        queues: Vec::new(),
        skills: Vec::new(),
        loads: Vec::new(),
        software: Vec::new(),
        attributes: Vec::new(),
    })
}

#[test]
fn those_on_duty_are_found() {
    let mut roster = told(&[agent(1, "jim", "available"), agent(2, "ann", "away"), agent(3, "sue", "off-duty")]);
    assert_eq!(roster.find("jim"), Some(Present { agent: 1, is_away: false }));
    assert_eq!(roster.find("ann"), Some(Present { agent: 2, is_away: true }));
    assert_eq!((roster.find("sue"), roster.find("tom")), (None, None));
    roster.changed(&agent(1, "jim", "off-duty"));
    roster.changed(&agent(3, "sue", "wrapping"));
    assert_eq!((roster.find("jim"), roster.find("sue")), (None, Some(Present { agent: 3, is_away: false })));
}

#[test]
fn who_is_gone_or_renamed_is_not() {
    let jim = agent(1, "jim", "available");
    assert_eq!(told(&[jim.clone(), Change::AgentGone(1), Change::AgentGone(2)]).find("jim"), None);
    let renamed = told(&[jim.clone(), agent(1, "james", "available")]);
    assert_eq!((renamed.find("jim"), renamed.find("james").map(|present| present.agent)), (None, Some(1)));
    let followed = told(&[jim.clone(), agent(2, "jim", "available"), Change::AgentGone(1)]);
    assert_eq!(followed.find("jim").map(|present| present.agent), Some(2));
}
