//! A link's endpoint over its channels: signing in, what waits while it is down, what is delivered again.

use super::*;
use crate::model::adapter::{Directive, Redirection, Showing};
use crate::model::{Attribute, Presence};

pub(super) fn link(change: impl FnOnce(&mut EndpointConfig)) -> Arc<EndpointConfig> {
    config(|config| {
        config.lasting = true;
        (config.own_accounts, config.tls) = (false, false);
        (config.contacts, config.traps) = (100, 100);
        config.setup.role = "component".to_owned();
        config.setup.domain = "support.example".to_owned();
        config.setup.attributes = vec![Attribute::new("secret", "prosody")];
        change(config);
    })
}

fn dialled(channel: Channel) -> Opening {
    Opening { direction: "dialled".to_owned(), ..opening(channel) }
}

/// A link that is up, with joe on it.
pub(super) struct Link {
    pub(super) bench: Bench,
    channel: Channel,
}

impl Link {
    pub(super) fn new(config: Arc<EndpointConfig>) -> Self {
        Self::of(Arc::new(LineFactory::default()), config)
    }

    fn of(factory: Arc<LineFactory>, config: Arc<EndpointConfig>) -> Self {
        let (now, address) = (Timestamp(1_000), "192.0.2.9:5347".to_owned());
        let (endpoint, actions) =
            Endpoint::open(EndpointId(1), config, factory, [0; 32], address, now, dialled(1)).unwrap();
        let words: Vec<String> = actions.iter().skip(1).map(in_words).collect();
        assert_eq!(words, ["send hello support.example"]);
        Self { bench: Bench { endpoint, now }, channel: 1 }
    }

    pub(super) fn up(config: Arc<EndpointConfig>) -> Self {
        Self::up_of(Arc::new(LineFactory::default()), config)
    }

    pub(super) fn up_of(factory: Arc<LineFactory>, config: Arc<EndpointConfig>) -> Self {
        let mut link = Self::of(factory, config);
        link.sign_in();
        assert_eq!(link.line("join joe"), ["report 2 arrived joe"]);
        assert_eq!(link.bench.settle(2), ["send settled 2"]);
        link
    }

    pub(super) fn sign_in(&mut self) {
        self.sign_in_only();
        assert_eq!(self.line("welcome")[0], format!("ready {}", self.channel));
    }

    /// All but the server's welcome.
    pub(super) fn sign_in_only(&mut self) {
        let asked = self.line("id 3BF9");
        let [asked] = &asked[..] else { panic!("{asked:?}") };
        let reference = asked.strip_prefix("prove ").unwrap().split(' ').next().unwrap().parse().unwrap();
        assert!(asked.ends_with("by xep-0114 with prosody"), "{asked}");
        assert!(!self.bench.endpoint.wants_read(self.channel), "one step at a time");
        let step = ProofStep::Response(b"b09e".to_vec());
        assert_eq!(self.bench.event(Event::Proof(Proof { reference, step })), ["send proof b09e"]);
        assert!(!self.bench.endpoint.wants_effects());
    }

    pub(super) fn line(&mut self, line: &str) -> Vec<String> {
        self.bytes(&format!("{line}\n"))
    }

    pub(super) fn bytes(&mut self, bytes: &str) -> Vec<String> {
        self.bench.event(Event::Received { channel: self.channel, data: bytes.as_bytes().to_vec() })
    }

    pub(super) fn closed(&mut self) -> Vec<String> {
        let reason = "reset by peer".to_owned();
        self.bench.event(Event::Closed(Ending { channel: self.channel, reason }))
    }

    pub(super) fn opened(&mut self) -> Vec<String> {
        self.channel += 1;
        self.bench.event(Event::Opened(dialled(self.channel)))
    }

    pub(super) fn feed(&mut self) -> Vec<String> {
        let (contact, alias) = (Contact::new("joe"), Alias::new("billing"));
        let feed = Feed { id: FEED, contact, alias, after: Seq(0), joined_after: Seq(0) };
        self.bench.effect(Effect::Feed(EndpointId(1), feed))
    }

    fn show(&mut self, watcher: &str) -> Vec<String> {
        let presence = Presence { presentity: Alias::new("billing"), tuples: Vec::new() };
        self.bench.effect(Effect::Show(EndpointId(1), Showing { contact: Contact::new(watcher), presence }))
    }
}

fn from_agent(range: std::ops::RangeInclusive<u32>) -> Vec<Entry> {
    range.map(|seq| entry(seq, Some(1), &format!("m{seq}"))).collect()
}

