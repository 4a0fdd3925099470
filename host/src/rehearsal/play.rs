//! Plays a day again with other rules, in a centre of its own.
//!
//! Who came then comes now, at the same moment; what follows from a rule's decision (an offer, a service, a wait) is answered as
//! [`MODEL`](super::MODEL) says.
//!
//! Invariant: one thing happens at a time, in the order of moments and of what was recorded.

mod modelled;
mod people;

use super::{Day, How, React, Recorder, Standing};
use crate::centre::noted::Noted;
use crate::centre::{Centre, Components, Effect, Input, LoadError, Loaded};
use crate::model::consult::{Consulted, Question};
use crate::model::record::{Op, Record, Session, State};
use crate::model::{AgentName, Alias, OfferNumber, SessionId, Timestamp, request};
#[cfg(test)]
pub(super) use modelled::records as begins_with;
use modelled::{Reactions, Services, World};
use people::{CONSULTANT, Places};
use std::collections::btree_map::OccupiedEntry;
use std::collections::{BTreeMap, BTreeSet};

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
enum Act<'a> {
    /// An agent comes, leaves or is away.
    Stand(&'a Standing),
    /// The passage of this place comes.
    Come(usize),
    /// Its customer asks for an agent, or for anybody.
    Ask(usize, Option<AgentName>),
    /// A customer gives up, if nobody has taken the session.
    GiveUp(usize),
    /// An agent answers an offer.
    Answer(AgentName, SessionId, OfferNumber, React),
    /// The world answers a rule.
    Tell(Box<Consulted>),
    /// The session is over, if it was accepted so many times.
    End(SessionId, u32),
    /// The agent has wrapped it up.
    WrappedUp(AgentName, Alias),
}

/// Plays a day with these rules, one list for each of its pools.
///
/// # Errors
/// Where the rules can't be put in.
pub fn play(day: &Day, rules: Components) -> Result<Day, PlayError> {
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
    acts: BTreeMap<(Timestamp, u64), Act<'a>>,
    planned: u64,
    reactions: Reactions<'a>,
    services: Services<'a>,
    world: World<'a>,
    places: Places,
    /// Agents of whom a switch says that they are there.
    by_switch: BTreeSet<AgentName>,
    /// Switches' calls so far.
    calls: u64,
    /// By the number here.
    sessions: BTreeMap<SessionId, Current>,
    /// Numbers here, by the place of the passage.
    numbers: BTreeMap<usize, SessionId>,
}

/// A session of the play.
struct Current {
    passage: usize,
    alias: Alias,
    accepted: u32,
    offer: Option<OfferNumber>,
    owner: Option<AgentName>,
}

