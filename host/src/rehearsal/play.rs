//! Plays a day again with other rules, in a centre of its own.
//!
//! Everybody is on an endpoint of ours: agents on one, customers on one for each provider there was. Who came then comes now, at the same
//! moment; what follows from a rule's decision (an offer, a service, a wait) is answered as [`MODEL`](super::MODEL) says.
//!
//! Invariant: one thing happens at a time, in the order of moments and of what was recorded.

use super::{Day, How, Passage, React, Reaction, Recorder, Standing};
use crate::centre::noted::Noted;
use crate::centre::{Centre, Input, LoadError, Loaded, Opened, RuleSet};
use crate::model::adapter::{Arrival, Event, Published, Report, Said};
use crate::model::record::{Op, Record, State};
use crate::model::settings::Settings;
use crate::model::{
    AgentName, Alias, Attribute, Body, Contact, EndpointId, Lane, Message, OfferNumber, PresenceTuple, SessionId, Side,
    Timestamp,
};
use std::collections::BTreeMap;

/// Where agents are.
const AGENTS: EndpointId = EndpointId(1);
/// Batches at one moment; more come of nothing but a defect.
const MOST_AT_ONCE: u32 = 100_000;

/// Why a day can't be played.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The rules don't fit.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Time stands still.
    #[error("the day can't be played: at {0:?} there is always more to do")]
    Stuck(Timestamp),
}

/// What happens next, beside what the centre does by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Act {
    /// An agent comes, leaves or is away.
    Stand(AgentName, String),
    /// The passage of this place comes.
    Come(usize),
    /// A customer gives up, if nobody has taken the session.
    GiveUp(usize),
    /// An agent answers an offer.
    Answer(AgentName, OfferNumber, &'static str),
    /// The session is over, if it was accepted so many times.
    End(SessionId, u32),
}

/// Plays a day with these rules, one list for each of its pools.
///
/// # Errors
/// Where the rules can't be put in.
pub fn play(day: &Day, rules: RuleSet) -> Result<Day, PlayError> {
    let mut play = Play::begin(day, rules)?;
    while let Some(at) = play.next() {
        play.go_on(at)?;
    }
    Ok(play.end())
}

struct Play<'a> {
    day: &'a Day,
    centre: Centre,
    recorder: Recorder,
    now: Timestamp,
    at_once: u32,
    batches: u64,
    acts: BTreeMap<(Timestamp, u64), Act>,
    planned: u64,
    reactions: Reactions<'a>,
    /// By the number here.
    sessions: BTreeMap<SessionId, Current>,
    /// Numbers here, by the place of the passage.
    numbers: BTreeMap<usize, SessionId>,
    mean_service_ms: BTreeMap<&'a str, u64>,
}

/// A session of the play.
struct Current {
    passage: usize,
    accepted: u32,
    offer: Option<OfferNumber>,
}

impl<'a> Play<'a> {
    fn begin(day: &'a Day, rules: RuleSet) -> Result<Self, PlayError> {
        let settings = settings(&day.settings, &rules);
        let loaded = Loaded { profiles: day.profiles.clone(), members: day.members.clone(), ..Loaded::default() };
        let mut centre = Centre::load(settings, rules, loaded)?;
        centre.note_decisions();
        centre.resume(day.from);
        let mut play = Self {
            day,
            recorder: Recorder::new(&centre, day.from),
            centre,
            now: day.from,
            at_once: 0,
            batches: 0,
            acts: BTreeMap::new(),
            planned: 0,
            reactions: Reactions::new(&day.reactions),
            sessions: BTreeMap::new(),
            numbers: BTreeMap::new(),
            mean_service_ms: mean_service_ms(day),
        };
        for Standing { at, agent, is } in &day.standings {
            play.plan(*at, Act::Stand(agent.clone(), is.clone()));
        }
        for (place, passage) in day.passages.iter().enumerate() {
            play.plan(passage.waiting_since, Act::Come(place));
        }
        play.open_endpoints();
        Ok(play)
    }

