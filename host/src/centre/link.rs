//! The links as customers find them.
//!
//! Invariant: in the order of the operator's file; every link's parent is a link.

use super::phrases;
use crate::model::settings::{Link, Settings};
use crate::model::{Alias, LinkTarget};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Links that are published, and queues to agents: a longer list nobody reads. The others are reached all the same.
pub(super) const PUBLISHED: usize = 256;
/// Links named to somebody who wrote to a name that is none.
const NAMED: usize = 10;

/// See the module.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Links {
    order: Vec<Link>,
    places: BTreeMap<Alias, usize>,
    by_queue: BTreeMap<String, Vec<usize>>,
}

impl Links {
    pub(super) fn new(settings: &Settings) -> Self {
        let places = settings.links.iter().enumerate().map(|(place, link)| (link.alias.clone(), place)).collect();
        let mut by_queue: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, link) in settings.links.iter().enumerate() {
            by_queue.entry(link.queue.clone()).or_default().push(place);
        }
        Self { order: settings.links.clone(), places, by_queue }
    }

    pub(super) fn get(&self, alias: &Alias) -> Option<&Link> {
        self.places.get(alias).map(|place| &self.order[*place])
    }

    /// Those that customers find in their software, in order; whoever knows another's name reaches it all the same.
    pub(super) fn published(&self) -> &[Link] {
        &self.order[..self.order.len().min(PUBLISHED)]
    }

    /// Those whose sessions wait in a queue.
    pub(super) fn of_queue(&self, queue: &str) -> impl Iterator<Item = &Link> + use<'_> {
        self.by_queue.get(queue).into_iter().flatten().map(|place| &self.order[*place])
    }

    /// Those that are published, as adapters are told them.
    pub(super) fn targets(&self) -> Vec<LinkTarget> {
        let target = |link: &Link| LinkTarget {
            alias: link.alias.clone(),
            label: link.label.clone(),
            parent: link.parent.clone(),
        };
        self.published().iter().map(target).collect()
    }

    /// Told to a customer who wrote to a name that is none.
    pub(super) fn not_found(&self, alias: &Alias) -> String {
        phrases::no_such_link(alias, self.order.iter().take(NAMED).map(|link| link.alias.as_str()))
    }
}
