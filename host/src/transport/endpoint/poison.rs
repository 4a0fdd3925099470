//! Inputs that make the guest fail: which message of them it is, and how everything else goes on.
//!
//! ```text
//!   received ──fails──► halves, the failing one again ... ──► one byte ──fails──► skip, the byte again ──► the rest
//!                        │ what passes is taken              │ passes                 │ fails
//!                        └───────────────────────────────────┴──► the rest            └──► lost
//!   timer, settled, ... ──fails──► skip, the input again ──a message was skipped──► (goes on)
//!                                           └──no, or it fails──► (goes on without the input)
//! ```
//!
//! Bytes of a stream may be cut anywhere, so what comes before the byte that completes the poison is as harmless in a piece of its
//! own. The second line is for bytes that the guest has put off: any input may set it to work on them.
//!
//! Invariant: every byte but those of a skipped message acts once, and a message that is skipped acts not at all.

use super::channel::Phase;
use super::sandbox::{Call, Sandbox, Saved};
use super::{Action, Endpoint};
use crate::model::adapter::{Channel, Chunk, Command, Directive, GuestFailure, Input, Output};
use crate::model::{Attribute, Contact, Timestamp};

impl Endpoint {
    /// The guest is as it was before this input, which made it fail.
    pub(super) fn poisoned(&mut self, now: Timestamp, input: Input, failure: GuestFailure) {
        if let Input::Received(chunk) = input {
            return self.find_poison(now, &chunk, failure);
        }
        if self.skip_put_off(now, &input, &failure) || self.ending.is_some() {
            return;
        }
        if is_vital(&input) {
            return self.lost(now, Some(input), failure);
        }
        let delivery = match &input {
            Input::Command(Command::Deliver(delivery)) => Some(delivery.id.clone()),
            _ => None,
        };
        self.keep(None, Some(input), failure);
        if let Some(id) = delivery {
            self.undeliverable(&id);
        }
    }

    /// Takes what is harmless of a chunk, up to the byte that completes the poison.
    fn find_poison(&mut self, now: Timestamp, chunk: &Chunk, mut failure: GuestFailure) {
        let (channel, data) = (chunk.channel, &chunk.data[..]);
        let before = self.sandbox.received(channel, self.config.limits.chunk_bytes);
        // From here on this moment is restored, and nothing is replayed to get there.
        self.checkpoint(now, Sandbox::save);
        let (mut low, mut high) = (0, data.len());
        while low < high && self.takes(channel) {
            let middle = low + (high - low).div_ceil(2);
            match self.call(now, received(channel, &data[low..middle]), false) {
                Call::Done(outputs) => {
                    self.carry_out(now, outputs);
                    low = middle;
                }
                Call::Failed(input, again) if middle == high => {
                    let seen = self.seen(before, channel, &data[..high]);
                    if self.skip(now, channel, input, seen, again) {
                        self.received(now, channel, data[high..].to_vec());
                    }
                    return;
                }
                Call::Failed(_, again) => (failure, high) = (again, middle),
                Call::Lost(input, again) => return self.lost(now, input, again),
            }
        }
        // It failed only as one piece, or nobody listens to the rest.
        let seen = self.seen(before, channel, &data[..high]);
        self.keep(None, Some(seen), failure);
        self.received(now, channel, data[high..].to_vec());
    }

    /// Gives a byte again, its message to be left out; whether that went well.
    fn skip(&mut self, now: Timestamp, channel: Channel, input: Input, seen: Input, failure: GuestFailure) -> bool {
        let asked = self.call(now, Input::Skip(channel), false);
        let given = match asked {
            Call::Done(outputs) => {
                self.skips += 1;
                self.carry_out(now, outputs);
                self.call(now, input, false)
            }
            failed => failed,
        };
        let Call::Done(outputs) = given else {
            self.lost(now, Some(seen), failure);
            return false;
        };
        self.keep(skipped(&outputs), Some(seen), failure);
        self.carry_out(now, outputs);
        true
    }

    /// Whether the input goes through once a message that the guest has put off is left out.
    fn skip_put_off(&mut self, now: Timestamp, input: &Input, failure: &GuestFailure) -> bool {
        let Some(channel) = self.channels.iter().rfind(|state| state.phase == Phase::Open).map(|state| state.number)
        else {
            return false;
        };
        let Call::Done(asked) = self.call(now, Input::Skip(channel), false) else { return self.take_back(now, 0) };
        match self.call(now, input.clone(), false) {
            Call::Done(outputs) if outputs.iter().any(|output| matches!(output, Output::Skipped(_))) => {
                self.skips += 1;
                self.carry_out(now, asked);
                self.keep(skipped(&outputs), Some(input.clone()), failure.clone());
                self.carry_out(now, outputs);
                true
            }
            Call::Done(_) => self.take_back(now, 2),
            Call::Failed(..) | Call::Lost(..) => self.take_back(now, 1),
        }
    }

