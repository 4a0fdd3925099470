//! Requests of switches: matched with the same agents, answered to the switch.

use super::desk::{Desk, profile, settings, words};
use super::settled;
use crate::centre::{Components, Effect, Input};
use crate::model::record::AgentProfile;
use crate::model::request::{Duty, Key, NewRequest, Said, Standing, Status, Target};
use crate::model::settings::{Queue, Settings};
use crate::model::{AgentName, Alias, EndpointId, Failure, OfferNumber, SessionId};

fn new(id: &str, queue: &str) -> Said {
    Said::New(Box::new(NewRequest {
        id: id.to_owned(),
        medium: Some("voice".to_owned()),
        target: Target::Queue(queue.to_owned()),
        caller: "+49301234".to_owned(),
        name: "Joe".to_owned(),
        language: "de".to_owned(),
        priority: 0,
        attributes: Vec::new(),
        key: None,
    }))
}

/// `chat` in billing and sales, `voice` in calls; agents take one of each.
fn with_calls() -> Settings {
    let mut settings = settings();
    let calls = Queue { name: "calls".to_owned(), medium: "voice".to_owned(), ..settings.queues[0].clone() };
    settings.queues.push(calls);
    settings
}

fn caller(name: &str) -> AgentProfile {
    let mut profile = profile(name, 1);
    profile.queues.push("calls".to_owned());
    profile.capacity.insert("voice".to_owned(), 1);
    profile.reached_at.insert("voice".to_owned(), format!("sip:{name}@pbx"));
    profile
}

struct Pbx {
    desk: Desk,
    board: EndpointId,
}

impl Pbx {
    fn new(agents: &[&str]) -> Self {
        let profiles = agents.iter().map(|name| caller(name)).collect();
        let mut desk = Desk::new(with_calls(), Components::new(), profiles);
        let board = desk.open_switchboard();
        Self { desk, board }
    }

    fn says(&mut self, said: Said) -> Result<Option<Status>, Failure> {
        let effects = self.desk.call(self.board, "pbx", said);
        let reply = effects.into_iter().find_map(|effect| match effect {
            Effect::Reply(_, reply) => Some(reply.outcome),
            _ => None,
        });
        reply.expect("a call is answered")
    }

    /// How it stands, on one line; or the code of the refusal.
    fn line(&mut self, said: Said) -> String {
        match self.says(said) {
            Ok(status) => line(&status.expect("a request has a status")),
            Err(failure) => failure.code,
        }
    }

    fn duty(&mut self, agent: &str, duty: Duty) {
        self.says(Said::Agent(AgentName::new(agent), duty)).unwrap();
    }

    fn looks(&mut self) -> String {
        self.line(Said::Look("r1".to_owned()))
    }
}

fn line(status: &Status) -> String {
    match &status.standing {
        Standing::Waiting { place, .. } => format!("waits as {place}"),
        Standing::Offered(to) => {
            format!("offer {} to {} at {}", to.offer, to.agent, to.address.as_deref().unwrap_or("-"))
        }
        Standing::Accepted(by) => format!("accepted by {}", by.agent),
        Standing::Ended(reason) => format!("over: {reason}"),
    }
}

fn told(effects: &[Effect]) -> Vec<String> {
    let news = effects.iter().filter_map(|effect| match effect {
        Effect::Request(_, status) => Some(line(status)),
        _ => None,
    });
    news.collect()
}

const R1: fn() -> String = || "r1".to_owned();

#[test]
fn an_agent_without_a_device_is_rung_at_once_and_has_the_call_until_it_ends() {
    let mut pbx = Pbx::new(&["jim"]);
    pbx.duty("jim", Duty::Available);
    assert_eq!(pbx.line(new("r1", "calls")), "offer 1 to jim at sip:jim@pbx");
    assert_eq!(pbx.line(Said::Accepted(R1(), OfferNumber(1))), "accepted by jim");
    assert_eq!(pbx.line(Said::Accepted(R1(), OfferNumber(1))), "accepted by jim", "said again, nothing changes");
    assert_eq!(pbx.line(new("r2", "calls")), "waits as 1", "one call at a time");
    assert_eq!(pbx.line(Said::Ended(R1())), "over: ended by the switch");
    assert_eq!(pbx.line(Said::Ended(R1())), "over: ended by the switch");
    let after_wrap_up = told(&pbx.desk.wait(5_000));
    assert_eq!(after_wrap_up, ["over: ended by the switch", "offer 2 to jim at sip:jim@pbx"]);
}

