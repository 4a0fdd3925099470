//! Defects put in on purpose, so that it is known that the laws would find them.

use super::guests::Defect;
use super::stories::STORIES;
use super::sweep::{Planted, SEED, tell};
use crate::centre::invariants::Violation;

/// What a sweep through the first story finds, at each moment where it finds something.
fn found(planted: Planted) -> Vec<Violation> {
    let story = STORIES[0];
    let sound = tell(story, Planted::default(), SEED, None).expect("without a defect nothing is found");
    (1..=sound.power.moments()).filter_map(|moment| tell(story, planted, SEED, Some(moment)).err()).collect()
}

#[test]
fn acknowledging_before_settling_is_caught() {
    let found = found(Planted { defect: Some(Defect::SettlesAtOnce), ..Planted::default() });
    let is_loss = |violation: &&Violation| {
        violation.invariant == "I3" && violation.what.ends_with("was acknowledged and is in no transcript")
    };
    assert!(found.iter().filter(is_loss).count() > 5, "{found:?}");
}

#[test]
fn handing_out_effects_before_they_are_stored_is_caught() {
    let found = found(Planted { is_hasty: true, ..Planted::default() });
    assert!(found.iter().any(|violation| violation.invariant == "I3"), "{found:?}");
}
