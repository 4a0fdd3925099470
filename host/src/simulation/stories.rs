//! Stories: who does what, and how each ends.

use super::client::{Client, Fate};
use super::laws::Stored;
use super::script::Deed::{Answers, Connects, Drops, Says};
use super::script::When::{After, Answered, Dropped, Heard, Now, Said};
use super::script::{Deed, Offers, When};
use super::stage::Stage;
use super::world::World;
use crate::model::Side;

pub(super) const JOE: &str = "joe";
pub(super) const EVE: &str = "eve";
pub(super) const JIM: &str = "agent-4711";
pub(super) const ANN: &str = "agent-0815";

/// A story, and what must have come of it.
#[derive(Clone, Copy)]
pub(super) struct Story {
    pub(super) name: &'static str,
    pub(super) cast: fn() -> Vec<Client>,
    pub(super) check: fn(&World),
}

impl Story {
    pub(super) fn stage(&self) -> (Stage, Vec<Client>) {
        let cast = (self.cast)();
        (Stage::new(&cast), cast)
    }
}

/// All of them.
pub(super) const STORIES: [Story; 4] = [
    Story { name: "conversation", cast: conversation, check: |world| all_heard(world, &[(JOE, "c6"), (JIM, "c6")]) },
    Story { name: "handover", cast: handover, check: former_agent_is_refused },
    Story { name: "lost customer", cast: lost_customer, check: |world| all_heard(world, &[(EVE, "d1"), (JIM, "d1")]) },
    Story { name: "no answer", cast: no_answer, check: |world| all_heard(world, &[(JOE, "b1"), (ANN, "c2")]) },
];

fn person(name: &'static str, side: Side, script: &[(When, Deed)]) -> Client {
    Client::new(name, side, script.to_vec())
}

/// Both talk, both drop and return, and what was said meanwhile is delivered late.
fn conversation() -> Vec<Client> {
    let joe = person(
        JOE,
        Side::Customer,
        &[
            (Now, Connects),
            (Now, Says("billing", "c1")),
            (Heard("a1"), Says("billing", "c2")),
            (Now, Says("billing", "c3")),
            (Heard("a2"), Drops),
            (Said(JIM, "a3"), Connects),
            (Heard("a3"), Says("billing", "c4")),
            (Dropped(JIM, 1), Says("billing", "c5")),
            (Heard("a4"), Says("billing", "c6")),
        ],
    );
    let jim = person(
        JIM,
        Side::Agent,
        &[
            (Now, Connects),
            (Heard("c1"), Answers("a1")),
            (Heard("c3"), Answers("a2")),
            (Dropped(JOE, 1), Answers("a3")),
            (Heard("c4"), Drops),
            (Said(JOE, "c5"), Connects),
            (Heard("c5"), Answers("a4")),
            (Heard("c6"), Answers("end")),
        ],
    );
    vec![joe, jim]
}

/// An agent is lost for good: another gets the session with all that was said. The first comes back too late.
fn handover() -> Vec<Client> {
    let joe = person(
        JOE,
        Side::Customer,
        &[
            (Now, Connects),
            (Now, Says("billing", "c1")),
            (Heard("a1"), Says("billing", "c2")),
            (Heard("b1"), Says("billing", "c3")),
        ],
    );
    let jim = person(
        JIM,
        Side::Agent,
        &[
            (Now, Connects),
            (Heard("c1"), Answers("a1")),
            (Heard("c2"), Drops),
            (Said(ANN, "b1"), Connects),
            (Now, Answers("a9")),
        ],
    );
    let ann = person(
        ANN,
        Side::Agent,
        &[(Dropped(JIM, 1), Connects), (Heard("c2"), Answers("b1")), (Heard("c3"), Answers("end"))],
    );
    vec![joe, jim, ann]
}

fn former_agent_is_refused(world: &World) {
    all_heard(world, &[(JOE, "b1"), (ANN, "a1"), (ANN, "c3")]);
    let said = one(world, JIM).outbox.iter().find(|said| said.text == "a9").expect("he said it");
    assert!(matches!(said.fate, Fate::Refused(_)), "I10: {said:?}");
    assert_eq!(Stored::of(world).places(said), [], "I10: it is stored");
}

/// A customer drops and never returns; the agent's slot is free after the grace, and the next customer gets it.
fn lost_customer() -> Vec<Client> {
    let joe = person(JOE, Side::Customer, &[(Now, Connects), (Now, Says("billing", "c1")), (Heard("a1"), Drops)]);
    let eve = person(EVE, Side::Customer, &[(Dropped(JOE, 1), Connects), (Now, Says("billing", "d1"))]);
    let jim = person(
        JIM,
        Side::Agent,
        &[
            (Now, Connects),
            (Heard("c1"), Answers("a1")),
            (Heard("connection was lost"), Says("billing", "status")),
            (Heard("d1"), Answers("end")),
        ],
    );
    vec![joe, eve, jim]
}

/// An offer that nobody answers goes to the next agent.
fn no_answer() -> Vec<Client> {
    let joe = person(
        JOE,
        Side::Customer,
        &[(Heard("The words are"), Connects), (Now, Says("billing", "c1")), (Heard("b1"), Says("billing", "c2"))],
    );
    let mut joe = joe;
    joe.script[0].0 = After(500);
    let mut jim = person(JIM, Side::Agent, &[(Now, Connects)]);
    jim.offers = Offers::Ignored;
    let ann = person(
        ANN,
        Side::Agent,
        &[
            (Said(JOE, "c1"), Connects),
            (Heard("c1"), Answers("b1")),
            (Heard("c2"), Answers("end")),
            (Answered, Says("billing", "away")),
        ],
    );
    vec![joe, jim, ann]
}

fn one<'a>(world: &'a World, name: &str) -> &'a Client {
    world.cast.iter().find(|client| client.name == name).expect("it is in the cast")
}

/// These people have heard, or said, these words.
fn all_heard(world: &World, words: &[(&str, &str)]) {
    for (name, words) in words {
        let client = one(world, name);
        let is_there = client.has_heard(words) || client.outbox.iter().any(|said| said.text == *words);
        assert!(is_there, "{name} has neither heard nor said {words:?}");
    }
}
