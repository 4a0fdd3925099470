//! Scenarios of one endpoint, driven by the line protocol of [`crate::transport::tests::line`].

mod admission;
mod delivery;
mod link;
mod poison;
mod properties;
mod recovery;
mod swap;

use super::*;
use crate::centre::{Effect, Feed, message_id};
use crate::model::adapter::{Principal, ProofStep, Setup, Tls};
use crate::model::limits::Limits;
use crate::model::record::{Entry, Speaker};
use crate::model::{Alias, Body, Contact, Failure, FeedId, Participant, Reference, Seq, SessionId, Side};
use crate::transport::bans::Bans;
use crate::transport::tests::line::{LineFactory, Vice};

const FEED: FeedId = FeedId { session: SessionId(5), participant: Participant::CUSTOMER };

fn config(change: impl FnOnce(&mut EndpointConfig)) -> Arc<EndpointConfig> {
    let setup = Setup {
        side: Side::Customer,
        role: "server".to_owned(),
        domain: "localhost".to_owned(),
        settings: "{}".to_owned(),
        seed: Vec::new(),
        attributes: Vec::new(),
    };
    let mut config = EndpointConfig {
        setup,
        provider: "customers".to_owned(),
        protocol: "line".to_owned(),
        own_accounts: true,
        tls: true,
        contacts: 2,
        traps: 1,
        state_bytes: 1024 * 1024,
        lasting: false,
        bans: Arc::new(Bans::new(&Limits::default())),
        limits: Limits::default(),
    };
    change(&mut config);
    Arc::new(config)
}

fn opening(channel: Channel) -> Opening {
    Opening {
        channel,
        transport: "stream".to_owned(),
        direction: "accepted".to_owned(),
        dial: None,
        local: "192.0.2.1:5222".to_owned(),
        remote: "192.0.2.9:4711".to_owned(),
        tls: None,
        attributes: Vec::new(),
    }
}

fn secured(channel: Channel) -> Opening {
    let tls = Tls { version: "TLSv1.3".to_owned(), server_name: None, client_identity: None, exporter: vec![0; 2] };
    Opening { tls: Some(tls), ..opening(channel) }
}

fn entry(seq: u32, by: Option<u32>, text: &str) -> Entry {
    Entry {
        session: FEED.session,
        seq: Seq(seq),
        at: Timestamp(7),
        speaker: by.map_or(Speaker::Centre, |number| Speaker::Participant(Participant(number))),
        name: "Billing".to_owned(),
        body: Body::Text(text.to_owned()),
        origin: None,
        language: None,
        audience: crate::model::part::Audience::default(),
    }
}

/// An endpoint and a clock, with what it did in words.
struct Bench {
    endpoint: Endpoint,
    now: Timestamp,
}

impl Bench {
    fn new(config: Arc<EndpointConfig>) -> Self {
        Self::of(Arc::new(LineFactory::default()), config)
    }

    fn of(factory: Arc<LineFactory>, config: Arc<EndpointConfig>) -> Self {
        let (now, address) = (Timestamp(1_000), "192.0.2.9:4711".to_owned());
        let (endpoint, actions) =
            Endpoint::open(EndpointId(1), config, factory, [0; 32], address, now, opening(1)).unwrap();
        assert!(
            matches!(&actions[..], [Action::Submit(CentreInput::Opened(opened))] if opened.address == "192.0.2.9:4711")
        );
        Self { endpoint, now }
    }

    /// An endpoint with joe on it, whose arrival is settled.
    fn with_joe(config: Arc<EndpointConfig>) -> Self {
        Self::of_joe(Arc::new(LineFactory::default()), config)
    }

    fn of_joe(factory: Arc<LineFactory>, config: Arc<EndpointConfig>) -> Self {
        let mut bench = Self::of(factory, config);
        bench.sign_in("joe");
        assert_eq!(bench.line("bind"), ["report 2 arrived joe/line"]);
        assert_eq!(bench.settle(2), ["send settled 2"]);
        bench
    }

    fn sign_in(&mut self, name: &str) {
        assert_eq!(self.line(&format!("user {name} secret")), ["verify 1"]);
        assert_eq!(self.prove(1, name), [format!("send welcome {name}")]);
    }

