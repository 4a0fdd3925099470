//! Settings of queues and pools: the built-in order, and what each queue has of its own.

use super::desk::{profile, settings};
use super::rules::{Fit, Native};
use super::{Desk, settled, words};
use crate::centre::{Answered, Components, Effect, Input};
use crate::model::adapter::GuestFailure;
use crate::model::record::AgentProfile;
use crate::model::rule::{self, AgentRef, Answer, Change, Pick, Rule, SessionRef, Verdict};
use crate::model::settings::{Medium, Queue, Settings};
use crate::model::{Address, Digest, SessionId, Side, Timestamp};
use std::collections::BTreeMap;

/// Sends sessions of billing to sales while billing has no agent.
struct Deserter {
    on_duty: BTreeMap<String, u32>,
    beside: Native,
    sessions: BTreeMap<SessionRef, String>,
}

impl Deserter {
    fn boxed() -> Box<dyn Rule> {
        let beside = Native::new("deserter", |_, _, _| Fit::Tier(0));
        Box::new(Self { on_duty: BTreeMap::new(), beside, sessions: BTreeMap::new() })
    }
}

impl Rule for Deserter {
    fn name(&self) -> &'static str {
        "deserter"
    }

    fn digest(&self) -> Digest {
        Digest([9; 32])
    }

    fn changed(&mut self, changes: &[Change]) -> Result<(), GuestFailure> {
        for change in changes {
            match change {
                Change::Queue(queue) => drop(self.on_duty.insert(queue.queue.clone(), queue.agents_on_duty)),
                Change::Session(session) => drop(self.sessions.insert(session.session, session.queue.clone())),
                _ => {}
            }
        }
        self.beside.changed(changes)
    }

    fn rank_agents(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        candidates: &[AgentRef],
        explain: bool,
    ) -> Result<Answer, GuestFailure> {
        let queue = self.sessions.get(&session).filter(|queue| self.on_duty.get(*queue) == Some(&0));
        if queue.is_some_and(|queue| queue == "billing") {
            let verdict = Verdict::Divert("queue:sales".to_owned());
            return Ok(Answer { verdict, recheck: None, notes: Vec::new() });
        }
        self.beside.rank_agents(now, session, candidates, explain)
    }

    fn rank_sessions(
        &mut self,
        now: Timestamp,
        agent: AgentRef,
        waiting: &[SessionRef],
        explain: bool,
    ) -> Result<Pick, GuestFailure> {
        self.beside.rank_sessions(now, agent, waiting, explain)
    }
}

/// A rule had to ask to be asked again, as nothing told the host to when the last agent left and nobody was held.
#[test]
fn who_waits_is_decided_about_again_when_the_last_agent_of_the_queue_leaves() {
    let mut pools = settings().pools;
    pools[0].rules = vec!["deserter".to_owned()];
    let rules = Components::from([("main".to_owned(), vec![Deserter::boxed()])]);
    let mut desk = Desk::new(Settings { pools, ..settings() }, rules, vec![profile("ann", 1), profile("jim", 1)]);
    let (ann, jim) = (desk.agent("ann"), desk.agent("jim"));
    let people: Vec<_> = (0..102).map(|number| desk.customer(&format!("c{number}"))).collect();
    for person in &people {
        desk.say(person, "billing", "hello");
    }
    for agent in [&ann, &jim] {
        desk.say(agent, "", "accept");
    }
    let queues = |desk: &Desk| {
        let of = |name: &str| desk.centre.queues.get(name).unwrap().waiting.len();
        (of("billing"), of("sales"))
    };
    let asked = |desk: &Desk| {
        let answers = desk.outputs.iter().flat_map(|output| &output.answers);
        answers.filter(|answer| matches!(answer.answered, Answered::Agents(_))).count()
    };
    assert_eq!(queues(&desk), (100, 0));
    let before = asked(&desk);
    desk.wait(30_000);
    desk.gone(&ann);
    desk.wait(0);
    assert_eq!((queues(&desk), asked(&desk)), ((100, 0), before), "jim is there, and nobody has asked meanwhile");
    desk.gone(&jim);
    desk.wait(0);
    desk.wait(0);
    assert_eq!(queues(&desk), (0, 100));
}

fn window(desk: &Desk) -> Vec<u64> {
    let names = ["billing".to_owned(), "sales".to_owned()];
    desk.centre.queues.window(&names, None, 10).into_iter().map(|key| key.2.0).collect()
}

/// Settings in which sales has a priority, and the pool has ageing.
fn aged(priority: i32, ageing_ms: u64) -> Settings {
    let mut settings = settings();
    settings.pools[0].ageing_ms = ageing_ms;
    settings.queues[1].priority = priority;
    settings
}

