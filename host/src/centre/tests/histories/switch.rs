//! What telephone switches do in a random history: requests beside conversations, for the same agents.

use super::{AGENTS, BILLING, Play, SALES};
use crate::centre::{Effect, Input};
use crate::model::record::State;
use crate::model::request::{Duty, Key, NewRequest, Reply, Said, Standing, Target};
use crate::model::{AgentName, Alias, Attribute, EndpointId, OfferNumber};
use proptest::prelude::*;

/// What a switch may do. Numbers choose among those there are.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Asks(u8, bool),
    Looks(u8),
    /// The present offer, or one that is not.
    Accepts(u8, bool),
    Declines(u8, bool),
    Ends(u8),
    Abandons(u8),
    /// Says a thing about a request that was another's.
    Meddles(u8),
    Tells(u8, u8),
    Reconnects,
}

pub(super) fn deed() -> impl Strategy<Value = Deed> {
    let n = any::<u8>;
    prop_oneof![
        8 => (n(), any::<bool>()).prop_map(|(caller, link)| Deed::Asks(caller, link)),
        2 => n().prop_map(Deed::Looks),
        8 => (n(), prop::bool::weighted(0.8)).prop_map(|(request, right)| Deed::Accepts(request, right)),
        3 => (n(), prop::bool::weighted(0.8)).prop_map(|(request, right)| Deed::Declines(request, right)),
        3 => n().prop_map(Deed::Ends),
        2 => n().prop_map(Deed::Abandons),
        1 => n().prop_map(Deed::Meddles),
        6 => (n(), n()).prop_map(|(who, duty)| Deed::Tells(who, duty)),
        1 => Just(Deed::Reconnects),
    ]
}

/// The switchboard and what was asked for by it.
#[derive(Debug, Default)]
pub(super) struct Switch {
    pub(super) board: Option<EndpointId>,
    requests: Vec<String>,
}

impl Play {
    pub(super) fn act_at_switch(&mut self, deed: &Deed) {
        match *deed {
            Deed::Asks(caller, link) => self.ask_for_agent(caller, link),
            Deed::Looks(request) => drop(self.about(request, Said::Look)),
            Deed::Accepts(request, right) => self.answer(request, right, Said::Accepted),
            Deed::Declines(request, right) => self.answer(request, right, Said::Declined),
            Deed::Ends(request) => self.ends(request, Said::Ended),
            Deed::Abandons(request) => self.ends(request, Said::Abandoned),
            Deed::Meddles(request) => {
                let Some(id) = self.request(request) else { return };
                let reply = self.call("other", Said::Ended(id));
                assert_eq!(reply.outcome.unwrap_err().code, "not-found", "a request is nobody else's");
            }
            Deed::Tells(who, duty) => {
                let name = AgentName::new(AGENTS[usize::from(who) % AGENTS.len()]);
                let duties = [Duty::Available, Duty::Available, Duty::Away("lunch".to_owned()), Duty::Off];
                let told = duties[usize::from(duty) % duties.len()].clone();
                let is_known = self.desk.profiles.iter().any(|profile| profile.name == name);
                assert_eq!(self.call("pbx", Said::Agent(name, told)).outcome.is_ok(), is_known);
            }
            Deed::Reconnects => self.switch.board = None,
        }
    }

    fn ask_for_agent(&mut self, caller: u8, link: bool) {
        let id = format!("r{}", self.switch.requests.len());
        let (billing, sales) = (Target::Link(Alias::new("billing")), Target::Queue(SALES.to_owned()));
        let mut new = NewRequest {
            id: id.clone(),
            medium: link.then(|| "chat".to_owned()),
            target: if link { billing } else { sales },
            caller: format!("+49{caller}"),
            name: format!("+49{caller}"),
            language: String::new(),
            priority: i32::from(caller % 3),
            attributes: vec![Attribute::new("vip", "yes")],
            key: Some(Key { text: format!("call {id}"), asked: "what is above".to_owned() }),
        };
        self.switch.requests.push(id.clone());
        let mut asks = |new: &NewRequest| self.call("pbx", Said::New(Box::new(new.clone()))).outcome;
        let status = asks(&new).unwrap().expect("a request has a status");
        new.id = format!("{id} again");
        let again = asks(&new).unwrap().expect("as before");
        new.key = Some(Key { text: format!("call {id}"), asked: "something else".to_owned() });
        assert_eq!((again.id, asks(&new).unwrap_err().code), (id, "key-used".to_owned()), "a key is of one request");
        assert_eq!(self.desk.centre.requests.get(&new.id), None, "and makes no second one");
        assert_eq!(status.queue, if link { BILLING } else { SALES });
        assert!(!matches!(status.standing, Standing::Ended(_)), "{status:?}");
    }

