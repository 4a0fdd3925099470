//! Dialogs: automated partners of conversations, before the queue or after an agent.
//!
//! ```text
//!  a customer arrives ─┐                                     ┌─► waiting     `enqueue`, `divert` to a queue, its fallback
//!  a rule diverts     ─┼─► automated ── an event, a turn ... ┼─► automated   `divert` to another dialog
//!  an agent passes on ─┘                                     └─► closed      `close`, its fallback
//! ```
//! One event is one turn: the dialog answers with actions and its state. What it says goes into the transcript, what it finds out into the
//! session's facts. A turn that fails or that can't be carried out is dropped whole, and the session takes the dialog's fallback: its own
//! queue, or the end.
//!
//! Invariant: a turn is carried out in the batch of its event, with the state behind it in the session's record; so what is stored is
//! always a conversation between two turns (I3, I7).

mod act;
mod check;
mod health;
mod leave;
mod world;

use super::Centre;
use crate::centre::noted::{Instead, Noted};
use crate::centre::view::DialogOut;
use crate::model::adapter::GuestFailure;
use crate::model::dialog::{Action, Context, Dialog, Event, Origin, Setup, Talk, Turn};
use crate::model::quarantine::{OutOfService, Quarantine, Quarantined};
use crate::model::record::{Customer, State};
use crate::model::{Attribute, Body, Digest, Message, SavedState, SessionId, settings};
use act::Next;
use health::Health;
pub use leave::ENDED_BY_DIALOG;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Events of one conversation in one go: an answer to a question that the centre itself answers is one.
const IN_A_ROW: usize = 16;
/// Events of one conversation in all.
const TURNS: u32 = 1_000;

/// Dialogs by their names.
pub type DialogSet = BTreeMap<String, Box<dyn Dialog>>;

/// A dialog in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialogDigest {
    /// As the operator's file names it.
    pub dialog: String,
    /// Which component with which settings.
    pub digest: Digest,
}

/// Something that a dialog did wrong; its session has taken the fallback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TalkFault {
    /// As the operator's file names it.
    pub dialog: String,
    /// Which component with which settings.
    pub digest: Digest,
    /// In which session.
    pub session: SessionId,
    /// What.
    pub failure: GuestFailure,
}

/// See the [module](self).
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Dialogs {
    /// Dialogs are no data, as rules are none.
    #[serde(skip)]
    at_work: DialogSet,
    /// Of those against which something is held.
    health: BTreeMap<String, Health>,
}

impl Dialogs {
    pub(super) fn new(at_work: DialogSet) -> Self {
        Self { at_work, health: BTreeMap::new() }
    }

    /// These do the work from now on; nothing is held against them.
    pub(super) fn replace(&mut self, at_work: DialogSet) {
        *self = Self::new(at_work);
    }

    /// These do the work, and what is known of those before stays.
    pub(super) fn staff(&mut self, at_work: DialogSet) {
        self.at_work = at_work;
    }

    /// What is known of them, for a snapshot.
    pub(super) fn without_work(&self) -> Self {
        Self { at_work: DialogSet::new(), health: self.health.clone() }
    }

    /// Another component takes a dialog's place.
    pub(super) fn put(&mut self, dialog: Box<dyn Dialog>) {
        self.at_work.insert(dialog.name().to_owned(), dialog);
    }

    /// Since when a dialog is out of service and why, if it is.
    pub(super) fn quarantined(&self, name: &str) -> Option<&OutOfService> {
        self.health.get(name)?.quarantined()
    }

    /// The same, to be stored.
    pub(super) fn quarantine(&self, name: &str) -> Option<Quarantine> {
        let (of, out) = (Quarantined::Dialog(name.to_owned()), self.quarantined(name)?.clone());
        Some(Quarantine { of, digest: self.digest(name), out })
    }

    /// Of all of them.
    pub(super) fn quarantines(&self) -> impl Iterator<Item = Quarantine> {
        self.health.keys().filter_map(|name| self.quarantine(name))
    }

    /// A dialog was out of service before a restart, and is, unless it is another component now. Answers whether it is.
    pub(super) fn quarantined_before(&mut self, name: &str, digest: Digest, out: &OutOfService) -> bool {
        let is_it = self.at_work.get(name).is_some_and(|dialog| dialog.digest() == digest);
        if is_it {
            self.health.insert(name.to_owned(), Health::quarantined_before(out.clone()));
        }
        is_it
    }

    fn digest(&self, name: &str) -> Digest {
        self.at_work.get(name).map_or(Digest([0; 32]), |dialog| dialog.digest())
    }

    pub(super) fn digests(&self) -> Vec<DialogDigest> {
        let all = self.at_work.values();
        all.map(|dialog| DialogDigest { dialog: dialog.name().to_owned(), digest: dialog.digest() }).collect()
    }
}

impl Talk {
    fn setup(&self) -> Setup {
        Setup { seed: self.seed.clone(), attributes: Vec::new() }
    }
}

