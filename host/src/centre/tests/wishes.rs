//! What rules are told of a session: who served the customer last, whom the customer asks for, what the account says; and that those
//! who wait for somebody are decided about again when somebody comes, goes or changes.

use super::desk::{profile, settings};
use super::rules::{Fit, Native};
use super::{Desk, Person};
use crate::centre::{Components, Input};
use crate::model::rule::{self, Rule, Verdict};
use crate::model::settings::Settings;
use crate::model::{AgentName, Alias, Attribute, MemberProfile, SessionId, Timestamp, attribute};

/// Keeps whom a session asks for, or who served it last; holds it while that is somebody who is not free.
fn wish(session: &rule::Session) -> Option<&str> {
    let known = |name| attribute(&session.attributes, name);
    known("requested-agent").or_else(|| known("last-agent"))
}

fn for_the_wished(_: Timestamp, session: &rule::Session, agent: &rule::Agent) -> Fit {
    match wish(session) {
        Some(name) if name != agent.name.as_str() => Fit::Drop,
        _ => Fit::Tier(0),
    }
}

fn with_rule(rule: Native, settings: &mut Settings) -> Components {
    settings.pools[0].rules = vec![rule.name().to_owned()];
    Components::from([("main".to_owned(), vec![Box::new(rule) as Box<dyn Rule>])])
}

fn wishing(agents: &[&str]) -> Desk {
    let mut settings = settings();
    settings.wrap_up_ms = 0;
    let rules = with_rule(Native::new("wish", for_the_wished), &mut settings);
    Desk::new(settings, rules, agents.iter().map(|name| profile(name, 1)).collect())
}

fn offered_to(desk: &Desk, session: u64) -> Option<String> {
    let live = desk.centre.sessions.get(SessionId(session))?;
    Some(live.record.offer.as_ref()?.agent.to_string())
}

/// Serves a session from offer to end.
fn serve(desk: &mut Desk, agent: &Person, session: u64) {
    desk.say(agent, "", "accept");
    let alias = desk.alias(session);
    desk.say(agent, &alias, "end");
}

#[test]
fn a_customer_who_asks_for_an_agent_is_offered_to_that_agent() {
    let mut desk = wishing(&["ann", "jim"]);
    desk.agent("ann");
    desk.wait(10);
    desk.agent("jim");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "Hello! Jim, please.");
    assert_eq!(offered_to(&desk, 1).as_deref(), Some("jim"), "ann has been idle longer");
}

#[test]
fn a_customer_who_waits_may_ask_and_take_it_back() {
    let mut desk = wishing(&["ann", "jim"]);
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.say(&joe, "billing", "jim please");
    desk.agent("ann");
    assert_eq!(offered_to(&desk, 1), None, "ann was not asked for");
    desk.say(&joe, "billing", "Anyone, please!");
    assert_eq!(offered_to(&desk, 1).as_deref(), Some("ann"));
}

#[test]
fn a_name_that_means_nobody_or_two_asks_for_nobody() {
    let mut desk = wishing(&["ann", "jim"]);
    let mut other = profile("jane", 1);
    other.shown_as = "JIM".to_owned();
    desk.batch(vec![Input::Agent(other)]);
    let joe = desk.customer("joe");
    let requested = |desk: &Desk| desk.centre.sessions.get(SessionId(1)).expect("it waits").record.requested.clone();
    for said in ["jim, please", "somebody else, please", "help me please"] {
        desk.say(&joe, "billing", said);
        assert_eq!(requested(&desk), None, "{said}");
    }
    desk.batch(vec![Input::AgentRemoved(AgentName::new("jane"))]);
    desk.say(&joe, "billing", "jim, please");
    assert_eq!(requested(&desk), Some(AgentName::new("jim")));
}

