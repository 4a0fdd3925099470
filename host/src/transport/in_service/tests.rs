//! Whose turn it is.

use super::*;
use crate::transport::tests::line::LineFactory;

const PAUSE: Duration = Duration::from_micros(70);

fn in_service(turns: usize) -> InService {
    InService::with_turns("customers", LineFactory::version(1, None), turns)
}

fn seats(adapter: &InService, count: usize) -> Vec<Seat> {
    (0..count).map(|_| adapter.seat().0).collect()
}

/// The places of those whose turn it is.
fn called(seats: &[Seat]) -> Vec<usize> {
    seats.iter().enumerate().filter(|(_, seat)| seat.called().is_some()).map(|(place, _)| place).collect()
}

/// Moves, and passes its turn on.
async fn moves(seat: &mut Seat) {
    seat.turn().await;
    seat.moved();
    seat.pass_on(PAUSE);
}

#[tokio::test]
async fn so_many_move_at_a_time_and_each_passes_its_turn_on() {
    let adapter = in_service(2);
    let mut seats = seats(&adapter, 4);
    assert_eq!(called(&seats), [0; 0]);
    adapter.swap(LineFactory::version(2, None));
    assert_eq!(called(&seats), [0, 1]);
    moves(&mut seats[1]).await;
    assert_eq!(called(&seats), [0, 2]);
    moves(&mut seats[0]).await;
    moves(&mut seats[2]).await;
    assert_eq!(called(&seats), [3]);
    assert_eq!(adapter.progress().waiting, 1);
    moves(&mut seats[3]).await;
    let (pause_p99, pause_most) = (PAUSE, PAUSE);
    assert_eq!(adapter.progress(), Progress { swaps: 1, moved: 4, pause_p99, pause_most, ..Progress::default() });
}

#[tokio::test]
async fn who_ends_passes_the_turn_on_too() {
    let adapter = in_service(1);
    let mut seats = seats(&adapter, 3);
    adapter.swap(LineFactory::version(2, None));
    seats.remove(0);
    assert_eq!(called(&seats), [0]);
    seats.remove(1);
    assert_eq!(adapter.progress().waiting, 1);
    seats[0].turn().await;
    // It is ending, and is not asked to move any more.
    seats[0].pass_on(PAUSE);
    assert_eq!((adapter.progress().waiting, adapter.progress().moved), (0, 0));
}

#[tokio::test]
async fn another_swap_while_one_moves_is_another_turn_for_it() {
    let adapter = in_service(1);
    let mut seats = seats(&adapter, 2);
    adapter.swap(LineFactory::version(2, None));
    seats[0].turn().await;
    adapter.swap(LineFactory::version(3, None));
    seats[0].moved();
    seats[0].pass_on(PAUSE);
    assert_eq!((adapter.progress().moved, adapter.progress().waiting), (0, 2), "that was the swap before");
    for _ in 0..2 {
        let place = called(&seats)[0];
        assert_eq!(seats[place].turn().await.digest(), adapter.current().digest());
        seats[place].moved();
        seats[place].pass_on(PAUSE);
    }
    assert_eq!((adapter.progress().moved, adapter.progress().waiting), (2, 0));
    assert_eq!(called(&seats), [0; 0]);
}

#[tokio::test]
async fn who_stays_is_counted_as_long_as_it_is_there_and_does() {
    let adapter = in_service(1);
    let mut seats = seats(&adapter, 2);
    adapter.swap(LineFactory::version(2, None));
    for seat in &mut seats {
        seat.turn().await;
        seat.stayed(&GuestFailure::Refused("an unknown format".to_owned()));
        seat.pass_on(PAUSE);
    }
    assert_eq!(adapter.progress().stayed, 2);
    assert_eq!(adapter.progress().reason.as_deref(), Some("refused: an unknown format"));
    seats[0].moved();
    assert_eq!((adapter.progress().moved, adapter.progress().stayed), (1, 1));
    seats.clear();
    assert_eq!((adapter.progress().moved, adapter.progress().stayed), (1, 0));
}

#[test]
fn who_comes_after_a_swap_opens_with_it_and_has_no_turn() {
    let adapter = in_service(1);
    adapter.swap(LineFactory::version(2, None));
    let (seat, factory) = adapter.seat();
    assert_eq!(factory.digest(), LineFactory::version(2, None).digest());
    assert!(seat.called().is_none());
    assert_eq!(adapter.progress().waiting, 0);
}
