//! Rules and dialogs that answer what is recorded, whatever they are asked. Beside a rule the very component may stand that answered then: it is told
//! what that was told and asked what that was asked, and gives its reasons; what it answers counts for nothing else.
//!
//! Invariant: a rule answers in the order of the record, and a question that was not asked then is noticed.

use super::{Answered, DialogAnswer, PluginAnswer, RuleDigest, Spoken};
use crate::centre::checkpoint::Told;
use crate::centre::{Centre, Components, DialogDigest, DialogSet, RulePlace};
use crate::model::adapter::GuestFailure;
use crate::model::dialog::{Dialog, Event, Setup, Turn};
use crate::model::rule::{AgentRef, Answer, Change, Note, Pick, Rule, SessionRef};
use crate::model::settings::Settings;
use crate::model::{Digest, Failure, HttpResponse, Lane, Reference, SavedState, Timestamp};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Told a witness in one call, as [`Limits::changes_per_call`](crate::model::limits::Limits) has it.
const CHANGES_AT_ONCE: usize = 256;

/// Opens a rule of a pool, if the component of this digest is at hand: it knows nothing yet.
pub type Reopen = Arc<dyn Fn(&str, &str, Digest) -> Option<Box<dyn Rule>> + Send + Sync>;

/// Rules and dialogs that answer what is recorded.
pub(super) fn rules(answers: &Answers, digests: &[RuleDigest], dialogs: &[DialogDigest]) -> Components {
    let mut rules = Components::new();
    for DialogDigest { dialog, .. } in dialogs {
        rules.add_dialog(Box::new(RecordedDialog { name: dialog.clone(), answers: answers.clone() }));
    }
    for digest in digests {
        let chain = rules.of_mut(&digest.pool, digest.lane);
        let place = u16::try_from(chain.len()).unwrap_or(u16::MAX);
        chain.push(Box::new(Recorded {
            pool: digest.pool.clone(),
            lane: digest.lane,
            place,
            name: digest.rule.clone(),
            answers: answers.clone(),
        }));
    }
    rules
}

/// All dialogs that settings name.
pub(super) fn dialogs(answers: &Answers, settings: &Settings) -> DialogSet {
    let names = settings.dialogs.iter().map(|dialog| dialog.name.clone());
    let recorded = |name: String| -> (String, Box<dyn Dialog>) {
        (name.clone(), Box::new(RecordedDialog { name, answers: answers.clone() }))
    };
    names.map(recorded).collect()
}

/// Rules that new settings name and that are not there yet.
pub(super) fn added(centre: &Centre, settings: &Settings, answers: &Answers) -> BTreeMap<RulePlace, Box<dyn Rule>> {
    let mut added: BTreeMap<RulePlace, Box<dyn Rule>> = BTreeMap::new();
    for pool in &settings.pools {
        let named = pool.chains().flat_map(|(lane, rules)| rules.iter().map(move |rule| (lane, rule)));
        for (lane, name) in named.filter(|(lane, rule)| centre.place_of(&pool.name, *lane, rule).is_none()) {
            let (pool, name, answers) = (pool.name.clone(), name.clone(), answers.clone());
            let recorded = Recorded { pool, lane, place: 0, name, answers };
            // One of this name that was there before is gone, with what it knew.
            recorded.answers.with(|script| script.witnesses.remove(&recorded.key()));
            added.insert(recorded.key(), Box::new(recorded));
        }
    }
    added
}

/// The recorded answers of the batch that is being run, shared by all rules.
#[derive(Clone, Default)]
pub(super) struct Answers(Arc<Mutex<Script>>);

#[derive(Default)]
struct Script {
    answers: VecDeque<PluginAnswer>,
    spoken: VecDeque<DialogAnswer>,
    complaint: Option<String>,
    /// Which component each rule is: another after an exchange.
    digests: BTreeMap<RulePlace, Digest>,
    dialogs: BTreeMap<String, Digest>,
    reopen: Option<Reopen>,
    /// By name, since a rule's place in the chain may change; none where a component is not at hand, or has failed.
    witnesses: BTreeMap<RulePlace, Witness>,
}

/// The component that answered, asked again for its reasons.
struct Witness {
    digest: Digest,
    rule: Option<Box<dyn Rule>>,
}

impl Script {
    fn digest(&self, of: &Recorded) -> Digest {
        self.digests.get(&of.key()).copied().unwrap_or(Digest([0; 32]))
    }

    /// What stands beside a rule; opened where another component has taken the place since.
    fn witness(&mut self, of: &Recorded) -> Option<&mut Box<dyn Rule>> {
        let digest = self.digest(of);
        let reopen = self.reopen.clone()?;
        if self.witnesses.get(&of.key()).is_none_or(|witness| witness.digest != digest) {
            let rule = reopen(&of.pool, &of.name, digest);
            self.witnesses.insert(of.key(), Witness { digest, rule });
        }
        self.witnesses.get_mut(&of.key())?.rule.as_mut()
    }