#[test]
fn it_is_ready_when_the_guest_says_so_and_outlives_its_channel() {
    let mut link = Link::up(link(|_| {}));
    assert!(link.bench.endpoint.wants_effects());
    assert_eq!(link.closed(), [""; 0]);
    assert!(!link.bench.endpoint.is_gone() && !link.bench.endpoint.wants_effects());
    assert_eq!(link.opened(), ["send hello support.example"]);
    assert!(link.bench.endpoint.wants_read(2) && !link.bench.endpoint.wants_effects());
    link.sign_in();
    assert!(link.bench.endpoint.wants_effects());
    assert_eq!(link.show("joe"), ["send show billing"], "joe has stayed");
    assert_eq!(link.line("welcome"), [""; 0], "it is ready once");
}

#[test]
fn a_contact_is_whom_the_provider_vouches_for() {
    let mut link = Link::up(link(|c| c.contacts = 2));
    assert_eq!(link.line("as ann hello"), ["send refused 3 not-found"]);
    assert_eq!(link.line("join ann"), ["report 4 arrived ann"]);
    assert_eq!(link.line("as ann hello"), ["report 5 said ann"]);
    assert_eq!(link.line("join jim"), ["send refused 6 too-many"]);
    assert_eq!(link.show("jim"), [""; 0]);
}

#[test]
fn who_floods_slows_nobody_else_down() {
    let mut link = Link::up(link(|c| (c.limits.messages_per_second, c.limits.endpoint_credit) = (2, 100)));
    link.line("join ann");
    let done = link.line(&["as joe flood"; 9].join("\n"));
    assert_eq!((done.len(), done[8].as_str()), (9, "send refused 12 too-many"));
    assert!(link.bench.endpoint.wants_read(1));
    assert_eq!(link.line("as ann hello"), ["report 13 said ann"]);
    link.bench.after_ms(500);
    assert_eq!(link.line("as joe slower"), ["report 14 said joe"]);
}

#[test]
fn what_was_not_acknowledged_is_delivered_again_with_the_same_name_and_nothing_else() {
    let mut link = Link::up(link(|_| {}));
    link.line("hold");
    assert_eq!(link.feed(), ["pull 16 after 0"]);
    assert_eq!(link.bench.pulled(from_agent(1..=4)).len(), 4);
    assert_eq!(link.line("ack 5-0-1"), ["through 1: delivered"]);
    assert_eq!(link.line("fail 5-0-3"), [""; 0]);
    assert_eq!(link.closed(), [""; 0], "nothing is pulled for nobody");
    link.opened();
    link.line("id 1");
    let step = ProofStep::Response(Vec::new());
    link.bench.event(Event::Proof(Proof { reference: 3, step }));
    assert_eq!(link.line("welcome"), ["ready 2", "pull 16 after 1"]);
    assert_eq!(
        link.bench.pulled(from_agent(2..=5)),
        [
            "send message 5-0-2 from billing: m2",
            "send message 5-0-4 from billing: m4",
            "send message 5-0-5 from billing: m5",
        ],
        "what was refused is not asked for again"
    );
    assert_eq!(
        link.line("ack 5-0-2\nack 5-0-4\nack 5-0-5"),
        ["through 2: delivered", "through 3: gone", "through 5: delivered"]
    );
}

#[test]
fn the_answer_to_a_pull_that_comes_while_it_is_down_is_asked_for_again() {
    let mut link = Link::up(link(|_| {}));
    link.feed();
    link.closed();
    assert_eq!(link.bench.pulled(from_agent(1..=2)), [""; 0]);
    link.opened();
    link.line("id 1");
    link.bench.event(Event::Proof(Proof { reference: 3, step: ProofStep::Response(Vec::new()) }));
    assert_eq!(link.line("welcome"), ["ready 2", "pull 16 after 0"]);
    assert_eq!(link.bench.pulled(from_agent(1..=2)).len(), 3);
}

#[test]
fn reports_from_before_are_settled_behind_it_and_hinder_nobody_from_signing_in() {
    let mut link = Link::up(link(|c| c.limits.endpoint_credit = 2));
    link.line("as joe one\nas joe two");
    assert!(!link.bench.endpoint.wants_read(1), "no credit");
    link.closed();
    link.opened();
    assert!(link.bench.endpoint.wants_read(2), "credit is for reports, and there are none before it is ready");
    link.sign_in();
    assert!(!link.bench.endpoint.wants_read(2));
    assert_eq!(link.bench.settle(3), ["send settled 3"]);
    assert!(link.bench.endpoint.wants_read(2));
}

