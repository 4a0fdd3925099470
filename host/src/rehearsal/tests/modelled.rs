//! What a play knows of a day beside who came when: what rules are told of customers, which software and how much capacity agents have, what
//! switches ask for and what the world answers to rules.

use super::super::play::begins_with;
use super::*;
use crate::centre::tests::consults::Asker;
use crate::model::record::{self, Memory};
use crate::model::request::Request;
use crate::model::rule;
use crate::model::settings::Medium;
use crate::model::waits::Waits;
use crate::model::{Attribute, Failure, HttpResponse, SavedState};
use crate::waiting::{Event, WaitingTimes};

/// Only these came.
fn only(passages: impl IntoIterator<Item = Passage>) -> Day {
    Day { passages: passages.into_iter().collect(), ..day() }
}

/// The first of the day, served by ann.
fn first() -> Passage {
    passage(1, 10, Some(("ann", 12, 72)), 72)
}

fn with(rule: impl Rule + 'static) -> Components {
    Components::from([("main".to_owned(), vec![Box::new(rule) as Box<dyn Rule>])])
}

fn no_rules() -> Components {
    Components::new()
}

fn told<'a>(session: &'a rule::Session, fact: &str) -> Option<&'a str> {
    crate::model::attribute(&session.attributes, fact)
}

/// Keeps nobody but the one whom a fact of the session names.
fn fit(named: Option<&str>, agent: &rule::Agent) -> Fit {
    if named == Some(agent.name.as_str()) { Fit::Tier(0) } else { Fit::Drop }
}

#[test]
fn rules_are_told_whom_a_customer_has_asked_for() {
    let by_request =
        || with(Native::new("requested", |_, session, agent| fit(told(session, "requested-agent"), agent)));
    let asks = |at_s| Passage { asked: vec![(at(at_s), Some(AgentName::new("bob")))], ..first() };
    let at_once = play(&only([asks(10)]), by_request()).unwrap();
    assert_eq!(served(&at_once), [(1, by("bob", 14, 74))]);
    assert_eq!(at_once.passages[0].asked, [(at(10), Some(AgentName::new("bob")))], "the centre heard it");
    let later = play(&only([asks(30)]), by_request()).unwrap();
    assert_eq!(served(&later), [(1, by("bob", 34, 94))], "who asks while waiting is heard then");
    let never = play(&only([first()]), by_request()).unwrap();
    assert_eq!(served(&never), [(1, vec![])]);
}

#[test]
fn rules_are_told_who_served_a_customer_last_before_the_day_and_on_it() {
    let by_last =
        || with(Native::new("last", |_, session, agent| fit(told(session, "last-agent").or(Some("ann")), agent)));
    let mut day = only([first(), passage(2, 100, Some(("ann", 102, 162)), 162)]);
    day.passages[1].came.customer = day.passages[0].came.customer.clone();
    assert_eq!(served(&play(&day, by_last()).unwrap()), [(1, by("ann", 12, 72)), (2, by("ann", 102, 162))]);
    let customer = day.passages[0].came.customer.clone();
    let bob = vec![("main".to_owned(), AgentName::new("bob"))];
    day.last_served = vec![record::Served { agents: bob, ..record::Served::new(customer) }];
    assert_eq!(served(&play(&day, by_last()).unwrap()), [(1, by("bob", 14, 74)), (2, by("bob", 104, 164))]);
}

#[test]
fn rules_are_told_what_a_members_account_says_and_which_skills_are_required() {
    let mut day = only([first()]);
    day.settings.queues[0].skills = BTreeMap::from([("billing".to_owned(), 7)]);
    day.members = vec![MemberProfile {
        alias: Alias::new("joe1"),
        name: "Joe".to_owned(),
        addresses: Vec::new(),
        attributes: vec![Attribute::new("vip", "gold")],
    }];
    let knows = |_: Timestamp, session: &rule::Session, _: &rule::Agent| {
        let facts = (told(session, "vip"), told(session, "required-skills"), session.member.as_str());
        if facts == (Some("gold"), Some("billing:7"), "joe1") { Fit::Tier(0) } else { Fit::Drop }
    };
    assert_eq!(served(&play(&day, with(Native::new("knows", knows))).unwrap()), [(1, by("ann", 12, 72))]);
}

