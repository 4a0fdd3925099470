//! Fifty sessions talk over real connections while the program is killed, fifty times at random moments (I3, I4, I9).
//!
//! Everybody comes back by themselves and says again, with the same identifiers, what was not acknowledged. One customer has left for good
//! before the first kill, and three come while the killing goes on: grace and offers outlive the program, too.
//!
//! `CORDBOARD_SEED=N` repeats the pauses of another run; the seed is printed.

pub(crate) mod person;

use crate::Scenario;
use crate::rig::{Centre, Host, said, until};
use cordboard::model::record::{Entry, Shard, Speaker};
use cordboard::model::{Body, Participant, Seq, SessionId};
use cordboard::storage::{RedbOptions, RedbStore, Store};
use cordboard_load::client::{Client, Login};
use person::{Everybody, Person, number_of};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

pub(crate) const ALL: &[Scenario] =
    &[Scenario { name: "fifty sessions survive fifty kills at random moments", needs: &[], run: survives_fifty_kills }];

const KILLS: u32 = 50;
const SESSIONS: usize = 50;
/// Customers who come while the killing goes on, one at each of these kills.
const LATE: [u32; 3] = [10, 20, 30];
const AGENTS: usize = 10;
/// From `ready` to the kill, at most: sometimes nobody is back yet, sometimes all have talked for a while.
const LONGEST_PAUSE_MS: u64 = 1_000;
/// How long a session waits for its customer.
const GRACE: Duration = Duration::from_secs(20);
const CUSTOMER_DOMAIN: &str = "center.example";
const DESK_DOMAIN: &str = "desk.center.example";
const LINK: &str = "billing@center.example";

fn survives_fifty_kills() {
    let mut random = Random::seeded();
    let mut host = start();
    let people = Runtime::new().expect("a runtime");
    let everybody = Arc::new(Everybody::default());
    let come = |host: &Host, name: String, agent: bool| {
        let login = login(host, &name, agent);
        let person = Person::new(login, (!agent).then(|| LINK.to_owned()), Arc::clone(&everybody));
        people.spawn(person.live())
    };
    let mut tasks: Vec<JoinHandle<()>> =
        (0..AGENTS).map(|number| come(&host, format!("agent{number}"), true)).collect();
    host.look_until("status", &[&format!("\"agents\":{AGENTS}")]);
    let (gone, gone_at) = people.block_on(leave_for_good(&host));
    tasks.extend((0..SESSIONS).map(|number| come(&host, format!("joe{number}"), false)));
    let active = format!("\"active\":{}", SESSIONS + 1);
    host.look_until("status", &[&active]);
    let before = sessions(&host);

    for kill in 0..KILLS {
        if let Some(late) = LATE.iter().position(|at| *at == kill) {
            tasks.push(come(&host, format!("joe{}", SESSIONS + late), false));
        }
        thread::sleep(Duration::from_millis(random.below(LONGEST_PAUSE_MS)));
        host.kill();
        host.start_again();
        complain(&people, &mut tasks);
    }

    let active = format!("\"active\":{}", SESSIONS + LATE.len());
    host.look_until("status", &[&active]);
    assert!(gone_at.elapsed() >= GRACE, "the grace was over after {:?}", gone_at.elapsed());
    everybody.hush();
    until("every word has arrived", || {
        complain(&people, &mut tasks);
        everybody.all_has_arrived()
    });
    everybody.end();
    for task in tasks {
        people.block_on(task).expect("nobody has anything to complain of");
    }
    let after = sessions(&host);
    for (id, customer) in before.iter().filter(|(_, customer)| **customer != gone) {
        assert_eq!(after.get(id), Some(customer), "session {id} of {customer} is not there any more");
    }
    let came = after.values().collect::<BTreeSet<_>>().len();
    assert_eq!((after.len(), came), (SESSIONS + LATE.len(), after.len()), "one session each: {after:?}");
    host.kill();
    check_transcripts(host.data(), after.keys().copied(), &everybody);
}

/// Panics with whoever has.
fn complain(people: &Runtime, tasks: &mut Vec<JoinHandle<()>>) {
    if let Some(at) = tasks.iter().position(JoinHandle::is_finished) {
        people.block_on(tasks.swap_remove(at)).expect("nobody has anything to complain of");
    }
}

