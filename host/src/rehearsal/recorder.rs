//! Takes a day from what a centre puts out, whether that is a replayed journal's or one that plays.
//!
//! Invariant: both are recorded by this, so that they can be compared.

use super::decisions::Counting;
use super::{Consultation, Day, Decisions, How, Passage, React, Reaction, Served, Standing};
use crate::centre::noted::{self, Noted};
use crate::centre::{Centre, ENDED_BY_DIALOG, Effect, Input, Opened, Output};
use crate::model::consult::{Asker, Consulted, Question};
use crate::model::record::{Op, Record, Session, State};
use crate::model::{AgentName, SessionId, Side, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Why the record of a session says that a rule refused it.
const REFUSED: &str = "refused by a rule";

/// See the [module](self).
pub struct Recorder {
    day: Day,
    /// By number.
    passages: BTreeMap<SessionId, Passage>,
    offered: BTreeMap<(SessionId, AgentName), Timestamp>,
    /// Sessions that were there at the beginning.
    earlier: BTreeSet<SessionId>,
    /// Sessions that were with a dialog.
    talked: BTreeSet<SessionId>,
    /// Which question of a session stands in which place of the consultations.
    questions: BTreeMap<(SessionId, u32), usize>,
    decisions: Counting,
}

impl Recorder {
    /// From a centre as it stands.
    pub fn new(centre: &Centre, from: Timestamp) -> Self {
        let mut recorder = Self {
            day: Day {
                from,
                to: from,
                settings: centre.settings().clone(),
                profiles: centre.profiles(),
                members: centre.members(),
                passages: Vec::new(),
                standings: Vec::new(),
                reactions: Vec::new(),
                doors: Vec::new(),
                last_served: centre.last_served(),
                memories: centre.memories(),
                waits: centre.learnt_waits(),
                consultations: Vec::new(),
                left_out: 0,
            },
            passages: BTreeMap::new(),
            offered: BTreeMap::new(),
            earlier: BTreeSet::new(),
            talked: BTreeSet::new(),
            questions: BTreeMap::new(),
            decisions: Counting::default(),
        };
        recorder.earlier = centre.session_ids();
        for standing in centre.standings() {
            recorder.stands(from, standing);
        }
        for opened in centre.endpoints(Side::Customer) {
            recorder.opened(&opened);
        }
        recorder
    }

    /// The service was started again: nobody is here.
    pub fn restarted(&mut self, at: Timestamp, centre: &Centre) {
        let agents: BTreeSet<AgentName> = self.day.standings.iter().map(|standing| standing.agent.clone()).collect();
        for agent in agents {
            self.stands(at, noted::Standing { agent, is: "off-duty", protocols: BTreeSet::new(), by_device: false });
        }
        self.accounts_changed(centre);
    }

    /// Takes the inputs of a batch, after which the centre stands so.
    pub fn hear(&mut self, now: Timestamp, inputs: &[Input], centre: &Centre) {
        for input in inputs {
            match input {
                Input::Opened(opened) if opened.side == Side::Customer => self.opened(opened),
                Input::Consulted(consulted) => self.consulted(now, consulted),
                _ => {}
            }
        }
        if inputs.iter().any(|input| matches!(input, Input::Agent(_) | Input::Member(_))) {
            self.accounts_changed(centre);
        }
    }

    /// Takes what came of a batch.
    pub fn take(&mut self, now: Timestamp, output: &Output, noted: &[Noted]) {
        self.day.to = now;
        for op in &output.ops {
            if let Op::Put(Record::Session(record)) = op
                && !self.earlier.contains(&record.id)
            {
                self.session(now, record);
            }
        }
        for effect in &output.effects {
            if let Effect::Consult(_, question) = effect
                && question.asker == Asker::Rule
            {
                self.asks(now, question);
            }
        }
        for noted in noted {
            self.decisions.take(now, noted);
            match noted {
                Noted::Became { session, agent, outcome } => self.became(now, *session, agent, outcome),
                Noted::Standing(standing) => self.stands(now, standing.clone()),
                Noted::Decision(_) | Noted::Choice(_) | Noted::Talked { .. } | Noted::Unspoken { .. } => {}
            }
        }
    }

    /// The day so far, and its decisions as far as they were put to other rules.
    pub fn done(mut self) -> (Day, Decisions) {
        self.day.left_out = self.earlier.len();
        self.day.passages = self.passages.into_values().collect();
        (self.day, self.decisions.done())
    }

    /// Those of former agents and members are kept.
    fn accounts_changed(&mut self, centre: &Centre) {
        for profile in centre.profiles() {
            match self.day.profiles.iter_mut().find(|known| known.name == profile.name) {
                Some(known) => *known = profile,
                None => self.day.profiles.push(profile),
            }
        }
        for member in centre.members() {
            match self.day.members.iter_mut().find(|known| known.alias == member.alias) {
                Some(known) => *known = member,
                None => self.day.members.push(member),
            }
        }
    }

    fn opened(&mut self, opened: &Opened) {
        if !self.day.doors.iter().any(|known| known.provider == opened.provider) {
            self.day.doors.push(opened.clone());
        }
    }

    fn stands(&mut self, at: Timestamp, standing: noted::Standing) {
        let noted::Standing { agent, is, protocols, by_device } = standing;
        self.day.standings.push(Standing { at, agent, is: is.to_owned(), protocols, by_device });
    }

    fn asks(&mut self, now: Timestamp, question: &Question) {
        // One that is under way is asked again when whoever carries it out connects anew.
        if let std::collections::btree_map::Entry::Vacant(new) =
            self.questions.entry((question.session, question.number))
        {
            new.insert(self.day.consultations.len());
            let (session, rule) = (question.session, question.rule.clone());
            self.day.consultations.push(Consultation { session, rule, at: now, reply: None });
        }
    }

    fn consulted(&mut self, now: Timestamp, consulted: &Consulted) {
        let place = self.questions.get(&(consulted.session, consulted.number));
        let asked = place.and_then(|place| self.day.consultations.get_mut(*place));
        if let Some(asked) = asked.filter(|asked| asked.reply.is_none()) {
            asked.reply = Some((now.since_ms(asked.at), consulted.reply.clone()));
        }
    }

    fn session(&mut self, now: Timestamp, record: &Session) {
        if record.state == State::Automated {
            self.talked.insert(record.id);
        }
        let waits = !matches!(record.state, State::Automated | State::Closed { .. });
        // Who has only talked to a dialog has not waited for anybody.
        if self.talked.contains(&record.id) && !waits && !self.passages.contains_key(&record.id) {
            return;
        }
        let passage = self.passages.entry(record.id).or_insert_with(|| Passage::new(record));
        passage.queue.clone_from(&record.queue);
        passage.waiting_since = record.waiting_since;
        passage.came.software.clone_from(&record.software);
        if !record.language.is_empty() {
            passage.came.language.clone_from(&record.language);
        }
        if passage.asked.last().and_then(|(_, agent)| agent.as_ref()) != record.requested.as_ref() {
            passage.asked.push((now, record.requested.clone()));
        }
        let is_over = matches!(record.state, State::Wrapping { .. } | State::Closed { .. });
        if let Some(served) = passage.served.last_mut() {
            if served.until.is_none() && (is_over || record.owner.is_none()) {
                served.until = Some(now);
            }
            if served.free.is_none() && (matches!(record.state, State::Closed { .. }) || record.owner.is_none()) {
                served.free = Some(now);
            }
        }
        if is_over && passage.ended.is_none() {
            let how = match (&record.owner, record.closed_reason.as_deref()) {
                (Some(_), _) => How::Served,
                (None, Some(REFUSED)) => How::Refused,
                (None, Some(reason)) if reason.starts_with(ENDED_BY_DIALOG) => How::Served,
                (None, _) => How::Abandoned,
            };
            passage.ended = Some((now, how));
        }
    }

    fn became(&mut self, now: Timestamp, session: SessionId, agent: &AgentName, outcome: &str) {
        let what = match outcome {
            "offered" => {
                self.offered.insert((session, agent.clone()), now);
                return;
            }
            "accepted" => React::Accepted,
            "declined" => React::Declined,
            "expired" => React::Expired,
            _ => return,
        };
        if let Some(at) = self.offered.remove(&(session, agent.clone())) {
            self.day.reactions.push(Reaction { agent: agent.clone(), what, after_ms: now.since_ms(at) });
        }
        if let Some(passage) = self.passages.get_mut(&session).filter(|_| what == React::Accepted) {
            passage.taken_by(agent, now);
        }
    }
}

impl Passage {
    fn new(record: &Session) -> Self {
        Self {
            session: record.id,
            came: Box::new(record.clone()),
            queue: record.queue.clone(),
            waiting_since: record.waiting_since,
            asked: Vec::new(),
            served: Vec::new(),
            ended: None,
        }
    }

    /// Another agent has it from now on: one who had it until now has given it away.
    fn taken_by(&mut self, agent: &AgentName, now: Timestamp) {
        if let Some(before) = self.served.last_mut() {
            before.until.get_or_insert(now);
            before.free.get_or_insert(now);
        }
        self.served.push(Served { agent: agent.clone(), from: now, until: None, free: None });
    }
}
