//! What time does to a stream: a stranger is given up, a silent peer is asked and then given up, and a live client gets a space so that
//! nothing between us forgets the connection (RFC 6120, 4.6.1; XEP-0199). A server is asked at every look.

use crate::endpoint::Xmpp;
use crate::outbox::Outbox;
use crate::person::Person;
use crate::settings::Role;
use crate::turn::Turn;
use cordboard_sdk::model::Timestamp;
use serde::{Deserialize, Serialize};

/// The peer has to have bound a resource.
pub(crate) const AUTHENTICATE: u32 = 1;
/// Look whether the peer is alive.
pub(crate) const IDLE: u32 = 2;
/// Go on with bytes that were put off.
pub(crate) const CONTINUE: u32 = 3;

/// Go on with what concerns all people of a provider.
pub(crate) const ROUND: u32 = 4;

/// When the peer was heard.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Pulse {
    /// Something has come since the last look.
    pub(crate) heard: bool,
    /// Nothing had, so the peer was asked.
    asked: bool,
}

impl Xmpp {
    /// A timer is due.
    pub(crate) fn timer(&mut self, now: Timestamp, id: u32, out: &mut Outbox) {
        match id {
            AUTHENTICATE if !self.is_up() => self.fail(out, "connection-timeout", "You have not signed in in time."),
            // What was armed for an earlier channel is of no use to this one.
            IDLE if self.is_up() => self.look_for_life(now, out),
            CONTINUE => self.go_on_after(now, out),
            ROUND => self.round(now, out),
            _ => {}
        }
    }

    fn go_on_after(&mut self, now: Timestamp, out: &mut Outbox) {
        self.state.acks.give_receipts(out);
        self.let_go(now, out);
        self.go_on(now, out);
        if self.state.acks.owes_receipts() {
            call_again(now, out);
        }
    }

    fn look_for_life(&mut self, now: Timestamp, out: &mut Outbox) {
        let is_alive = match self.settings.role {
            Role::Server => self.look_at_client(now, out),
            Role::Component => self.state.acks.look(&self.settings.domain, out),
        };
        if !is_alive {
            return self.fail(out, "connection-timeout", "You have not answered.");
        }
        out.timer(IDLE, Some(now.saturating_add(self.settings.idle_ms)));
    }

    fn look_at_client(&mut self, now: Timestamp, out: &mut Outbox) -> bool {
        let pulse = &mut self.state.stream.pulse;
        if std::mem::take(&mut pulse.heard) {
            pulse.asked = false;
            out.xml().raw(" ");
        } else if std::mem::replace(&mut pulse.asked, true) {
            return false;
        } else if let Some(contact) = self.state.people.first().map(str::to_owned) {
            self.with(now, &contact, out, ping);
        }
        true
    }
}

fn ping(turn: &mut Turn<'_>, person: &mut Person) {
    let id = person.request_id("ping");
    let domain = &turn.settings.domain;
    let xml = turn.stanza().raw("<iq type='get'").attribute("id", &id).attribute("from", domain);
    xml.attribute("to", &person.contact).raw("><ping xmlns='urn:xmpp:ping'/></iq>");
}

/// Arms the look for life.
pub(crate) fn begin(now: Timestamp, idle_ms: u64, out: &mut Outbox) {
    out.timer(AUTHENTICATE, None);
    out.timer(IDLE, Some(now.saturating_add(idle_ms)));
}

/// Arms the deadline of a stranger.
pub(crate) fn expect_sign_in(now: Timestamp, authenticate_ms: u64, out: &mut Outbox) {
    out.timer(AUTHENTICATE, Some(now.saturating_add(authenticate_ms)));
}

/// Asks to be called again at once.
pub(crate) fn call_again(now: Timestamp, out: &mut Outbox) {
    out.timer(CONTINUE, Some(now));
}

/// Asks to be called for the next part of a round.
pub(crate) fn next_round(now: Timestamp, after_ms: u64, out: &mut Outbox) {
    out.timer(ROUND, Some(now.saturating_add(after_ms)));
}