/// The program, and accounts for everybody: agents may have a little more than all sessions.
fn start() -> Host {
    let host = Host::serve(Centre::adapted(&[
        ("customer_s = 300", &format!("customer_s = {}", GRACE.as_secs())),
        ("wrap_up_s = 30", "wrap_up_s = 0"),
        ("tls = { certificate = \"center.crt\", key = \"center.key\" }", "tls = \"none\""),
        ("require_tls = true", "require_tls = false"),
        ("plain_without_tls = false", "plain_without_tls = true"),
        ("tls = { certificate = \"desk.crt\", key = \"desk.key\" }", "tls = \"none\"\nplain_without_tls = true"),
    ]));
    let capacity = format!("chat={}", (SESSIONS + LATE.len() + 1).div_ceil(AGENTS) + 1);
    let agent = |name: &str| host.add(&["agent", "add", name, "--skills", "billing:5", "--capacity", &capacity], name);
    let customer = |name: &str| host.add(&["customer", "add", name], name);
    let agents = (0..AGENTS).map(|number| format!("agent{number}")).map(|name| agent(&name));
    let customers = (0..=SESSIONS + LATE.len()).map(|number| format!("joe{number}")).map(|name| customer(&name));
    for added in agents.chain(customers) {
        assert!(added.status.success(), "{}", said(&added));
    }
    host
}

fn login(host: &Host, name: &str, agent: bool) -> Login {
    let (port, domain) = if agent { (host.agents(), DESK_DOMAIN) } else { (host.customers(), CUSTOMER_DOMAIN) };
    let account = Some((name.to_owned(), name.to_owned()));
    Login { address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), domain: domain.to_owned(), account, acks: true }
}

/// A customer whose session an agent has accepted leaves, and never comes back; the customer's name in the session, and when that was.
async fn leave_for_good(host: &Host) -> (String, Instant) {
    let name = format!("joe{}", SESSIONS + LATE.len());
    let mut client = Client::online(&login(host, &name, false)).await.expect("the customer signs in");
    client.say(LINK, "only", "I have to go at once");
    client.flush().await.expect("the connection stands");
    host.look_until("status", &["\"active\":1"]);
    (name, Instant::now())
}

/// Sessions that are active, and whose they are.
fn sessions(host: &Host) -> BTreeMap<u64, String> {
    let told = host.look("sessions");
    let rows = told.as_array().into_iter().flatten().filter(|row| row["state"] == "active");
    let id = |row: &serde_json::Value| row["id"].as_u64().expect("a session has a number");
    rows.map(|row| (id(row), row["customer"].as_str().unwrap_or_default().to_owned())).collect()
}

/// Each participant's words stand in the transcript in order, none missing and none twice, as many as were said.
fn check_transcripts(data: &Path, sessions: impl Iterator<Item = u64>, everybody: &Everybody) {
    let store = RedbStore::open(data, RedbOptions::default()).expect("the store can be opened");
    let mut stored = 0;
    for session in sessions {
        let entries = store.read(Shard::Pool(0), SessionId(session), Seq(0), usize::MAX).expect("a transcript");
        let mut numbers: BTreeMap<Participant, Vec<u32>> = BTreeMap::new();
        for Entry { speaker, body, .. } in entries {
            if let (Speaker::Participant(speaker), Body::Text(text)) = (speaker, body) {
                numbers.entry(speaker).or_default().extend(number_of(&text));
            }
        }
        for (participant, numbers) in numbers {
            let expected: Vec<u32> = (0..).take(numbers.len()).collect();
            assert_eq!(numbers, expected, "session {session}, {participant:?}");
            stored += numbers.len();
        }
    }
    assert_eq!(stored, everybody.words_said(), "every word is in a transcript");
    assert!(stored >= SESSIONS * KILLS as usize / 5, "{stored} words are too few to tell anything");
}

/// Pauses that can be had again (`SplitMix64`, Steele et al. 2014).
struct Random(u64);

impl Random {
    fn seeded() -> Self {
        let given = std::env::var("CORDBOARD_SEED").ok().map(|seed| seed.parse().expect("CORDBOARD_SEED is a number"));
        let seed = given.unwrap_or_else(|| u64::from(std::process::id()));
        println!("pauses of CORDBOARD_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
