//! Random histories: whatever people, connections, clocks and rules do, the invariants hold after every batch, the store holds what
//! the memory holds, and the journal gives the same outputs again.

mod beside;
mod elsewhere;
mod lanes;
mod leaks;
mod parts;
mod regimes;
mod replays;
mod restarts;
mod switch;

use super::consults;
use super::desk::{self, Desk, Person};
use super::rules::Deed;
use crate::centre::journal::Ledger;
use crate::centre::session::Part;
use crate::centre::{Effect, Input, Output, invariants};
use crate::model::adapter::{Event, Said};
use crate::model::consult::Excerpt;
use crate::model::record::{AgentProfile, Binding, Op, Record, RecordKey, Speaker, State};
use crate::model::rule::Rule;
use crate::model::settings::Settings;
use crate::model::{Address, Alias, Attribute, FeedId, Lane, MemberProfile, Participant, Seq, SessionId, Timestamp};
use elsewhere::Elsewhere;
use parts::Parts;
use proptest::prelude::*;
use regimes::{Rules, may_serve, varied};
use std::collections::BTreeMap;

/// What may happen. Numbers choose among those there are.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    CustomerSays(u8, bool, u8),
    CustomerDrops(u8),
    CustomerAsks(u8, bool),
    /// An order for a dialog, if there is one.
    CustomerOrders(u8, bool, u8),
    AgentComes(u8),
    AgentDrops(u8),
    AgentShows(u8, bool),
    AgentWords(u8, u8),
    StaleAccept(u8, u32),
    AgentSays(u8, u8, bool),
    Delivered(u8, u8),
    OperatorCloses(u8),
    AgentRemoved(u8),
    AgentAdded(u8, u16),
    MemberChanged(u8),
    /// Bits choose what is different: see `varied`.
    SettingsSent(u16),
    /// In a chain of the first pool, if it has that.
    RuleReplaced(u8),
    RuleReleased,
    Waits(u32),
    /// With other components?
    Restarts(bool),
    /// It is told to stop before.
    Stops,
    /// See `elsewhere`.
    Elsewhere(Elsewhere),
    /// See `switch`.
    Switch(switch::Deed),
    /// The world answers a rule's question, or fails; an old one, too.
    Consulted(u8, bool, bool),
    /// See `parts`.
    Parts(Parts),
}

pub(crate) fn act() -> impl Strategy<Value = Act> {
    let n = any::<u8>;
    prop_oneof![
        8 => (n(), any::<bool>(), n()).prop_map(|(c, link, origin)| Act::CustomerSays(c, link, origin)),
        2 => n().prop_map(Act::CustomerDrops),
        2 => (n(), any::<bool>()).prop_map(|(c, link)| Act::CustomerAsks(c, link)),
        6 => (n(), any::<bool>(), n()).prop_map(|(c, link, order)| Act::CustomerOrders(c, link, order)),
        6 => n().prop_map(Act::AgentComes),
        2 => n().prop_map(Act::AgentDrops),
        3 => (n(), any::<bool>()).prop_map(|(a, here)| Act::AgentShows(a, here)),
        12 => (n(), n()).prop_map(|(a, word)| Act::AgentWords(a, word)),
        2 => (n(), 0u32..30).prop_map(|(a, number)| Act::StaleAccept(a, number)),
        4 => (n(), n(), any::<bool>()).prop_map(|(a, s, end)| Act::AgentSays(a, s, end)),
        4 => (n(), n()).prop_map(|(row, through)| Act::Delivered(row, through)),
        1 => n().prop_map(Act::OperatorCloses),
        1 => n().prop_map(Act::AgentRemoved),
        1 => (n(), 0u16..4).prop_map(|(a, capacity)| Act::AgentAdded(a, capacity)),
        1 => n().prop_map(Act::MemberChanged),
        1 => any::<u16>().prop_map(Act::SettingsSent),
        1 => n().prop_map(Act::RuleReplaced),
        1 => Just(Act::RuleReleased),
        8 => prop_oneof![0u32..3_000, 3_000u32..200_000].prop_map(Act::Waits),
        1 => prop::bool::weighted(0.3).prop_map(Act::Restarts),
        1 => Just(Act::Stops),
        14 => elsewhere::act().prop_map(Act::Elsewhere),
        14 => switch::deed().prop_map(Act::Switch),
        6 => (n(), any::<bool>(), prop::bool::weighted(0.8)).prop_map(|(q, well, right)| Act::Consulted(q, well, right)),
        14 => parts::act().prop_map(Act::Parts),
    ]
}

