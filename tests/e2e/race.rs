//! A thousand customers and fifty agents who accept, decline, ignore and drop all at once, over real connections.
//!
//! What must hold is looked at from four sides: by each customer (who talks to them), by each agent (how many they have), by what the
//! program shows, and by the invariants over a replay of its journal.

use crate::Scenario;
use crate::rig::{Centre, Host, bare, cordboard, said, text_of, until_within};
use cordboard::centre::invariants;
use cordboard::centre::journal::{JournalEntry, Ledger, Replay};
use cordboard::model::record::Shard;
use cordboard::storage::{RedbOptions, RedbStore, Store as _};
use cordboard_load::client::{Client, ClientError, Login};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

pub(crate) const ALL: &[Scenario] = &[Scenario {
    name: "a thousand sessions and fifty agents who accept, decline and drop at once: one owner each, nobody over capacity",
    needs: &[],
    run: race,
}];

const CUSTOMERS: usize = 1000;
const AGENTS: u64 = 50;
const CAPACITY: usize = 3;
/// Customers who sign in at the same time.
const SIGNING_IN: usize = 50;
const LINK: &str = "billing@center.example";
const QUEUE: &str = "billing@desk.center.example";
const DESK: &str = "desk.center.example";
const PATIENCE: Duration = Duration::from_mins(5);
/// So many batches lie between two looks at all invariants.
const BATCHES: usize = 4;

#[derive(Default)]
struct Course {
    served: AtomicUsize,
    /// Those of them to whom an agent has said something.
    answered: AtomicUsize,
    accepted: AtomicUsize,
    declined: AtomicUsize,
    dropped: AtomicUsize,
    ended: AtomicBool,
}

/// The same course for every run, as far as it is up to the agents.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// What an agent does of what may be done.
struct Agent {
    name: String,
    dice: Dice,
    /// Offers that are open, by number.
    offers: BTreeSet<String>,
    /// Accepted and not ended, as far as the agent has heard. A window may open before the answer to `accept` comes, and after a lost
    /// connection windows come again: so it may be less than it is, and never more.
    conversations: isize,
    windows: BTreeSet<String>,
    course: Arc<Course>,
}

impl Agent {
    async fn live(mut self, login: Login) {
        while !self.course.ended.load(Ordering::Relaxed) {
            if let Ok(client) = Client::online(&login).await {
                drop(self.work(client).await);
                self.course.dropped.fetch_add(1, Ordering::Relaxed);
            }
            (self.offers, self.windows, self.conversations) = Default::default();
            sleep(Duration::from_millis(20 + self.dice.below(200))).await;
        }
    }

    /// To the end of the connection, which is the agent's whim or the end of all.
    async fn work(&mut self, mut client: Client) -> Result<(), ClientError> {
        client.say(DESK, "s", "status");
        while !self.course.ended.load(Ordering::Relaxed) {
            let Ok(words) = timeout(Duration::from_millis(200), client.next_words()).await else { continue };
            let (from, body) = words?;
            let from = bare(&from).to_owned();
            let goes_on = match from.as_str() {
                QUEUE => self.hear_queue(&mut client, &body),
                DESK => end_all(&mut client, &body),
                window => self.hear_customer(&mut client, window, &body),
            };
            if !goes_on {
                return Ok(());
            }
            client.flush().await?;
        }
        Ok(())
    }

    fn hear_queue(&mut self, client: &mut Client, body: &str) -> bool {
        let Some(number) = body.strip_prefix("Offer ").and_then(|rest| rest.split([':', ' ']).next()) else {
            return true;
        };
        if body.contains("has gone") {
            self.offers.remove(number);
            return true;
        }
        if body.contains("is yours") {
            self.conversations += isize::from(self.offers.remove(number));
            return true;
        }
        self.offers.insert(number.to_owned());
        let has = self.offers.len().cast_signed() + self.conversations;
        assert!(has <= CAPACITY.cast_signed(), "{} has {has}: {:?} and {}", self.name, self.offers, self.conversations);
        match self.dice.below(10) {
            0..6 => {
                self.course.accepted.fetch_add(1, Ordering::Relaxed);
                // Who is in a hurry says it twice.
                for _ in 0..=self.dice.below(2) {
                    client.say(QUEUE, "a", &format!("accept {number}"));
                }
            }
            6..8 => {
                self.course.declined.fetch_add(1, Ordering::Relaxed);
                self.offers.remove(number);
                client.say(QUEUE, "d", &format!("decline {number}"));
            }
            8 => return false,
            _ => {}
        }
        true
    }

    fn hear_customer(&mut self, client: &mut Client, window: &str, body: &str) -> bool {
        if !body.contains("hello") || !self.windows.insert(window.to_owned()) {
            return true;
        }
        for _ in 0..3 {
            client.say(window, "w", &format!("I am {}", self.name));
        }
        if self.dice.below(10) == 0 {
            return false;
        }
        self.conversations -= 1;
        client.say(window, "e", "end");
        true
    }
}

/// Conversations that a lost connection has left open are ended: `Conversation 12: guest`.
fn end_all(client: &mut Client, status: &str) -> bool {
    for number in status.lines().filter_map(|line| line.strip_prefix("Conversation ")?.split(':').next()) {
        client.say(DESK, "e", &format!("end {number}"));
    }
    true
}