#[test]
fn who_declines_or_does_not_answer_passes_it_on() {
    let mut pbx = Pbx::new(&["ann", "bob"]);
    assert_eq!(pbx.line(new("r1", "calls")), "waits as 1");
    pbx.duty("ann", Duty::Available);
    assert_eq!(pbx.looks(), "offer 1 to ann at sip:ann@pbx");
    pbx.duty("bob", Duty::Available);
    assert_eq!(pbx.line(Said::Declined(R1(), OfferNumber(1))), "offer 2 to bob at sip:bob@pbx");
    assert_eq!(pbx.line(Said::Declined(R1(), OfferNumber(1))), "offer 2 to bob at sip:bob@pbx", "said again");
    assert_eq!(pbx.line(Said::Accepted(R1(), OfferNumber(1))), "stale");
    assert_eq!(told(&pbx.desk.wait(20_000)), ["waits as 1"]);
    assert_eq!(
        told(&pbx.desk.wait(10_000)),
        ["offer 3 to ann at sip:ann@pbx"],
        "who declined is asked again after a while"
    );
    assert_eq!(pbx.line(Said::Accepted(R1(), OfferNumber(2))), "stale", "it has expired");
    pbx.duty("ann", Duty::Away("lunch".to_owned()));
    assert_eq!(pbx.looks(), "offer 4 to bob at sip:bob@pbx", "who leaves passes it on too");
    assert_eq!(pbx.line(Said::Abandoned(R1())), "over: abandoned");
}

#[test]
fn a_conversation_is_not_given_to_who_has_only_a_telephone() {
    let mut pbx = Pbx::new(&["jim"]);
    pbx.duty("jim", Duty::Available);
    let joe = pbx.desk.customer("joe");
    pbx.desk.say(&joe, "billing", "hello");
    assert_eq!(pbx.desk.state(1), "waiting");
    assert!(!pbx.desk.centre.pools.have_work(), "and nothing turns in a circle");
    let jim = pbx.desk.agent("jim");
    assert_eq!(pbx.desk.state(1), "offered", "with a device he is offered it");
    assert_eq!(pbx.line(new("r1", "calls")), "offer 2 to jim at sip:jim@pbx", "a call is beside a chat");
    pbx.desk.say(&jim, "", "decline 1");
    let answer = words(&pbx.desk.say(&jim, "", "accept 2"));
    assert!(answer.contains("Offer 2 is accepted where it comes to you, not here."), "{answer}");
    assert_eq!(pbx.line(Said::Accepted(R1(), OfferNumber(2))), "accepted by jim");
    pbx.desk.gone(&jim);
    pbx.desk.wait(31_000);
    assert_eq!(pbx.looks(), "accepted by jim", "his device has nothing to do with the call");
}

#[test]
fn a_request_survives_a_restart_and_nobody_s_is_swept() {
    let mut pbx = Pbx::new(&["jim"]);
    pbx.duty("jim", Duty::Available);
    assert_eq!(pbx.line(new("r1", "calls")), "offer 1 to jim at sip:jim@pbx");
    pbx.line(Said::Accepted(R1(), OfferNumber(1)));
    assert_eq!(pbx.line(new("r2", "calls")), "waits as 1");
    pbx.desk.restart(Components::new());
    pbx.board = pbx.desk.open_switchboard();
    let opened = pbx.desk.outputs.last().unwrap().effects.clone();
    assert_eq!(told(&opened), ["accepted by jim", "waits as 1"], "a switchboard that comes is told all");
    assert_eq!(pbx.line(Said::Look("r2".to_owned())), "waits as 1");
    pbx.desk.wait(119_000);
    assert_eq!(pbx.line(Said::Look("r2".to_owned())), "waits as 1", "asked after, it lives on");
    assert_eq!(told(&pbx.desk.wait(121_000)), ["over: its switch has not asked after it"]);
    assert_eq!(pbx.looks(), "accepted by jim", "a call that is on has a longer time");
    pbx.desk.wait(4 * 3_600_000);
    assert_eq!(pbx.looks(), "over: its switch has not asked after it");
    pbx.desk.wait(66_000);
    assert_eq!(pbx.looks(), "not-found", "and then it is forgotten");
    assert_eq!(pbx.line(Said::Look("r2".to_owned())), "not-found");
}

/// A call is answered at the telephone: that its queue wants no translation between IM protocols is nothing to it.
#[test]
fn a_request_never_wants_the_agent_s_own_software() {
    let mut settings = with_calls();
    settings.queues.iter_mut().for_each(|queue| queue.own_software = true);
    let mut desk = Desk::new(settings, Components::new(), vec![caller("ann")]);
    let board = desk.open_switchboard();
    let mut pbx = Pbx { desk, board };
    let wants = |pbx: &Pbx| pbx.desk.centre.sessions.get(SessionId(1)).expect("it is there").record.own_software;
    assert_eq!((pbx.line(new("r1", "calls")), wants(&pbx)), ("waits as 1".to_owned(), false));
    let ann = pbx.desk.agent("ann");
    assert_eq!(pbx.line(Said::Accepted(R1(), OfferNumber(1))), "accepted by ann");
    let alias = pbx.desk.alias(1);
    assert_eq!(settled(&pbx.desk.say(&ann, &alias, "/end")), "ok", "any of her devices has it");
    assert_eq!((pbx.looks(), wants(&pbx)), ("over: ended by the agent".to_owned(), false));
}

