//! What is shown of a presentity.

use super::Presentity;
use crate::centre::queue::{Availability, Queue};
use crate::centre::{Centre, phrases};
use crate::model::record::Session;
use crate::model::{Alias, EndpointId, Presence, PresenceTuple, Side, Timestamp};

/// The only tuple of a link or queue.
const TUPLE: &str = "cordboard";

impl Centre {
    /// The presence of a link (for customers), a queue or a session's customer (for agents) as any of its watchers sees it.
    pub(super) fn presence_view(&self, presentity: &Presentity) -> Option<Presence> {
        let alias = &presentity.alias;
        match presentity.side {
            Side::Customer => {
                let queue = self.queues.get(&self.links.get(alias)?.queue);
                let availability = queue.map_or(Availability::Nobody, Queue::availability);
                let wait = queue.and_then(|queue| self.estimates.shown(&queue.settings.name));
                Some(link_view(alias, availability, wait.map(phrases::link_wait).as_deref()))
            }
            Side::Agent => match self.sessions.aliased(alias) {
                Some(live) if live.is_live() => Some(self.customer_view(&live.record)),
                Some(_) => Some(Presence { presentity: alias.clone(), tuples: Vec::new() }),
                None => self.queues.get(alias.as_str()).map(|_| view(alias, "available", None)),
            },
        }
    }

    /// All of the customer's devices together, without what is not for an agent.
    fn customer_view(&self, session: &Session) -> Presence {
        let mut tuples: Vec<PresenceTuple> = Vec::new();
        for device in self.customers.devices(&session.customer).filter_map(|device| self.devices.get(device)) {
            let open = device.tuples.iter().filter(|tuple| tuple.open).enumerate();
            tuples.extend(open.map(|(place, tuple)| without_inside_facts(tuple, device.endpoint, place)));
        }
        Presence { presentity: session.alias.clone(), tuples }
    }
}

/// A tuple's own name is part of the customer's address (an XMPP resource), so a number stands for it.
fn without_inside_facts(tuple: &PresenceTuple, endpoint: EndpointId, place: usize) -> PresenceTuple {
    let device = endpoint.0 & u64::from(u32::MAX);
    PresenceTuple {
        id: if place == 0 { format!("device-{device}") } else { format!("device-{device}.{place}") },
        contact: None,
        attributes: tuple.attributes.iter().filter(|attribute| attribute.name == "show").cloned().collect(),
        ..tuple.clone()
    }
}

fn link_view(alias: &Alias, availability: Availability, wait: Option<&str>) -> Presence {
    match availability {
        Availability::Available => view(alias, "available", wait),
        Availability::Away => view(alias, "away", Some(phrases::AWAY)),
        Availability::Nobody => view(alias, "away", Some(phrases::NOBODY_HERE)),
    }
}

fn view(alias: &Alias, activity: &str, note: Option<&str>) -> Presence {
    let tuple = PresenceTuple {
        id: TUPLE.to_owned(),
        open: true,
        activity: activity.to_owned(),
        medium: "chat".to_owned(),
        contact: None,
        note: note.map(str::to_owned),
        priority: 0,
        since: Timestamp::default(),
        attributes: Vec::new(),
    };
    Presence { presentity: alias.clone(), tuples: vec![tuple] }
}
