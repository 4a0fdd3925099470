//! Somebody who talks on and on, comes back when the connection is lost, and notices whatever is wrong with what they hear.
//!
//! ```text
//!   away ──signed in──► catching up: says again what was not acknowledged ──► talking ──connection lost──► away
//! ```
//! Invariant: what was acknowledged is never said again, and what was not is said again in order with the same identifier; words with an
//! identifier that was heard before are dropped, and all others must be the next of their speaker.

use cordboard_load::client::{Client, ClientError, Login};
use cordboard_load::xml::Element;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Words that may be unacknowledged in one conversation.
const WINDOW: usize = 4;
/// How long to listen before looking around.
const TICK: Duration = Duration::from_millis(100);
/// Between attempts to sign in.
const RETRY: Duration = Duration::from_millis(50);
const WORD: &str = "word ";

/// What all know of each other.
#[derive(Default)]
pub(crate) struct Everybody {
    hushed: AtomicBool,
    ended: AtomicBool,
    arrivals: AtomicUsize,
    /// By speaker or listener and whom they talk to.
    progress: Mutex<BTreeMap<(String, String), Progress>>,
}

/// How far somebody has got in a conversation.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    said: u32,
    unacknowledged: usize,
    heard: u32,
}

impl Everybody {
    /// Nobody begins to say anything more.
    pub(crate) fn hush(&self) {
        self.hushed.store(true, Ordering::Relaxed);
    }

    /// All go on talking.
    pub(crate) fn speak(&self) {
        self.hushed.store(false, Ordering::Relaxed);
    }

    /// All go.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    /// How often somebody has signed in.
    pub(crate) fn arrivals(&self) -> usize {
        self.arrivals.load(Ordering::Relaxed)
    }

    /// Whether everything said is acknowledged and heard.
    pub(crate) fn all_has_arrived(&self) -> bool {
        let progress = self.progress.lock().expect("nobody panics with it");
        let heard: usize = progress.values().map(|one| one.heard as usize).sum();
        let said: usize = progress.values().map(|one| one.said as usize).sum();
        progress.values().all(|one| one.unacknowledged == 0) && said == heard
    }

    /// Words that all have said.
    pub(crate) fn words_said(&self) -> usize {
        let progress = self.progress.lock().expect("nobody panics with it");
        progress.values().map(|one| one.said as usize).sum()
    }
}

/// One conversation, from one side.
#[derive(Default)]
struct Talk {
    said: u32,
    unacknowledged: VecDeque<u32>,
    heard: u32,
}

/// A customer, who talks to a link, or an agent, who accepts what is offered and talks to whoever does.
pub(crate) struct Person {
    login: Login,
    name: String,
    talks: BTreeMap<String, Talk>,
    seen: BTreeSet<String>,
    everybody: Arc<Everybody>,
}

impl Person {
    pub(crate) fn new(login: Login, link: Option<String>, everybody: Arc<Everybody>) -> Self {
        let name = login.account.iter().map(|(name, _)| name.clone()).collect();
        let talks = link.into_iter().map(|link| (link, Talk::default())).collect();
        Self { login, name, talks, seen: BTreeSet::new(), everybody }
    }

    /// Lives to the end of all; panics at whatever is wrong.
    pub(crate) async fn live(mut self) {
        while !self.everybody.ended.load(Ordering::Relaxed) {
            match Client::online(&self.login).await {
                // Whatever ends a connection, the person comes again.
                Ok(client) => {
                    self.everybody.arrivals.fetch_add(1, Ordering::Relaxed);
                    drop(self.talk(client).await);
                }
                Err(_) => sleep(RETRY).await,
            }
        }
    }

    async fn talk(&mut self, mut client: Client) -> Result<(), ClientError> {
        for (to, talk) in &self.talks {
            talk.unacknowledged.iter().for_each(|number| say(&mut client, to, *number));
        }
        client.ask_for_acks();
        while !self.everybody.ended.load(Ordering::Relaxed) {
            self.say_more(&mut client);
            match timeout(TICK, client.next()).await {
                Ok(stanza) => self.hear(&stanza?, &mut client),
                Err(_) => client.ask_for_acks(),
            }
            self.note_acknowledged(&mut client);
            self.tell();
        }
        Ok(())
    }

    fn say_more(&mut self, client: &mut Client) {
        if self.everybody.hushed.load(Ordering::Relaxed) {
            return;
        }
        let mut said = false;
        for (to, talk) in &mut self.talks {
            while talk.unacknowledged.len() < WINDOW {
                say(client, to, talk.said);
                talk.unacknowledged.push_back(talk.said);
                talk.said += 1;
                said = true;
            }
        }
        if said {
            client.ask_for_acks();
        }
    }

    fn hear(&mut self, stanza: &Element, client: &mut Client) {
        let error = (stanza.name == "message" && stanza.attribute("type") == "error").then_some(stanza);
        assert!(error.is_none(), "{} is refused: {error:?}", self.name);
        let Some(words) = stanza.words() else { return };
        let from = stanza.attribute("from").split('/').next().unwrap_or_default();
        if let Some(number) = offered(words) {
            return client.say(from, &format!("accept-{number}"), &format!("accept {number}"));
        }
        let Some(number) = number_of(words) else { return };
        if !self.seen.insert(stanza.attribute("id").to_owned()) {
            return;
        }
        let talk = self.talks.entry(from.to_owned()).or_default();
        assert_eq!(number, talk.heard, "{} hears the wrong word of {from}", self.name);
        talk.heard += 1;
    }

    fn note_acknowledged(&mut self, client: &mut Client) {
        for id in client.acknowledged() {
            let Some((to, number)) = id.rsplit_once('#') else { continue };
            let oldest = self.talks.get_mut(to).and_then(|talk| talk.unacknowledged.pop_front());
            assert_eq!(oldest.map(|oldest| oldest.to_string()).as_deref(), Some(number), "{} in order", self.name);
        }
    }

    fn tell(&self) {
        let mut progress = self.everybody.progress.lock().expect("nobody panics with it");
        for (to, Talk { said, unacknowledged, heard }) in &self.talks {
            let one = Progress { said: *said, unacknowledged: unacknowledged.len(), heard: *heard };
            progress.insert((self.name.clone(), to.clone()), one);
        }
    }
}

fn say(client: &mut Client, to: &str, number: u32) {
    client.say(to, &format!("{to}#{number}"), &format!("{WORD}{number}"));
}

/// The number of a word, if it is one of ours.
pub(crate) fn number_of(words: &str) -> Option<u32> {
    words.strip_prefix(WORD)?.parse().ok()
}

/// The number of an offer that may be accepted.
fn offered(words: &str) -> Option<u32> {
    words.contains("Say `accept").then_some(words)?.strip_prefix("Offer ")?.split(':').next()?.parse().ok()
}