#[test]
fn who_comes_by_a_provider_is_who_a_provider_says() {
    let mut day = only([first(), passage(2, 20, Some(("bob", 24, 84)), 84)]);
    let customer = Customer { provider: "prosody".to_owned(), alias: Alias::new("sue@example.org") };
    let member = day.passages[1].came.customer.alias.clone();
    for passage in &mut day.passages {
        passage.came.provider = "prosody".to_owned();
    }
    day.passages[0].came.customer = customer.clone();
    day.passages[0].came.member = false;
    day.members = vec![MemberProfile {
        alias: member.clone(),
        name: "Joe".to_owned(),
        addresses: vec![crate::model::Address::new("prosody", "joe@example.org")],
        attributes: Vec::new(),
    }];
    day.doors = vec![Opened {
        endpoint: crate::model::EndpointId(9),
        side: crate::model::Side::Customer,
        provider: "prosody".to_owned(),
        protocol: "xmpp".to_owned(),
        own_accounts: false,
        address: String::new(),
    }];
    let again = play(&day, no_rules()).unwrap();
    let who: Vec<(&Customer, bool)> = again.passages.iter().map(|it| (&it.came.customer, it.came.member)).collect();
    let joe = Customer { provider: String::new(), alias: member };
    assert_eq!(who, [(&customer, false), (&joe, true)]);
    assert_eq!(again.doors[0].provider, "prosody");
}

#[test]
fn where_no_translation_is_wanted_agents_need_the_customers_software() {
    let mut day = only([first()]);
    day.settings.queues[0].own_software = true;
    day.standings[0].protocols = BTreeSet::from(["irc".to_owned()]);
    assert_eq!(served(&play(&day, no_rules()).unwrap()), [(1, by("bob", 14, 74))]);
    day.settings.compatibility = BTreeMap::from([("xmpp".to_owned(), vec!["irc".to_owned()])]);
    assert_eq!(served(&play(&day, no_rules()).unwrap()), [(1, by("ann", 12, 72))]);
}

/// A chat weighs 60 of the 100 units that an agent has, so each agent has one at a time, though there are three slots.
#[test]
fn what_media_weigh_counts_in_the_play_and_in_the_figures() {
    let mut day =
        only([first(), passage(2, 20, Some(("bob", 24, 84)), 84), passage(3, 30, Some(("ann", 74, 134)), 134)]);
    for profile in &mut day.profiles {
        profile.capacity.insert("chat".to_owned(), 3);
    }
    let at_once = play(&day, no_rules()).unwrap();
    assert_eq!(served(&at_once)[2].1, by("ann", 32, 92), "three slots take three");
    let of_ann = |day: &Day| format!("{:.1}", Figures::of(day, 20_000).occupancy_pct["ann"]);
    assert_eq!(of_ann(&at_once), "30.0", "three times 60 s of one slot in three, in 200 s");
    day.settings.media = vec![Medium { name: "chat".to_owned(), weight: 60 }];
    let weighed = play(&day, no_rules()).unwrap();
    assert_eq!(served(&weighed)[2].1, by("ann", 74, 134));
    assert_eq!(of_ann(&weighed), "36.0", "120 s of 60 units of 100, in 200 s");
}

#[test]
fn a_switchs_request_is_made_again_and_served_by_who_is_there_by_a_switch() {
    let mut day = only([first()]);
    day.settings.queues[0].medium = "voice".to_owned();
    for profile in &mut day.profiles {
        profile.capacity = BTreeMap::from([("voice".to_owned(), 1)]);
    }
    day.standings[0].by_device = false;
    day.standings[0].protocols.clear();
    day.standings[1].is = "off-duty".to_owned();
    let (id, switch) = ("call".to_owned(), "pbx".to_owned());
    let request = Request { id, switch, priority: 3, attributes: Vec::new(), key: None };
    let came = &mut day.passages[0].came;
    came.request = Some(Request { attributes: vec![Attribute::new("vip", "yes")], ..request });
    came.link = Alias::default();
    let knows = |_: Timestamp, session: &rule::Session, _: &rule::Agent| {
        let is_so = told(session, "vip") == Some("yes") && session.medium == "voice" && session.priority == 3;
        if is_so { Fit::Tier(0) } else { Fit::Drop }
    };
    let again = play(&day, with(Native::new("knows", knows))).unwrap();
    assert_eq!(served(&again), [(1, by("ann", 12, 72))], "accepted by the switch after the agent's two seconds");
    assert_eq!(again.passages[0].ended, Some((at(72), How::Served)));
}