    fn plan(&mut self, at: Timestamp, act: Act) {
        self.planned += 1;
        self.acts.insert((at, self.planned), act);
    }

    fn open_endpoints(&mut self) {
        let mut opened = vec![open(AGENTS, Side::Agent, "agents", "xmpp")];
        for passage in &self.day.passages {
            let came = &passage.came;
            let is_new = !opened.iter().any(|known| known.side == Side::Customer && known.provider == came.provider);
            if is_new {
                let endpoint = EndpointId(opened.len() as u64 + 1);
                opened.push(open(endpoint, Side::Customer, &came.provider, &came.protocol));
            }
        }
        let inputs: Vec<Input> = opened.into_iter().map(Input::Opened).collect();
        self.batch(&inputs);
    }

    /// The next moment of the day at which there is something to do.
    fn next(&self) -> Option<Timestamp> {
        let act = self.acts.keys().next().map(|(at, _)| *at);
        let due = self.centre.next_due().map(|at| at.max(self.now));
        act.into_iter().chain(due).min().filter(|at| *at <= self.day.to)
    }

    fn go_on(&mut self, at: Timestamp) -> Result<(), PlayError> {
        self.at_once = if at > self.now { 0 } else { self.at_once + 1 };
        if self.at_once > MOST_AT_ONCE {
            return Err(PlayError::Stuck(at));
        }
        self.now = at;
        match self
            .acts
            .first_entry()
            .filter(|act| act.key().0 <= at)
            .map(std::collections::btree_map::OccupiedEntry::remove)
        {
            Some(act) => self.act(act),
            None => self.batch(&[Input::Tick]),
        }
        Ok(())
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Stand(agent, is) => self.stand(&agent, &is),
            Act::Come(place) => self.come(place),
            Act::GiveUp(place) => {
                let Some(id) = self.numbers.get(&place).copied() else { return };
                if self.sessions.get(&id).is_some_and(|current| current.accepted == 0) {
                    self.close(id);
                }
            }
            Act::Answer(agent, number, word) => {
                let words = format!("{word} {}", number.0);
                self.batch(&[report(AGENTS, agent.as_str(), said("", &words, None))]);
            }
            Act::End(id, accepted) => {
                if self.sessions.get(&id).is_some_and(|current| current.accepted == accepted) {
                    self.close(id);
                }
            }
        }
    }

    fn close(&mut self, session: SessionId) {
        self.batch(&[Input::Close { session, reason: "as it was recorded".to_owned() }]);
    }

    fn stand(&mut self, agent: &AgentName, is: &str) {
        let name = agent.as_str();
        let is_here = self.centre.standings().iter().any(|(known, is)| known == agent && *is != "off-duty");
        let mut inputs = Vec::new();
        if is == "off-duty" {
            inputs.push(report(AGENTS, name, Event::Left("as it was recorded".to_owned())));
        } else {
            if !is_here {
                inputs.push(report(AGENTS, name, arrived(name, name, "member")));
            }
            inputs.push(report(AGENTS, name, published(is)));
        }
        self.batch(&inputs);
    }

    fn come(&mut self, place: usize) {
        let passage = &self.day.passages[place];
        let Some(endpoint) = self.centre.customers_endpoint(&passage.came.provider) else { return };
        let contact = format!("c{place}");
        let person = self.person(passage);
        let kind = if passage.came.member { "member" } else { "guest" };
        let mut inputs = vec![report(endpoint, &contact, arrived(&person, &passage.came.customer_name, kind))];
        if let Some(software) = &passage.came.software {
            inputs.push(report(endpoint, &contact, Event::Software(software.clone())));
        }
        let language = (!passage.came.language.is_empty()).then(|| passage.came.language.clone());
        let link = passage.came.link.as_str();
        inputs.push(report(endpoint, &contact, said(link, "as it was recorded", language)));
        let before = self.centre.last_session();
        self.batch_of(&inputs, Some(place));
        let after = self.centre.last_session();
        if after != before
            && let (true, Some((ended, How::Abandoned))) = (passage.served.is_empty(), passage.ended)
        {
            self.plan(ended, Act::GiveUp(place));
        }
    }

    /// The customer's name; another where the person has a session already, which would go on instead of a new one.
    fn person(&self, passage: &Passage) -> String {
        let customer = &passage.came.customer;
        let name = match customer.provider.as_str() {
            "" => customer.alias.to_string(),
            provider => format!("{}@{provider}", customer.alias),
        };
        let is_busy = self.sessions.values().any(|current| {
            let other = &self.day.passages[current.passage].came;
            other.customer == *customer && other.link == passage.came.link
        });
        if is_busy { format!("{name}#{}", passage.session.0) } else { name }
    }

    fn batch(&mut self, inputs: &[Input]) {
        self.batch_of(inputs, None);
    }

    /// One batch; a session that is new in it is the one of this passage.
    fn batch_of(&mut self, inputs: &[Input], comes: Option<usize>) {
        self.batches += 1;
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.batches.to_be_bytes());
        self.centre.begin(self.now, seed);
        for input in inputs {
            self.centre.handle(input);
        }
        let output = self.centre.finish();
        let noted = self.centre.take_noted();
        self.recorder.take(self.now, &output, &noted);
        for op in &output.ops {
            if let Op::Put(Record::Session(record)) = op {
                self.know(record.id, record.offer.as_ref().map(|offer| offer.number), record.state, comes);
            }
        }
        for noted in &noted {
            self.react(noted);
        }
    }

    fn know(&mut self, id: SessionId, offer: Option<OfferNumber>, state: State, comes: Option<usize>) {
        if matches!(state, State::Closed { .. }) {
            self.sessions.remove(&id);
            return;
        }
        if let Some(passage) =
            comes.filter(|place| !self.numbers.contains_key(place) && !self.sessions.contains_key(&id))
        {
            self.numbers.insert(passage, id);
            self.sessions.insert(id, Current { passage, accepted: 0, offer: None });
        }
        if let Some(current) = self.sessions.get_mut(&id) {
            current.offer = offer;
        }
    }

    fn react(&mut self, noted: &Noted) {
        let Noted::Became { session, agent, outcome } = noted else { return };
        match outcome.as_str() {
            "offered" => {
                let Some(number) = self.sessions.get(session).and_then(|current| current.offer) else { return };
                let (what, after_ms) = self.reactions.next(agent);
                let at = self.now.plus_ms(after_ms);
                match what {
                    React::Accepted => self.plan(at, Act::Answer(agent.clone(), number, "accept")),
                    React::Declined => self.plan(at, Act::Answer(agent.clone(), number, "decline")),
                    // The centre notices by itself.
                    React::Expired => {}
                }
            }
            "accepted" => {
                let Some(current) = self.sessions.get_mut(session) else { return };
                current.accepted += 1;
                let (accepted, passage) = (current.accepted, current.passage);
                let at = self.now.plus_ms(self.service_ms(passage));
                self.plan(at, Act::End(*session, accepted));
            }
            _ => {}
        }
    }

    fn service_ms(&self, place: usize) -> u64 {
        let passage = &self.day.passages[place];
        service_ms(passage).unwrap_or_else(|| {
            let mean = self.mean_service_ms.get(passage.queue.as_str()).or_else(|| self.mean_service_ms.get(""));
            mean.copied().unwrap_or_default()
        })
    }

    /// The day that was played, with the numbers of the one that was.
    fn end(self) -> Day {
        let mut day = self.recorder.day();
        day.to = self.day.to;
        let recorded: BTreeMap<SessionId, SessionId> =
            self.numbers.iter().map(|(place, id)| (*id, self.day.passages[*place].session)).collect();
        for passage in &mut day.passages {
            passage.session = recorded.get(&passage.session).copied().unwrap_or(passage.session);
        }
        day
    }
}

