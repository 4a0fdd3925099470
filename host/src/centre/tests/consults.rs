//! Rules that ask the world: the session waits, whatever comes of it.

use super::desk::{Desk, profile, settings};
use super::rules::{Fit, Native};
use crate::centre::{Components, Effect, Input, Output};
use crate::model::adapter::GuestFailure;
use crate::model::consult::{Consulted, Excerpt, Question};
use crate::model::rule::{AgentRef, Answer, Change, Consultation, Pick, Rule, SessionRef, Verdict};
use crate::model::{
    Digest, EndpointId, Failure, HttpRequest, HttpResponse, Reference, SavedState, SessionId, Timestamp,
};
use std::collections::BTreeMap;

/// Asks the world about every session of a queue until it is told something.
pub(crate) struct Asker {
    queue: &'static str,
    beside: Native,
    sessions: BTreeMap<SessionRef, String>,
    /// What the world has said, or whether it has failed.
    told: BTreeMap<SessionRef, Result<String, String>>,
}

impl Asker {
    pub(crate) fn new(queue: &'static str) -> Self {
        let beside = Native::new("asker", |_, _, _| Fit::Tier(0));
        Self { queue, beside, sessions: BTreeMap::new(), told: BTreeMap::new() }
    }
}

impl Rule for Asker {
    fn name(&self) -> &'static str {
        "asker"
    }

    fn digest(&self) -> Digest {
        Digest([8; 32])
    }

    fn changed(&mut self, changes: &[Change]) -> Result<(), GuestFailure> {
        for change in changes {
            if let Change::Session(session) = change {
                self.sessions.insert(session.session, session.queue.clone());
            }
            if let Change::SessionGone(session) = change {
                self.sessions.remove(session);
                self.told.remove(session);
            }
        }
        self.beside.changed(changes)
    }

    /// A failure is asked about again; `hold` holds, and whatever else is said keeps everybody.
    fn rank_agents(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        candidates: &[AgentRef],
        explain: bool,
    ) -> Result<Answer, GuestFailure> {
        let request = HttpRequest {
            method: "POST".to_owned(),
            url: "http://inside.example/route".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let verdict = match self.told.get(&session) {
            _ if self.sessions.get(&session).is_none_or(|queue| queue != self.queue) => None,
            None | Some(Err(_)) => Some(Verdict::Consult(Consultation { reference: 5, request, timeout_ms: 3_000 })),
            Some(Ok(said)) if said == "hold" => Some(Verdict::Hold("the world says so".to_owned())),
            Some(Ok(_)) => None,
        };
        match verdict {
            Some(verdict) => Ok(Answer { verdict, recheck: None, notes: Vec::new() }),
            None => self.beside.rank_agents(now, session, candidates, explain),
        }
    }

    /// Who is not decided about yet is for nobody.
    fn rank_sessions(
        &mut self,
        now: Timestamp,
        agent: AgentRef,
        waiting: &[SessionRef],
        explain: bool,
    ) -> Result<Pick, GuestFailure> {
        let is_decided = |session: &SessionRef| {
            self.sessions.get(session).is_none_or(|queue| queue != self.queue)
                || self.told.get(session).is_some_and(|told| told.as_ref().is_ok_and(|said| said != "hold"))
        };
        let decided: Vec<SessionRef> = waiting.iter().copied().filter(is_decided).collect();
        self.beside.rank_sessions(now, agent, &decided, explain)
    }

    fn learned(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        agent: AgentRef,
        outcome: &str,
    ) -> Result<(), GuestFailure> {
        self.beside.learned(now, session, agent, outcome)
    }

    fn consulted(
        &mut self,
        _: Timestamp,
        session: SessionRef,
        reference: Reference,
        reply: Result<HttpResponse, Failure>,
    ) -> Result<(), GuestFailure> {
        assert_eq!(reference, 5);
        let told = reply.map(|response| String::from_utf8_lossy(&response.body).into_owned());
        self.told.insert(session, told.map_err(|failure| failure.code));
        Ok(())
    }

    fn memory(&mut self) -> Result<Option<SavedState>, GuestFailure> {
        self.beside.memory()
    }

    fn rebuild(&mut self, memory: Option<&SavedState>) -> Result<(), GuestFailure> {
        self.sessions.clear();
        self.told.clear();
        self.beside.rebuild(memory)
    }
}

/// All that was ever asked of transcripts.
pub(in crate::centre) fn excerpts(outputs: &[Output]) -> Vec<Excerpt> {
    let excerpt = |effect: &Effect| match effect {
        Effect::Excerpt(_, excerpt) => Some(excerpt.clone()),
        _ => None,
    };
    outputs.iter().flat_map(|output| &output.effects).filter_map(excerpt).collect()
}