/// Names that occur in no word, so that `leaks` finds them.
const CUSTOMERS: [&str; 4] = ["qjoeq", "qeveq", "guest-qxq", "mqmaxq"];
/// Nothing outside may hold the word `insider`.
const AGENTS: [&str; 3] = ["insider-ann", "insider-bob", "insider-jim"];
const BILLING: &str = "insider-billing";
const SALES: &str = "insider-sales";

fn profiles() -> Vec<AgentProfile> {
    let mut profiles: Vec<AgentProfile> = AGENTS.iter().zip([1, 2, 1]).map(|(name, n)| profile(name, n)).collect();
    profiles[1].skills[0].level = 1;
    profiles[2].queues = vec![BILLING.to_owned()];
    profiles
}

/// An agent of both queues, with a name at a provider.
fn profile(name: &str, capacity: u16) -> AgentProfile {
    let mut profile = desk::profile(name, capacity);
    profile.shown_as = format!("Nice {capacity}");
    profile.units = if capacity == 2 { 50 } else { 100 };
    profile.capacity.insert("voice".to_owned(), 1);
    profile.skills[0].name = BILLING.to_owned();
    profile.supervisor = name != AGENTS[2];
    profile.queues = vec![BILLING.to_owned(), SALES.to_owned()];
    profile.addresses = vec![Address::new(elsewhere::AGENTS_PROVIDER, &elsewhere::address_of(name))];
    profile
}

/// What customers tell dialogs to do.
const ORDERS: [&str; 17] = [
    "queue",
    "queue",
    "set topic taxes; queue",
    "to link:sales",
    "to dialog:survey",
    "close Bye",
    "trap",
    "queue nowhere",
    "timer 1 5; say soon",
    "timer 7 2",
    "look status; look profile",
    "look transcript",
    "fetch http://a/b",
    "say hello; form",
    "refuse",
    "say one; say two",
    "change; watch",
];

/// A history being played.
struct Play {
    desk: Desk,
    rules: Rules,
    customers: BTreeMap<&'static str, Person>,
    agents: BTreeMap<&'static str, Person>,
    elsewhere: elsewhere::Places,
    switch: switch::Switch,
    leaks: leaks::Leaks,
    /// Of all rules and dialogs.
    version: u8,
}

impl Play {
    fn new(rules: Rules) -> Self {
        let mut desk = Desk::new(rules.settings(), rules.set(), profiles());
        // Agents at a provider speak something else than customers.
        desk.spoken.insert(elsewhere::AGENTS_PROVIDER, "irc");
        let (elsewhere, leaks) = (elsewhere::Places::default(), leaks::Leaks::default());
        let switch = switch::Switch::default();
        Self { desk, rules, customers: BTreeMap::new(), agents: BTreeMap::new(), elsewhere, switch, leaks, version: 0 }
    }

