//! Agents: their devices, duty and slots.
//!
//! ```text
//! off duty ◄─► away ◄─► available      by the devices' presence and the words `away` and `ready`
//! ```
//!
//! Invariant: `used` counts the agent's offers and the sessions that are active or wrapping, by medium, and rises only while
//! it is below the medium's capacity and the weights of all fit into the agent's units (I2).

mod duty;
mod placement;

pub(super) use placement::Placement;

use super::device::DeviceId;
use super::pages::{PagedMap, PagedSet};
use crate::model::record::{self, AgentProfile};
use crate::model::rule::AgentRef;
use crate::model::settings::Settings;
use crate::model::{AgentName, OfferNumber, SessionId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Offers remembered after they are gone, to tell the agent what became of one.
const PAST_OFFERS: usize = 16;

/// Whether an agent takes sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) enum Standing {
    /// No open device.
    #[default]
    OffDuty,
    /// Here, and takes none now.
    Away,
    /// Takes sessions.
    Available,
}

impl Standing {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::OffDuty => "off-duty",
            Self::Away => "away",
            Self::Available => "available",
        }
    }
}

/// One agent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Agent {
    /// In rules' lists; never used again for another.
    pub(super) reference: AgentRef,
    pub(super) profile: AgentProfile,
    /// What is stored.
    pub(super) duty: record::Agent,
    pub(super) devices: BTreeSet<DeviceId>,
    /// Since when the standing is what it is.
    pub(super) since: Timestamp,
    pub(super) offers: BTreeMap<OfferNumber, SessionId>,
    /// Active and wrapping.
    pub(super) sessions: BTreeSet<SessionId>,
    /// Joined, not owned; also over and still in memory.
    pub(super) joined: BTreeSet<SessionId>,
    /// Over, and still in memory because somebody has not been delivered everything.
    pub(super) closed: BTreeSet<SessionId>,
    pub(super) used: BTreeMap<String, u16>,
    /// Slots in use beyond the capacity because that was lowered meanwhile.
    pub(super) overhang: BTreeMap<String, u16>,
    /// Units in use beyond the profile's because those or the weights were changed meanwhile; else zero.
    pub(super) overhang_units: u32,
    /// Sessions that this agent missed or declined and is not asked about now.
    pub(super) passed: BTreeSet<SessionId>,
    /// Where the agent stands in queues' lists.
    pub(super) placement: Placement,
    /// When a rule wants to be asked again about this agent.
    pub(super) recheck: Option<Timestamp>,
    past: VecDeque<(OfferNumber, String)>,
}

impl Agent {
    fn new(reference: AgentRef, profile: AgentProfile, duty: record::Agent, now: Timestamp) -> Self {
        Self {
            reference,
            profile,
            duty,
            devices: BTreeSet::new(),
            since: now,
            offers: BTreeMap::new(),
            sessions: BTreeSet::new(),
            joined: BTreeSet::new(),
            closed: BTreeSet::new(),
            used: BTreeMap::new(),
            overhang: BTreeMap::new(),
            overhang_units: 0,
            passed: BTreeSet::new(),
            placement: Placement::default(),
            recheck: None,
            past: VecDeque::new(),
        }
    }

    pub(super) fn standing(&self) -> Standing {
        self.placement.standing
    }

    pub(super) fn capacity(&self, medium: &str) -> u16 {
        self.profile.capacity.get(medium).copied().unwrap_or(0)
    }

    pub(super) fn in_use(&self, medium: &str) -> u16 {
        self.used.get(medium).copied().unwrap_or(0)
    }

    /// Whether a session of the medium more has room: in the medium itself, and in the units over all media.
    pub(super) fn has_slot(&self, medium: &str, settings: &Settings) -> bool {
        let weight = settings.weight(medium);
        self.in_use(medium) < self.capacity(medium)
            && (weight == 0 || self.units_in_use(settings) + weight <= u32::from(self.profile.units))
    }

    /// What the agent's offers and sessions weigh.
    pub(super) fn units_in_use(&self, settings: &Settings) -> u32 {
        self.used.iter().map(|(medium, used)| u32::from(*used) * settings.weight(medium)).sum()
    }

    /// Counts a slot that the caller has checked to be free, or that a restart finds taken.
    pub(super) fn take_slot(&mut self, medium: &str) {
        match self.used.get_mut(medium) {
            Some(used) => *used = used.saturating_add(1),
            None => {
                self.used.insert(medium.to_owned(), 1);
            }
        }
    }

