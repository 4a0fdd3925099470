//! Who is shown what, against sets of pairs.

use super::{Presentity, Watches};
use crate::centre::device::DeviceId;
use crate::model::{Alias, Presence, PresenceTuple, Side, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeSet;

#[derive(Debug, Clone)]
enum Step {
    Watches(u8, u64),
    WatchesAll(u64),
    Stops(u8, u64),
    Leaves(u64),
    Published(BTreeSet<u8>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (link, device) = (0..6_u8, 0..4_u64);
    let step = prop_oneof![
        (link.clone(), device.clone()).prop_map(|(link, device)| Step::Watches(link, device)),
        device.clone().prop_map(Step::WatchesAll),
        (link.clone(), device.clone()).prop_map(|(link, device)| Step::Stops(link, device)),
        device.prop_map(Step::Leaves),
        proptest::collection::btree_set(link, 0..5).prop_map(Step::Published),
    ];
    proptest::collection::vec(step, 1..40)
}

fn presentity(link: u8) -> Presentity {
    Presentity::new(Side::Customer, &Alias::new(format!("link{link}")))
}

/// Another one at each moment.
fn view(link: u8, moment: u64) -> Presence {
    let tuple = PresenceTuple {
        id: moment.to_string(),
        open: true,
        activity: "available".to_owned(),
        medium: "chat".to_owned(),
        contact: None,
        note: None,
        priority: 0,
        since: Timestamp(0),
        attributes: Vec::new(),
    };
    Presence { presentity: presentity(link).alias, tuples: vec![tuple] }
}

/// What the watches have to come to: who watches which link.
#[derive(Default)]
struct Expected {
    published: BTreeSet<u8>,
    of_all: BTreeSet<u64>,
    pairs: BTreeSet<(u8, u64)>,
}

impl Expected {
    fn take(&mut self, step: &Step) {
        match step {
            // Who watches all has no row for one of them.
            Step::Watches(link, device) if self.of_all.contains(device) && self.published.contains(link) => {}
            Step::Watches(link, device) => drop(self.pairs.insert((*link, *device))),
            Step::WatchesAll(device) => drop(self.of_all.insert(*device)),
            Step::Stops(link, device) => {
                if self.published.contains(link) && self.of_all.remove(device) {
                    self.pairs.extend(self.published.iter().map(|other| (*other, *device)));
                }
                self.pairs.remove(&(*link, *device));
            }
            Step::Leaves(device) => {
                self.of_all.remove(device);
                self.pairs.retain(|(_, other)| other != device);
            }
            Step::Published(links) => self.published.clone_from(links),
        }
    }

    fn watchers(&self, link: u8) -> BTreeSet<DeviceId> {
        let of_all = self.of_all.iter().filter(|_| self.published.contains(&link)).copied();
        let pairs = self.pairs.iter().filter(|pair| pair.0 == link).map(|pair| pair.1);
        pairs.chain(of_all).map(DeviceId).collect()
    }
}

fn apply(watches: &mut Watches, step: &Step, published: &BTreeSet<u8>, moment: u64) {
    match step {
        Step::Watches(link, device) => {
            watches.add(&presentity(*link), DeviceId(*device), &view(*link, moment));
        }
        Step::WatchesAll(device) => {
            watches.add_to_all(DeviceId(*device));
            for link in published {
                watches.add(&presentity(*link), DeviceId(*device), &view(*link, moment));
            }
        }
        Step::Stops(link, device) => drop(watches.remove(&presentity(*link), DeviceId(*device))),
        Step::Leaves(device) => watches.remove_device(DeviceId(*device)),
        Step::Published(links) => watches.publish(&links.iter().map(|link| presentity(*link)).collect()),
    }
}

/// Whom a change of the link is shown to, two at a time.
fn shown(watches: &mut Watches, link: u8, moment: u64) -> Vec<DeviceId> {
    watches.changed(&presentity(link));
    let mut devices = Vec::new();
    while let Some(next) = watches.next_run(Timestamp(moment)) {
        let run = watches.run(&next, Some(&view(link, moment)), Timestamp(moment), 2);
        if next == presentity(link) {
            devices.extend(run);
        }
    }
    devices
}

proptest! {
    #[test]
    fn everybody_who_watches_is_shown_a_change_once(steps in steps()) {
        let (mut watches, mut expected) = (Watches::default(), Expected::default());
        let mut moment = 0;
        for step in &steps {
            apply(&mut watches, step, &expected.published, moment);
            expected.take(step);
            for link in 0..6 {
                // Longer than a presentity is left in peace.
                moment += 2_000;
                let shown = shown(&mut watches, link, moment);
                let once: BTreeSet<DeviceId> = shown.iter().copied().collect();
                prop_assert_eq!(once.len(), shown.len());
                prop_assert_eq!(once, expected.watchers(link), "of link{} after {:?}", link, step);
            }
        }
    }
}