    fn request(&self, choice: u8) -> Option<String> {
        self.switch.requests.get(usize::from(choice) % self.switch.requests.len().max(1)).cloned()
    }

    fn about(&mut self, choice: u8, said: fn(String) -> Said) -> Option<Reply> {
        let id = self.request(choice)?;
        Some(self.call("pbx", said(id)))
    }

    /// I10: what names an offer that does not stand changes nothing, and is answered.
    fn answer(&mut self, choice: u8, right: bool, said: fn(String, OfferNumber) -> Said) {
        let Some(id) = self.request(choice) else { return };
        self.desk.batch(vec![Input::Tick]);
        let stands = self.offer_of(&id);
        if let Some(offer) = stands.filter(|_| right) {
            let status = self.call("pbx", said(id, offer)).outcome.unwrap().expect("a request has a status");
            assert!(!matches!(status.standing, Standing::Offered(ref now) if now.offer == offer), "{status:?}");
            return;
        }
        if self.desk.centre.pools.have_work() {
            return;
        }
        let before = self.desk.centre.records();
        let reply = self.call("pbx", said(id, OfferNumber(u32::MAX)));
        let code = reply.outcome.unwrap_err().code;
        assert!(code == "stale" || code == "not-found", "{code}");
        assert_eq!(self.desk.centre.records(), before, "a stale answer changes nothing");
    }

    /// Over is over, however often it is said.
    fn ends(&mut self, choice: u8, said: fn(String) -> Said) {
        let Some(reply) = self.about(choice, said) else { return };
        let Ok(status) = reply.outcome else { return };
        assert!(matches!(status.expect("a request has a status").standing, Standing::Ended(_)));
        let again = self.about(choice, said).expect("there is the request").outcome;
        assert!(again.is_ok_and(|status| matches!(status.expect("as before").standing, Standing::Ended(_))));
    }

    fn offer_of(&self, id: &str) -> Option<OfferNumber> {
        let live = self.desk.centre.sessions.get(self.desk.centre.requests.get(id)?)?;
        live.record.offer.as_ref().map(|offer| offer.number)
    }

    /// What is offered to an agent is taken: at the device, or at the telephone.
    pub(super) fn take_offer(&mut self, person: &super::Person, number: OfferNumber) {
        let centre = &self.desk.centre;
        let of_offer = |live: &&crate::centre::session::Live| {
            live.record.state == State::Offered
                && live.record.offer.as_ref().is_some_and(|offer| offer.number == number)
        };
        let request = centre.sessions.all().find(of_offer).and_then(|live| live.record.request.clone());
        match request {
            Some(request) => drop(self.call("pbx", Said::Accepted(request.id, number))),
            None => drop(self.desk.say(person, "", &format!("accept {number}"))),
        }
    }

    /// Calls, and finds the one answer.
    pub(super) fn call(&mut self, switch: &str, said: Said) -> Reply {
        let board = match self.switch.board {
            Some(board) => board,
            None => *self.switch.board.insert(self.desk.open_switchboard()),
        };
        let effects = self.desk.call(board, switch, said);
        let replies = effects.into_iter().filter_map(|effect| match effect {
            Effect::Reply(_, reply) => Some(reply),
            _ => None,
        });
        let [reply] = replies.collect::<Vec<_>>().try_into().expect("every call has one answer");
        reply
    }
}
