//! The links as customers find them.
//!
//! Invariant: in the order of the operator's file; every link's parent is a link.

use super::phrases;
use crate::model::settings::{Link, Settings};
use crate::model::{Alias, LinkTarget};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// See the module.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Links {
    order: Vec<Link>,
    places: BTreeMap<Alias, usize>,
}

impl Links {
    pub(super) fn new(settings: &Settings) -> Self {
        let places = settings.links.iter().enumerate().map(|(place, link)| (link.alias.clone(), place)).collect();
        Self { order: settings.links.clone(), places }
    }

    pub(super) fn get(&self, alias: &Alias) -> Option<&Link> {
        self.places.get(alias).map(|place| &self.order[*place])
    }

    pub(super) fn all(&self) -> &[Link] {
        &self.order
    }

    /// Those whose sessions wait in a queue.
    pub(super) fn of_queue<'a>(&'a self, queue: &'a str) -> impl Iterator<Item = &'a Link> {
        self.order.iter().filter(move |link| link.queue == queue)
    }

    /// As they are published.
    pub(super) fn targets(&self) -> Vec<LinkTarget> {
        self.order
            .iter()
            .map(|link| LinkTarget {
                alias: link.alias.clone(),
                label: link.label.clone(),
                parent: link.parent.clone(),
            })
            .collect()
    }

    /// Told to a customer who wrote to a name that is none.
    pub(super) fn not_found(&self, alias: &Alias) -> String {
        phrases::no_such_link(alias, self.order.iter().map(|link| link.alias.as_str()))
    }
}
