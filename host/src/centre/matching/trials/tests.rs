//! What counts as a difference, and what is kept of it.

use super::*;
use crate::centre::matching::chain::Diversion;
use crate::centre::matching::ranking::Ranking;

fn kept(candidates: &[u32]) -> Decision {
    Decision::Kept(Ranking::new(candidates))
}

fn held() -> Decision {
    Decision::Held("later".to_owned())
}

fn diverted(queue: &str) -> Decision {
    Decision::Diverted(Diversion::Queue(queue.to_owned()))
}

#[test]
fn what_comes_to_the_same_is_no_difference() {
    let mut compared = Compared::default();
    let same = [
        (kept(&[1, 2]), kept(&[1, 3])),
        (kept(&[]), kept(&[])),
        (held(), Decision::Held("for another reason".to_owned())),
        (Decision::Refused("No.".to_owned()), Decision::Refused("Not today.".to_owned())),
        (diverted("night"), diverted("night")),
    ];
    assert!(same.iter().all(|(service, shadow)| !compared.count(service, shadow, false)));
    assert_eq!((compared.compared, compared.differing()), (5, 0));
}

#[test]
fn differences_are_counted_by_what_they_would_have_changed() {
    let mut compared = Compared::default();
    let different = [
        (kept(&[1, 2]), kept(&[2, 1])),
        (kept(&[1]), kept(&[])),
        (kept(&[]), kept(&[1])),
        (held(), kept(&[])),
        (diverted("night"), diverted("day")),
        (kept(&[1]), Decision::Refused("No.".to_owned())),
    ];
    assert!(different.iter().all(|(service, shadow)| compared.count(service, shadow, false)));
    assert!(compared.count_choice(Some(1), None) && !compared.count_choice(Some(1), Some(1)));
    let Compared { another_agent, nobody, otherwise, another_session, .. } = compared;
    assert_eq!((another_agent, nobody, otherwise, another_session), (1, 2, 3, 1));
    assert_eq!((compared.compared, compared.differing()), (8, 7));
}

#[test]
fn the_last_differences_are_kept() {
    let mut compared = Compared::default();
    for number in 0..200 {
        let what = Difference::Choice { agent: AgentName::new("ann"), service: None, shadow: Some(SessionId(number)) };
        compared.keep(Timestamp(number), what);
    }
    let kept: Vec<u64> = compared.last.iter().map(|differing| differing.at.0).collect();
    assert_eq!(kept, (150..200).collect::<Vec<_>>());
}
