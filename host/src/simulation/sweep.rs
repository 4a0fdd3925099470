//! The crash-point sweep: a story is told as often as there are moments at which the process may die, and it dies at another each time.
//!
//! Moments are before and after each commit (so the batch in flight is lost once and stored once), settlement, send and save. After each
//! the people reconnect and say again what was not acknowledged. All moments of all stories are tried, with the real adapter.

use super::guests::Defect;
use super::laws;
use super::stories::{STORIES, Story};
use super::world::World;
use crate::centre::invariants::Violation;
use std::thread;

/// The order of steps of all runs of a sweep.
pub(super) const SEED: u64 = 1;

/// Something planted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Planted {
    pub(super) defect: Option<Defect>,
    pub(super) is_hasty: bool,
    pub(super) steps_per_swap: Option<usize>,
}

/// Tells a story in which the process dies at a moment, if at all; gives the world as it is then.
pub(super) fn tell(story: Story, planted: Planted, seed: u64, off_at: Option<usize>) -> Result<World, Violation> {
    let (mut stage, cast) = story.stage();
    (stage.defect, stage.is_hasty) = (planted.defect, planted.is_hasty);
    stage.steps_per_swap = planted.steps_per_swap;
    let mut world = World::new(stage, cast, seed, off_at);
    let rest = world.run();
    // What was lost is why somebody still waits.
    laws::check(&world).and(rest).and_then(|()| laws::check_rest(&world)).map_err(|violation| {
        eprintln!("{:?}, seed {seed}, dead at {off_at:?}: {violation}\n{}", story.name, world.account());
        violation
    })?;
    Ok(world)
}

/// Tells it once for each of these moments; the first violation with its moment.
fn tell_all(story: Story, planted: Planted, moments: impl Iterator<Item = usize>) -> Result<(), (usize, Violation)> {
    for moment in moments {
        let world = tell(story, planted, SEED, Some(moment)).map_err(|violation| (moment, violation))?;
        assert_eq!(world.crashes, 1, "it died at moment {moment}");
        (story.check)(&world);
    }
    Ok(())
}

/// Every moment of a story, on two threads. How many there were.
pub(super) fn sweep(story: Story, planted: Planted) -> Result<usize, (usize, Violation)> {
    let world = tell(story, planted, SEED, None).map_err(|violation| (0, violation))?;
    (story.check)(&world);
    let moments = world.power.moments();
    thread::scope(|scope| {
        let odd = scope.spawn(move || tell_all(story, planted, (1..=moments).step_by(2)));
        let even = tell_all(story, planted, (2..=moments).step_by(2));
        odd.join().expect("it asserts nothing else than we do").and(even)
    })?;
    Ok(moments)
}

#[test]
fn every_story_comes_to_its_end_in_many_orders() {
    for story in STORIES {
        for seed in 0..50 {
            match tell(story, Planted::default(), seed, None) {
                Ok(world) => (story.check)(&world),
                Err(violation) => panic!("{:?}, seed {seed}: {violation}", story.name),
            }
        }
    }
}

/// An adapter every few steps, every other of them one that no guest can stay on.
const SWAPPING: Planted = Planted { defect: None, is_hasty: false, steps_per_swap: Some(5) };

#[test]
fn swaps_cost_nobody_a_connection() {
    let conversation = STORIES[0];
    let (mut moved, mut stayed) = (0, 0);
    for seed in 0..50 {
        let world = tell(conversation, SWAPPING, seed, None).unwrap_or_else(|violation| panic!("{seed}: {violation}"));
        (conversation.check)(&world);
        assert_eq!(world.opened, 4, "seed {seed}: two people who come back once");
        (moved, stayed) = (moved + world.moved, stayed + world.stayed);
    }
    assert!(moved > 500 && stayed > 500, "{moved} moved, {stayed} stayed");
}

#[test]
fn a_process_may_die_at_any_moment_of_a_swap() {
    match sweep(STORIES[0], SWAPPING) {
        Ok(moments) => assert!(moments > 300, "{moments} moments"),
        Err((moment, violation)) => panic!("dead at moment {moment}: {violation}"),
    }
}

#[test]
fn a_process_may_die_at_any_moment() {
    for story in STORIES {
        match sweep(story, Planted::default()) {
            Ok(moments) => assert!(moments > 150, "{}: {moments} moments", story.name),
            Err((moment, violation)) => panic!("{:?}, dead at moment {moment}: {violation}", story.name),
        }
    }
}