/// Agents' reactions, over and over.
struct Reactions<'a> {
    of: BTreeMap<&'a AgentName, Vec<&'a Reaction>>,
    next: BTreeMap<AgentName, usize>,
}

impl<'a> Reactions<'a> {
    fn new(reactions: &'a [Reaction]) -> Self {
        let mut of: BTreeMap<&AgentName, Vec<&Reaction>> = BTreeMap::new();
        for reaction in reactions {
            of.entry(&reaction.agent).or_default().push(reaction);
        }
        Self { of, next: BTreeMap::new() }
    }

    fn next(&mut self, agent: &AgentName) -> (React, u64) {
        let Some(recorded) = self.of.get(agent) else { return (React::Accepted, 0) };
        let next = self.next.entry(agent.clone()).or_default();
        let reaction = recorded[*next % recorded.len()];
        *next += 1;
        (reaction.what, reaction.after_ms)
    }
}

/// How long agents were busy with a session before it was over, if it was.
fn service_ms(passage: &Passage) -> Option<u64> {
    let parts = passage.served.iter().map(|served| Some(served.until?.since_ms(served.from)));
    (!passage.served.is_empty()).then(|| parts.sum::<Option<u64>>()).flatten()
}

/// Of each queue, and under no name of all.
fn mean_service_ms(day: &Day) -> BTreeMap<&str, u64> {
    let mut sums: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for passage in &day.passages {
        let Some(ms) = service_ms(passage) else { continue };
        for name in [passage.queue.as_str(), ""] {
            let (sum, count) = sums.entry(name).or_default();
            (*sum, *count) = (*sum + ms, *count + 1);
        }
    }
    sums.into_iter().map(|(name, (sum, count))| (name, sum / count)).collect()
}