/// Says hello and hears agents out; only after one was lost another may speak.
async fn customer(login: Login, door: Arc<Semaphore>, course: Arc<Course>) {
    let ticket = door.acquire().await.expect("it is never closed");
    let mut client = Client::online(&login).await.expect("there is room for every customer");
    drop(ticket);
    client.say(LINK, "h", "hello");
    let mut owner: Option<String> = None;
    loop {
        let (_, body) = client.next_words().await.expect("customers are not disconnected");
        if body.contains("was lost") {
            owner = None;
        } else if let Some(speaker) = body.strip_prefix("I am ") {
            let before = owner.get_or_insert_with(|| speaker.to_owned());
            assert_eq!(before, speaker, "two agents have one session");
        } else if body.contains("has ended") {
            break;
        }
    }
    course.served.fetch_add(1, Ordering::Relaxed);
    course.answered.fetch_add(usize::from(owner.is_some()), Ordering::Relaxed);
}

fn login(port: u16, domain: &str, account: Option<&str>) -> Login {
    Login {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        domain: domain.to_owned(),
        account: account.map(|name| (name.to_owned(), name.to_owned())),
        acks: false,
    }
}

fn race() {
    let centre = Centre::in_the_clear(&[
        ("wrap_up_s = 30", "wrap_up_s = 0"),
        ("expire_s = 20", "expire_s = 2"),
        ("missed = 3", "missed = 0"),
        ("agent_s = 30", "agent_s = 1"),
        ("max_waiting = 200", "max_waiting = 2000"),
    ]);
    let config = text_of(&centre.file());
    let mut host = Host::serve(centre);
    let names: Vec<String> = (0..AGENTS).map(|number| format!("agent{number}")).collect();
    let capacity = u32::try_from(CAPACITY).expect("few");
    host.people(&names.iter().map(|name| (name.as_str(), capacity)).collect::<Vec<_>>(), &[]);
    let people = Runtime::new().expect("a runtime");
    let course = Arc::new(Course::default());
    let door = Arc::new(Semaphore::new(SIGNING_IN));
    let customers: Vec<_> = (0..CUSTOMERS)
        .map(|_| {
            let login = login(host.customers(), "center.example", None);
            people.spawn(customer(login, Arc::clone(&door), Arc::clone(&course)))
        })
        .collect();
    let agents: Vec<_> = (1..)
        .zip(&names)
        .map(|(seed, name)| {
            let (dice, course) = (Dice(u64::wrapping_mul(seed, 0x9e37_79b9_7f4a_7c15)), Arc::clone(&course));
            let (offers, windows) = (BTreeSet::new(), BTreeSet::new());
            let agent = Agent { name: name.clone(), dice, offers, conversations: 0, windows, course };
            people.spawn(agent.live(login(host.agents(), "desk.center.example", Some(name))))
        })
        .collect();
    until_within(PATIENCE, "everybody is served", || {
        look(&host);
        let failed = customers.iter().any(tokio::task::JoinHandle::is_finished)
            && agents.iter().any(tokio::task::JoinHandle::is_finished);
        assert!(!failed, "an agent has something to complain of");
        customers.iter().all(tokio::task::JoinHandle::is_finished)
    });
    course.ended.store(true, Ordering::Relaxed);
    for person in customers.into_iter().chain(agents) {
        people.block_on(person).expect("nobody has anything to complain of");
    }
    let [served, answered, accepted, declined, dropped] =
        [&course.served, &course.answered, &course.accepted, &course.declined, &course.dropped]
            .map(|count| count.load(Ordering::Relaxed));
    assert_eq!(served, CUSTOMERS);
    assert!(answered > CUSTOMERS / 2, "{answered} were answered");
    assert!(accepted > CUSTOMERS && declined > 100 && dropped > 100, "{accepted}, {declined}, {dropped}: no race");
    let stopped = cordboard(&["stop", "--config", &config]).output().expect("cordboard runs");
    assert!(stopped.status.success(), "{}", said(&stopped));
    assert!(host.ended().success());
    replay(host.data());
}

/// What the program shows: no agent has more than the capacity, and a session has one agent.
fn look(host: &Host) {
    let agents = host.look("agents");
    for agent in agents.as_array().expect("rows") {
        let has = ["offers", "sessions"].map(|what| agent[what].as_array().map_or(0, Vec::len));
        assert!(has[0] + has[1] <= CAPACITY, "{agent}");
    }
    let sessions =
        agents.as_array().into_iter().flatten().flat_map(|agent| agent["sessions"].as_array().expect("a list"));
    let mut seen = BTreeSet::new();
    assert!(sessions.map(ToString::to_string).all(|session| seen.insert(session)), "two agents have one: {agents}");
}

/// The journal gives the same again, and all invariants hold on the way.
fn replay(folder: &Path) {
    let store = RedbStore::open(folder, RedbOptions::default()).expect("it is closed");
    let mut replay = Replay::new(Ledger::default());
    let (mut from, mut batches) = (1, 0);
    loop {
        let page = store.journal(Shard::Pool(0), from, 64).expect("it can be read");
        let Some((last, _)) = page.last() else { break };
        from = last + 1;
        // An entry begins with its version; the snapshot of nothing before the first with a zero.
        for (number, bytes) in page.iter().filter(|(_, bytes)| bytes.first() != Some(&0)) {
            let entry = JournalEntry::decode(bytes).expect("it can be read");
            replay.step(&entry).unwrap_or_else(|difference| panic!("entry {number}: {difference}"));
            batches += 1;
            if batches % BATCHES == 0 {
                let centre = replay.centre().expect("a journal begins with a start");
                invariants::check(centre).unwrap_or_else(|violation| panic!("entry {number}: {violation}"));
            }
        }
    }
    assert!(batches > 100, "{batches} batches");
}