#[test]
fn who_served_last_is_known_of_members_also_after_a_restart() {
    let mut desk = wishing(&["ann", "jim"]);
    let ann = desk.agent("ann");
    let (joe, guest) = (desk.customer("joe"), desk.customer("guest-1"));
    desk.say(&joe, "billing", "hello");
    serve(&mut desk, &ann, 1);
    desk.say(&guest, "billing", "hello");
    serve(&mut desk, &ann, 2);
    let mut settings = settings();
    let rules = with_rule(Native::new("wish", for_the_wished), &mut settings);
    desk.restart(rules);
    desk.agent("jim");
    let (joe, guest) = (desk.customer("joe"), desk.customer("guest-1"));
    desk.say(&joe, "billing", "hello again");
    assert_eq!(offered_to(&desk, 3), None, "it waits for ann");
    desk.say(&guest, "sales", "hello again");
    assert_eq!(offered_to(&desk, 4).as_deref(), Some("jim"), "a guest has no last agent");
}

#[test]
fn no_more_customers_are_remembered_than_the_limit_says() {
    let mut settings = settings();
    settings.wrap_up_ms = 0;
    settings.limits.remembered_customers = 2;
    let mut desk = Desk::new(settings, Components::new(), vec![profile("ann", 1)]);
    let ann = desk.agent("ann");
    for (number, name) in (1..).zip(["joe", "eve", "joe", "max"]) {
        let person = desk.customer(name);
        desk.say(&person, "billing", "hello");
        serve(&mut desk, &ann, number);
        desk.wait(1_000);
    }
    let known: Vec<&str> = desk.centre.served.customers().map(|customer| customer.alias.as_str()).collect();
    assert_eq!(known, ["joe", "max"], "eve's was the longest ago");
}

/// Lets nobody have a session whose account does not say gold.
fn for_gold(_: Timestamp, session: &rule::Session, _: &rule::Agent) -> Fit {
    if attribute(&session.attributes, "vip") == Some("gold") { Fit::Tier(0) } else { Fit::Drop }
}

#[test]
fn what_a_members_account_says_is_told_at_once_but_not_in_place_of_what_the_host_knows() {
    let mut settings = settings();
    settings.queues[0].skills = [("billing".to_owned(), 3), ("tax".to_owned(), 7)].into();
    let rules = with_rule(Native::new("gold", for_gold), &mut settings);
    let mut desk = Desk::new(settings, rules, vec![profile("ann", 1)]);
    desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    assert_eq!(desk.state(1), "waiting");
    let attributes = vec![
        Attribute::new("vip", "gold"),
        Attribute::new("last-agent", "ann"),
        Attribute::new("required-skills", "none"),
        Attribute::new("language", "de"),
    ];
    let member = MemberProfile { alias: Alias::new("joe"), name: "joe".to_owned(), addresses: Vec::new(), attributes };
    desk.batch(vec![Input::Member(member)]);
    assert_eq!(desk.state(1), "offered");
    let live = desk.centre.sessions.get(SessionId(1)).expect("it is offered");
    let told = desk.centre.session_attributes(live);
    let told: Vec<String> = told.iter().map(|fact| format!("{}={}", fact.name, fact.value)).collect();
    assert_eq!(told, ["required-skills=billing:3 tax:7", "vip=gold", "language=de"]);
    desk.say(&joe, "sales", "guten Tag");
    assert_eq!(desk.centre.sessions.get(SessionId(2)).expect("it is there").record.language, "de");
}

fn hold(_: Timestamp, session: &rule::Session) -> Option<Verdict> {
    (session.queue == "billing").then(|| Verdict::Hold("not yet".to_owned()))
}

#[test]
fn who_is_held_is_decided_about_again_when_an_agent_comes_or_goes() {
    let mut settings = settings();
    let rules = with_rule(Native::gated("hold", hold, 600_000), &mut settings);
    let mut desk = Desk::new(settings, rules, vec![profile("ann", 1), profile("jim", 1)]);
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    let asked = |desk: &Desk| {
        desk.journal.iter().flat_map(|entry| &entry.answers).filter(|a| a.answered.call() == "rank-agents").count()
    };
    let before = asked(&desk);
    desk.wait(1_000);
    assert_eq!(asked(&desk), before, "nothing has happened");
    let jim = desk.agent("jim");
    let came = asked(&desk);
    assert!(came > before);
    desk.gone(&jim);
    assert!(asked(&desk) > came);
}