    fn dismiss(&mut self, of: &Recorded) {
        if let Some(witness) = self.witnesses.get_mut(&of.key()) {
            witness.rule = None;
        }
    }
}

impl Answers {
    fn with<T>(&self, act: impl FnOnce(&mut Script) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn fill(&self, recorded: &[PluginAnswer], in_force: &[RuleDigest]) {
        self.with(|script| {
            script.answers = recorded.iter().cloned().collect();
            script.complaint = None;
            script.digests.clear();
            for RuleDigest { pool, lane, rule, digest } in in_force {
                script.digests.insert((pool.clone(), *lane, rule.clone()), *digest);
            }
        });
    }

    /// As [`Self::fill`], of dialogs.
    pub(super) fn fill_dialogs(&self, recorded: &[DialogAnswer], in_force: &[DialogDigest]) {
        self.with(|script| {
            script.spoken = recorded.iter().cloned().collect();
            script.dialogs = in_force.iter().map(|of| (of.dialog.clone(), of.digest)).collect();
        });
    }

    /// What the dialog answered next, if it was to this call.
    fn heard<T>(
        &self,
        name: &str,
        call: &str,
        open: impl FnOnce(Spoken) -> Option<Result<T, GuestFailure>>,
    ) -> Result<T, GuestFailure> {
        self.with(|script| {
            let next = script.spoken.pop_front().filter(|next| next.dialog == name);
            next.and_then(|next| open(next.spoken)).unwrap_or_else(|| {
                let text = format!("{call} of dialog {name} is not what was recorded next");
                script.complaint.get_or_insert_with(|| text.clone());
                Err(GuestFailure::Contract(text))
            })
        })
    }

    /// Has the components that answered then say why, as far as they are at hand.
    pub(super) fn call_witnesses(&self, reopen: Reopen) {
        self.with(|script| script.reopen = Some(reopen));
    }

    /// In the middle of a run: tells a witness what its rule knew.
    pub(super) fn brief(&self, told: &Told, world: &[Change]) {
        let (pool, name) = (told.pool.clone(), told.rule.clone());
        let of = Recorded { pool, lane: told.lane, place: told.place, name, answers: self.clone() };
        self.tell(&of, |witness| {
            witness.rebuild(told.memory.as_ref())?;
            world.chunks(CHANGES_AT_ONCE).try_for_each(|changes| witness.changed(changes))
        });
    }

    /// Tells the witness of a rule something; one that fails is not asked any more.
    fn tell(&self, of: &Recorded, tell: impl FnOnce(&mut dyn Rule) -> Result<(), GuestFailure>) {
        self.with(|script| {
            let told = script.witness(of).map(|witness| tell(&mut **witness));
            if matches!(told, Some(Err(_))) {
                script.dismiss(of);
            }
        });
    }

    /// The witness's reasons for an answer, if it gives the same.
    fn reasons<A>(
        &self,
        of: &Recorded,
        ask: impl FnOnce(&mut dyn Rule) -> Result<A, GuestFailure>,
        same: impl FnOnce(A) -> Option<Vec<Note>>,
    ) -> Vec<Note> {
        self.with(|script| match script.witness(of).map(|witness| ask(&mut **witness)) {
            None => Vec::new(),
            Some(Ok(answer)) => same(answer).unwrap_or_else(|| vec![note("asked again, it answers otherwise")]),
            Some(Err(failure)) => {
                script.dismiss(of);
                vec![note(&format!("asked again, it gives no answer: {failure}"))]
            }
        })
    }

    /// What was asked otherwise, or not at all.
    pub(super) fn complaint(&self) -> Option<String> {
        self.with(|script| {
            let left = || script.answers.front().map(|left| format!("{} was not called", left.answered.call()));
            let unheard = || script.spoken.front().map(|left| format!("the dialog {} was not called", left.dialog));
            script.complaint.take().or_else(left).or_else(unheard)
        })
    }

    /// The next answer, if it is to this call of this rule.
    fn take<T>(
        &self,
        rule: &Recorded,
        call: &str,
        open: impl FnOnce(Answered) -> Option<T>,
    ) -> Result<T, GuestFailure> {
        self.with(|script| {
            let next = script.answers.pop_front().filter(|next| rule.is_of(next));
            next.and_then(|next| open(next.answered)).ok_or_else(|| {
                let text = format!("{call} of rule {} in pool {} is not what was recorded next", rule.name, rule.pool);
                script.complaint.get_or_insert_with(|| text.clone());
                GuestFailure::Contract(text)
            })
        })
    }
}

/// A dialog that answers what was recorded.
struct RecordedDialog {
    name: String,
    answers: Answers,
}

impl Dialog for RecordedDialog {
    fn name(&self) -> &str {
        &self.name
    }