#[test]
fn an_answer_for_a_channel_that_is_gone_is_not_told() {
    let mut link = Link::new(link(|_| {}));
    link.line("id 1");
    link.closed();
    link.opened();
    let late = Event::Proof(Proof { reference: 1, step: ProofStep::Response(b"late".to_vec()) });
    assert_eq!(link.bench.event(late), [""; 0]);
    link.sign_in();
}

#[test]
fn who_does_not_take_us_in_time_loses_the_channel_only() {
    let mut link = Link::new(link(|_| {}));
    assert_eq!(link.bench.after_ms(32_000), ["close: not authenticated within 30000 ms"]);
    link.closed();
    assert!(!link.bench.endpoint.is_gone());
    link.opened();
    link.sign_in();
    assert_eq!(link.bench.after_ms(40_000), [""; 0]);
}

#[test]
fn a_server_that_does_not_read_loses_the_channel_only() {
    let mut link = Link::up(link(|c| c.limits.unsent_bytes = 1_000));
    assert_eq!(link.line("flood 2000"), ["abort: slow reader: more than 1000 bytes wait to be read"]);
    link.closed();
    assert!(!link.bench.endpoint.is_gone());
    link.opened();
    link.sign_in();
}

#[test]
fn persons_who_have_not_arrived_are_recalled_and_banned() {
    let mut link = Link::up(link(|_| {}));
    let mut direct = |name: &str| {
        let attributes = vec![Attribute::new("until", "9")];
        let directive = Directive { contact: Contact::new("ann"), name: name.to_owned(), attributes };
        link.bench.effect(Effect::Direct(EndpointId(1), directive))
    };
    assert_eq!(direct("recall"), ["send recall"]);
    assert_eq!(direct("ban"), ["send ban ann until 9"]);
    assert_eq!(direct("disconnect"), [""; 0]);
}

#[test]
fn a_contact_is_sent_elsewhere() {
    let mut link = Link::up(link(|_| {}));
    let (contact, target) = (Contact::new("joe"), "center.example".to_owned());
    let redirection = Redirection { contact, target, attributes: Vec::new() };
    let redirected = link.bench.effect(Effect::Redirect(EndpointId(1), redirection));
    assert_eq!(redirected, ["send redirect joe to center.example"]);
}

#[test]
fn it_ends_with_the_drain_whether_it_is_up_or_down() {
    let mut up = Link::up(link(|_| {}));
    assert_eq!(up.bench.event(Event::Drain), ["send closing time", "close: drained"]);
    assert_eq!(up.closed(), ["gone: reset by peer"]);
    let mut down = Link::up(link(|_| {}));
    down.closed();
    assert_eq!(down.bench.event(Event::Drain), ["gone: drained"]);
    assert!(down.bench.endpoint.is_gone());
}

#[test]
fn a_reset_ends_it_whether_it_is_up_or_down() {
    let mut up = Link::up(link(|_| {}));
    assert_eq!(up.bench.event(Event::Reset("the centre has started anew")), ["close: the centre has started anew"]);
    assert_eq!(up.closed(), ["gone: the centre has started anew"]);
    let mut down = Link::up(link(|_| {}));
    down.closed();
    assert_eq!(down.bench.event(Event::Reset("too much waited")), ["gone: too much waited"]);
}

#[test]
fn nobody_signs_in_with_us_and_we_sign_in_with_nobody_who_connected() {
    let mut link = Link::up(link(|_| {}));
    let broken = "poison: broke the contract: verify on a link, where we sign in and nobody else does";
    assert_eq!(link.line("user joe secret")[0], broken);
    let mut bench = Bench::new(config(|_| {}));
    let broken = "poison: broke the contract: prove on an accepted channel, where the peer signs in and we don't";
    assert_eq!(bench.line("id 1")[0], broken);
}

#[test]
fn a_server_that_does_not_read_in_time_is_given_up_once() {
    let mut link = Link::up(link(|c| c.limits.idle_ms = 60_000));
    link.line("flood 300");
    let abort = "abort: slow reader: what was sent on channel 1 was not read within 60000 ms";
    assert!(link.bench.after_ms(60_000).contains(&abort.to_owned()));
    assert_eq!(link.bench.event(Event::Due), [""; 0]);
    let due = link.bench.endpoint.next_due();
    assert!(due.is_none_or(|due| due > link.bench.now), "while the socket is being closed nothing is due: {due:?}");
}