impl Centre {
    /// The dialogs of the next [`Input::Settings`](super::Input::Settings), all of them; it has to follow at once.
    pub fn stage_dialogs(&mut self, dialogs: DialogSet) {
        self.staged_dialogs = dialogs;
    }

    /// The dialogs in force.
    pub fn dialog_digests(&self) -> Vec<DialogDigest> {
        self.dialogs.digests()
    }

    /// Another component takes a dialog's place; [`Input::DialogReplaced`](super::Input::DialogReplaced) says so.
    pub fn replace_dialog(&mut self, dialog: Box<dyn Dialog>) {
        self.dialogs.put(dialog);
    }

    /// The dialogs that are out of service.
    pub(super) fn dialogs_out(&self) -> Vec<DialogOut> {
        let out = |dialog: &settings::Dialog| {
            let out = self.dialogs.quarantined(&dialog.name)?;
            let why = format!("the dialog {} {}", dialog.name, out.why);
            Some(DialogOut { plugin: dialog.plugin.clone(), since: out.since, why })
        };
        self.settings.dialogs.iter().filter_map(out).collect()
    }

    /// The operator takes back the quarantine of all dialogs of a plugin.
    pub(super) fn dialogs_released(&mut self, plugin: &str) {
        let of_plugin = self.settings.dialogs.iter().filter(|dialog| dialog.plugin == plugin);
        let names: Vec<String> = of_plugin.map(|dialog| dialog.name.clone()).collect();
        for name in names {
            self.dialog_forgiven(&name);
        }
    }

    /// Nothing is held against a dialog any more.
    pub(super) fn dialog_forgiven(&mut self, name: &str) {
        let health = self.dialogs.health.remove(name);
        if health.is_some_and(|health| health.quarantined().is_some()) {
            self.quarantine_changed(Quarantined::Dialog(name.to_owned()));
        }
    }

    /// A dialog of the settings.
    pub(super) fn dialog(&self, name: &str) -> Option<&settings::Dialog> {
        self.settings.dialog(name)
    }

    /// Whether sessions may go to a dialog, or why not.
    pub(super) fn may_talk(&self, name: &str) -> Result<(), String> {
        if self.dialog(name).is_none() || !self.dialogs.at_work.contains_key(name) {
            return Err(format!("there is no dialog `{name}`"));
        }
        self.dialogs.quarantined(name).map_or(Ok(()), |_| Err(format!("the dialog `{name}` is out of service")))
    }

    /// A session that is nobody's now goes to a dialog, which is told these facts beside those that are known.
    pub(super) fn begin_talk(&mut self, id: SessionId, name: &str, origin: Origin, told: Vec<Attribute>) {
        let seed = self.draw_seed();
        let now = self.now;
        let Some(live) = self.sessions.get_mut(id) else { return };
        let state = SavedState { format: 0, bytes: Vec::new() };
        let (timers, fetches, recounts) = (BTreeMap::new(), Vec::new(), Vec::new());
        let dialog = name.to_owned();
        let talk = Talk { dialog, origin, seed, state, since: now, heard_at: now, turns: 0, timers, fetches, recounts };
        live.record.state = State::Automated;
        live.record.recheck = None;
        live.record.talk = Some(Box::new(talk));
        live.turned = None;
        live.why.clear();
        self.session_changed(id);
        if self.open_talk(id) {
            let context = self.context_of(id, origin, told);
            self.tell_dialog(id, Event::Started(context));
        }
    }

    /// The conversation's first state. Answers whether there is one.
    fn open_talk(&mut self, id: SessionId) -> bool {
        let now = self.now;
        let Some(talk) = self.sessions.get_mut(id).and_then(|live| live.record.talk.as_deref_mut()) else {
            return false;
        };
        let Some(dialog) = self.dialogs.at_work.get_mut(&talk.dialog) else {
            self.fall_back(id, "the dialog is not there any more");
            return false;
        };
        let opened = dialog.open(now, &talk.setup());
        self.outbox.spoken(&talk.dialog, id, super::journal::Spoken::Opened(opened.clone()));
        match opened {
            Ok(state) => {
                talk.state = state;
                true
            }
            Err(failure) => {
                self.talk_failed(id, failure);
                false
            }
        }
    }

    fn context_of(&self, id: SessionId, origin: Origin, told: Vec<Attribute>) -> Context {
        let live = self.sessions.get(id).expect("a session that talks is there");
        let record = &live.record;
        let software = record.software.clone().unwrap_or_default();
        let mut attributes = self.session_attributes(live);
        attributes.extend(told);
        Context {
            purpose: origin.purpose().to_owned(),
            session: record.alias.clone(),
            link: Some(record.link.clone()),
            medium: record.medium.clone(),
            provider: record.provider.clone(),
            software: software.name,
            software_version: software.version,
            language: record.language.clone(),
            member: record.member.then(|| record.customer.alias.as_str().to_owned()),
            attributes,
            features: Vec::new(),
        }
    }