    fn digest(&self) -> Digest {
        self.answers.with(|script| script.dialogs.get(&self.name).copied().unwrap_or(Digest([0; 32])))
    }

    fn open(&mut self, _: Timestamp, _: &Setup) -> Result<SavedState, GuestFailure> {
        self.answers.heard(&self.name, "open", |spoken| match spoken {
            Spoken::Opened(opened) => Some(opened),
            Spoken::Turned(_) => None,
        })
    }

    fn handle(&mut self, _: Timestamp, _: &Setup, _: &SavedState, _: &Event) -> Result<Turn, GuestFailure> {
        self.answers.heard(&self.name, "handle", |spoken| match spoken {
            Spoken::Turned(turned) => Some(turned),
            Spoken::Opened(_) => None,
        })
    }
}

/// A rule that answers what was recorded.
struct Recorded {
    pool: String,
    lane: Lane,
    place: u16,
    name: String,
    answers: Answers,
}

macro_rules! recorded {
    ($self:ident, $case:ident, $call:literal) => {
        $self.answers.take($self, $call, |answered| match answered {
            Answered::$case(answer) => Some(answer),
            _ => None,
        })?
    };
}

impl Rule for Recorded {
    fn name(&self) -> &str {
        &self.name
    }

    fn digest(&self) -> Digest {
        self.answers.with(|script| script.digest(self))
    }

    fn placed(&mut self, place: u16) {
        self.place = place;
    }

    fn changed(&mut self, changes: &[Change]) -> Result<(), GuestFailure> {
        self.then(recorded!(self, Changed, "changed"), |witness| witness.changed(changes))
    }

    fn rank_agents(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        candidates: &[AgentRef],
        _: bool,
    ) -> Result<Answer, GuestFailure> {
        let answer: Answer = self.kept(recorded!(self, Agents, "rank-agents"))?;
        let ask = |witness: &mut dyn Rule| witness.rank_agents(now, session, candidates, true);
        let notes = self.answers.reasons(self, ask, |again| (again.verdict == answer.verdict).then_some(again.notes));
        Ok(Answer { notes, ..answer })
    }

    fn rank_sessions(
        &mut self,
        now: Timestamp,
        agent: AgentRef,
        waiting: &[SessionRef],
        _: bool,
    ) -> Result<Pick, GuestFailure> {
        let pick: Pick = self.kept(recorded!(self, Sessions, "rank-sessions"))?;
        let ask = |witness: &mut dyn Rule| witness.rank_sessions(now, agent, waiting, true);
        let notes = self.answers.reasons(self, ask, |again| (again.keep == pick.keep).then_some(again.notes));
        Ok(Pick { notes, ..pick })
    }

    fn learned(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        agent: AgentRef,
        outcome: &str,
    ) -> Result<(), GuestFailure> {
        self.then(recorded!(self, Learned, "learned"), |witness| witness.learned(now, session, agent, outcome))
    }

    fn consulted(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        reference: Reference,
        reply: Result<HttpResponse, Failure>,
    ) -> Result<(), GuestFailure> {
        let recorded = recorded!(self, Consulted, "consulted");
        self.then(recorded, |witness| witness.consulted(now, session, reference, reply))
    }

    fn memory(&mut self) -> Result<Option<SavedState>, GuestFailure> {
        let memory = self.kept(recorded!(self, Memory, "memory"))?;
        self.answers.tell(self, |witness| witness.memory().map(drop));
        Ok(memory)
    }

    fn rebuild(&mut self, memory: Option<&SavedState>) -> Result<(), GuestFailure> {
        self.answers.with(|script| script.witnesses.remove(&self.key()));
        self.then(recorded!(self, Rebuilt, "rebuild"), |witness| witness.rebuild(memory))
    }
}

impl Recorded {
    fn key(&self) -> RulePlace {
        (self.pool.clone(), self.lane, self.name.clone())
    }

    fn is_of(&self, answer: &PluginAnswer) -> bool {
        (answer.pool.as_str(), answer.lane, answer.rule) == (self.pool.as_str(), self.lane, self.place)
    }

    /// A recorded answer; a witness of one that failed knows less than the rule then, and is let go.
    fn kept<T>(&self, recorded: Result<T, GuestFailure>) -> Result<T, GuestFailure> {
        if recorded.is_err() {
            self.answers.with(|script| script.dismiss(self));
        }
        recorded
    }

    fn then(
        &self,
        recorded: Result<(), GuestFailure>,
        tell: impl FnOnce(&mut dyn Rule) -> Result<(), GuestFailure>,
    ) -> Result<(), GuestFailure> {
        self.kept(recorded)?;
        self.answers.tell(self, tell);
        Ok(())
    }
}

fn note(text: &str) -> Note {
    Note { agent: None, session: None, text: text.to_owned() }
}