    fn event(&mut self, event: Event) -> Vec<String> {
        self.endpoint.handle(self.now, event).iter().map(in_words).collect()
    }

    fn line(&mut self, line: &str) -> Vec<String> {
        self.event(Event::Received { channel: 1, data: format!("{line}\n").into_bytes() })
    }

    fn prove(&mut self, reference: Reference, name: &str) -> Vec<String> {
        let (kind, data, attributes) = ("member".to_owned(), Vec::new(), Vec::new());
        let step = ProofStep::Success(Principal { alias: Alias::new(name), kind, data, attributes });
        self.event(Event::Proof(Proof { reference, step }))
    }

    fn settle(&mut self, reference: Reference) -> Vec<String> {
        self.effect(Effect::Settle(self.endpoint.id(), Settlement { reference, outcome: Ok(()) }))
    }

    fn refuse(&mut self, reference: Reference, code: &str) -> Vec<String> {
        let outcome = Err(Failure::new(code, ""));
        self.effect(Effect::Settle(self.endpoint.id(), Settlement { reference, outcome }))
    }

    fn effect(&mut self, effect: Effect) -> Vec<String> {
        self.event(Event::Effect(effect))
    }

    fn feed(&mut self, after: u32, joined_after: u32) -> Vec<String> {
        let contact = Contact::new("joe/line");
        let (after, joined_after) = (Seq(after), Seq(joined_after));
        let feed = Feed { id: FEED, contact, alias: Alias::new("billing"), after, joined_after };
        self.effect(Effect::Feed(self.endpoint.id(), feed))
    }

    fn pulled(&mut self, entries: Vec<Entry>) -> Vec<String> {
        self.event(Event::Pulled { feed: FEED, entries })
    }

    fn sent(&mut self, bytes: usize) -> Vec<String> {
        self.event(Event::Sent { channel: 1, bytes })
    }

    fn after_ms(&mut self, ms: u64) -> Vec<String> {
        self.now = self.now.plus_ms(ms);
        self.event(Event::Due)
    }
}

fn in_words(action: &Action) -> String {
    match action {
        Action::Send { data, .. } if data.len() > 200 => format!("send {} bytes", data.len()),
        Action::Send { data, .. } => format!("send {}", String::from_utf8_lossy(data).trim_end()),
        Action::StartTls { .. } => "start-tls".to_owned(),
        Action::Verify(step) => format!("verify {}", step.reference),
        Action::Prove(step) => format!("prove {} by {} with {}", step.reference, step.scheme, step.secret),
        Action::Ready { channel } => format!("ready {channel}"),
        Action::Submit(CentreInput::Report { report, .. }) => {
            let event = match &report.event {
                crate::model::adapter::Event::Arrived(_) => "arrived",
                crate::model::adapter::Event::Said(_) => "said",
                crate::model::adapter::Event::Left(_) => "left",
                _ => "other",
            };
            format!("report {} {event} {}", report.reference, report.contact)
        }
        Action::Submit(CentreInput::Delivered { through, outcome, .. }) => {
            let outcome = outcome.as_ref().map_or_else(|failure| failure.code.clone(), |()| "delivered".to_owned());
            format!("through {}: {outcome}", through.0)
        }
        Action::Submit(CentreInput::Gone { reason, .. }) => format!("gone: {reason}"),
        Action::Submit(other) => format!("submit {other:?}"),
        Action::Pull { after, limit, .. } => format!("pull {limit} after {}", after.0),
        Action::Banned { until } => format!("banned until {}", until.0),
        Action::Poison { input: Some(_), failure, .. } => format!("poison: {}", first_line(failure)),
        Action::Poison { input: None, failure, .. } => format!("unsaved: {}", first_line(failure)),
        Action::Moved => "moved".to_owned(),
        Action::Stayed(failure) => format!("stayed: {}", first_line(failure)),
        Action::Close { reason, .. } => format!("close: {reason}"),
        Action::Abort { reason, .. } => format!("abort: {reason}"),
    }
}