    /// A customer has said something: the dialog hears it, if the session is with one.
    pub(super) fn dialog_hears(&mut self, id: SessionId, text: &str, language: Option<&str>) {
        let now = self.now;
        let Some(live) = self.sessions.get_mut(id) else { return };
        let Some(talk) = live.record.talk.as_deref_mut() else { return };
        talk.heard_at = now;
        // Who speaks is back.
        live.turned = None;
        let said = Message {
            id: live.last.to_string(),
            sender: live.record.alias.clone(),
            sender_name: live.record.customer_name.clone(),
            sent_at: now,
            body: Body::Text(text.to_owned()),
            language: language.map(str::to_owned),
            attributes: Vec::new(),
        };
        self.tell_dialog(id, Event::Said(said));
    }

    /// Tells a session's dialog something, carries out what it answers, and goes on as long as that is answered at once.
    fn tell_dialog(&mut self, id: SessionId, event: Event) {
        let mut events = VecDeque::from([event]);
        for _ in 0..IN_A_ROW {
            let Some(event) = events.pop_front() else { return self.session_changed(id) };
            let Some(actions) = self.turn(id, &event) else { return };
            for action in actions {
                match self.act(id, action) {
                    Next::Goes => {}
                    Next::Hears(answer) => events.push_back(*answer),
                    Next::Left => return,
                }
            }
        }
        let text = format!("asks the centre {IN_A_ROW} times in a row without waiting for anybody");
        self.talk_failed(id, GuestFailure::Contract(text));
    }

    /// One turn: its actions, after they were checked and the state behind them was kept. Nothing where the dialog is done for.
    fn turn(&mut self, id: SessionId, event: &Event) -> Option<Vec<Action>> {
        let talk = self.sessions.get(id)?.record.talk.as_deref()?;
        if talk.turns >= TURNS {
            self.fall_back(id, "the dialog has taken too many turns");
            return None;
        }
        let Some(dialog) = self.dialogs.at_work.get_mut(&talk.dialog) else {
            self.fall_back(id, "the dialog is not there any more");
            return None;
        };
        let answer = dialog.handle(self.now, &talk.setup(), &talk.state, event);
        let name = talk.dialog.clone();
        self.outbox.spoken(&name, id, super::journal::Spoken::Turned(answer.clone()));
        let checked = answer.and_then(|turn| self.check_turn(id, &turn).map(|()| turn));
        self.note_turn(id, &name, event, checked.as_ref());
        match checked {
            Ok(Turn { actions, state }) => {
                let talk = self.sessions.get_mut(id)?.record.talk.as_deref_mut()?;
                talk.state = state;
                talk.turns += 1;
                Some(actions)
            }
            Err(failure) => {
                self.talk_failed(id, failure);
                None
            }
        }
    }

    /// A turn is none: it is reported and counted, and the session takes the fallback.
    fn talk_failed(&mut self, id: SessionId, failure: GuestFailure) {
        let Some(live) = self.sessions.get(id) else { return };
        let Some(talk) = live.record.talk.as_deref() else { return };
        let (name, customer) = (talk.dialog.clone(), live.record.customer.clone());
        let digest = self.dialogs.digest(&name);
        let why = format!("the dialog has failed: {failure}");
        if !matches!(failure, GuestFailure::Refused(_)) {
            self.strike_dialog(&name, customer);
        }
        self.outbox.talk_faults.push(TalkFault { dialog: name, digest, session: id, failure });
        self.fall_back(id, &why);
    }

    fn strike_dialog(&mut self, name: &str, customer: Customer) {
        let (now, limits) = (self.now, &self.settings.limits);
        let health = self.dialogs.health.entry(name.to_owned()).or_default();
        let was_out = health.quarantined().is_some();
        health.strike(now, customer, limits);
        if !was_out && health.quarantined().is_some() {
            self.quarantine_changed(Quarantined::Dialog(name.to_owned()));
        }
    }

    fn note_turn(&mut self, id: SessionId, dialog: &str, event: &Event, turn: Result<&Turn, &GuestFailure>) {
        let digest = self.dialogs.digest(dialog);
        self.outbox.note(|| {
            let did = turn.map(|turn| turn.actions.iter().map(act::in_words).collect()).map_err(ToString::to_string);
            Noted::Talked { session: id, dialog: dialog.to_owned(), digest, heard: act::heard_in_words(event), did }
        });
    }

    /// The session can't be with the dialog, or not any more.
    pub(in crate::centre) fn note_unspoken(&mut self, id: SessionId, dialog: &str, why: &str, instead: Instead) {
        self.outbox.note(|| {
            let (dialog, why) = (dialog.to_owned(), why.to_owned());
            Noted::Unspoken { session: id, dialog, why, instead }
        });
    }
}
