//! I6 in the pure core: whatever a customer-side endpoint is told holds nothing of the agents' side and nothing of another customer,
//! and what agents are told holds no code by which a conversation goes on.
//!
//! Inside facts of the histories are strings that stand nowhere else: agents' accounts, contacts, queues and their labels hold the word
//! `insider`; all IP addresses begin with `10.0.0.`; devices are called `phone`. What customers are shown of an agent, `shown_as`, is by
//! definition an outside name.

use super::{CUSTOMERS, Play, elsewhere};
use crate::centre::{Effect, Feed, Output};
use crate::model::record::{Op, Record};
use crate::model::{Body, Contact, SessionId, Side};
use std::collections::{BTreeMap, BTreeSet};

/// What stands for the inside.
const INSIDE: [&str; 5] = ["insider", "desk.localhost", "corp", "10.0.0.", "phone"];

/// What has been looked at, and what must not be found.
#[derive(Default)]
pub(super) struct Leaks {
    looked_at: usize,
    aliases: BTreeSet<String>,
    /// Every code there was, with its session, and whether it is good still.
    codes: BTreeMap<String, (SessionId, bool)>,
    /// How each session's customer is delivered its transcript.
    feeds: BTreeMap<SessionId, Feed>,
}

impl Play {
    /// Looks at every effect since the last time.
    pub(super) fn check_leaks(&mut self) {
        let mut leaks = std::mem::take(&mut self.leaks);
        for output in &self.desk.outputs[leaks.looked_at..] {
            leaks.note(output);
            for effect in &output.effects {
                match self.desk.sides[&effect.endpoint()] {
                    Side::Customer => self.check_customers(effect, &mut leaks),
                    Side::Agent => check_agents(effect, &leaks),
                }
            }
            for entry in &output.appends {
                let feed = leaks.feeds.get(&entry.session);
                if let Some((feed, message)) = feed.and_then(|feed| Some((feed, feed.render(entry)?))) {
                    leaks.check(Some(&feed.contact), &format!("{message:?}"));
                }
            }
        }
        leaks.looked_at = self.desk.outputs.len();
        self.leaks = leaks;
    }

    fn check_customers(&self, effect: &Effect, leaks: &mut Leaks) {
        for text in self.forms(effect) {
            leaks.check(addressee(effect), &text);
        }
        if let Effect::Feed(_, feed) = effect {
            leaks.feeds.insert(feed.id.session, feed.clone());
        }
    }

    /// All ways in which an effect may become bytes: itself, and the messages that a feed delivers.
    fn forms(&self, effect: &Effect) -> Vec<String> {
        let mut forms = vec![format!("{effect:?}"), serde_json::to_string(effect).expect("an effect is plain data")];
        if let Effect::Feed(_, feed) = effect {
            let entries = self.desk.ledger.transcripts.get(&feed.id.session).into_iter().flatten();
            forms.extend(entries.filter_map(|entry| Some(format!("{:?}", feed.render(entry)?))));
        }
        forms
    }
}

impl Leaks {
    /// Nothing in this, which a customer is given, is from inside or another's.
    fn check(&self, own: Option<&Contact>, text: &str) {
        // The contact's own name may hold what is an inside fact of others.
        let text = own.map_or(text.to_owned(), |own| text.replace(own.as_str(), "(own)"));
        let aliases = self.aliases.iter().map(String::as_str);
        for inside in INSIDE.into_iter().chain(aliases).chain(strangers(own)) {
            assert!(!text.contains(inside), "a customer is told {inside}: {text}");
        }
    }

    fn note(&mut self, output: &Output) {
        for op in &output.ops {
            let Op::Put(Record::Session(session)) = op else { continue };
            self.aliases.insert(session.alias.to_string());
            for (of, good) in self.codes.values_mut() {
                *good &= *of != session.id;
            }
            let good = !session.customer.provider.is_empty();
            self.codes.extend(session.code.clone().map(|code| (code, (session.id, good))));
        }
        // A code that is used up may be said by anybody.
        for entry in &output.appends {
            let Body::Text(text) = &entry.body else { continue };
            let is_good = |(code, (_, good)): (&String, &(_, bool))| *good && text.contains(code.as_str());
            assert!(!self.codes.iter().any(is_good), "a good code is in a transcript: {text}");
        }
    }
}

/// Agents never see a code.
fn check_agents(effect: &Effect, leaks: &Leaks) {
    let text = format!("{effect:?}");
    for code in leaks.codes.keys() {
        assert!(!text.contains(code.as_str()), "an agent is told the code {code}: {text}");
    }
}

/// Names of customers who are not this one.
fn strangers(own: Option<&Contact>) -> Vec<&'static str> {
    let contacts = elsewhere::CONTACTS.iter().map(|contact| contact.split('@').next().unwrap_or_default());
    let names = CUSTOMERS.iter().copied().chain(contacts);
    names.filter(|name| own.is_none_or(|own| !own.as_str().starts_with(name))).collect()
}

/// Whom an effect is for, where it is for one contact.
fn addressee(effect: &Effect) -> Option<&Contact> {
    match effect {
        Effect::Feed(_, feed) => Some(&feed.contact),
        Effect::Show(_, showing) => Some(&showing.contact),
        Effect::Roster(_, roster) => Some(&roster.contact),
        Effect::Offer(_, offer) => Some(&offer.contact),
        Effect::Direct(_, order) => Some(&order.contact),
        Effect::Redirect(_, to) => Some(&to.contact),
        Effect::Hint(_, hint) => Some(&hint.contact),
        Effect::Notice(_, notice) => Some(&notice.contact),
        Effect::Settle(..)
        | Effect::Advertise(..)
        | Effect::Unfeed(..)
        | Effect::Wake(..)
        | Effect::Reply(..)
        | Effect::Request(..)
        | Effect::Consult(..)
        | Effect::Excerpt(..) => None,
    }
}
