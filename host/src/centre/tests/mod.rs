//! The centre as a whole, in sentences. Parts have their tests beside them.

mod connections;
mod conversation;
mod desk;
mod histories;
mod offers;
mod plugins;
mod presence;
mod reports;
pub(in crate::centre) mod rules;

use desk::{Desk, Person, settled, words};