#[test]
fn a_rule_gets_the_answer_that_it_got_then_and_none_where_it_did_not_ask() {
    let mut day = only([first()]);
    let reply = HttpResponse { status: 200, headers: Vec::new(), body: b"yes".to_vec() };
    let asked = |reply| Consultation { session: SessionId(1), rule: "asker".to_owned(), at: at(10), reply };
    day.consultations = vec![asked(Some((4_000, Ok(reply))))];
    let again = play(&day, with(Asker::new("billing"))).unwrap();
    assert_eq!(served(&again), [(1, by("ann", 16, 76))], "after the four seconds that the world took then");
    let [asked_again] = again.consultations.as_slice() else { panic!("{:?}", again.consultations) };
    assert_eq!((asked_again.at, asked_again.reply.as_ref().map(|reply| reply.0)), (at(10), Some(4_000)));

    day.consultations.clear();
    let never = play(&day, with(Asker::new("billing"))).unwrap();
    assert_eq!(served(&never), [(1, by("ann", 12, 72))], "it asks three times in vain, and is left out");
    let failed =
        |asked: &Consultation| matches!(&asked.reply, Some((0, Err(Failure { code, .. }))) if code == "unavailable");
    assert!(never.consultations.len() == 3 && never.consultations.iter().all(failed), "{:?}", never.consultations);

    day.consultations = vec![asked(None)];
    let lost = play(&day, with(Asker::new("billing"))).unwrap();
    assert_eq!(
        served(&lost),
        [(1, by("ann", 17, 77))],
        "its three seconds and the host's two were over, and it asked in vain"
    );
}

#[test]
fn wrapping_up_takes_as_long_as_it_took() {
    let mut day = only([first(), passage(2, 20, Some(("ann", 92, 152)), 152)]);
    day.settings.wrap_up_ms = 50_000;
    day.standings.pop();
    day.passages[0].served[0].free = Some(at(90));
    let again = play(&day, no_rules()).unwrap();
    assert_eq!(served(&again), [(1, by("ann", 12, 90)), (2, by("ann", 92, 152))], "eighteen seconds, not fifty");
}

#[test]
fn only_the_rule_that_answered_then_begins_with_what_it_remembered() {
    let mut day = only([first()]);
    let state = SavedState { format: 1, bytes: 41_u32.to_be_bytes().to_vec() };
    let memory = Memory { pool: "main".to_owned(), rule: "counting".to_owned(), state };
    day.memories = vec![(memory.clone(), Digest([1; 32]))];
    let remembers = |digest| {
        let counting = Native::new("counting", |_, _, _| Fit::Tier(0)).with_digest(digest);
        begins_with(&day, &with(counting))
    };
    assert_eq!(remembers(1), [record::Record::Memory(memory)]);
    assert_eq!(remembers(2), []);
}

#[test]
fn waiting_times_begin_with_what_was_known() {
    let mut day = only([first()]);
    let mut times = WaitingTimes::default();
    let session = SessionId(100);
    times.handle(at(0), &Event::Arrived { session, queue: "billing", head_start_ms: 0 });
    times.handle(at(40), &Event::Entered { session, agent: None });
    day.waits = vec![Waits { pool: "main".to_owned(), state: times.learnt(at(40)) }];
    assert_eq!(play(&day, no_rules()).unwrap().waits, day.waits);
}

#[test]
fn a_session_that_is_forgotten_when_another_comes_is_not_taken_for_it() {
    let mut day = only([first(), passage(2, 100, Some(("bob", 104, 164)), 164)]);
    day.settings.customer_grace_ms = 28_000;
    assert_eq!(served(&play(&day, no_rules()).unwrap()), served(&day));
}
