//! The centre as a whole, in sentences. Parts have their tests beside them.

mod conversation;
mod desk;
mod histories;
mod rules;

use desk::{Desk, settled, words};