    fn act(&mut self, act: &Act) {
        match *act {
            Act::CustomerSays(who, billing, origin) => self.customer_says(who, billing, origin),
            Act::CustomerAsks(who, billing) => {
                let person = self.customer(who);
                self.desk.say(&person, if billing { "billing" } else { "sales" }, "How long?");
            }
            Act::CustomerOrders(who, billing, order) => self.customer_orders(who, billing, order),
            Act::CustomerDrops(who) => {
                if let Some(person) = self.customers.remove(CUSTOMERS[usize::from(who) % CUSTOMERS.len()]) {
                    self.desk.gone(&person);
                }
            }
            Act::AgentComes(who) => self.agent_comes(who),
            Act::AgentDrops(who) => {
                if let Some(person) = self.agents.remove(AGENTS[usize::from(who) % AGENTS.len()]) {
                    self.drop_agent(&person);
                }
            }
            Act::AgentShows(who, here) => {
                if let Some(person) = self.agent(who) {
                    self.desk.publish(&person, if here { "available" } else { "away" });
                }
            }
            Act::AgentWords(who, word) => {
                let words = [
                    "accept",
                    "accept",
                    "accept",
                    "decline",
                    "ready",
                    "away lunch",
                    "end",
                    "done",
                    "status",
                    "rhubarb",
                ];
                if let Some(person) = self.agent(who) {
                    self.desk.say(&person, "", words[usize::from(word) % words.len()]);
                }
            }
            Act::StaleAccept(who, number) => self.stale_accept(who, number),
            Act::AgentSays(who, session, end) => self.agent_says(who, session, end),
            Act::Delivered(row, through) => self.delivered(row, through),
            Act::OperatorCloses(session) => {
                if let Some(session) = self.session(session) {
                    self.desk.batch(vec![Input::Close { session, reason: "Closing time.".to_owned() }]);
                }
            }
            Act::AgentRemoved(who) => self.agent_removed(who),
            Act::AgentAdded(who, capacity) => {
                let name = AGENTS[usize::from(who) % AGENTS.len()];
                self.desk.profiles.retain(|known| known.name.as_str() != name);
                self.desk.profiles.push(profile(name, capacity));
                self.desk.batch(vec![Input::Agent(profile(name, capacity))]);
            }
            Act::MemberChanged(who) => {
                let alias = Alias::new(CUSTOMERS[usize::from(who) % CUSTOMERS.len()]);
                let attributes = vec![Attribute::new("vip", "insider-gold")];
                let member = MemberProfile { name: alias.to_string(), alias, addresses: Vec::new(), attributes };
                self.desk.members.retain(|known| known.alias != member.alias);
                self.desk.members.push(member.clone());
                self.desk.batch(vec![Input::Member(member)]);
            }
            Act::SettingsSent(how) => {
                self.send_settings(varied(self.rules.settings(), how));
            }
            Act::RuleReplaced(lane) => self.plugin_replaced(lane),
            Act::RuleReleased => self.plugins_released(),
            Act::Waits(ms) => drop(self.desk.wait(u64::from(ms))),
            Act::Restarts(with_others) => self.restarts(with_others),
            Act::Stops => self.stop(),
            Act::Elsewhere(act) => self.act_elsewhere(act),
            Act::Switch(ref deed) => self.act_at_switch(deed),
            Act::Consulted(choice, well, right) => self.consulted(choice, well, right),
            Act::Parts(act) => self.act_parts(act),
        }
    }

    /// A rule, or a dialog.
    fn plugin_replaced(&mut self, lane: u8) {
        if lane % 4 < 3 {
            let lane = Lane::ALL[usize::from(lane) % Lane::ALL.len()];
            self.desk.batch(vec![Input::RuleReplaced { pool: "main".to_owned(), lane, rule: 0 }]);
            return;
        }
        let mut dialogs = self.rules.set_of(self.version).take_dialogs();
        if let Some(dialog) = dialogs.remove("greeter").filter(|_| self.has_dialogs()) {
            self.desk.centre.replace_dialog(dialog);
            self.desk.batch(vec![Input::DialogReplaced { dialog: "greeter".to_owned() }]);
        }
    }

    fn plugins_released(&mut self) {
        let dialog = Input::DialogReleased { plugin: "greeter".to_owned() };
        self.desk.batch(vec![dialog, Input::RuleReleased { rule: "villain".to_owned() }]);
    }

    fn has_dialogs(&self) -> bool {
        !self.desk.centre.settings().dialogs.is_empty()
    }

