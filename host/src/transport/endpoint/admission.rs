//! Who may report on an endpoint: what was proven, and the contacts that came of it.
//!
//! ```text
//!              verify                    success
//!   nobody ───────────► step in flight ───────────► proven
//!     ▲                    │      │
//!     └────────────────────┘      └─ a newer verify waits for the step to end, and replaces one that waits
//!        refused, challenge
//! ```
//!
//! Invariant: an adapter is not believed. Where proof is asked for nothing is taken before it, and a contact arrives only as
//! the principal that was proven. On a link the provider vouches for its users, and its adapter repeats it.

use super::pace::{Bucket, Pace};
use crate::model::adapter::{Authentication, Event, Principal, Proof, ProofStep, Report};
use crate::model::limits::Limits;
use crate::model::{Alias, Body, Contact, Failure, Reference, Timestamp};
use std::collections::BTreeMap;

/// Who says who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Nobody: everybody is anonymous.
    Anonymous,
    /// A proof, checked by us.
    Proof,
    /// The provider at whose server we are.
    Provider,
}

#[derive(Debug)]
pub(super) struct Admission {
    trust: Trust,
    max_contacts: usize,
    max_text_bytes: usize,
    proven: Option<Alias>,
    in_flight: Option<Reference>,
    next: Option<Authentication>,
    pace: Pace,
    contacts: BTreeMap<Contact, Bucket>,
    /// Until when a peer who was too fast is not listened to.
    paused_until: Option<Timestamp>,
}

/// What to do with a proof.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The proof, where the guest still waits for it.
    pub(super) proof: Option<Proof>,
    /// The step to take next.
    pub(super) next: Option<Authentication>,
}

impl Admission {
    pub(super) fn new(trust: Trust, max_contacts: usize, limits: &Limits) -> Self {
        Self {
            trust,
            max_contacts,
            max_text_bytes: limits.message_bytes,
            proven: None,
            in_flight: None,
            next: None,
            pace: Pace::new(limits.messages_per_second),
            contacts: BTreeMap::new(),
            paused_until: None,
        }
    }

    pub(super) fn is_proven(&self) -> bool {
        self.proven.is_some()
    }

    /// Who was proven.
    pub(super) fn proven(&self) -> Option<&Alias> {
        self.proven.as_ref()
    }

    /// Whether a step is being checked; meanwhile the peer is not listened to.
    pub(super) fn is_checking(&self) -> bool {
        self.in_flight.is_some()
    }

    /// A step to check or to prove; yields it where it may be taken at once.
    pub(super) fn verify(&mut self, step: Authentication) -> Option<Authentication> {
        if self.in_flight.is_some() {
            self.next = Some(step);
            return None;
        }
        self.in_flight = Some(step.reference);
        Some(step)
    }

    /// The channel of the step in flight is gone: nobody waits for the outcome.
    pub(super) fn forget_step(&mut self) {
        (self.in_flight, self.next) = (None, None);
    }

    /// The outcome of the step in flight.
    pub(super) fn proof(&mut self, proof: Proof) -> Answer {
        if self.in_flight != Some(proof.reference) {
            return Answer { proof: None, next: None };
        }
        self.in_flight = None;
        if let Some(next) = self.next.take() {
            // The guest has forgotten the older exchange, whatever came of it.
            return Answer { proof: None, next: self.verify(next) };
        }
        if let ProofStep::Success(Principal { alias, .. }) = &proof.step {
            self.proven = Some(alias.clone());
        }
        Answer { proof: Some(proof), next: None }
    }

    pub(super) fn knows(&self, contact: &Contact) -> bool {
        self.contacts.contains_key(contact)
    }

    /// The contact, where there is exactly one.
    pub(super) fn only_contact(&self) -> Option<&Contact> {
        self.contacts.first_key_value().filter(|_| self.contacts.len() == 1).map(|(contact, _)| contact)
    }

    pub(super) fn remove(&mut self, contact: &Contact) {
        self.contacts.remove(contact);
    }

    /// Takes a report or refuses it, and keeps the contacts.
    pub(super) fn admit(&mut self, now: Timestamp, report: &Report) -> Result<(), Failure> {
        if self.trust == Trust::Proof && self.proven.is_none() {
            return Err(Failure::new("not-authorized", "Sign in first."));
        }
        if let Event::Arrived(arrival) = &report.event {
            return self.arrive(&report.contact, arrival.principal.as_ref());
        }
        if !self.knows(&report.contact) {
            return Err(Failure::new("not-found", "This contact has not arrived."));
        }
        match &report.event {
            Event::Said(said) | Event::InvokedLink(said) => {
                self.check_text(&said.message.body)?;
                self.check_pace(now, &report.contact)?;
            }
            Event::Left(_) => self.remove(&report.contact),
            _ => {}
        }
        Ok(())
    }

    fn arrive(&mut self, contact: &Contact, principal: Option<&Alias>) -> Result<(), Failure> {
        if self.trust != Trust::Provider && principal != self.proven.as_ref() {
            return Err(Failure::new("not-allowed", "Signed in as somebody else."));
        }
        if !self.knows(contact) && self.contacts.len() >= self.max_contacts {
            let text = format!("At most {} may be connected here at a time.", self.max_contacts);
            return Err(Failure::new("too-many", text));
        }
        self.contacts.entry(contact.clone()).or_default();
        Ok(())
    }

    /// On a link, where one channel carries everybody, a message too many is refused; else the peer is not listened to for a while.
    fn check_pace(&mut self, now: Timestamp, contact: &Contact) -> Result<(), Failure> {
        let Some(bucket) = self.contacts.get_mut(contact) else { return Ok(()) };
        if self.trust == Trust::Provider {
            let too_fast = |free_at: Timestamp| {
                let seconds = free_at.since_ms(now).div_ceil(1_000);
                Failure::new("too-many", format!("That was too much at once. Go on in {seconds} s."))
            };
            return self.pace.try_take(bucket, now).map_err(too_fast);
        }
        self.paused_until = self.paused_until.max(self.pace.take(bucket, now));
        Ok(())
    }

    /// When a peer who was too fast is listened to again.
    pub(super) fn paused_until(&self) -> Option<Timestamp> {
        self.paused_until
    }

    /// Time has passed.
    pub(super) fn go_on(&mut self, now: Timestamp) {
        self.paused_until = self.paused_until.filter(|at| now < *at);
    }

    fn check_text(&self, body: &Body) -> Result<(), Failure> {
        match body {
            Body::Text(text) if text.len() > self.max_text_bytes => Err(Failure::new(
                "too-large",
                format!("The message has {} bytes; at most {} are taken.", text.len(), self.max_text_bytes),
            )),
            _ => Ok(()),
        }
    }
}
