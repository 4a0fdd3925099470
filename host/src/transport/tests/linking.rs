//! Links to a provider's server that the test plays: signing in, reconnecting, being refused, ending.

use super::*;
use crate::centre::Feed;
use crate::model::adapter::Setup;
use crate::model::record::Speaker;
use crate::model::{Attribute, Body, Contact, FeedId, Participant, Timestamp};
use std::time::Instant;
use tokio::net::TcpListener;

/// SHA-1 of `3BF96D32` and `secret`.
const PROOF: &str = "proof b09ea9b3b7f586be8a08d0a3dd7466f110aeb136";

/// A provider's server, and a link to it.
pub(super) struct Town {
    server: TcpListener,
    status: Arc<LinkStatus>,
    centre: Arc<FakeCentre>,
    inputs: mpsc::UnboundedReceiver<Input>,
    drain: watch::Sender<bool>,
    served: JoinHandle<()>,
}

impl Town {
    pub(super) async fn new(change: impl FnOnce(&mut Link)) -> Self {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut link = Link {
            name: "prosody".to_owned(),
            address: format!("localhost:{}", server.local_addr().unwrap().port()),
            protocol: "line".to_owned(),
            adapter: adapter(LineFactory::default()),
            setup: Setup {
                side: Side::Customer,
                role: "component".to_owned(),
                domain: "support.example".to_owned(),
                settings: "{}".to_owned(),
                seed: Vec::new(),
                attributes: vec![Attribute::new("secret", "prosody")],
            },
            secret: Secret::new("prosody", "secret"),
            limits: Limits { redial_ms: 20, redial_most_ms: 200, ..Limits::default() },
            poison_folder: std::env::temp_dir(),
            bans: Arc::new(Bans::new(&Limits::default())),
            status: Arc::default(),
        };
        change(&mut link);
        let (status, (centre, inputs)) = (link.status.clone(), FakeCentre::new());
        let (drain, draining) = watch::channel(false);
        let served = tokio::spawn(link.serve(centre.clone(), draining));
        Self { server, status, centre, inputs, drain, served }
    }

    /// The link's next connection.
    async fn accept(&self) -> Client<TcpStream> {
        let (stream, _) = timeout(SOON, self.server.accept()).await.expect("nobody dials").unwrap();
        let mut link = Client { stream: BufReader::new(stream) };
        assert_eq!(link.hear().await, "hello support.example");
        link
    }

    /// The next connection, signed in.
    pub(super) async fn up(&self) -> Client<TcpStream> {
        let mut link = self.accept().await;
        link.say("id 3BF96D32").await;
        assert_eq!(link.hear().await, PROOF);
        link.say("welcome").await;
        self.state("up").await;
        link
    }