    /// The rules that the settings name are there, as the shard has them.
    fn send_settings(&mut self, settings: Settings) {
        let mut rules = self.rules.set_of(self.version);
        let rules =
            Lane::ALL.into_iter().flat_map(|lane| rules.take("main", lane).into_iter().map(move |rule| (lane, rule)));
        let added = rules.filter(|(lane, rule)| self.desk.centre.place_of("main", *lane, rule.name()).is_none());
        let added = added.map(|(lane, rule)| (("main".to_owned(), lane, rule.name().to_owned()), rule)).collect();
        self.desk.centre.stage_rules(added);
        let mut dialogs = self.rules.set_of(self.version).take_dialogs();
        dialogs.retain(|name, _| settings.dialogs.iter().any(|dialog| dialog.name == *name));
        self.desk.centre.stage_dialogs(dialogs);
        self.desk.batch(vec![Input::Settings(Box::new(settings))]);
    }

    /// A customer on our own listener, who comes where he is not there.
    fn customer(&mut self, who: u8) -> Person {
        let name = CUSTOMERS[usize::from(who) % CUSTOMERS.len()];
        if !self.customers.contains_key(name) {
            let person = if who.is_multiple_of(3) { self.desk.stranger(name) } else { self.desk.customer(name) };
            self.customers.insert(name, person);
        }
        self.customers[name].clone()
    }

    fn customer_says(&mut self, who: u8, billing: bool, origin: u8) {
        let person = self.customer(who);
        let to = Alias::new(if billing { "billing" } else { "sales" });
        let text = if origin % 8 == 7 { "Nice 1, please".to_owned() } else { format!("message {}", origin % 8) };
        let said = Said { to, message: desk::message(&text) };
        let origin = format!("o{}", origin % 8);
        self.desk.report_as(person.endpoint, &person.contact, Some(&origin), Event::Said(said));
    }

    fn customer_orders(&mut self, who: u8, billing: bool, order: u8) {
        let person = self.customer(who);
        let order = ORDERS[usize::from(order) % ORDERS.len()];
        self.desk.say(&person, if billing { "billing" } else { "sales" }, order);
    }

    fn agent_comes(&mut self, who: u8) {
        let name = AGENTS[usize::from(who) % AGENTS.len()];
        let is_known = self.desk.profiles.iter().any(|profile| profile.name.as_str() == name);
        if is_known && !self.agents.contains_key(name) {
            let person = if who.is_multiple_of(2) { self.desk.agent(name) } else { self.agent_at_provider(name) };
            self.agents.insert(name, person);
        }
    }

    fn agent(&self, who: u8) -> Option<Person> {
        self.agents.get(AGENTS[usize::from(who) % AGENTS.len()]).cloned()
    }

    fn agent_removed(&mut self, who: u8) {
        let name = AGENTS[usize::from(who) % AGENTS.len()];
        self.agents.remove(name);
        self.desk.profiles.retain(|known| known.name.as_str() != name);
        self.desk.batch(vec![Input::AgentRemoved(crate::model::AgentName::new(name))]);
    }

    fn session(&self, choice: u8) -> Option<SessionId> {
        let sessions: Vec<SessionId> = self.desk.centre.sessions.ids().collect();
        sessions.get(usize::from(choice) % sessions.len().max(1)).copied()
    }

    /// I10: an accept that names no open offer of the agent changes nothing, and is answered.
    fn stale_accept(&mut self, who: u8, number: u32) {
        let Some(person) = self.agent(who) else { return };
        self.desk.batch(vec![Input::Tick]);
        let name = crate::model::AgentName::new(AGENTS[usize::from(who) % AGENTS.len()]);
        let agent = self.desk.centre.agents.named(&name).expect("the agent is here");
        if agent.offers.contains_key(&crate::model::OfferNumber(number)) || self.desk.centre.pools.have_work() {
            return;
        }
        let before = self.desk.centre.records();
        let effects = self.desk.say(&person, "", &format!("accept {number}"));
        assert_eq!(self.desk.centre.records(), before, "a stale accept changes nothing");
        assert!(
            effects.iter().any(|e| matches!(e, Effect::Notice(_, notice) if notice.contact.as_str() == person.contact))
        );
    }