/// Who waits in both queues, in the built-in order: eve of sales, which has priority 3, comes a minute after joe of billing, and max after
/// her; and how long the longest of billing has waited, in seconds.
fn order(ageing_ms: u64) -> (Vec<u64>, u64) {
    let mut desk = Desk::new(aged(3, ageing_ms), Components::new(), Vec::new());
    for (name, queue, wait_ms) in [("joe", "billing", 60_000), ("eve", "sales", 1_000), ("max", "billing", 1_000)] {
        let person = desk.customer(name);
        desk.say(&person, queue, "hello");
        desk.wait(wait_ms);
    }
    (window(&desk), desk.centre.queues.get("billing").expect("it is there").longest_wait_ms(desk.now) / 1000)
}

#[test]
fn without_ageing_a_higher_priority_comes_first() {
    assert_eq!(order(0), (vec![2, 1, 3], 62));
}

#[test]
fn with_ageing_a_point_of_priority_is_worth_some_waiting() {
    // 3 points of 10 s: eve stands where she would if she had come half a minute earlier, which is behind joe.
    assert_eq!(order(10_000), (vec![1, 2, 3], 62));
    // 3 points of 21 s: more than the minute by which joe came before her.
    assert_eq!(order(21_000), (vec![2, 1, 3], 62));
}

#[test]
fn who_waits_moves_when_the_ageing_changes() {
    let mut desk = Desk::new(aged(1, 0), Components::new(), Vec::new());
    let (joe, eve) = (desk.customer("joe"), desk.customer("eve"));
    desk.say(&joe, "billing", "hello");
    desk.wait(5_000);
    desk.say(&eve, "sales", "hello");
    assert_eq!(window(&desk), [2, 1]);
    desk.batch(vec![Input::Settings(Box::new(aged(1, 1_000)))]);
    assert_eq!(window(&desk), [1, 2]);
}

fn offers(effects: &[Effect]) -> Vec<String> {
    let contact = |effect: &Effect| match effect {
        Effect::Offer(_, offer) => Some(offer.contact.as_str().split('@').next().unwrap_or_default().to_owned()),
        _ => None,
    };
    effects.iter().filter_map(contact).collect()
}

#[test]
fn a_queue_has_times_of_its_own() {
    let mut settings = settings();
    settings.queues[1] =
        Queue { offer_ms: Some(5_000), missed_offers: Some(1), wrap_up_ms: Some(0), ..settings.queues[1].clone() };
    let mut desk = Desk::new(settings, Components::new(), vec![profile("ann", 1)]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "sales", "hello");
    desk.say(&ann, "", "accept");
    assert_eq!(desk.state(1), "active");
    let alias = desk.alias(1);
    desk.say(&ann, &alias, "end");
    assert_eq!(desk.state(1), "closed", "sales has no wrap-up");
    desk.say(&joe, "sales", "hello again");
    assert_eq!(desk.state(2), "offered");
    let told = words(&desk.wait(5_000));
    assert!(told.contains("You have missed an offer, so you are away now."), "{told}");
    desk.say(&ann, "", "ready");
    desk.say(&ann, "", "accept");
    desk.say(&joe, "billing", "and this");
    let alias = desk.alias(2);
    desk.say(&ann, &alias, "end");
    assert_eq!(desk.state(3), "offered");
    assert!(!words(&desk.wait(19_000)).contains("away"), "an offer of billing stands as long as [offers] says");
    desk.say(&ann, "", "accept");
    let alias = desk.alias(3);
    desk.say(&ann, &alias, "end");
    assert_eq!(desk.state(3), "wrapping", "and billing has the wrap-up of all");
}

fn never(_: Timestamp, session: &rule::Session) -> Option<Verdict> {
    (!session.queue.is_empty()).then(|| Verdict::Hold("not today".to_owned()))
}