    pub(super) fn release_slot(&mut self, medium: &str, settings: &Settings) {
        let Some(used) = self.used.get_mut(medium) else { return };
        *used = used.saturating_sub(1);
        let left = *used;
        if left == 0 {
            self.used.remove(medium);
        }
        self.lower_overhang(medium, left);
        if self.overhang_units > 0 {
            self.note_units_overhang(settings);
        }
    }

    fn lower_overhang(&mut self, medium: &str, left: u16) {
        if self.overhang.get(medium).is_some_and(|over| left < *over) {
            if left > self.capacity(medium) {
                self.overhang.insert(medium.to_owned(), left);
            } else {
                self.overhang.remove(medium);
            }
        }
    }

    /// Notes what is in use beyond the profile's capacity: media and units.
    pub(super) fn note_overhang(&mut self, settings: &Settings) {
        self.note_units_overhang(settings);
        let over = self.used.iter().filter(|(medium, used)| **used > self.capacity(medium));
        self.overhang = over.map(|(medium, used)| (medium.clone(), *used)).collect();
    }

    fn note_units_overhang(&mut self, settings: &Settings) {
        let used = self.units_in_use(settings);
        self.overhang_units = if used > u32::from(self.profile.units) { used } else { 0 };
    }

    /// Remembers what became of an offer, in words.
    pub(super) fn remember_offer(&mut self, number: OfferNumber, what: String) {
        if self.past.len() == PAST_OFFERS {
            self.past.pop_front();
        }
        self.past.push_back((number, what));
    }

    /// What became of an offer, if it is remembered.
    pub(super) fn past_offer(&self, number: OfferNumber) -> Option<&str> {
        self.past.iter().rev().find(|(past, _)| *past == number).map(|(_, what)| what.as_str())
    }
}

/// All agents with an account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Agents {
    by_reference: PagedMap<AgentRef, Agent>,
    by_name: PagedMap<AgentName, AgentRef>,
    /// By how customers are shown them, in small letters.
    by_shown: PagedSet<(String, AgentRef)>,
    last: AgentRef,
}

impl Agents {
    pub(super) fn get(&self, reference: AgentRef) -> Option<&Agent> {
        self.by_reference.get(&reference)
    }

    pub(super) fn get_mut(&mut self, reference: AgentRef) -> Option<&mut Agent> {
        self.by_reference.get_mut(&reference)
    }

    pub(super) fn reference(&self, name: &AgentName) -> Option<AgentRef> {
        self.by_name.get(name).copied()
    }

    pub(super) fn named(&self, name: &AgentName) -> Option<&Agent> {
        self.get(self.reference(name)?)
    }

    pub(super) fn named_mut(&mut self, name: &AgentName) -> Option<&mut Agent> {
        let reference = self.reference(name)?;
        self.get_mut(reference)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Agent> {
        self.by_reference.values()
    }

    pub(super) fn references(&self) -> Vec<AgentRef> {
        self.by_reference.keys().copied().collect()
    }

    /// A new account.
    pub(super) fn add(&mut self, profile: AgentProfile, duty: Option<record::Agent>, now: Timestamp) -> AgentRef {
        self.last += 1;
        let name = profile.name.clone();
        self.by_shown.insert((profile.shown_as.to_lowercase(), self.last));
        let duty = duty.unwrap_or_else(|| record::Agent {
            name: name.clone(),
            away: None,
            idle_since: now,
            missed: 0,
            at_switch: false,
        });
        self.by_name.insert(name, self.last);
        self.by_reference.insert(self.last, Agent::new(self.last, profile, duty, now));
        self.last
    }

    /// An account is changed.
    pub(super) fn set_profile(&mut self, reference: AgentRef, profile: AgentProfile) {
        let Some(agent) = self.by_reference.get_mut(&reference) else { return };
        self.by_shown.remove(&(agent.profile.shown_as.to_lowercase(), reference));
        self.by_shown.insert((profile.shown_as.to_lowercase(), reference));
        agent.profile = profile;
    }

    /// Those whom customers are shown by a name, which is in small letters.
    pub(super) fn shown_as(&self, name: &str) -> impl Iterator<Item = AgentRef> + use<'_> {
        let name = name.to_owned();
        let from = self.by_shown.range((name.clone(), AgentRef::MIN)..);
        from.take_while(move |(shown, _)| *shown == name).map(|(_, reference)| *reference)
    }

    pub(super) fn remove(&mut self, reference: AgentRef) -> Option<Agent> {
        let agent = self.by_reference.remove(&reference)?;
        self.by_name.remove(&agent.profile.name);
        self.by_shown.remove(&(agent.profile.shown_as.to_lowercase(), reference));
        Some(agent)
    }
}
