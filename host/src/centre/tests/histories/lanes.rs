//! Histories with candidates beside the chain in service: each chain's law holds for the sessions that it decides about, a shadow changes
//! nothing, and a canary that fails loses nobody.

use super::regimes::may_serve_in_lanes;
use super::{Act, Deed, Play, Rules, act, decided, play};
use crate::centre::invariants;
use proptest::prelude::*;

impl Play {
    /// I5 by the law of the chain that decides about each session.
    pub(super) fn check_lanes(&self) {
        let pool = &self.desk.centre.settings().pools[0];
        invariants::check_eligible(&self.desk.centre, &|session, agent| may_serve_in_lanes(pool, session, agent))
            .unwrap();
    }
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![Just(Deed::Trap), Just(Deed::Invent), Just(Deed::Repeat), Just(Deed::ChokeOn(1))]
}

/// The same history without a shadow: what people and the store see is the same.
fn is_the_same_in_the_shadow(with: &Play, without: &Play) {
    assert_eq!(with.desk.outputs.len(), without.desk.outputs.len());
    for (batch, (with, without)) in with.desk.outputs.iter().zip(&without.desk.outputs).enumerate() {
        assert_eq!(with.effects, without.effects, "batch {batch}; left: with a shadow");
        assert_eq!((decided(with), &with.appends), (decided(without), &without.appends), "batch {batch}");
    }
}

/// Without what would give both plays other candidates: the operator may do that, and it is played elsewhere.
fn without_settings(acts: Vec<Act>) -> Vec<Act> {
    acts.into_iter().filter(|act| !matches!(act, Act::SettingsSent(_))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_with_a_canary_and_a_shadow(acts in prop::collection::vec(act(), 1..60)) {
        let play = play(Rules::Lanes, &acts);
        play.desk.replays();
        play.replay_with_reasons();
    }

    #[test]
    fn invariants_hold_with_a_canary_that_fails(acts in prop::collection::vec(act(), 1..60), deed in deed(), period in 1u32..6) {
        play(Rules::Failing(deed, period), &acts).desk.replays();
    }

    #[test]
    fn a_shadow_changes_nothing_however_it_fails(acts in prop::collection::vec(act(), 1..60), deed in deed(), period in 1u32..6) {
        let acts = without_settings(acts);
        let shadowed = play(Rules::Shadowed(deed, period), &acts);
        shadowed.desk.replays();
        is_the_same_in_the_shadow(&shadowed, &play(Rules::Skill, &acts));
    }
}
