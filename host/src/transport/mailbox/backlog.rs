//! What waits in a mailbox, in order, the superseded left out. Pure.
//!
//! | effect | what the newer does to the waiting older one |
//! |---|---|
//! | `Settle` | nothing: all are kept, in order (credit bounds them) |
//! | `Advertise`, `Roster` of a contact | takes its place, so that it stays ahead of the presences shown after it |
//! | `Show` of a presentity to a contact | removes it and goes to the end, behind the roster that names it |
//! | `Feed`, `Unfeed` | removes every `Feed`, `Unfeed` and `Wake` of the same number, goes to the end |
//! | `Wake` | is dropped where a `Feed` or `Wake` of that number waits |
//! | `Offer` | takes the place of one with the same number |
//! | `Direct` `withdraw-offer` | removes the offer and is dropped itself; goes to the end where the offer has been handed over |
//! | `Hint` of a conversation's state | removes it and goes to the end; beyond [`HINTS`], or one for each contact, the oldest is dropped |
//! | `Notice` | beyond `limits.notices`, or one for each contact, the oldest is dropped and counted |
//! | `Redirect` of a contact and link | takes its place |
//!
//! Invariant: at most [`CAPACITY`] effects wait, and [`PER_CONTACT`] for each contact there may be; one more and all are thrown
//! away and the endpoint is told to close.

use crate::centre::{Effect, Feed};
use crate::model::adapter::{Directive, Hint, Offer, Redirection};
use crate::model::limits::Limits;
use crate::model::{Alias, Contact, FeedId, attribute};
use std::collections::BTreeMap;

/// Hints that may wait.
pub(super) const HINTS: usize = 64;
/// Effects that may wait.
pub(super) const CAPACITY: usize = 4_096;

/// Effects that may wait for each contact beside these: a link's whole fan-out of presence fits, while the link is down too.
pub(super) const PER_CONTACT: usize = 16;

/// What an endpoint takes out of its mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "taken out and used at once, never stored")]
pub enum Mail {
    /// An effect.
    Effect(Effect),
    /// The shard has forgotten its memory: close.
    Reset,
    /// More waited than may: close, and the person will come again.
    Overflow,
}

/// What may stand in the backlog once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Advertise,
    Feed(FeedId),
    Unfeed(FeedId),
    Wake(FeedId),
    Show(Contact, Alias),
    Roster(Contact),
    Offer(Contact, String),
    State(Contact, Alias),
    /// One for each link that is written to.
    Redirect(Contact, String),
}

/// A place in the order.
type Place = u64;

/// See the module.
#[derive(Debug)]
pub struct Backlog {
    waiting: BTreeMap<Place, Effect>,
    places: BTreeMap<Key, Place>,
    next: Place,
    hints: usize,
    notices: usize,
    capacity: usize,
    max_hints: usize,
    max_notices: usize,
    dropped_notices: u64,
    ending: Option<Mail>,
}

impl Backlog {
    /// An empty one, of an endpoint with at most so many contacts.
    pub fn new(limits: &Limits, contacts: usize) -> Self {
        Self {
            waiting: BTreeMap::new(),
            places: BTreeMap::new(),
            next: 0,
            hints: 0,
            notices: 0,
            capacity: CAPACITY + PER_CONTACT * contacts,
            max_hints: HINTS.max(contacts),
            max_notices: limits.notices.max(contacts),
            dropped_notices: 0,
            ending: None,
        }
    }

    /// Puts an effect where it belongs.
    pub fn put(&mut self, effect: Effect) {
        if self.ending.is_some() {
            return;
        }
        let key = key_of(&effect);
        match &effect {
            Effect::Settle(..) => self.append(key, effect),
            Effect::Advertise(..) | Effect::Roster(..) | Effect::Offer(..) | Effect::Redirect(..) => {
                self.replace_in_place(key, effect);
            }
            Effect::Show(..) => self.move_to_end(key, effect),
            Effect::Feed(_, Feed { id, .. }) | Effect::Unfeed(_, id) => self.put_feed(*id, key, effect),
            Effect::Wake(_, feed) => self.put_wake(*feed, key, effect),
            Effect::Direct(_, directive) => self.put_directive(withdrawn(directive), effect),
            Effect::Hint(..) => self.put_hint(key, effect),
            Effect::Notice(..) => self.put_notice(effect),
            // For switchboard and consultant, which have no mailbox.
            Effect::Reply(..) | Effect::Request(..) | Effect::Consult(..) | Effect::Excerpt(..) => {}
        }
        if self.waiting.len() > self.capacity {
            self.end(Mail::Overflow);
        }
    }

    /// Throws everything away: the shard has forgotten its memory.
    pub fn reset(&mut self) {
        self.end(Mail::Reset);
    }

    /// The next thing to do.
    pub fn take(&mut self) -> Option<Mail> {
        if let Some(ending) = &self.ending {
            return Some(ending.clone());
        }
        let (place, effect) = self.waiting.pop_first()?;
        self.forget(place, &effect);
        if self.waiting.is_empty() {
            // An emptied map keeps its last node, which would be most of what an idle endpoint holds.
            (self.waiting, self.places) = (BTreeMap::new(), BTreeMap::new());
        }
        Some(Mail::Effect(effect))
    }