    /// The guest forgets so many of its last inputs; nothing of what they answered was carried out. Never true.
    fn take_back(&mut self, now: Timestamp, inputs: usize) -> bool {
        if let Err(failure) = self.sandbox.take_back(inputs) {
            self.lost(now, None, failure);
        }
        false
    }

    /// A message was left out after a `skip`: a strike for whoever sent it.
    pub(super) fn skipped(&mut self, now: Timestamp, contact: &Contact) {
        if self.skips == 0 {
            return;
        }
        self.skips -= 1;
        if self.config.lasting && !contact.as_str().is_empty() {
            self.strike(now, contact.as_str());
        } else {
            self.strike_proven(now);
        }
    }

    fn strike_proven(&mut self, now: Timestamp) {
        if let Some(person) = self.admission.proven().map(ToString::to_string) {
            self.strike(now, &person);
        }
    }

    fn strike(&mut self, now: Timestamp, person: &str) {
        if let Some(until) = self.config.bans.strike(&self.config.provider, person, now) {
            self.actions.push(Action::Banned { until });
            self.tell_bans(now);
        }
    }

    /// Carries bans that are new to this endpoint into effect.
    pub(super) fn tell_bans(&mut self, now: Timestamp) {
        let (seen, version) = (self.bans_seen, self.config.bans.version());
        if seen == version || self.config.lasting && !self.is_ready() {
            return;
        }
        let bans = self.config.bans.clone();
        self.bans_seen = version;
        if self.config.lasting {
            for (person, until) in bans.changes(&self.config.provider, seen, now) {
                let attributes = vec![Attribute::new("until", until.0.to_string())];
                let ban = Directive { contact: Contact::new(person), name: "ban".to_owned(), attributes };
                self.give(now, Input::Command(Command::Direct(ban)));
            }
            return;
        }
        let banned = self.admission.proven().and_then(|person| bans.until(&self.config.provider, person.as_str(), now));
        if let Some(until) = banned {
            self.keep_out(now, until);
        }
    }

    fn keep_out(&mut self, now: Timestamp, until: Timestamp) {
        let Some(contact) = self.admission.only_contact().cloned() else {
            return self.close("banned".to_owned());
        };
        let attributes = vec![Attribute::new("reason", "policy"), Attribute::new("text", banned_text(now, until))];
        self.direct(now, Directive { contact, name: "disconnect".to_owned(), attributes });
    }

    /// There is no guest any more, or none that could go on.
    pub(super) fn lost(&mut self, now: Timestamp, input: Option<Input>, failure: GuestFailure) {
        let reason = format!("the adapter failed and could not go on: {}", super::first_line(&failure));
        let by_peer = matches!(input, Some(Input::Received(_)));
        self.keep(None, input, failure);
        self.close(reason);
        if by_peer && !self.config.lasting {
            self.strike_proven(now);
        }
    }

    pub(super) fn checkpoint(&mut self, now: Timestamp, save: impl FnOnce(&mut Sandbox, Timestamp) -> Saved) {
        match save(&mut self.sandbox, now) {
            Saved::Going => {}
            Saved::Restored(failure) => self.keep(None, None, failure),
            Saved::Lost(failure) => self.lost(now, None, failure),
        }
    }

    pub(super) fn keep(&mut self, contact: Option<Contact>, input: Option<Input>, failure: GuestFailure) {
        let proven = || self.admission.proven().map(|person| Contact::new(person.as_str()));
        let contact = contact.or_else(proven);
        self.sandbox.strike(&failure);
        self.actions.push(Action::Poison { contact, input: input.map(Box::new), failure });
    }

    /// Whether what comes in on a channel reaches the guest.
    pub(super) fn takes(&mut self, channel: Channel) -> bool {
        self.ending.is_none() && self.channel(channel).is_some_and(|state| state.phase == Phase::Open)
    }

    /// The last bytes of a channel up to the poison's last one, for the developer.
    fn seen(&self, mut before: Vec<u8>, channel: Channel, data: &[u8]) -> Input {
        before.extend_from_slice(data);
        let start = before.len().saturating_sub(self.config.limits.chunk_bytes);
        received(channel, &before[start..])
    }
}

/// What somebody who is banned is told.
pub(super) fn banned_text(now: Timestamp, until: Timestamp) -> String {
    let minutes = until.since_ms(now).div_ceil(60_000);
    format!("You can't come in just now. Try again in {minutes} min.")
}

/// Without these the guest knows nothing of a channel, or of its end.
fn is_vital(input: &Input) -> bool {
    matches!(
        input,
        Input::Opened(_) | Input::Secured(_) | Input::Proof(_) | Input::Closed(_) | Input::Command(Command::Drain)
    )
}

fn received(channel: Channel, data: &[u8]) -> Input {
    Input::Received(Chunk { channel, data: data.to_vec(), text: false })
}

/// Whose message was left out, where that is known.
fn skipped(outputs: &[Output]) -> Option<Contact> {
    outputs.iter().find_map(|output| match output {
        Output::Skipped(contact) if !contact.as_str().is_empty() => Some(contact.clone()),
        _ => None,
    })
}
