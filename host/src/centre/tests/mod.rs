//! The centre as a whole, in sentences. Parts have their tests beside them.

mod connections;
pub(crate) mod consults;
mod conversation;
mod cursors;
mod desk;
mod dialogs;
pub(crate) mod histories;
mod joined;
mod lanes;
mod learnt;
mod offers;
mod plugins;
mod presence;
mod providers;
mod quarantines;
mod queues;
mod redirects;
mod reports;
mod requests;
mod returning;
pub(crate) mod rules;
pub(crate) mod talker;
mod transfers;
mod waits;
mod wishes;

pub(crate) use super::matching::order;
use desk::{Desk, Person, settled, words};
