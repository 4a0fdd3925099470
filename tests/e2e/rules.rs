//! Every rule in the real program: its queue, two agents and customers over real connections, and who is offered whom.
//!
//! The built-in order would offer everything to the first agent, whose account is the elder, unless a story says otherwise; so what is
//! expected here comes of the rule.

use crate::Scenario;
use crate::rig::{Centre, Host, said, until};
use cordboard_load::client::{Client, Login};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::time::timeout;

pub(crate) const ALL: &[Scenario] =
    &[Scenario { name: "every rule decides in the real program as its settings say", needs: &[], run: every_rule }];

/// What happens at a rule's queue.
enum Story {
    /// Both agents are free: the session is offered to the first or the second.
    OfferedTo(usize),
    /// Both agents are free, and the customer asks for the second.
    AsksFor,
    /// The first session is taken; the second is offered to the other agent, though the first has room.
    TakesTurns,
    /// The session is taken and ends; the customer comes again and is offered to the same agent, or to the other.
    ComesAgain { same: bool },
    /// One agent, who is busy. A customer comes to the rule's queue and another one to the second queue: that one is offered first.
    SecondQueueFirst,
    /// The customer is told this and sent away.
    SentAway(&'static str),
}

struct Case {
    rule: &'static str,
    settings: &'static str,
    /// Of the two agents.
    skills: [&'static str; 2],
    story: Story,
}

const fn case(rule: &'static str, settings: &'static str, skills: [&'static str; 2], story: Story) -> Case {
    Case { rule, settings, skills, story }
}

const PLAIN: [&str; 2] = ["x:5", "x:5"];

static CASES: [Case; 16] = [
    case(
        "business-hours",
        "hours = { mon = [\"00:00-00:01\"] }\nholidays = []\nclosed = \"refuse\"\nwords = \"We are closed.\"",
        PLAIN,
        Story::SentAway("We are closed."),
    ),
    case("cost-of-delay", "slowdown_pct = 50\nhold_back_pct = 0", PLAIN, Story::TakesTurns),
    case("language", "assume = \"de\"", ["lang-en:9", "lang-de:5"], Story::OfferedTo(1)),
    case("least-busy", "", PLAIN, Story::TakesTurns),
    case("longest-idle", "", PLAIN, Story::ComesAgain { same: false }),
    case(
        "overflow",
        "paths = [{ queue = \"overflow\", nobody_on_duty = true, target = \"queue:overflow-2\" }]",
        PLAIN,
        Story::OfferedTo(0),
    ),
    case("priority-ageing", "queues = { priority-ageing-2 = 3600 }", PLAIN, Story::SecondQueueFirst),
    case("requested-agent", "wait_s = 60", PLAIN, Story::AsksFor),
    case("round-robin", "", PLAIN, Story::TakesTurns),
    case("script", "keep = \"agent.name == 'script-b'\"", PLAIN, Story::OfferedTo(1)),
    case("service-level", "queues = { service-level = 3600, service-level-2 = 1 }", PLAIN, Story::SecondQueueFirst),
    case(
        "skill-level",
        "queues = { skill-level = { required = { tax = 6 } } }",
        ["tax:5", "tax:6"],
        Story::OfferedTo(1),
    ),
    case(
        "skill-relaxation",
        "rings = [{ after_s = 0, level = 8 }, { after_s = 3600, level = 0 }]",
        ["skill-relaxation:7", "skill-relaxation:8"],
        Story::OfferedTo(1),
    ),
    case("sticky-agent", "wait_s = 60", PLAIN, Story::ComesAgain { same: true }),
    case("vip", "members = [\"vip-c\"]\nskill = \"gold\"", ["x:9", "gold:1"], Story::OfferedTo(1)),
    case("weighted-random", "weights = { weighted-random-a = 0 }", PLAIN, Story::OfferedTo(1)),
];

/// For one thing to happen.
const PATIENCE: Duration = Duration::from_secs(20);

impl Case {
    fn second_queue(&self) -> String {
        format!("{}-2", self.rule)
    }

    /// A pool with the rule alone, and its two queues with a link each.
    fn sections(&self) -> String {
        let rule = self.rule;
        let mut text =
            format!("\n[[pool]]\nname = \"{rule}\"\nrules = [\"{rule}\"]\n[rules.{rule}]\n{}\n", self.settings);
        for queue in [rule, &self.second_queue()] {
            let section = format!(
                "[[queue]]\nname = \"{queue}\"\npool = \"{rule}\"\n[[link]]\nalias = \"{queue}\"\nqueue = \"{queue}\"\n"
            );
            text.write_str(&section).expect("a string takes all");
        }
        text
    }

    fn agents(&self) -> Vec<String> {
        let names = ["a", "b"].map(|which| format!("{}-{which}", self.rule));
        let many = if matches!(self.story, Story::SecondQueueFirst) { 1 } else { 2 };
        names.into_iter().take(many).collect()
    }

    fn make_accounts(&self, host: &Host) {
        let queues = match self.rule {
            "overflow" => self.second_queue(),
            rule => format!("{rule},{}", self.second_queue()),
        };
        let capacity = if matches!(self.story, Story::SecondQueueFirst) { "chat=1" } else { "chat=2" };
        for (name, skills) in self.agents().iter().zip(self.skills) {
            let arguments = ["agent", "add", name, "--skills", skills, "--queues", &queues, "--capacity", capacity];
            let added = host.add(&[&arguments[..], &["--shown-as", name]].concat(), name);
            assert!(added.status.success(), "{}", said(&added));
        }
        let added = host.add(&["customer", "add", &self.customer()], &self.customer());
        assert!(added.status.success(), "{}", said(&added));
    }

    fn customer(&self) -> String {
        format!("{}-c", self.rule)
    }

    async fn play(&self, ports: [u16; 2], mut agents: Vec<Client>) {
        let name = self.customer();
        let mut member = Client::online(&login(ports[0], "center.example", Some(&name))).await.expect("a member");
        let mut guest = Client::online(&login(ports[0], "center.example", None)).await.expect("a guest");
        let rule = self.rule;
        let first = match self.story {
            Story::AsksFor => format!("Good morning! {rule}-b, please."),
            _ => "hello".to_owned(),
        };
        says(&mut member, rule, &first).await;
        match self.story {
            Story::AsksFor => assert_eq!(offered(rule, &mut agents).await.0, 1, "{rule}"),
            Story::OfferedTo(expected) => assert_eq!(offered(rule, &mut agents).await.0, expected, "{rule}"),
            Story::TakesTurns => {
                let first = taken(rule, &mut agents).await;
                hello(&mut guest, rule).await;
                assert_ne!(offered(rule, &mut agents).await.0, first, "{rule}");
            }
            Story::ComesAgain { same } => {
                let first = taken(rule, &mut agents).await;
                end(rule, &mut agents[first]).await;
                hears(rule, &mut member, "has ended").await;
                hello(&mut member, rule).await;
                assert_eq!(offered(rule, &mut agents).await.0 == first, same, "{rule}");
            }
            Story::SecondQueueFirst => {
                let first = taken(rule, &mut agents).await;
                hello(&mut guest, rule).await;
                let mut urgent = Client::online(&login(ports[0], "center.example", None)).await.expect("a guest");
                hello(&mut urgent, &self.second_queue()).await;
                until_waiting(rule, &mut urgent).await;
                end(rule, &mut agents[first]).await;
                let (_, _, offer) = offered(rule, &mut agents).await;
                assert!(offer.contains(&format!("at {}", self.second_queue())), "{rule}: {offer}");
            }
            Story::SentAway(words) => drop(hears(rule, &mut member, words).await),
        }
    }
}

fn login(port: u16, domain: &str, account: Option<&str>) -> Login {
    Login {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        domain: domain.to_owned(),
        account: account.map(|name| (name.to_owned(), name.to_owned())),
        acks: false,
    }
}

async fn hello(customer: &mut Client, link: &str) {
    says(customer, link, "hello").await;
}

async fn says(customer: &mut Client, link: &str, words: &str) {
    customer.say(&format!("{link}@center.example"), "h", words);
    customer.flush().await.expect("the connection holds");
}

/// Where the words came from.
async fn hears(rule: &str, who: &mut Client, part: &str) -> String {
    let begun = Instant::now();
    loop {
        let left = PATIENCE.saturating_sub(begun.elapsed());
        let words = timeout(left, who.next_words()).await.unwrap_or_else(|_| panic!("{rule}: nobody says {part:?}"));
        let (from, body) = words.expect("the connection holds");
        if body.contains(part) {
            return from;
        }
    }
}

/// The agent who is offered something, the offer's number, and its words.
async fn offered(rule: &str, agents: &mut [Client]) -> (usize, String, String) {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        for (number, agent) in agents.iter_mut().enumerate() {
            let Ok(words) = timeout(Duration::from_millis(50), agent.next_words()).await else { continue };
            let (_, body) = words.expect("the connection holds");
            if let Some((offer, _)) = body.strip_prefix("Offer ").and_then(|rest| rest.split_once(": ")) {
                return (number, offer.to_owned(), body.clone());
            }
        }
    }
    panic!("{rule}: nobody is offered anything");
}

/// The next offer is accepted: by whom.
async fn taken(rule: &str, agents: &mut [Client]) -> usize {
    let (agent, number, _) = offered(rule, agents).await;
    agents[agent].say("desk.center.example", "a", &format!("accept {number}"));
    hears(rule, &mut agents[agent], "is yours").await;
    agent
}

/// The customer's words are taken: what asks how long it takes is answered.
async fn until_waiting(rule: &str, customer: &mut Client) {
    customer.say(&format!("{rule}-2@center.example"), "q", "how long?");
    hears(rule, customer, "Your turn will come").await;
}

/// The agent ends the only conversation.
async fn end(rule: &str, agent: &mut Client) {
    agent.say("desk.center.example", "e", "end");
    hears(rule, agent, "has ended").await;
}

fn every_rule() {
    let centre = Centre::in_the_clear(&[
        ("wrap_up_s = 30", "wrap_up_s = 0"),
        ("rules = [\"least-busy\", \"longest-idle\"]", "rules = []"),
        ("[rules.longest-idle]", ""),
    ]);
    let mut file = OpenOptions::new().append(true).open(centre.file()).expect("it is there");
    let sections: String = CASES.iter().map(Case::sections).collect();
    writeln!(file, "\n{sections}").expect("the folder can be written");
    let host = Host::serve(centre);
    for case in &CASES {
        case.make_accounts(&host);
    }
    let people = Runtime::new().expect("a runtime");
    let ports = [host.customers(), host.agents()];
    let sign_in = |case: &Case| -> Vec<Client> {
        let online =
            |name: &String| people.block_on(Client::online(&login(ports[1], "desk.center.example", Some(name))));
        case.agents().iter().map(|name| online(name).expect("an agent")).collect()
    };
    let agents: Vec<Vec<Client>> = CASES.iter().map(sign_in).collect();
    let all: usize = agents.iter().map(Vec::len).sum();
    until("all agents are there", || {
        let rows = host.look("agents");
        rows.as_array().is_some_and(|rows| rows.iter().filter(|row| row["state"] == "available").count() == all)
    });
    let stories: Vec<_> =
        CASES.iter().zip(agents).map(|(case, agents)| people.spawn(case.play(ports, agents))).collect();
    let failed = stories.into_iter().filter_map(|story| people.block_on(story).err()).count();
    assert_eq!(failed, 0, "stories went otherwise");
}