    fn agent_says(&mut self, who: u8, session: u8, end: bool) {
        let (Some(person), Some(session)) = (self.agent(who), self.session(session)) else { return };
        let live = self.desk.centre.sessions.get(session).expect("it was chosen among those there are");
        let name = AGENTS[usize::from(who) % AGENTS.len()];
        let part = live.participation(&crate::model::AgentName::new(name)).map(|taking| taking.part);
        let is_heard = part.is_some_and(|part| if end { part == Part::Owner } else { part.audience().is_some() });
        let (alias, before) = (live.record.alias.to_string(), live.last);
        let effects = self.desk.say(&person, &alias, if end { "end" } else { "I see" });
        if is_heard {
            assert_eq!(super::settled(&effects), "ok");
        } else {
            let expected = if part.is_some() { "not-allowed" } else { "gone" };
            assert!(super::settled(&effects).starts_with(expected), "{}", super::settled(&effects));
            // A dialog may have said something meanwhile.
            let mut since =
                self.desk.ledger.transcripts.get(&session).into_iter().flatten().filter(|entry| entry.seq > before);
            assert!(since.all(|entry| entry.speaker == Speaker::Centre), "who has not the session says nothing in it");
        }
    }

    /// I10: an answer to an old question changes nothing.
    fn consulted(&mut self, choice: u8, well: bool, right: bool) {
        let endpoint = self.desk.consultant();
        if let Some(excerpt) = consults::excerpts(&self.desk.outputs).last().filter(|_| well) {
            let excerpt = Excerpt { number: if right { excerpt.number } else { u32::MAX }, ..excerpt.clone() };
            self.desk.read(endpoint, &excerpt);
        }
        let questions = consults::asked(&self.desk.outputs);
        let Some(question) = questions.get(usize::from(choice) % questions.len().max(1)).cloned() else { return };
        let number = if right { question.number } else { u32::MAX };
        let before = (!right && !self.desk.centre.pools.have_work()).then(|| self.desk.centre.records());
        self.desk.batch(vec![consults::reply(endpoint, question.session, number, well)]);
        if let Some(before) = before {
            assert_eq!(self.desk.centre.records(), before, "an answer to no question changes nothing");
        }
    }

    fn delivered(&mut self, row: u8, through: u8) {
        let feeds: Vec<FeedId> = self.desk.centre.table.feeds().collect();
        let Some(feed) = feeds.get(usize::from(row) % feeds.len().max(1)).copied() else { return };
        let row = self.desk.centre.table.row(feed).expect("it was chosen among those there are");
        let endpoint = row.binding.endpoint;
        let last = self.desk.centre.sessions.get(feed.session).expect("a row has a session").last.0;
        let through = Seq(u32::from(through) % (last + 2));
        self.desk.batch(vec![Input::Delivered { endpoint, feed, through, outcome: Ok(()) }]);
    }

    /// What is stored is what the memory holds, so that a crash now would lose nothing (I9).
    fn check_store(&self) {
        let stored = self.desk.ledger.records.values().filter(|record| !is_archived(&self.desk.ledger, record));
        let stored: Vec<Record> = stored.cloned().map(without_counts).collect();
        let held = self.desk.centre.records().into_iter().filter(|record| !matches!(record, Record::Memory(_)));
        let held = held.filter(|record| !is_archived(&self.desk.ledger, record));
        let held: Vec<Record> = held.map(without_counts).collect();
        let stored: Vec<Record> = stored
            .into_iter()
            .filter(|r| !matches!(r, Record::Memory(_) | Record::Waits(_) | Record::Meta(_)))
            .collect();
        let held: Vec<Record> = held.into_iter().filter(|r| !matches!(r, Record::Meta(_))).collect();
        for (held, stored) in held.iter().zip(&stored) {
            assert_eq!(held, stored, "left: in memory, right: in the store");
        }
        assert_eq!(held.len(), stored.len(), "records in memory and in the store");
    }
}