#[test]
fn who_asks_again_with_the_same_key_is_answered_the_same_request() {
    let keyed = |id: &str, key: &str, asked: &str| {
        let key = Some(Key { text: key.to_owned(), asked: asked.to_owned() });
        Said::New(Box::new(NewRequest { id: id.to_owned(), key, ..request() }))
    };
    let mut pbx = Pbx::new(&["jim"]);
    pbx.duty("jim", Duty::Available);
    assert_eq!(pbx.line(keyed("r1", "call 1", "+49")), "offer 1 to jim at sip:jim@pbx");
    assert_eq!(pbx.line(keyed("r2", "call 1", "+49")), "offer 1 to jim at sip:jim@pbx");
    assert_eq!(pbx.line(keyed("r3", "call 2", "+49")), "waits as 1", "another key is another request");
    let refused = pbx.says(keyed("r4", "call 1", "+43")).unwrap_err();
    assert_eq!(refused.code, "key-used");
    assert_eq!(
        refused.text,
        "the key \"call 1\" is of the request r1, which asked for something else; another request needs another key"
    );
    let effects = pbx.desk.call(pbx.board, "other", keyed("r5", "call 1", "+43"));
    let is_made = |effect: &Effect| matches!(effect, Effect::Reply(_, reply) if reply.outcome.is_ok());
    assert!(effects.iter().any(is_made), "a key is one switch's");
    assert_eq!(pbx.desk.centre.sessions.len(), 3);
    pbx.desk.restart(Components::new());
    pbx.board = pbx.desk.open_switchboard();
    let again = pbx.says(keyed("r6", "call 1", "+49")).unwrap().expect("a request has a status");
    assert_eq!((again.id.as_str(), line(&again).as_str()), ("r1", "offer 2 to jim at sip:jim@pbx"), "also then");
    pbx.line(Said::Ended(R1()));
    assert_eq!(pbx.line(keyed("r7", "call 1", "+49")), "over: ended by the switch", "and when it is over");
    pbx.desk.wait(66_000);
    let new = pbx.says(keyed("r8", "call 1", "+43")).unwrap().expect("a request has a status");
    assert_eq!(new.id, "r8", "what is forgotten has left its key");
}

#[test]
fn what_can_not_be_asked_is_refused() {
    let mut pbx = Pbx::new(&["jim"]);
    assert_eq!(pbx.line(new("r1", "nowhere")), "not-found");
    assert_eq!(pbx.line(new("r1", "billing")), "conflict", "billing serves chat");
    assert_eq!(pbx.says(Said::Agent(AgentName::new("eve"), Duty::Off)).unwrap_err().code, "not-found");
    assert_eq!(pbx.line(new("r1", "calls")), "waits as 1");
    assert_eq!(pbx.line(new("r1", "calls")), "waits as 1", "the same request is there once");
    assert_eq!(pbx.desk.centre.sessions.len(), 1);
    let effects = pbx.desk.call(pbx.board, "other", Said::Ended(R1()));
    let is_refused = |effect: &Effect| matches!(effect, Effect::Reply(_, reply) if reply.outcome.is_err());
    assert!(effects.iter().any(is_refused), "a request is nobody else's");
    let mut settings = with_calls();
    settings.limits.requests = 1;
    pbx.desk.batch(vec![Input::Settings(Box::new(settings))]);
    assert_eq!(pbx.line(new("r3", "calls")), "busy");
    let link = NewRequest { id: "r4".to_owned(), target: Target::Link(Alias::new("nobody")), ..request() };
    assert_eq!(pbx.line(Said::New(Box::new(link))), "not-found");
}

fn request() -> NewRequest {
    let Said::New(new) = new("r0", "calls") else { unreachable!("it is made above") };
    *new
}

#[test]
fn once_waits_are_measured_a_request_is_told_its_own() {
    let mut settings = with_calls();
    (settings.waiting_times.after, settings.wrap_up_ms) = (1, 0);
    let mut desk = Desk::new(settings, Components::new(), vec![caller("jim")]);
    let board = desk.open_switchboard();
    let mut pbx = Pbx { desk, board };
    pbx.duty("jim", Duty::Available);
    pbx.line(new("r1", "calls"));
    pbx.line(Said::Accepted(R1(), OfferNumber(1)));
    let wait = |status: Option<Status>| match status.expect("a request has a status").standing {
        Standing::Waiting { wait, .. } => wait,
        other => panic!("{other:?} does not wait"),
    };
    assert_eq!(wait(pbx.says(new("r2", "calls")).unwrap()), None, "nothing was measured");
    pbx.desk.wait(30_000);
    pbx.line(Said::Ended(R1()));
    assert_eq!(pbx.line(Said::Accepted("r2".to_owned(), OfferNumber(2))), "accepted by jim");
    let told = wait(pbx.says(new("r3", "calls")).unwrap()).expect("one wait was measured");
    assert!(told.low_ms <= told.high_ms && told.high_ms > 0, "{told:?}");
    assert!(pbx.desk.transcript(3).is_empty(), "a request has nobody who reads");
}
