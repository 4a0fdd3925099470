//! Talks to a person: interviews a customer, serves one as an automated agent, runs a call-back or an alert.

pub use crate::bindings::dialog::exports::cordboard::dialog::script::{
    Action, Alert, Answered, Asking, Callback, Change, Context, Done, Enqueuing, Event, Fetched, Fetching, Found,
    LookUp, Setup, Timer,
};
use crate::model::{SavedState, Timestamp};

/// A conversation with one person. Export it with [`export_dialog!`](crate::export_dialog).
pub trait Dialog: Sized + 'static {
    /// A new conversation. The error says what is wrong with the settings.
    fn open(now: Timestamp, setup: Setup) -> Result<Self, String>;

    /// One event, all that is to be done about it, in order.
    fn handle(&mut self, now: Timestamp, event: Event) -> Vec<Action>;

    /// All there is to restore it from. Taken after every [`Self::handle`], so keep it small.
    fn save(&self) -> SavedState;

    /// A conversation as it was saved, maybe by another version.
    fn restore(setup: Setup, state: SavedState) -> Result<Self, String>;
}