/// All questions that were ever asked.
pub(in crate::centre) fn asked(outputs: &[Output]) -> Vec<Question> {
    let effects = outputs.iter().flat_map(|output| &output.effects);
    effects.filter_map(question).collect()
}

fn question(effect: &Effect) -> Option<Question> {
    match effect {
        Effect::Consult(_, question) => Some(question.clone()),
        _ => None,
    }
}

pub(in crate::centre) fn reply(endpoint: EndpointId, session: SessionId, number: u32, well: bool) -> Input {
    let response = HttpResponse { status: 200, headers: Vec::new(), body: b"keep".to_vec() };
    let reply = if well { Ok(response) } else { Err(Failure::new("unreachable", "nobody listens")) };
    Input::Consulted(Box::new(Consulted { endpoint, session, number, reply }))
}

/// A centre with one agent, whose rule asks about billing, and a customer who waits there.
fn asking() -> (Desk, EndpointId) {
    let mut settings = settings();
    settings.pools[0].rules = vec!["asker".to_owned()];
    let mut desk = Desk::new(settings, rules(), vec![profile("jim", 1)]);
    let consultant = desk.consultant();
    desk.agent("jim");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    (desk, consultant)
}

fn rules() -> Components {
    Components::from([("main".to_owned(), vec![Box::new(Asker::new("billing")) as Box<dyn Rule>])])
}

fn why(desk: &Desk) -> String {
    desk.centre.view(desk.now).sessions[0].why.clone()
}

#[test]
fn the_session_waits_for_the_answer_and_then_the_rule_decides() {
    let (mut desk, consultant) = asking();
    let questions = asked(&desk.outputs);
    assert_eq!((questions.len(), questions[0].number, questions[0].rule.as_str()), (1, 1, "asker"));
    assert_eq!((desk.state(1), why(&desk).as_str()), ("waiting", "rule asker asks elsewhere"));
    assert!(!desk.centre.pools.have_work(), "it is asked nothing meanwhile");
    desk.batch(vec![reply(consultant, SessionId(1), 2, true)]);
    assert_eq!(desk.state(1), "waiting", "an answer to another question is nobody's");
    desk.batch(vec![reply(consultant, SessionId(1), 1, true)]);
    assert_eq!(desk.state(1), "offered");
    desk.batch(vec![reply(consultant, SessionId(1), 1, false)]);
    assert_eq!(desk.state(1), "offered", "and one that comes twice too");
}

#[test]
fn who_fails_is_asked_three_times_and_then_the_rule_is_left_out() {
    let (mut desk, consultant) = asking();
    desk.batch(vec![reply(consultant, SessionId(1), 1, false)]);
    assert_eq!(asked(&desk.outputs).last().unwrap().number, 2, "the rule asks again");
    desk.wait(5_000);
    assert_eq!(asked(&desk.outputs).last().unwrap().number, 3, "no answer is a failure too");
    assert_eq!(desk.state(1), "waiting");
    desk.wait(4_999);
    assert_eq!(desk.state(1), "waiting");
    desk.wait(1);
    assert_eq!(desk.state(1), "offered", "decided without the rule");
    assert_eq!(asked(&desk.outputs).len(), 3);
}

#[test]
fn a_question_outlives_its_connection_and_a_crash() {
    let (mut desk, _) = asking();
    let consultant = desk.consultant();
    let numbers = |desk: &Desk| asked(&desk.outputs).iter().map(|question| question.number).collect::<Vec<_>>();
    assert_eq!(numbers(&desk), [1, 1], "who carries it out comes again: it is asked once more");
    desk.batch(vec![reply(consultant, SessionId(1), 1, false)]);
    desk.restart(rules());
    desk.consultant();
    assert_eq!(numbers(&desk), [1, 1, 2, 1], "after a restart the rule asks anew");
    desk.agent("jim");
    let joe = desk.customer("joe");
    desk.wait(15_000);
    assert_eq!(desk.state(1), "offered");
    desk.say(&joe, "billing", "still here");
}

#[test]
fn max_hold_ends_the_wait_for_the_world() {
    let mut settings = settings();
    settings.pools[0].rules = vec!["asker".to_owned()];
    settings.max_hold_ms = 1_000;
    let mut desk = Desk::new(settings, rules(), vec![profile("jim", 1)]);
    desk.agent("jim");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    assert_eq!(desk.state(1), "waiting");
    desk.wait(1_000);
    assert_eq!(desk.state(1), "offered");
}