/// A closed session whose customer has been delivered everything stays in the store only; a closed request no longer than somebody
/// may ask how it ended.
fn is_archived(ledger: &Ledger, record: &Record) -> bool {
    match record {
        Record::Session(session) => {
            matches!(session.state, State::Closed { .. })
                && !ledger.records.contains_key(&RecordKey::Cursor(session.id, Participant::CUSTOMER))
        }
        _ => false,
    }
}

/// A row's counts are stored only when the row changes otherwise.
fn without_counts(record: Record) -> Record {
    match record {
        Record::Binding(binding) => Record::Binding(Binding { used_at: Timestamp(0), received: 0, sent: 0, ..binding }),
        other => other,
    }
}

fn play(rules: Rules, acts: &[Act]) -> Play {
    let mut play = Play::new(rules);
    for act in acts {
        play.act(act);
        play.check_store();
        play.check_leaks();
        if matches!(rules, Rules::Skill | Rules::Pools | Rules::Plain | Rules::Lanes | Rules::Given(_)) {
            let is_left_out = play.desk.outputs.last().is_some_and(|output| !output.faults.is_empty());
            assert!(!is_left_out, "{:?}", play.desk.outputs.last().map(|output| &output.faults));
        }
        if matches!(rules, Rules::Skill | Rules::Pools | Rules::Failing(..) | Rules::Shadowed(..)) {
            invariants::check_eligible(&play.desk.centre, &may_serve).unwrap();
        }
        if let Rules::Lanes = rules {
            play.check_lanes();
        }
    }
    play
}

/// A history with `least-busy` before `longest-idle`, as somebody else implements them: the invariants hold, the journal gives the same
/// again, and all that is decided is what the same rules in plain Rust decide.
pub(crate) fn hold_with_least_busy_and_longest_idle(chain: fn() -> Vec<Box<dyn Rule>>, acts: &[Act]) {
    let (given, plain) = (play(Rules::Given(chain), acts), play(Rules::Plain, acts));
    given.desk.replays();
    assert_eq!(given.desk.outputs.len(), plain.desk.outputs.len());
    for (batch, (given, plain)) in given.desk.outputs.iter().zip(&plain.desk.outputs).enumerate() {
        assert_eq!(given.effects, plain.effects, "batch {batch}; left: these rules, right: the same in plain Rust");
        let (given_ops, plain_ops) = (decided(given), decided(plain));
        assert_eq!((given_ops, &given.appends), (plain_ops, &plain.appends), "batch {batch}");
    }
}

/// What is stored of people: not what rules remember and whether they are out of service, which is their own affair, nor the counters, which
/// are written with anything else.
fn decided(output: &Output) -> Vec<&Op> {
    let is_theirs = |op: &&Op| match op {
        Op::Put(record) => !matches!(record, Record::Memory(_) | Record::Quarantine(_) | Record::Meta(_)),
        Op::Delete(key) => !matches!(key, RecordKey::Quarantine(_)),
    };
    output.ops.iter().filter(is_theirs).collect()
}

