//! Random histories, sensible or not: what holds of every one of them.

use super::*;
use proptest::prelude::*;

#[derive(Debug, Clone)]
pub(super) enum Act {
    Arrive(u64, usize, u64),
    Enter(u64, Option<u32>),
    End(u64, bool),
    Abandon(u64),
    Leave(u64),
    Agents(Option<u32>),
}

const QUEUES: [&str; 3] = ["a", "b", "c"];

fn act() -> impl Strategy<Value = Act> {
    let session = 0..40_u64;
    prop_oneof![
        4 => (session.clone(), 0..QUEUES.len(), prop_oneof![Just(0), Just(90_000), 0..10_000_000_u64])
            .prop_map(|(session, queue, head_start)| Act::Arrive(session, queue, head_start)),
        3 => (session.clone(), proptest::option::of(0..6_u32)).prop_map(|(session, agent)| Act::Enter(session, agent)),
        3 => (session.clone(), any::<bool>()).prop_map(|(session, measured)| Act::End(session, measured)),
        1 => session.clone().prop_map(Act::Abandon),
        1 => session.prop_map(Act::Leave),
        1 => proptest::option::of(0..9_u32).prop_map(Act::Agents),
    ]
}

/// Steps of time from nothing to a year.
pub(super) fn history(len: std::ops::Range<usize>) -> impl Strategy<Value = Vec<(u64, Act)>> {
    let step = prop_oneof![8 => 0..60_000_u64, 1 => 0..40_000_000_000_u64];
    proptest::collection::vec((step, act()), len)
}

fn event(act: &Act) -> Event<'static> {
    match *act {
        Act::Arrive(session, queue, head_start_ms) => {
            Event::Arrived { session: SessionId(session), queue: QUEUES[queue], head_start_ms }
        }
        Act::Enter(session, agent) => Event::Entered { session: SessionId(session), agent },
        Act::End(session, measured) => Event::Ended { session: SessionId(session), measured },
        Act::Abandon(session) => Event::Abandoned { session: SessionId(session) },
        Act::Leave(session) => Event::Left { session: SessionId(session) },
        Act::Agents(known) => Event::Agents { known },
    }
}

pub(super) fn sane(estimate: &Estimate) -> bool {
    let within = |seconds: f64| (0.0..=MOST_WAIT_S).contains(&seconds);
    within(estimate.wait_s) && within(estimate.low_s) && within(estimate.high_s) && estimate.low_s <= estimate.high_s
}

/// The outcome of a step, how everybody stands, and how newcomers would.
pub(super) type Said = (Option<Outcome>, Vec<Option<Standing>>, Vec<Standing>);

/// Plays it and gives everything that was said, by step.
pub(super) fn play(waiting: &mut WaitingTimes, now: &mut u64, acts: &[(u64, Act)]) -> Vec<Said> {
    let mut said = Vec::new();
    for (step, act) in acts {
        *now += step;
        let outcome = waiting.handle(Timestamp(*now), &event(act));
        let now = Timestamp(*now);
        let newcomers = ["a", "unheard of"].map(|queue| waiting.newcomer(now, queue, 0));
        let standings = (0..40).map(|session| waiting.standing(now, SessionId(session))).collect();
        said.push((outcome, standings, newcomers.to_vec()));
    }
    said
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_said_is_sane_and_positions_are_a_line(acts in history(0..300)) {
        let mut waiting = WaitingTimes::default();
        for (outcome, standings, newcomers) in play(&mut waiting, &mut 0, &acts) {
            prop_assert!(outcome.iter().flat_map(|outcome| &outcome.estimates).all(sane));
            let mut positions: Vec<u32> = standings.iter().flatten().map(|standing| standing.position).collect();
            prop_assert!(standings.iter().flatten().all(|standing| sane(&standing.estimate)));
            positions.sort_unstable();
            prop_assert!(positions.iter().zip(1..).all(|(found, expected)| *found == expected), "{positions:?}");
            prop_assert!(newcomers.iter().all(|newcomer| sane(&newcomer.estimate)));
            let last = u32::try_from(positions.len()).unwrap() + 1;
            prop_assert!(newcomers.iter().all(|newcomer| newcomer.position <= last), "{newcomers:?} and {last}");
        }
        prop_assert!(waiting.scores().all(|(_, score)| score.rmse_s.is_finite() && score.bias_pct.is_finite()));
    }

    /// No look-ahead, and nothing random: what was said up to a moment is the same whatever comes after it, and is what is scored.
    #[test]
    fn the_future_changes_nothing_that_was_said(past in history(0..150), one in history(0..50), other in history(0..50)) {
        let said = |future: &[(u64, Act)]| {
            let (mut waiting, mut now) = (WaitingTimes::default(), 0);
            let said = play(&mut waiting, &mut now, &past);
            let told: BTreeMap<SessionId, Vec<Estimate>> =
                waiting.arrivals.iter().map(|(session, arrival)| (*session, arrival.estimates.clone())).collect();
            for (step, act) in future {
                now += step;
                let outcome = waiting.handle(Timestamp(now), &event(act));
                if let (Some(outcome), Act::Enter(session, _)) = (outcome, act)
                    && let Some(estimates) = told.get(&SessionId(*session))
                    && !future.iter().any(|(_, act)| matches!(act, Act::Arrive(other, ..) if other == session))
                {
                    assert_eq!(&outcome.estimates, estimates);
                }
            }
            (said, told)
        };
        prop_assert_eq!(said(&one), said(&other));
    }

    #[test]
    fn nothing_is_kept_of_who_has_left(acts in history(0..300)) {
        let (mut waiting, mut now) = (WaitingTimes::default(), 0);
        play(&mut waiting, &mut now, &acts);
        for session in 0..40 {
            waiting.handle(Timestamp(now), &abandoned(session));
            waiting.handle(Timestamp(now), &ended(session));
        }
        prop_assert_eq!(waiting.followed(), (0, 0));
        prop_assert!(waiting.arrivals.is_empty());
    }
}