    pub(super) async fn state(&self, expected: &str) -> LinkReport {
        let began = Instant::now();
        loop {
            let report = self.status.report();
            if report.state == expected {
                return report;
            }
            assert!(began.elapsed() < SOON, "{report:?} instead of {expected}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn input(&mut self) -> Input {
        timeout(SOON, self.inputs.recv()).await.expect("the centre was told nothing").unwrap()
    }

    /// joe of the provider has arrived.
    async fn join(&mut self, link: &mut Client<TcpStream>) {
        link.say("join joe").await;
        let Input::Report { endpoint, report } = self.input().await else { panic!("not a report") };
        assert!(matches!(report.event, Event::Arrived(_)), "{report:?}");
        self.settle(endpoint, report.reference);
        assert_eq!(link.hear().await, format!("settled {}", report.reference));
    }

    fn settle(&self, endpoint: EndpointId, reference: Reference) {
        self.post(Effect::Settle(endpoint, Settlement { reference, outcome: Ok(()) }));
    }

    fn post(&self, effect: Effect) {
        self.centre.posts.lock().unwrap()[&effect.endpoint()].post(effect);
    }

    fn say_to_joe(&self, seqs: std::ops::RangeInclusive<u32>) {
        let entry = |seq| Entry {
            session: FEED.session,
            seq: Seq(seq),
            at: Timestamp(0),
            speaker: Speaker::Centre,
            name: String::new(),
            body: Body::Text(format!("m{seq}")),
            origin: None,
            language: None,
            audience: crate::model::part::Audience::default(),
        };
        self.centre.transcript.lock().unwrap().extend(seqs.map(entry));
    }
}

const FEED: FeedId = FeedId { session: SessionId(5), participant: Participant::CUSTOMER };

#[tokio::test]
async fn a_link_signs_in_and_the_centre_is_told_once() {
    let mut town = Town::new(|_| {}).await;
    let link = town.up().await;
    let Input::Opened(opened) = town.input().await else { panic!("not opened") };
    assert_eq!((opened.provider.as_str(), opened.own_accounts), ("prosody", false));
    assert_eq!(opened.address, town.server.local_addr().unwrap().to_string());
    drop(link);
    town.up().await;
    assert!(town.inputs.try_recv().is_err(), "the endpoint is the same");
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_over_a_reconnect() {
    let mut town = Town::new(|_| {}).await;
    let mut link = town.up().await;
    town.input().await;
    town.join(&mut link).await;
    link.say("hold\nnonsense").await;
    assert_eq!(link.hear().await, "what?");
    town.say_to_joe(1..=3);
    let (contact, alias) = (Contact::new("joe"), Alias::new("billing"));
    town.post(Effect::Feed(EndpointId(1), Feed { id: FEED, contact, alias, after: Seq(0), joined_after: Seq(0) }));
    for seq in 1..=3 {
        assert_eq!(link.hear().await, format!("message 5-0-{seq} from billing: m{seq}"));
    }
    link.say("ack 5-0-1\nas joe mine").await;
    let first = town.input().await;
    let Input::Report { endpoint, report } = first else { panic!("not a report: {first:?}") };
    assert!(matches!(town.input().await, Input::Delivered { through: Seq(1), .. }));
    drop(link);
    town.state("down").await;
    town.say_to_joe(4..=4);
    town.post(Effect::Wake(EndpointId(1), FEED));
    town.settle(endpoint, report.reference);
    let mut link = town.up().await;
    let mut heard = Vec::new();
    for _ in 0..4 {
        heard.push(link.hear().await);
    }
    heard.sort();
    let message = |seq| format!("message 5-0-{seq} from billing: m{seq}");
    assert_eq!(heard, [message(2), message(3), message(4), format!("settled {}", report.reference)]);
    link.say("ack 5-0-2\nack 5-0-3\nack 5-0-4").await;
    assert!(matches!(town.input().await, Input::Delivered { through: Seq(4), .. }));
}

#[tokio::test]
async fn a_server_that_refuses_us_is_tried_again_ever_more_seldom() {
    let town = Town::new(|_| {}).await;
    let mut gaps = Vec::new();
    let mut last = Instant::now();
    for _ in 0..5 {
        let mut link = town.accept().await;
        gaps.push(last.elapsed());
        link.say("id 3BF96D32").await;
        assert_eq!(link.hear().await, PROOF);
        drop(link);
        last = Instant::now();
    }
    assert!(gaps[4] >= Duration::from_millis(80), "{gaps:?}: half of 20 ms, doubled three times");
    let report = town.state("refused").await;
    assert_eq!(report.why, "the peer closed the connection");
    assert!(report.retry_in.is_some_and(|wait| wait <= Duration::from_millis(200)));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let town = Town::new(|link| link.address = "127.0.0.1:9".to_owned()).await;
    let report = town.state("down").await;
    assert!(report.why.contains("refused"), "{report:?}");
    town.drain.send(true).unwrap();
    timeout(SOON, town.served).await.expect("it still serves").unwrap();
    assert_eq!(town.status.report().state, "ended");
}

#[tokio::test]
async fn a_drain_ends_a_link_politely() {
    let mut town = Town::new(|_| {}).await;
    let mut link = town.up().await;
    town.input().await;
    town.drain.send(true).unwrap();
    assert_eq!(link.hear().await, "closing time");
    assert_eq!(link.hear().await, "");
    drop(link);
    assert!(matches!(town.input().await, Input::Gone { reason, .. } if reason == "drained"));
    timeout(SOON, town.served).await.expect("it still serves").unwrap();
    assert!(town.centre.posts.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_drain_ends_a_link_that_is_down() {
    let mut town = Town::new(|link| link.limits.redial_ms = 60_000).await;
    drop(town.up().await);
    town.state("down").await;
    town.input().await;
    town.drain.send(true).unwrap();
    assert!(matches!(town.input().await, Input::Gone { .. }));
    timeout(SOON, town.served).await.expect("it still serves").unwrap();
}

#[tokio::test]
async fn a_centre_that_starts_anew_gets_a_new_endpoint() {
    let mut town = Town::new(|_| {}).await;
    let mut link = town.up().await;
    town.input().await;
    town.centre.posts.lock().unwrap()[&EndpointId(1)].reset();
    assert_eq!(link.hear().await, "");
    drop(link);
    assert!(matches!(town.input().await, Input::Gone { endpoint: EndpointId(1), .. }));
    town.up().await;
    assert!(matches!(town.input().await, Input::Opened(opened) if opened.endpoint == EndpointId(2)));
}

#[tokio::test]
async fn an_adapter_that_gives_no_endpoint_is_tried_again() {
    let refuses = LineFactory { refuses: true, ..LineFactory::default() };
    let town = Town::new(|link| link.adapter = adapter(refuses)).await;
    for _ in 0..2 {
        let (mut stream, _) = timeout(SOON, town.server.accept()).await.unwrap().unwrap();
        let ended = tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 1]).await;
        assert_eq!(ended.unwrap(), 0);
    }
    assert_eq!(town.state("down").await.why, "the adapter gives no endpoint: refused: not today");
}
