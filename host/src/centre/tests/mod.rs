//! The centre as a whole, in sentences. Parts have their tests beside them.

mod conversation;
mod desk;

use desk::{Desk, Person, settings, settled, words};