    /// Notices dropped since the last call.
    pub fn dropped_notices(&mut self) -> u64 {
        std::mem::take(&mut self.dropped_notices)
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn end(&mut self, mail: Mail) {
        self.waiting = BTreeMap::new();
        self.places = BTreeMap::new();
        (self.hints, self.notices) = (0, 0);
        self.ending = Some(mail);
    }

    fn append(&mut self, key: Option<Key>, effect: Effect) {
        let place = self.next;
        self.next += 1;
        self.waiting.insert(place, effect);
        if let Some(key) = key {
            self.places.insert(key, place);
        }
    }

    fn replace_in_place(&mut self, key: Option<Key>, effect: Effect) {
        match key.as_ref().and_then(|key| self.places.get(key)) {
            Some(place) => _ = self.waiting.insert(*place, effect),
            None => self.append(key, effect),
        }
    }

    fn move_to_end(&mut self, key: Option<Key>, effect: Effect) {
        if let Some(key) = &key {
            self.remove(key);
        }
        self.append(key, effect);
    }

    fn remove(&mut self, key: &Key) -> bool {
        let Some(place) = self.places.remove(key) else { return false };
        if let Some(Effect::Hint(..)) = self.waiting.remove(&place) {
            self.hints -= 1;
        }
        true
    }

    fn put_feed(&mut self, feed: FeedId, key: Option<Key>, effect: Effect) {
        for older in [Key::Feed(feed), Key::Unfeed(feed), Key::Wake(feed)] {
            self.remove(&older);
        }
        self.append(key, effect);
    }

    fn put_wake(&mut self, feed: FeedId, key: Option<Key>, effect: Effect) {
        if !self.places.contains_key(&Key::Feed(feed)) {
            self.replace_in_place(key, effect);
        }
    }

    fn put_directive(&mut self, withdrawn: Option<Key>, effect: Effect) {
        if !withdrawn.is_some_and(|offer| self.remove(&offer)) {
            self.append(None, effect);
        }
    }

    fn put_hint(&mut self, key: Option<Key>, effect: Effect) {
        self.move_to_end(key, effect);
        self.hints += 1;
        if self.hints > self.max_hints {
            self.drop_oldest(|effect| matches!(effect, Effect::Hint(..)));
        }
    }

    fn put_notice(&mut self, effect: Effect) {
        self.append(None, effect);
        self.notices += 1;
        if self.notices > self.max_notices {
            self.drop_oldest(|effect| matches!(effect, Effect::Notice(..)));
            self.dropped_notices += 1;
        }
    }

    fn drop_oldest(&mut self, is_kind: impl Fn(&Effect) -> bool) {
        let oldest = self.waiting.iter().find(|(_, effect)| is_kind(effect)).map(|(place, _)| *place);
        if let Some(place) = oldest
            && let Some(effect) = self.waiting.remove(&place)
        {
            self.forget(place, &effect);
        }
    }

    /// Takes a removed effect out of the index and the counts.
    fn forget(&mut self, place: Place, effect: &Effect) {
        match effect {
            Effect::Hint(..) => self.hints -= 1,
            Effect::Notice(..) => self.notices -= 1,
            _ => {}
        }
        if let Some(key) = key_of(effect)
            && self.places.get(&key) == Some(&place)
        {
            self.places.remove(&key);
        }
    }
}

fn key_of(effect: &Effect) -> Option<Key> {
    match effect {
        Effect::Advertise(..) => Some(Key::Advertise),
        Effect::Feed(_, feed) => Some(Key::Feed(feed.id)),
        Effect::Unfeed(_, feed) => Some(Key::Unfeed(*feed)),
        Effect::Wake(_, feed) => Some(Key::Wake(*feed)),
        Effect::Show(_, show) => Some(Key::Show(show.contact.clone(), show.presence.presentity.clone())),
        Effect::Roster(_, roster) => Some(Key::Roster(roster.contact.clone())),
        Effect::Offer(_, offer) => offer_key(offer),
        Effect::Hint(_, hint) => state_key(hint),
        Effect::Redirect(_, redirection) => Some(redirect_key(redirection)),
        Effect::Settle(..)
        | Effect::Direct(..)
        | Effect::Notice(..)
        | Effect::Reply(..)
        | Effect::Request(..)
        | Effect::Consult(..)
        | Effect::Excerpt(..) => None,
    }
}

fn redirect_key(redirection: &Redirection) -> Key {
    let link = attribute(&redirection.attributes, "link").unwrap_or_default();
    Key::Redirect(redirection.contact.clone(), link.to_owned())
}

fn offer_key(offer: &Offer) -> Option<Key> {
    let number = attribute(&offer.form.attributes, "number")?;
    Some(Key::Offer(offer.contact.clone(), number.to_owned()))
}

/// The offer that a directive takes back.
fn withdrawn(directive: &Directive) -> Option<Key> {
    if directive.name != "withdraw-offer" {
        return None;
    }
    let number = attribute(&directive.attributes, "number")?;
    Some(Key::Offer(directive.contact.clone(), number.to_owned()))
}

/// A hint about a conversation (not about one message) is superseded by the next.
fn state_key(hint: &Hint) -> Option<Key> {
    hint.seen.id.is_empty().then(|| Key::State(hint.contact.clone(), hint.sender.clone()))
}