fn settings(recorded: &Settings, rules: &RuleSet) -> Settings {
    let mut settings = recorded.clone();
    for pool in &mut settings.pools {
        let rules = rules.of(&pool.name, Lane::Service);
        pool.rules = rules.iter().map(|rule| rule.name().to_owned()).collect();
        // The day is played by these rules alone.
        (pool.shadow, pool.canary) = (None, None);
    }
    settings.missed_offers = 0;
    settings.redirects.clear();
    settings.limits.software_wait_ms = 0;
    settings
}

fn open(endpoint: EndpointId, side: Side, provider: &str, protocol: &str) -> Opened {
    Opened {
        endpoint,
        side,
        provider: provider.to_owned(),
        protocol: protocol.to_owned(),
        own_accounts: true,
        address: String::new(),
    }
}

fn report(endpoint: EndpointId, contact: &str, event: Event) -> Input {
    Input::Report { endpoint, report: Report { reference: 0, contact: Contact::new(contact), origin: None, event } }
}

fn arrived(person: &str, name: &str, kind: &str) -> Event {
    Event::Arrived(Arrival {
        principal: Some(Alias::new(person)),
        name: name.to_owned(),
        features: Vec::new(),
        attributes: vec![Attribute::new("kind", kind)],
    })
}

fn published(activity: &str) -> Event {
    let tuple = PresenceTuple {
        id: "rehearsal".to_owned(),
        open: true,
        activity: activity.to_owned(),
        medium: "chat".to_owned(),
        contact: None,
        note: None,
        priority: 0,
        since: Timestamp::default(),
        attributes: Vec::new(),
    };
    Event::Published(Published { expires: None, tuples: vec![tuple] })
}

fn said(to: &str, text: &str, language: Option<String>) -> Event {
    let message = Message {
        id: String::new(),
        sender: Alias::default(),
        sender_name: String::new(),
        sent_at: Timestamp::default(),
        body: Body::Text(text.to_owned()),
        language,
        attributes: Vec::new(),
    };
    Event::Said(Said { to: Alias::new(to), message })
}
