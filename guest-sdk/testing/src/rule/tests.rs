//! The law checker finds what it is for: rules that cheat by hidden state.

use super::{Pool, agent, crowd, session};
use cordboard_sdk::rule::{Agent, Fit, NoSettings, Rule, Session};
use std::cell::Cell;

macro_rules! rule {
    ($name:ident, $fit:expr) => {
        #[derive(Default)]
        struct $name {
            calls: Cell<u64>,
        }
        impl Rule for $name {
            type Settings = NoSettings;
            fn open(_: NoSettings) -> Result<Self, String> {
                Ok(Self::default())
            }
            fn fit(&self, _now: u64, session: &Session, agent: &Agent) -> Fit {
                self.calls.set(self.calls.get() + 1);
                let fit: fn(u64, &Session, &Agent) -> Fit = $fit;
                fit(self.calls.get(), session, agent)
            }
        }
    };
}

fn violation<R: Rule>() -> String {
    let mut pool = Pool::<R>::open("{}").unwrap();
    pool.tell(crowd(1, 9, 5));
    pool.check_law().unwrap_err().to_string()
}

rule!(Honest, |_, session, agent| if agent.skill(&session.queue).is_some() {
    Fit::ranked(agent.idle_since)
} else {
    Fit::drop("hasn't the skill")
});
rule!(OneEach, |calls, _, _| if calls % 2 == 1 { Fit::keep() } else { Fit::drop("every other call") });
rule!(Counting, |calls, _, _| Fit::ranked(calls / 3 % 7));
rule!(First, |calls, _, _| if calls < 91 { Fit::keep() } else { Fit::drop("late") });

#[test]
fn an_honest_rule_keeps_the_law() {
    for seed in 0..20 {
        let mut pool = Pool::<Honest>::open("{}").unwrap();
        pool.tell(crowd(seed, 12, 8));
        pool.check_law().unwrap();
    }
}

#[test]
fn directions_that_differ_are_found() {
    assert_eq!(
        violation::<OneEach>(),
        "session 0 and agent 0: rank-agents keeps the agent, rank-sessions drops the session"
    );
}

#[test]
fn a_candidate_kept_alone_only_is_found() {
    assert_eq!(violation::<First>(), "session 0 among 9 agents: 0 is kept alone and dropped among the others");
}

#[test]
fn tiers_out_of_hidden_state_are_found() {
    assert_eq!(violation::<Counting>(), "session 0 among 9 agents: the answer is another when asked again");
}

#[test]
fn a_pool_answers_in_plain_numbers() {
    let mut pool = Pool::<Honest>::open("{}").unwrap();
    let skilled =
        |reference, idle_since| Agent { idle_since, skills: vec![super::skill("billing", 5)], ..agent(reference) };
    pool.agent(skilled(1, 50));
    pool.agent(skilled(2, 20));
    pool.agent(agent(3));
    pool.session(session(7));
    assert_eq!(pool.tiers(7), [(1, 1), (2, 0)]);
    assert_eq!(pool.order(7), [2, 1]);
    assert_eq!(pool.why(7, 3), "hasn't the skill");
    assert_eq!(pool.pick(3).keep, []);
}