impl<'a> Play<'a> {
    fn begin(day: &'a Day, mut rules: Components) -> Result<Self, PlayError> {
        let settings = modelled::settings(&day.settings, &rules);
        for dialog in &settings.dialogs {
            rules.add_dialog(Box::new(modelled::Keeps(dialog.name.clone())));
        }
        let records = modelled::records(day, &rules);
        let (profiles, members) = (day.profiles.clone(), day.members.clone());
        let mut centre = Centre::load(settings, rules, Loaded { records, profiles, members, ..Loaded::default() })?;
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
            services: Services::new(day),
            world: World::new(&day.consultations),
            places: Places::default(),
            by_switch: BTreeSet::new(),
            calls: 0,
            sessions: BTreeMap::new(),
            numbers: BTreeMap::new(),
        };
        for standing in &day.standings {
            play.plan(standing.at, Act::Stand(standing));
        }
        for (place, passage) in day.passages.iter().enumerate() {
            play.plan(passage.waiting_since, Act::Come(place));
        }
        play.open_endpoints();
        Ok(play)
    }

    fn plan(&mut self, at: Timestamp, act: Act<'a>) {
        self.planned += 1;
        self.acts.insert((at, self.planned), act);
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
        match self.acts.first_entry().filter(|act| act.key().0 <= at).map(OccupiedEntry::remove) {
            Some(act) => self.act(act),
            None => self.batch(&[Input::Tick]),
        }
        Ok(())
    }

    fn act(&mut self, act: Act<'a>) {
        match act {
            Act::Stand(standing) => self.stand(standing),
            Act::Come(place) => self.come(place),
            Act::Ask(place, agent) if self.waits(place) => self.asks(place, agent.as_ref()),
            Act::Ask(..) => {}
            Act::GiveUp(place) => self.give_up(place),
            Act::Answer(agent, id, number, what) => self.answer(&agent, id, number, what),
            Act::Tell(consulted) => self.batch(&[Input::Consulted(consulted)]),
            Act::End(id, accepted) => self.end_service(id, accepted),
            Act::WrappedUp(agent, alias) => self.agent_says(&agent, alias.as_str(), "done"),
        }
    }

    /// Whether nobody has taken the session of a passage yet.
    fn waits(&self, place: usize) -> bool {
        let current = self.numbers.get(&place).and_then(|id| self.sessions.get(id));
        current.is_some_and(|current| current.accepted == 0)
    }

    fn give_up(&mut self, place: usize) {
        if let Some(id) = self.numbers.get(&place).copied().filter(|_| self.waits(place)) {
            self.close(id);
        }
    }

    fn close(&mut self, session: SessionId) {
        self.batch(&[Input::Close { session, reason: "as it was recorded".to_owned() }]);
    }

    fn come(&mut self, place: usize) {
        let inputs = self.coming(place);
        self.batch_of(&inputs, Some(place));
        if !self.numbers.contains_key(&place) {
            return;
        }
        let passage = &self.day.passages[place];
        for (at, agent) in passage.asked.iter().filter(|(at, _)| *at > passage.waiting_since) {
            self.plan(*at, Act::Ask(place, agent.clone()));
        }
        if let (true, Some((ended, How::Abandoned))) = (passage.served.is_empty(), passage.ended) {
            self.plan(ended, Act::GiveUp(place));
        }
    }

    fn answer(&mut self, agent: &AgentName, id: SessionId, number: OfferNumber, what: React) {
        let Some(place) = self.sessions.get(&id).map(|current| current.passage) else { return };
        let Some(request) = &self.day.passages[place].came.request else {
            let word = if what == React::Accepted { "accept" } else { "decline" };
            return self.agent_says(agent, "", &format!("{word} {}", number.0));
        };
        let answer = if what == React::Accepted { request::Said::Accepted } else { request::Said::Declined };
        let call = self.call(&request.switch, answer(request.id.clone(), number));
        self.batch(&[call]);
    }

    fn end_service(&mut self, id: SessionId, accepted: u32) {
        let Some(current) = self.sessions.get(&id).filter(|current| current.accepted == accepted) else { return };
        let (alias, owner) = (current.alias.clone(), current.owner.clone());
        let wrap_up_ms = modelled::wrap_up_ms(&self.day.passages[current.passage]);
        self.close(id);
        if let (Some(owner), Some(wrap_up_ms), true) = (owner, wrap_up_ms, self.sessions.contains_key(&id)) {
            self.plan(self.now.plus_ms(wrap_up_ms), Act::WrappedUp(owner, alias));
        }
    }

    fn batch(&mut self, inputs: &[Input]) {
        self.batch_of(inputs, None);
    }

    /// One batch; a session that is new in it is the one of this passage.
    fn batch_of(&mut self, inputs: &[Input], comes: Option<usize>) {
        self.batches += 1;
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.batches.to_be_bytes());
        let last = self.centre.last_session();
        self.centre.begin(self.now, seed);
        for input in inputs {
            self.centre.handle(input);
        }
        let output = self.centre.finish();
        let noted = self.centre.take_noted();
        self.recorder.hear(self.now, inputs, &self.centre);
        self.recorder.take(self.now, &output, &noted);
        for op in &output.ops {
            if let Op::Put(Record::Session(record)) = op {
                self.know(record, comes.filter(|_| record.id > last));
            }
        }
        for effect in &output.effects {
            if let Effect::Consult(_, question) = effect {
                self.consult(question);
            }
        }
        for noted in &noted {
            self.react(noted);
        }
    }

    /// A session has changed, or has come as this passage.
    fn know(&mut self, record: &Session, comes: Option<usize>) {
        let id = record.id;
        if let Some(passage) = comes {
            self.numbers.insert(passage, id);
            let alias = record.alias.clone();
            self.sessions.insert(id, Current { passage, alias, accepted: 0, offer: None, owner: None });
        }
        if matches!(record.state, State::Closed { .. }) {
            self.sessions.remove(&id);
        } else if let Some(current) = self.sessions.get_mut(&id) {
            current.offer = record.offer.as_ref().map(|offer| offer.number);
            current.owner = record.owner.as_ref().map(|owner| owner.agent.clone());
        }
    }

    fn consult(&mut self, question: &Question) {
        let passage = self.sessions.get(&question.session).map(|current| current.passage);
        let Some(passage) = passage.map(|place| &self.day.passages[place]) else { return };
        // Where no answer came in time, the centre notices by itself.
        let Some((after_ms, reply)) = self.world.answer(passage.session, &question.rule) else { return };
        let (session, number) = (question.session, question.number);
        let consulted = Consulted { endpoint: CONSULTANT, session, number, reply };
        self.plan(self.now.plus_ms(after_ms), Act::Tell(Box::new(consulted)));
    }

    fn react(&mut self, noted: &Noted) {
        let Noted::Became { session, agent, outcome } = noted else { return };
        match outcome.as_str() {
            "offered" => {
                let Some(number) = self.sessions.get(session).and_then(|current| current.offer) else { return };
                let (what, after_ms) = self.reactions.next(agent);
                // An offer that is not answered expires by itself.
                if what != React::Expired {
                    let answer = Act::Answer(agent.clone(), *session, number, what);
                    self.plan(self.now.plus_ms(after_ms), answer);
                }
            }
            "accepted" => {
                let Some(current) = self.sessions.get_mut(session) else { return };
                current.accepted += 1;
                let (accepted, passage) = (current.accepted, &self.day.passages[current.passage]);
                let at = self.now.plus_ms(self.services.of_ms(passage));
                self.plan(at, Act::End(*session, accepted));
            }
            _ => {}
        }
    }

    /// The day that was played, with the numbers of the one that was.
    fn end(self) -> Day {
        let (mut day, _) = self.recorder.done();
        day.to = self.day.to;
        let recorded: BTreeMap<SessionId, SessionId> =
            self.numbers.iter().map(|(place, id)| (*id, self.day.passages[*place].session)).collect();
        for passage in &mut day.passages {
            passage.session = recorded.get(&passage.session).copied().unwrap_or(passage.session);
        }
        day
    }
}