#[test]
fn without_credit_the_socket_is_not_read() {
    let mut bench = Bench::with_joe(config(|c| c.limits.endpoint_credit = 3));
    for text in ["one", "two", "three"] {
        assert!(bench.endpoint.wants_read(1));
        bench.line(&format!("say billing {text}"));
    }
    assert!(!bench.endpoint.wants_read(1));
    assert_eq!(bench.settle(4), ["send settled 4"]);
    assert!(bench.endpoint.wants_read(1));
}

#[test]
fn a_report_is_answered_once_and_only_by_the_centre() {
    let mut bench = Bench::with_joe(config(|_| {}));
    assert_eq!(bench.line("say billing hello"), ["report 3 said joe/line"]);
    assert_eq!(bench.settle(99), [""; 0]);
    assert_eq!(bench.settle(3), ["send settled 3"]);
    assert_eq!(bench.settle(3), [""; 0]);
    assert_eq!(bench.refuse(3, "gone"), [""; 0]);
}

#[test]
fn settlements_are_given_in_the_order_of_the_effects() {
    let mut bench = Bench::with_joe(config(|_| {}));
    bench.line("say billing one\nsay billing two");
    assert_eq!(bench.refuse(4, "busy"), ["send refused 4 busy"]);
    assert_eq!(bench.settle(3), ["send settled 3"]);
}

#[test]
fn a_timer_ticks_once_and_may_not_run_in_circles() {
    let mut bench = Bench::with_joe(config(|_| {}));
    bench.line("timer 3 0\ntimer 4 500");
    assert_eq!(bench.endpoint.next_due(), Some(bench.now), "what was read may be used at once");
    assert_eq!(bench.after_ms(0), ["send tick 3"]);
    assert_eq!(bench.after_ms(499), [""; 0]);
    assert_eq!(bench.after_ms(1), ["send tick 4"]);
    bench.line(&"timer 3 0\n".repeat(100));
    assert_eq!(bench.endpoint.next_due(), Some(bench.now.plus_ms(10)), "but not again and again");
    assert_eq!(bench.after_ms(10), ["send tick 3"]);
}

#[test]
fn nothing_is_read_for_a_guest_that_asks_to_be_called_again_at_once() {
    let mut bench = Bench::with_joe(config(|_| {}));
    bench.line("timer 4 500");
    assert!(bench.endpoint.wants_read(1));
    bench.line("timer 3 0");
    assert!(!bench.endpoint.wants_read(1));
    assert_eq!(bench.after_ms(0), ["send tick 3"]);
    assert!(bench.endpoint.wants_read(1));
}

#[test]
fn more_timers_than_allowed_break_the_contract() {
    let mut bench = Bench::with_joe(config(|_| {}));
    let lines: Vec<String> = (0..65).map(|id| format!("timer {id} 5000")).collect();
    let done = bench.line(&lines.join("\n"));
    assert_eq!(done, ["poison: exceeded a limit: 65 timers; at most 64 are allowed", "send skipped"]);
    assert_eq!(bench.after_ms(5_000).len(), 64);
}

#[test]
fn a_slow_reader_is_first_listened_to_no_more_and_then_closed() {
    let mut bench = Bench::with_joe(config(|c| (c.limits.unsent_bytes, c.limits.idle_ms) = (1_000, 60_000)));
    let unsent = "welcome joe\nsettled 2\n".len();
    bench.sent(unsent);
    bench.line("flood 300");
    assert_eq!((bench.endpoint.wants_read(1), bench.endpoint.wants_effects()), (true, false));
    bench.line("flood 300");
    assert!(!bench.endpoint.wants_read(1));
    bench.now = bench.now.plus_ms(59_000);
    assert_eq!(bench.sent(10), [""; 0]);
    assert_eq!(bench.after_ms(1_000), ["abort: slow reader: what was sent on channel 1 was not read within 60000 ms"]);
    assert!(!bench.endpoint.wants_effects() && bench.endpoint.next_due().is_none());
}

#[test]
fn a_reader_who_keeps_up_is_not_slow() {
    let mut bench = Bench::with_joe(config(|c| c.limits.idle_ms = 60_000));
    for _ in 0..5 {
        bench.line("flood 300");
        bench.now = bench.now.plus_ms(40_000);
        bench.sent(300);
        assert_eq!(bench.event(Event::Due), [""; 0]);
    }
}

