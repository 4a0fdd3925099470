//! Queues of which the law is known: Poisson arrivals, exponential services and patience, `n` agents (M/M/n+M), with a class
//! that has a head start.

use super::*;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// A queue of the books. Times in milliseconds.
struct Law {
    agents: u32,
    between_ms: f64,
    service_ms: f64,
    patience_ms: f64,
    /// Share of sessions with 90 s head start, of ten.
    ahead_of_ten: u64,
}

const LAW: Law =
    Law { agents: 10, between_ms: 12_000.0, service_ms: 130_000.0, patience_ms: 300_000.0, ahead_of_ten: 0 };

/// Random numbers that are the same everywhere (Vigna's splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "53 bits")]
    fn exponential(&mut self, mean_ms: f64) -> u64 {
        let uniform = ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        (-uniform.ln() * mean_ms) as u64 + 1
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Arrival,
    Done(u64, u32),
    GivesUp(u64),
}

/// The queue's scores, by estimator, and of the chosen one, without the first 500 sessions.
struct Played {
    scores: BTreeMap<&'static str, Summary>,
    chosen: Summary,
}

fn play(law: &Law, seed: u64, arrivals: u64) -> Played {
    let mut dice = Dice(seed);
    let mut waiting = WaitingTimes::default();
    let mut line: BTreeSet<(u64, u64)> = BTreeSet::new();
    let mut turns: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    let mut free: Vec<u32> = (0..law.agents).collect();
    let mut due = BinaryHeap::from([Reverse((0, Due::Arrival))]);
    let mut scores = vec![Score::total(); waiting.names().count()];
    let (mut chosen, mut arrived_so_far, mut served) = (Score::total(), 0, 0);
    while let Some(Reverse((now, what))) = due.pop() {
        let moment = Timestamp(100_000_000 + now);
        match what {
            Due::Arrival if arrived_so_far == arrivals => continue,
            Due::Arrival => {
                arrived_so_far += 1;
                let head_start_s = if dice.next() % 10 < law.ahead_of_ten { 90 } else { 0 };
                waiting.handle(moment, &arrived(arrived_so_far, "q", head_start_s));
                let turn = (100_000_000 + now - head_start_s * 1000, arrived_so_far);
                turns.insert(arrived_so_far, turn);
                line.insert(turn);
                due.push(Reverse((now + dice.exponential(law.patience_ms), Due::GivesUp(arrived_so_far))));
                due.push(Reverse((now + dice.exponential(law.between_ms), Due::Arrival)));
            }
            Due::GivesUp(session) => {
                if let Some(turn) = turns.remove(&session) {
                    line.remove(&turn);
                    waiting.handle(moment, &abandoned(session));
                }
            }
            Due::Done(session, agent) => {
                waiting.handle(moment, &ended(session));
                free.push(agent);
            }
        }
        while let Some(agent) = free.pop_if(|_| !line.is_empty()) {
            let Some((_, session)) = line.pop_first() else { break };
            turns.remove(&session);
            due.push(Reverse((now + dice.exponential(law.service_ms), Due::Done(session, agent))));
            let Some(outcome) = waiting.handle(moment, &entered(session, agent)) else { continue };
            served += 1;
            if served > 500 {
                scores.iter_mut().zip(&outcome.estimates).for_each(|(score, said)| score.add(said, outcome.wait_s));
                chosen.add(&outcome.estimates[outcome.chosen], outcome.wait_s);
            }
        }
    }
    let scores = waiting.names().zip(scores.iter().map(Score::summary)).collect();
    Played { scores, chosen: chosen.summary() }
}

#[test]
fn ranges_cover_what_they_should_on_queues_of_the_books() {
    for seed in 1..=4 {
        for law in [LAW, Law { ahead_of_ten: 4, ..LAW }, Law { agents: 3, between_ms: 40_000.0, ..LAW }] {
            let played = play(&law, seed, 4000);
            for (name, score) in played.scores.iter().chain([(&"chosen", &played.chosen)]) {
                assert!((75.0..85.0).contains(&score.coverage_80_pct), "{name}, seed {seed}: {score:?}");
            }
        }
    }
}

/// There Erlang-A is the law itself; nothing else can be better, and what learns must not be much worse.
#[test]
fn where_erlang_a_is_the_law_the_chosen_one_is_as_good() {
    for seed in 1..=4 {
        let Played { scores, chosen } = play(&LAW, seed, 4000);
        let erlang_a = scores["erlang-a"];
        assert!(chosen.rmse_s < 1.03 * erlang_a.rmse_s, "seed {seed}: {chosen:?} and {erlang_a:?}");
        assert!(chosen.bias_pct.abs() < 6.0, "seed {seed}: {chosen:?}");
        for worse in ["head-of-line", "last-to-enter-service", "moving-average"] {
            assert!(chosen.rmse_s < scores[worse].rmse_s, "seed {seed}: {worse}");
        }
    }
}

/// A head start lets later sessions overtake, of which the formula knows nothing.
#[test]
fn what_overtaking_costs_is_learnt() {
    for seed in 1..=3 {
        let Played { scores, chosen } = play(&Law { ahead_of_ten: 4, ..LAW }, seed, 6000);
        assert!(chosen.rmse_s < scores["erlang-a"].rmse_s, "seed {seed}: {chosen:?} and {:?}", scores["erlang-a"]);
    }
}

#[test]
fn memory_is_bounded_however_long_it_goes_on() {
    let mut history = History::default();
    for session in 0..(MOST_WAITING as u64 + 100) {
        let queue = format!("q{}", session % 70_000);
        history.handle(Timestamp(session), &arrived(session, &queue, 0));
    }
    assert_eq!(history.followed(), (MOST_WAITING, 0));
    assert_eq!(history.place(Timestamp(0), SessionId(MOST_WAITING as u64)), None, "one too many to follow");
    for (session, agent) in (0..MOST_WAITING as u64).zip(0..) {
        history.handle(Timestamp(session), &entered(session, agent));
        assert!(session % 1000 > 0 || history.is_bounded(), "{session}");
    }
    for session in 0..MOST_WAITING as u64 {
        history.handle(Timestamp(session), &ended(session));
        assert!(session % 1000 > 0 || history.is_bounded(), "{session}");
    }
    assert_eq!(history.followed(), (0, 0));
    assert!(history.is_bounded());
}
