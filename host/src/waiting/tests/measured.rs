//! What learns and measures: the regression's arithmetic, scores, ranges, the choice, the words.

use super::*;
use crate::waiting::ridge::Ridge;
use expect_test::{Expect, expect};

#[test]
fn least_squares_finds_the_weights_and_keeps_the_prior_of_what_it_never_sees() {
    let mut ridge = Ridge::new([1.0, 0.0, 7.0], 0.001, 1.0);
    for n in 0..200 {
        let (a, b) = (f64::from(n % 7), f64::from(n % 5));
        ridge.learn(&[a, b, 0.0], 3.0 * a - 2.0 * b);
    }
    for (features, expected) in [([1.0, 0.0, 0.0], 3.0), ([0.0, 1.0, 0.0], -2.0), ([0.0, 0.0, 1.0], 7.0)] {
        let found = ridge.predict(&features);
        assert!((found - expected).abs() < 1e-3, "{found}, and not {expected}");
    }
    let before = ridge.predict(&[1.0, 1.0, 1.0]);
    ridge.learn(&[f64::NAN, 1.0, 1.0], 5.0);
    ridge.learn(&[1.0, 1.0, 1.0], f64::INFINITY);
    near(ridge.predict(&[1.0, 1.0, 1.0]), before);
}

#[test]
fn the_past_fades_from_least_squares() {
    let mut ridge = Ridge::new([0.0], 1.0, 0.99);
    for slope in [1.0, 5.0] {
        (0..1000).for_each(|_| ridge.learn(&[1.0], slope));
    }
    assert!((ridge.predict(&[1.0]) - 5.0).abs() < 0.1);
}

#[test]
fn a_score_is_what_a_pocket_calculator_says() {
    let mut score = Score::total();
    assert_eq!(score.summary(), Summary { rmse_s: 0.0, mae_s: 0.0, bias_pct: 0.0, coverage_80_pct: 0.0 });
    score.add(&said(30.0), 20.0);
    score.add(&said(50.0), 80.0);
    score.add(&said(10.0), 100.0);
    let Summary { rmse_s, mae_s, bias_pct, coverage_80_pct } = score.summary();
    near(rmse_s, ((100.0 + 900.0 + 8100.0) / 3.0_f64).sqrt());
    near(mae_s, 130.0 / 3.0);
    near(bias_pct, 100.0 * (10.0 - 30.0 - 90.0) / 200.0);
    near(coverage_80_pct, 200.0 / 3.0);
    let mut late = Score::discounted(0.5);
    late.add(&said(30.0), 20.0);
    late.add(&said(50.0), 80.0);
    near(late.mean_square(), (50.0 + 900.0) / 1.5);
}

#[test]
fn a_range_comes_to_cover_what_it_should_and_follows_a_change() {
    let mut interval = Interval::default();
    let mut covered = Score::total();
    for n in 0_u32..6000 {
        let spread = if n < 3000 { 1.0 } else { 4.0 };
        let wait_s = 100.0 + spread * (f64::from(n * 7919 % 1000) / 10.0 - 50.0);
        let (low_s, high_s) = interval.around(100.0);
        let said = Estimate { wait_s: 100.0, low_s, high_s };
        if n % 3000 >= 1000 {
            covered.add(&said, wait_s.max(0.0));
        }
        interval.learn(&said, wait_s.max(0.0));
    }
    let coverage = covered.summary().coverage_80_pct;
    assert!((78.0..82.0).contains(&coverage), "{coverage}");
}

/// Says always the same.
#[derive(Debug, Clone)]
struct Constant(&'static str, f64);

impl Estimator for Constant {
    fn name(&self) -> &'static str {
        self.0
    }

    fn copy(&self) -> Box<dyn Estimator> {
        Box::new(self.clone())
    }

    fn estimate_s(&self, _: &Place) -> f64 {
        self.1
    }
}

/// Sessions that come one after the other and wait 40 s each.
fn forties(waiting: &mut WaitingTimes, sessions: std::ops::Range<u64>) {
    for session in sessions {
        waiting.handle(at(session * 50), &arrived(session, "q", 0));
        waiting.handle(at(session * 50 + 40), &entered(session, 1));
        waiting.handle(at(session * 50 + 45), &ended(session));
    }
}

#[test]
fn the_best_of_late_is_chosen_when_it_is_clearly_better() {
    let constant = |name, wait_s| -> Box<dyn Estimator> { Box::new(Constant(name, wait_s)) };
    let mut waiting =
        WaitingTimes::new(vec![constant("far", 90.0), constant("near", 50.0), constant("a hair nearer", 49.95)]);
    forties(&mut waiting, 0..29);
    assert_eq!(waiting.chosen(), 0, "too early to say");
    forties(&mut waiting, 29..31);
    assert_eq!(waiting.chosen(), 2);
    let mut waiting = WaitingTimes::new(vec![constant("near", 50.0), constant("a hair nearer", 49.95)]);
    forties(&mut waiting, 0..100);
    assert_eq!(waiting.chosen(), 0, "not clearly better");
}

#[test]
fn an_estimator_that_says_nonsense_harms_nobody() {
    for nonsense in [f64::NAN, f64::INFINITY, -5.0, 1e300] {
        let mut waiting = WaitingTimes::new(vec![Box::new(Constant("odd", nonsense)), Box::new(MovingAverage)]);
        forties(&mut waiting, 0..100);
        assert_eq!(waiting.chosen(), 1);
        assert!(waiting.scores().all(|(_, score)| score.rmse_s.is_finite()));
    }
}

fn told(low_s: f64, high_s: f64, expected: &Expect) {
    expected.assert_eq(&words(&Estimate { wait_s: f64::midpoint(low_s, high_s), low_s, high_s }));
}

#[test]
fn ranges_are_said_in_words_that_promise_no_more() {
    told(0.0, 60.0, &expect!["less than a minute"]);
    told(20.0, 61.0, &expect!["up to 2 minutes"]);
    told(60.0, 240.0, &expect!["1 to 4 minutes"]);
    told(119.0, 121.0, &expect!["1 to 3 minutes"]);
    told(120.0, 240.0, &expect!["2 to 4 minutes"]);
    told(180.0, 180.0, &expect!["about 3 minutes"]);
    told(3000.0, 5399.0, &expect!["50 to 90 minutes"]);
    told(3000.0, 5400.0, &expect!["up to 2 hours"]);
    told(3600.0, 7201.0, &expect!["1 to 3 hours"]);
}

#[test]
fn what_was_told_holds_until_it_has_changed_much() {
    let told = Told { at: at(0), estimate: Estimate { wait_s: 200.0, low_s: 100.0, high_s: 300.0 } };
    assert!(!told.changed_much(at(0), &said(200.0)));
    assert!(!told.changed_much(at(100), &said(100.0)), "time has gone by as it should");
    assert!(!told.changed_much(at(0), &said(290.0)), "still in the range");
    assert!(told.changed_much(at(0), &said(310.0)));
    assert!(told.changed_much(at(200), &said(200.0)), "it stands still");
    assert!(told.changed_much(at(0), &said(90.0)), "better news are news, too");
    let short = Told { at: at(0), estimate: Estimate { wait_s: 20.0, low_s: 10.0, high_s: 30.0 } };
    assert!(!short.changed_much(at(0), &said(70.0)), "less than a minute's difference");
}