#[test]
fn more_unsent_bytes_than_allowed_close_at_once() {
    let mut bench = Bench::with_joe(config(|c| c.limits.unsent_bytes = 1_000));
    assert_eq!(bench.line("flood 2000"), ["abort: slow reader: more than 1000 bytes wait to be read"]);
    let ended = Ending { channel: 1, reason: "closed".to_owned() };
    assert_eq!(bench.event(Event::Closed(ended)), ["gone: slow reader: more than 1000 bytes wait to be read"]);
    assert!(bench.endpoint.is_gone());
}

#[test]
fn start_tls_throws_away_what_comes_in_the_clear_behind_it() {
    let mut bench = Bench::new(config(|_| {}));
    assert_eq!(bench.line("starttls"), ["send proceed", "start-tls"]);
    assert!(!bench.endpoint.wants_read(1));
    assert_eq!(bench.line("user joe injected"), [""; 0]);
    assert_eq!(bench.event(Event::Secured(secured(1))), ["send secured TLSv1.3 0000"]);
    assert!(bench.endpoint.wants_read(1));
    assert_eq!(bench.line("user joe secret"), ["verify 1"]);
}

#[test]
fn a_guest_that_goes_on_in_the_clear_behind_start_tls_gets_nowhere() {
    let mut bench = Bench::new(config(|_| {}));
    let broken = "poison: broke the contract: a verify or report between start-tls and secured";
    assert_eq!(bench.line("starttls-badly\nuser joe injected"), ["send proceed", "start-tls", broken]);
    assert_eq!(bench.line("user joe injected"), [""; 0]);
    let mut bench = Bench::new(config(|_| {}));
    assert_eq!(bench.line("starttls-badly\nnonsense"), ["send proceed", "start-tls"]);
}

#[test]
fn start_tls_without_a_certificate_breaks_the_contract() {
    let mut bench = Bench::new(config(|c| c.tls = false));
    let broken = "poison: broke the contract: start-tls, but this listener has no certificate";
    assert_eq!(bench.line("starttls"), [broken, "send skipped"]);
}

#[test]
fn an_endpoint_drains_politely_or_runs_out_of_time() {
    let mut bench = Bench::with_joe(config(|_| {}));
    assert_eq!(bench.event(Event::Drain), ["send closing time", "close: drained"]);
    assert_eq!(bench.event(Event::Drain), [""; 0]);

    let mut bench = Bench::with_joe(config(|_| {}));
    let attributes = Vec::new();
    let disconnect = crate::model::adapter::Directive {
        contact: Contact::new("joe/line"),
        name: "disconnect".to_owned(),
        attributes,
    };
    assert_eq!(bench.effect(Effect::Direct(EndpointId(1), disconnect)), ["send disconnect"]);
    assert_eq!(bench.after_ms(10_000), ["close: not finished within 10000 ms"]);
}

#[test]
fn the_peer_goes_and_the_centre_is_told_last() {
    let mut bench = Bench::with_joe(config(|_| {}));
    bench.line("say billing hello");
    let ended = || Event::Closed(Ending { channel: 1, reason: "the peer closed".to_owned() });
    assert_eq!(bench.event(ended()), ["gone: the peer closed"]);
    assert_eq!(bench.event(ended()), [""; 0]);
    assert_eq!(bench.settle(3), [""; 0]);
}

#[test]
fn a_reset_ends_it() {
    let mut bench = Bench::with_joe(config(|_| {}));
    assert_eq!(bench.event(Event::Reset("the store failed")), ["close: the store failed"]);
    assert_eq!(bench.line("say billing hello"), [""; 0]);
}

#[test]
fn a_factory_that_refuses_gives_no_endpoint() {
    let factory = Arc::new(LineFactory { refuses: true, ..LineFactory::default() });
    let refused =
        Endpoint::open(EndpointId(1), config(|_| {}), factory, [0; 32], String::new(), Timestamp(0), opening(1));
    assert_eq!(refused.err().unwrap().to_string(), "refused: not today");
}
