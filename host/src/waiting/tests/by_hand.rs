//! Small histories whose numbers are worked out by hand.

use super::*;
use crate::waiting::history::History;

fn seen(events: &[(u64, Event<'_>)]) -> History {
    let mut history = History::default();
    for (seconds, event) in events {
        history.handle(at(*seconds), event);
    }
    history
}

fn place_of(history: &History, seconds: u64, session: u64) -> Place {
    history.place(at(seconds), SessionId(session)).expect("it waits")
}

#[test]
fn a_head_start_decides_who_goes_before_whom() {
    let history = seen(&[
        (0, arrived(1, "billing", 0)),
        (50, arrived(2, "billing", 0)),
        (100, arrived(3, "sales", 90)),
        (110, arrived(4, "sales", 0)),
    ]);
    let ahead = [1, 2, 3, 4].map(|session| place_of(&history, 120, session).ahead);
    assert_eq!(ahead, [0, 2, 1, 3], "the third counts as come at 10");
    let last = place_of(&history, 120, 4);
    assert_eq!((last.ahead_same, last.overtakers, last.arrivals), (1, 1, 4));
    near(last.head_waited_s, 120.0);
    near(last.oldest_same_s, 20.0);
    near(last.work_s, 4.0 * 180.0);
    let third = place_of(&history, 120, 3);
    assert_eq!((third.overtakers, third.ahead_same), (0, 0));
    near(third.work_s, 2.0 * 180.0);
    near(place_of(&history, 120, 1).oldest_s, 110.0);
}

#[test]
fn agents_are_inferred_from_who_is_in_service_while_others_wait() {
    let mut events: Vec<_> = [(1, 1), (2, 2), (3, 3)]
        .into_iter()
        .flat_map(|(session, agent)| [(0, arrived(session, "q", 0)), (0, entered(session, agent))])
        .collect();
    events.extend([(10, arrived(4, "q", 0)), (70, ended(1)), (70, entered(4, 1)), (70, arrived(5, "q", 0))]);
    let history = seen(&events);
    let place = place_of(&history, 70, 5);
    near(place.agents, 3.0);
    assert_eq!(place.in_service, 3);
    near(place.last_wait_s, 60.0);
    near(place.service_s, (180.0 * 0.995 + 70.0) / 1.995);
    near(place.give_up_per_s, 0.9995 / (300.0 * 0.9995 + 60.0));
}

#[test]
fn agents_that_are_known_are_not_inferred() {
    let mut history = seen(&[(0, arrived(1, "q", 0)), (0, entered(1, 1)), (5, arrived(2, "q", 0))]);
    near(place_of(&history, 6, 2).agents, 1.0);
    history.handle(at(6), &Event::Agents { known: Some(7) });
    near(place_of(&history, 6, 2).agents, 7.0);
    history.handle(at(7), &Event::Agents { known: None });
    near(place_of(&history, 7, 2).agents, 1.0);
}

#[test]
fn an_agent_rests_for_a_minute_or_until_the_next() {
    let busy = [(0, arrived(1, "q", 0)), (0, entered(1, 1)), (0, arrived(2, "q", 0)), (0, entered(2, 2))];
    let mut history = seen(&busy);
    for event in [ended(1), ended(2), arrived(3, "q", 0), arrived(4, "q", 0)] {
        history.handle(at(20), &event);
    }
    assert_eq!(place_of(&history, 20, 4).resting, 2);
    history.handle(at(30), &entered(3, 1));
    assert_eq!(place_of(&history, 30, 4).resting, 1);
    history.handle(at(81), &Event::Agents { known: None });
    assert_eq!(place_of(&history, 81, 4).resting, 0);
}

#[test]
fn the_formulas_say_what_the_books_say() {
    near(QueueLength.estimate_s(&place(3)), 100.0);
    near(HeadOfLine.estimate_s(&place(3)), 30.0);
    near(LastToEnterService.estimate_s(&place(3)), 50.0);
    near(MovingAverage.estimate_s(&place(3)), 60.0);
    near(ErlangA.estimate_s(&place(3)), 100.0);
    let impatient = Place { give_up_per_s: 0.01, ..place(2) };
    near(ErlangA.estimate_s(&impatient), 1.0 / 0.04 + 1.0 / 0.05 + 1.0 / 0.06);
    near(Regression::default().estimate_s(&impatient), ErlangA.estimate_s(&impatient));
}

#[test]
fn a_long_line_is_added_up_in_parts_that_are_near_the_whole() {
    let impatient = Place { give_up_per_s: 0.001, ..place(4999) };
    let exact: f64 = (0..5000).map(|ahead| 1.0 / (0.04 + f64::from(ahead) * 0.001)).sum();
    let found = ErlangA.estimate_s(&impatient);
    assert!((found / exact - 1.0).abs() < 0.02, "{found} and {exact}");
}

#[test]
fn an_outcome_has_what_was_said_at_the_arrival() {
    let mut waiting = WaitingTimes::new(vec![Box::new(QueueLength), Box::new(ErlangA)]);
    assert_eq!(waiting.names().collect::<Vec<_>>(), ["queue-length", "erlang-a"]);
    waiting.handle(at(0), &Event::Agents { known: Some(2) });
    for (session, agent) in [(1, 1), (2, 2)] {
        waiting.handle(at(0), &arrived(session, "q", 0));
        assert_eq!(waiting.handle(at(0), &entered(session, agent)), None, "it did not wait");
    }
    let expected = waiting.newcomer(at(10), "q", 0);
    waiting.handle(at(10), &arrived(3, "q", 0));
    let told = waiting.standing(at(10), SessionId(3)).expect("it waits");
    assert_eq!(told, expected, "as it was foreseen");
    assert_eq!(told.position, 1);
    near(told.estimate.wait_s, 90.0);
    waiting.handle(at(30), &ended(1));
    let outcome = waiting.handle(at(31), &entered(3, 1)).expect("it waited");
    near(outcome.wait_s, 21.0);
    assert_eq!((outcome.chosen, outcome.estimates.len()), (0, 2));
    assert_eq!(outcome.estimates[0], told.estimate);
    let (name, score) = waiting.scores().next().expect("there are two");
    assert_eq!(name, "queue-length");
    near(score.rmse_s, 69.0);
    assert_eq!(waiting.standing(at(31), SessionId(3)), None);
    assert_eq!(waiting.followed(), (0, 2));
}

#[test]
fn who_leaves_without_giving_up_is_no_sign_of_impatience() {
    let leave = |event: Event<'static>| {
        let mut history = seen(&[(0, arrived(1, "a", 0)), (60, event)]);
        history.handle(at(60), &arrived(2, "a", 0));
        place_of(&history, 60, 2).give_up_per_s
    };
    let (gave_up, sent_away) = (leave(abandoned(1)), leave(Event::Left { session: SessionId(1) }));
    assert!(sent_away < 1.0 / 300.0 && 1.0 / 300.0 < gave_up, "{sent_away} and {gave_up}");
}

#[test]
fn who_goes_over_to_another_queue_waits_there_only() {
    let mut history = seen(&[(0, arrived(1, "a", 0)), (10, arrived(1, "b", 10)), (20, arrived(2, "a", 0))]);
    assert_eq!(history.followed(), (2, 0));
    assert_eq!(place_of(&history, 20, 2).ahead_same, 0);
    assert_eq!(place_of(&history, 20, 2).ahead, 1);
    assert_eq!(history.handle(at(30), &entered(1, 1)), Some(20_000));
    assert_eq!(history.handle(at(40), &arrived(1, "a", 30)), None, "transferred while in service");
    assert_eq!(history.handle(at(50), &entered(1, 2)), Some(10_000));
    assert_eq!(place_of(&history, 50, 2).in_service, 1);
    assert_eq!(place_of(&history, 50, 2).resting, 1, "the first agent is free");
}
