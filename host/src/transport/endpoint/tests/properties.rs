//! Random schedules of a person, a centre, a store and a bad guest against one endpoint, beside a model of what must hold.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

#[derive(Debug, Clone)]
enum Step {
    /// The person says so many things in one chunk.
    Say(u8),
    /// The centre settles one of the reports it has (picked by the number), twice.
    Settle(usize),
    /// The transcript grows by an entry of this participant; 0 is the person.
    Append(u32),
    /// The store answers the oldest pull.
    Answer,
    /// The person acknowledges one of what was received and not yet acknowledged.
    Acknowledge(usize),
    /// The centre starts the feed again from its cursor.
    FeedAgain,
    /// Two words with a line between them that makes the guest trap, in two chunks cut anywhere; a second one behind them.
    Boom(usize, bool),
    /// Time passes.
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1..5u8).prop_map(Step::Say),
        4 => any::<usize>().prop_map(Step::Settle),
        4 => (0..3u32).prop_map(Step::Append),
        4 => Just(Step::Answer),
        4 => any::<usize>().prop_map(Step::Acknowledge),
        1 => Just(Step::FeedAgain),
        1 => (0..60usize, any::<bool>()).prop_map(|(cut, twice)| Step::Boom(cut, twice)),
        1 => (1..4_000u64).prop_map(Step::Wait),
    ]
}

/// What the world around the endpoint knows.
struct World {
    bench: Bench,
    transcript: Vec<Entry>,
    cursor: u32,
    pulls: Vec<(Seq, usize)>,
    reported: Vec<Reference>,
    ever_reported: BTreeSet<Reference>,
    /// What the person has on the screen since the feed began, acknowledged or not.
    received: Vec<u32>,
    unacknowledged: Vec<u32>,
    last_received: u32,
}