#[test]
fn a_queue_whose_rules_may_hold_for_ever_waits_for_ever() {
    let mut settings = settings();
    settings.pools[0].rules = vec!["never".to_owned()];
    settings.queues[0].max_hold_ms = Some(0);
    let rules =
        Components::from([("main".to_owned(), vec![Box::new(Native::gated("never", never, 60_000)) as Box<dyn Rule>])]);
    let mut desk = Desk::new(settings.clone(), rules, vec![profile("ann", 5)]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.say(&joe, "sales", "hello");
    desk.wait(130_000);
    assert_eq!((desk.state(1), desk.state(2)), ("waiting", "offered"), "sales is held for two minutes at most");
    desk.wait(24 * 3_600_000);
    assert_eq!(desk.state(1), "waiting");
    desk.say(&ann, "", "ready");
    settings.queues[0].max_hold_ms = None;
    desk.batch(vec![Input::Settings(Box::new(settings))]);
    desk.wait(1_000);
    assert_eq!(desk.state(1), "offered", "under these settings it has waited too long");
}

/// Agents who come over their own server, which speaks something else than the customers' software.
fn own_software(compatibility: &[(&str, &str)]) -> Desk {
    let mut settings = settings();
    settings.queues[0].own_software = true;
    let pair = |(customer, agent): &(&str, &str)| ((*customer).to_owned(), vec![(*agent).to_owned()]);
    settings.compatibility = compatibility.iter().map(pair).collect();
    let addresses = vec![Address::new("corp", "jim@corp.example")];
    let jim = AgentProfile { addresses, ..profile("jim", 5) };
    let mut desk = Desk::new(settings, Components::new(), vec![jim]);
    desk.spoken.insert("corp", "irc");
    desk
}

#[test]
fn a_queue_without_translation_is_served_by_software_that_speaks_the_customers_protocol() {
    let mut desk = own_software(&[]);
    let corp = desk.open_provider(Side::Agent);
    let (elsewhere, _) = desk.arrive_at(corp, "jim@corp.example");
    desk.publish(&elsewhere, "available");
    let joe = desk.customer("joe");
    assert!(offers(&desk.say(&joe, "billing", "hello")).is_empty(), "jim's only device speaks IRC");
    assert_eq!(offers(&desk.say(&joe, "sales", "hello")), ["jim"], "where translation is fine it is offered there");
    let here = desk.agent("jim");
    assert_eq!(desk.state(1), "offered", "a device that may serve it has come");
    let offer =
        desk.centre.sessions.get(SessionId(1)).and_then(|live| live.record.offer.clone()).expect("it is offered");
    desk.say(&elsewhere, "", &format!("accept {}", offer.number));
    let alias = desk.alias(1);
    let refused = desk.say(&elsewhere, &alias, "from IRC");
    assert_eq!(
        settled(&refused),
        "not-allowed: This conversation has to be answered with the software that you took it on."
    );
    assert_eq!(settled(&desk.say(&here, &alias, "from XMPP")), "ok");
    desk.gone(&here);
    desk.wait(31_000);
    assert_eq!(desk.state(1), "waiting", "the device that is left may not have it");
}

#[test]
fn the_operators_matrix_says_who_needs_no_translation() {
    let mut desk = own_software(&[("xmpp", "irc")]);
    let corp = desk.open_provider(Side::Agent);
    let (elsewhere, _) = desk.arrive_at(corp, "jim@corp.example");
    desk.publish(&elsewhere, "available");
    let joe = desk.customer("joe");
    assert_eq!(offers(&desk.say(&joe, "billing", "hello")), ["jim"]);
}

#[test]
fn capacity_is_counted_by_medium_and_weighed_over_all() {
    let mut settings = settings();
    let medium = |name: &str, weight| Medium { name: name.to_owned(), weight };
    settings.media = vec![medium("chat", 40), medium("voice", 70)];
    settings.queues[1].medium = "voice".to_owned();
    let mut ann = profile("ann", 5);
    ann.capacity.insert("voice".to_owned(), 1);
    let mut desk = Desk::new(settings.clone(), Components::new(), vec![ann.clone()]);
    desk.agent("ann");
    let (joe, eve) = (desk.customer("joe"), desk.customer("eve"));
    desk.say(&joe, "billing", "hello");
    desk.say(&joe, "sales", "hello");
    desk.say(&eve, "billing", "hello");
    let states = |desk: &Desk| [desk.state(1), desk.state(2), desk.state(3)];
    assert_eq!(states(&desk), ["offered", "waiting", "offered"], "40 + 70 are more than 100, 40 + 40 are not");
    assert_eq!(desk.centre.view(desk.now).agents[0].loads, ["chat 2/5", "voice 0/1", "units 80/100"]);
    ann.units = 150;
    desk.batch(vec![Input::Agent(ann)]);
    assert_eq!(states(&desk), ["offered"; 3]);
    settings.media[0].weight = 100;
    desk.batch(vec![Input::Settings(Box::new(settings))]);
    let max = desk.customer("max");
    desk.say(&max, "billing", "hello");
    assert_eq!(desk.state(4), "waiting", "who has more than there is room for keeps it, and gets nothing more");
}

#[test]
fn a_session_that_joins_is_counted_in_the_medium_that_the_queue_has_then() {
    let mut settings = settings();
    let mut ann = profile("ann", 1);
    ann.capacity.insert("voice".to_owned(), 1);
    let mut desk = Desk::new(settings.clone(), Components::new(), vec![ann]);
    let stranger = desk.stranger("joe");
    desk.say(&stranger, "billing", "hello");
    assert_eq!(desk.state(1), "arrived");
    settings.queues[0].medium = "voice".to_owned();
    desk.batch(vec![Input::Settings(Box::new(settings))]);
    desk.wait(2_000);
    desk.agent("ann");
    assert_eq!(desk.centre.view(desk.now).agents[0].loads, ["chat 0/1", "voice 1/1"]);
}