fn at_providers() -> impl Strategy<Value = Vec<Act>> {
    let first = |who: u8| {
        let says = Act::Elsewhere(Elsewhere::Says(who, true, 0));
        vec![Act::AgentComes(who), says, Act::Waits(2_500), Act::AgentWords(who, 0), Act::AgentSays(who, 0, false)]
    };
    let act = prop_oneof![1 => act(), 1 => elsewhere::act().prop_map(Act::Elsewhere)];
    (0u8..6, prop::collection::vec(act, 1..60)).prop_map(move |(who, rest)| [first(who), rest].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_without_rules(acts in prop::collection::vec(act(), 1..60)) {
        play(Rules::None, &acts).desk.replays();
    }

    #[test]
    fn invariants_hold_with_a_skill_rule(acts in prop::collection::vec(act(), 1..60)) {
        let play = play(Rules::Skill, &acts);
        play.desk.replays();
        play.replay_with_reasons();
    }

    #[test]
    fn other_rules_that_are_the_same_decide_the_same(acts in prop::collection::vec(act(), 1..60), gated in any::<bool>()) {
        let is_the_same = |act: &Act| !matches!(act, Act::SettingsSent(_) | Act::Restarts(true));
        let acts: Vec<Act> = acts.into_iter().filter(is_the_same).collect();
        play(if gated { Rules::Gated } else { Rules::Pools }, &acts).replay_beside_the_same();
    }

    #[test]
    fn invariants_hold_with_a_dialog_before_the_queue(acts in prop::collection::vec(act(), 1..60)) {
        play(Rules::Talking, &acts).desk.replays();
    }

    #[test]
    fn invariants_hold_in_two_pools(acts in prop::collection::vec(act(), 1..60)) {
        play(Rules::Pools, &acts).desk.replays();
    }

    #[test]
    fn invariants_hold_with_a_rule_that_holds(acts in prop::collection::vec(act(), 1..60)) {
        let play = play(Rules::Gated, &acts);
        play.desk.replays();
        play.replay_with_reasons();
    }

    #[test]
    fn invariants_hold_with_a_rule_that_traps(acts in prop::collection::vec(act(), 1..60), period in 2u32..9) {
        play(Rules::Villain(Deed::Trap, period), &acts).desk.replays();
    }

    #[test]
    fn invariants_hold_with_a_rule_that_lies(acts in prop::collection::vec(act(), 1..60), invents in any::<bool>()) {
        let deed = if invents { Deed::Invent } else { Deed::Repeat };
        play(Rules::Villain(deed, 2), &acts).desk.replays();
    }

    #[test]
    fn invariants_hold_with_a_rule_that_asks_the_world(acts in prop::collection::vec(act(), 1..60)) {
        play(Rules::Asker, &acts).desk.replays();
    }

    /// A conversation with somebody at a provider, and then mostly what happens there.
    #[test]
    fn invariants_hold_for_people_at_providers(acts in at_providers()) {
        play(Rules::None, &acts).desk.replays();
    }

    /// I5: beside an agent who stays free, everybody is offered in the end, however stubborn a rule holds.
    #[test]
    fn nobody_starves(acts in prop::collection::vec(act(), 1..40)) {
        let mut play = play(Rules::Stubborn, &acts);
        let name = AGENTS[0];
        play.send_settings(play.rules.settings());
        play.desk.batch(vec![Input::Agent(profile(name, 200))]);
        play.desk.profiles.retain(|known| known.name.as_str() != name);
        play.desk.profiles.push(profile(name, 200));
        play.agent_comes(0);
        let ann = play.agents[name].clone();
        play.desk.publish(&ann, "available");
        play.desk.say(&ann, "", "ready");
        for _ in 0..6 {
            play.desk.wait(10_000);
            let offers: Vec<u32> = play.desk.centre.agents.named(&crate::model::AgentName::new(name)).expect("she is here")
                .offers.keys().map(|number| number.0).collect();
            for number in offers {
                play.take_offer(&ann, crate::model::OfferNumber(number));
            }
        }
        play.desk.wait(1_000);
        for _ in 0..8 {
            play.desk.wait(15_000);
            let offers: Vec<u32> = play.desk.centre.agents.named(&crate::model::AgentName::new(name)).expect("she is here")
                .offers.keys().map(|number| number.0).collect();
            for number in offers {
                play.take_offer(&ann, crate::model::OfferNumber(number));
            }
        }
        let waiting = play.desk.centre.sessions.all().filter(|live| live.is_waiting()).count();
        prop_assert_eq!(waiting, 0);
    }
}