impl World {
    fn new() -> Self {
        let mut bench = Bench::with_joe(config(|c| {
            c.limits.delivery_window = 4;
            c.limits.replay_inputs = 7;
            c.traps = u32::MAX;
            c.bans = Arc::new(Bans::new(&Limits { strikes: u32::MAX, ..Limits::default() }));
        }));
        bench.line("hold");
        let mut world = Self {
            bench,
            transcript: Vec::new(),
            cursor: 0,
            pulls: Vec::new(),
            reported: Vec::new(),
            ever_reported: BTreeSet::new(),
            received: Vec::new(),
            unacknowledged: Vec::new(),
            last_received: 0,
        };
        world.feed_again();
        world
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Say(count) => {
                let lines = vec!["say billing hello"; usize::from(*count)].join("\n");
                let before = self.reported.len();
                self.line(&lines);
                assert_eq!(self.reported.len(), before + usize::from(*count), "an accepted word was lost");
            }
            Step::Settle(pick) if !self.reported.is_empty() => {
                let reference = self.reported.remove(pick % self.reported.len());
                assert_eq!(self.bench.settle(reference), [format!("send settled {reference}")]);
                assert_eq!(self.bench.settle(reference), [""; 0], "settled twice");
            }
            Step::Append(by) => {
                let seq = u32::try_from(self.transcript.len()).unwrap() + 1;
                self.transcript.push(entry(seq, Some(*by), &format!("m{seq}")));
                let actions = self.effect(Effect::Wake(EndpointId(1), FEED));
                self.carry_out(&actions);
            }
            Step::Answer if !self.pulls.is_empty() => {
                let (after, limit) = self.pulls.remove(0);
                let entries = self.transcript.iter().skip(after.0 as usize).take(limit).cloned().collect();
                let event = Event::Pulled { feed: FEED, entries };
                let actions = self.bench.endpoint.handle(self.bench.now, event);
                self.carry_out(&actions);
            }
            Step::Acknowledge(pick) if !self.unacknowledged.is_empty() => {
                let seq = self.unacknowledged.remove(pick % self.unacknowledged.len());
                self.line(&format!("ack {}", message_id(FEED, Seq(seq))));
            }
            Step::FeedAgain => self.feed_again(),
            Step::Boom(cut, twice) => {
                let boom = if *twice { "boom\n" } else { "" };
                let lines = format!("say billing before\nboom\nsay billing after\n{boom}");
                let (first, second) = lines.split_at((*cut).min(lines.len()));
                let before = self.reported.len();
                self.bytes(first);
                self.bytes(second);
                assert_eq!(self.reported.len(), before + 2, "a word beside the poison was lost or doubled");
            }
            Step::Wait(ms) => {
                self.bench.now = self.bench.now.plus_ms(*ms);
                let actions = self.bench.endpoint.handle(self.bench.now, Event::Due);
                self.carry_out(&actions);
            }
            Step::Settle(_) | Step::Answer | Step::Acknowledge(_) => {}
        }
        assert!(self.bench.endpoint.feeds.unacknowledged(FEED) <= 4, "more than a window is under way");
        assert!(self.pulls.len() <= 1, "two pulls of one feed are under way");
    }

    fn feed_again(&mut self) {
        let contact = Contact::new("joe/line");
        let (after, alias) = (Seq(self.cursor), Alias::new("billing"));
        let feed = Feed { id: FEED, contact, alias, after, joined_after: Seq(0) };
        self.received.clear();
        self.unacknowledged.clear();
        self.last_received = self.cursor;
        let actions = self.effect(Effect::Feed(EndpointId(1), feed));
        self.carry_out(&actions);
    }

    fn effect(&mut self, effect: Effect) -> Vec<Action> {
        self.bench.endpoint.handle(self.bench.now, Event::Effect(effect))
    }

    fn line(&mut self, line: &str) {
        self.bytes(&format!("{line}\n"));
    }

    fn bytes(&mut self, bytes: &str) {
        let event = Event::Received { channel: 1, data: bytes.as_bytes().to_vec() };
        let actions = self.bench.endpoint.handle(self.bench.now, event);
        self.carry_out(&actions);
    }

    fn carry_out(&mut self, actions: &[Action]) {
        for action in actions {
            match action {
                Action::Pull { after, limit, .. } => self.pulls.push((*after, *limit)),
                Action::Submit(CentreInput::Report { report, .. }) => {
                    assert!(self.ever_reported.insert(report.reference), "reported twice");
                    self.reported.push(report.reference);
                }
                Action::Submit(CentreInput::Delivered { through, outcome, .. }) => {
                    assert!(outcome.is_ok() && through.0 > self.cursor, "the cursor went back");
                    let passed = self.cursor + 1..=through.0;
                    self.cursor = through.0;
                    for seq in passed.filter(|seq| !self.is_own(*seq)) {
                        assert!(self.received.contains(&seq), "passed {seq}, which was never delivered");
                        assert!(!self.unacknowledged.contains(&seq), "passed {seq}, which is not acknowledged");
                    }
                }
                Action::Send { data, .. } => self.receive(&String::from_utf8_lossy(data)),
                Action::Close { reason, .. } | Action::Abort { reason, .. } => panic!("closed: {reason}"),
                _ => {}
            }
        }
    }

    fn receive(&mut self, line: &str) {
        let Some(id) = line.strip_prefix("message 5-0-") else { return };
        let seq: u32 = id.split(' ').next().unwrap().parse().unwrap();
        let skipped = (self.last_received + 1..seq).filter(|seq| !self.is_own(*seq)).count();
        assert!(seq > self.last_received && skipped == 0, "{seq} came after {}", self.last_received);
        assert!(!self.is_own(seq), "the person's own word came back");
        self.last_received = seq;
        self.received.push(seq);
        self.unacknowledged.push(seq);
    }

    fn is_own(&self, seq: u32) -> bool {
        self.transcript[seq as usize - 1].speaker == Speaker::Participant(FEED.participant)
    }

    /// Nothing further happens but answers: everything arrives, and nothing but the person's own words is behind the cursor.
    fn finish(mut self) {
        while !(self.pulls.is_empty() && self.unacknowledged.is_empty() && self.reported.is_empty()) {
            self.step(&Step::Answer);
            self.step(&Step::Acknowledge(0));
            self.step(&Step::Settle(0));
        }
        let last = u32::try_from(self.transcript.len()).unwrap();
        assert!((self.cursor + 1..=last).all(|seq| self.is_own(seq)), "something was not delivered");
    }
}

proptest! {
    #[test]
    fn every_report_is_settled_once_and_every_entry_delivered_in_order(steps in prop::collection::vec(step(), 0..200)) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
        }
        world.finish();
    }
}
