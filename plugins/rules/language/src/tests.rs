//! Who speaks what, and the law of rules.

use super::Language;
use cordboard_sdk::rule::{Agent, Session};
use cordboard_sdk_testing::rule::{Pool, agent, crowd, session, skill};

fn pool(settings: &str) -> Pool<Language> {
    let mut pool = Pool::open(settings).unwrap();
    pool.agent(Agent { skills: vec![skill("lang-de", 3), skill("lang-en", 9)], ..agent(1) });
    pool.agent(Agent { skills: vec![skill("billing", 9), skill("lang-de", 8)], ..agent(2) });
    pool.agent(Agent { skills: vec![skill("lang-pt-BR", 5), skill("lang-PT", 7), skill("de", 10)], ..agent(3) });
    pool
}

fn speaking(language: &str) -> Session {
    Session { language: language.into(), ..session(7) }
}

#[test]
fn those_who_speak_it_are_asked_better_speakers_first() {
    let mut pool = pool("{}");
    for (language, order) in [
        ("de", vec![2, 1]),
        ("de-AT", vec![2, 1]),
        ("DE_de", vec![2, 1]),
        ("en", vec![1]),
        ("pt-PT", vec![3]),
        ("fr", vec![]),
        ("d", vec![]),
        ("", vec![1, 2, 3]),
    ] {
        pool.session(speaking(language));
        assert_eq!(pool.order(7), order, "{language}");
    }
    assert_eq!(pool.why(7, 1), "the customer's language is not known");
    pool.session(speaking("pt"));
    assert_eq!(pool.why(7, 3), "pt: level 7");
}

#[test]
fn one_whose_language_is_missing_is_assumed_to_speak_it() {
    let mut pool = pool(r#"{"assume": "en-GB"}"#);
    pool.session(speaking(""));
    assert_eq!(pool.order(7), [1]);
}

#[test]
fn bad_speakers_and_others_come_after_a_wait() {
    let mut pool = pool(r#"{"least_level": 5, "wait_s": 60}"#);
    pool.session(speaking("de"));
    assert_eq!((pool.order(7), pool.answer(7).recheck), (vec![2], Some(60_000)));
    pool.at(60_000);
    assert_eq!((pool.order(7), pool.answer(7).recheck), (vec![2, 1, 3], None));
}

#[test]
fn skills_of_languages_may_be_called_otherwise() {
    let mut pool = pool(r#"{"prefix": ""}"#);
    pool.session(speaking("de"));
    assert_eq!(pool.order(7), [3]);
}

#[test]
fn wrong_settings_are_refused() {
    let refused = |settings| Pool::<Language>::open(settings).unwrap_err();
    assert_eq!(refused(r#"{"least_level": 0}"#), "least_level: levels go from 1 to 10, found 0");
    assert_eq!(refused(r#"{"assume": "-"}"#), "assume: expected a language such as `en`, found \"-\"");
}

#[test]
fn it_keeps_the_law() {
    for (seed, settings) in (0..10).flat_map(|seed| [(seed, "{}"), (seed, r#"{"assume": "de", "wait_s": 20}"#)]) {
        let mut pool = Pool::<Language>::open(settings).unwrap();
        pool.tell(crowd(seed, 15, 10));
        for level in 1..=10 {
            let skills = vec![skill(["lang-de", "lang-en"][usize::from(level % 2)], level)];
            pool.agent(Agent { skills, ..agent(level.into()) });
        }
        pool.at(50_000);
        pool.check_law().unwrap();
    }
}
