//! A story as it is told.

use super::*;
use crate::centre::noted::Otherwise;
use crate::model::{AgentName, Digest, Timestamp};
use expect_test::expect;

fn agents(names: &[&str]) -> Vec<AgentName> {
    names.iter().map(|name| AgentName::new(*name)).collect()
}

fn kept(tiers: &[(&str, u32)]) -> Said<AgentName> {
    Said::Kept(tiers.iter().map(|(name, tier)| (AgentName::new(*name), *tier)).collect())
}

fn said<W>(rule: &str, verdict: Said<W>, notes: &[&str]) -> RuleSaid<W> {
    let notes = notes.iter().map(|note| (*note).to_owned()).collect();
    RuleSaid { lane: Lane::Service, rule: rule.to_owned(), digest: Digest([7; 32]), verdict, notes, refused: None }
}

fn decision(rules: Vec<RuleSaid<AgentName>>, outcome: Concluded) -> Decision {
    Decision {
        session: SessionId(12),
        pool: "main".to_owned(),
        lane: Lane::Service,
        queue: "billing".to_owned(),
        is_transfer: false,
        found_by: None,
        candidates: agents(&["ann", "bob", "jim"]),
        passed_over: Vec::new(),
        on_duty: 5,
        available: 4,
        rules,
        outcome,
        recheck: None,
        refused: None,
        otherwise: None,
        shadow: None,
    }
}

#[test]
fn a_story_in_sentences() {
    let at = |ms: u64, what| Happening { at: Timestamp(1_795_335_301_042 + ms), what };
    let held = |recheck| {
        let said = said("business-hours", Said::Held("closed until nine".to_owned()), &["Sunday"]);
        let outcome = Concluded::Held("closed until nine".to_owned());
        What::Decision(Decision { recheck: Some(Timestamp(recheck)), ..decision(vec![said], outcome) })
    };
    let rules = vec![
        said("skill-level", kept(&[("ann", 1), ("bob", 0), ("jim", 0)]), &["ann has level 3, 5 is wanted"]),
        RuleSaid {
            refused: Some("kept 9, which is not among the 3 candidates".to_owned()),
            ..said("odd", kept(&[]), &[])
        },
        said("least-busy", Said::LeftOut("failed 5 times".to_owned()), &[]),
    ];
    let offered = Decision {
        found_by: Some(AgentName::new("bob")),
        passed_over: agents(&["eve"]),
        ..decision(rules, Concluded::Offered(AgentName::new("bob")))
    };
    let choice = Choice {
        agent: AgentName::new("bob"),
        pool: "main".to_owned(),
        lane: Lane::Service,
        waiting: (1..=12).map(SessionId).collect(),
        rules: vec![said("vip", Said::Kept(vec![(SessionId(12), 1), (SessionId(3), 0)]), &[])],
        order: vec![SessionId(3), SessionId(12)],
        otherwise: None,
        shadow: None,
    };
    let given_away = |outcome| Decision { is_transfer: true, ..decision(Vec::new(), outcome) };
    let component = |rule: &str, is_at_hand| {
        let (pool, rule, digest) = ("main".to_owned(), rule.to_owned(), Digest([7; 32]));
        Component { pool, rule, digest, is_at_hand }
    };
    let came = What::Came {
        link: "billing".to_owned(),
        queue: "billing".to_owned(),
        provider: "customers".to_owned(),
        customer: "Joe\u{1b}[2J".to_owned(),
    };
    let unspoken =
        |instead| What::Unspoken { dialog: "survey".to_owned(), why: "out\u{7} of order".to_owned(), instead };
    let bob = AgentName::new("bob");
    let explanation = Explanation {
        session: SessionId(12),
        record: None,
        is_whole: false,
        happenings: vec![
            at(0, came),
            at(1, What::Waits { queue: "billing".to_owned(), since: Timestamp(1_795_335_301_043) }),
            at(2, held(1_795_335_302_000)),
            at(1_000, held(1_795_335_303_000)),
            at(2_000, held(1_795_335_304_000)),
            at(3_000, What::Choice(choice)),
            at(3_000, What::Decision(offered)),
            at(3_000, What::Offered { agent: bob.clone() }),
            at(3_100, unspoken(Instead::NotBegun)),
            at(3_200, unspoken(Instead::Queue)),
            at(3_300, unspoken(Instead::End)),
            at(4_000, What::Accepted { agent: bob.clone() }),
            at(5_000, What::Decision(given_away(Concluded::Nobody(None)))),
            at(6_000, What::Decision(given_away(Concluded::Offered(bob)))),
            at(9_000, What::Closed { reason: "the customer left".to_owned() }),
        ],
        left_out: 0,
        components: vec![component("vip", true), component("skill-level", false)],
    };
    expect![[r"
        session s12, times in UTC
        What happened before is not kept in the journal any more.
        2026-11-22 08:15:01.042  Joe�[2J came over the link billing at customers, for the queue billing
        2026-11-22 08:15:01.043  waits in billing, with its time since 08:15:01.043
        2026-11-22 08:15:01.044  its chain was asked who may serve it; free: ann, bob, jim (5 agents of billing here, 4 of them take sessions)
            business-hours (070707070707) holds: closed until nine; it says: Sunday
            so it is held: closed until nine; a rule wants to be asked again at 08:15:02.000
            and the same 2 more times until 08:15:03.042
        2026-11-22 08:15:04.042  bob looked for a session; 12 waited: s1, s2, s3, s4, s5, s6, s7, s8, 4 more
            vip (070707070707) keeps s3 before s12
            1 of 2 came before it: s3
        2026-11-22 08:15:04.042  bob found it, and its chain was asked; free: ann, bob, jim (5 agents of billing here, 4 of them take sessions); not asked again: eve
            skill-level (070707070707) keeps bob, jim before ann; it says: ann has level 3, 5 is wanted
            odd (070707070707) keeps nobody; that was refused and left out: kept 9, which is not among the 3 candidates
            least-busy (070707070707) was not asked: failed 5 times
            so it goes to bob
        2026-11-22 08:15:04.042  offered to bob
        2026-11-22 08:15:04.142  the dialog survey was not begun: out� of order
        2026-11-22 08:15:04.242  the dialog survey has it no more: out� of order; so it goes to its queue
        2026-11-22 08:15:04.342  the dialog survey has it no more: out� of order; so it ends
        2026-11-22 08:15:05.042  bob took it
        2026-11-22 08:15:06.042  its chain was asked who may take it over; free: ann, bob, jim (5 agents of billing here, 4 of them take sessions)
            so its owner keeps it: nobody may take it over
        2026-11-22 08:15:07.042  its chain was asked who may take it over; free: ann, bob, jim (5 agents of billing here, 4 of them take sessions)
            so bob is asked to take it over
        2026-11-22 08:15:10.042  closed: the customer left
        vip of pool main answered as component 070707070707, the one that is at hand; its reasons are its own
        skill-level of pool main answered as component 070707070707; that one is not at hand with those settings, so it gives no reasons
    "]].assert_eq(&told(&explanation));
}

#[test]
fn a_decision_says_which_chain_made_it() {
    let of = |lane, said: RuleSaid<AgentName>| RuleSaid { lane, ..said };
    let kept_bob = || said("newest", kept(&[("bob", 0)]), &[]);
    let by_canary = Decision {
        lane: Lane::Canary,
        ..decision(vec![of(Lane::Canary, kept_bob())], Concluded::Offered(AgentName::new("bob")))
    };
    let failed = of(Lane::Canary, said("newest", Said::Failed("trapped: unreachable".to_owned()), &[]));
    let instead =
        decision(vec![failed, said("least-busy", kept(&[("ann", 0)]), &[])], Concluded::Offered(AgentName::new("ann")));
    let choice = Choice {
        agent: AgentName::new("bob"),
        pool: "main".to_owned(),
        lane: Lane::Canary,
        waiting: vec![SessionId(12)],
        rules: vec![RuleSaid { lane: Lane::Canary, ..said("newest", Said::Kept(Vec::new()), &[]) }],
        order: Vec::new(),
        otherwise: None,
        shadow: None,
    };
    let what = [What::Choice(choice), What::Decision(by_canary), What::Decision(instead)];
    let happenings = what.into_iter().map(|what| Happening { at: Timestamp(1_795_335_301_042), what }).collect();
    let explanation = Explanation {
        session: SessionId(12),
        record: None,
        is_whole: true,
        happenings,
        left_out: 0,
        components: Vec::new(),
    };
    expect![[r"
        session s12, times in UTC
        2026-11-22 08:15:01.042  bob looked for a session; 1 waited for the canary: s12
            the canary's newest (070707070707) keeps nobody
            this one was not for bob
        2026-11-22 08:15:01.042  the canary of its pool was asked who may serve it; free: ann, bob, jim (5 agents of billing here, 4 of them take sessions)
            the canary's newest (070707070707) keeps bob
            so it goes to bob
        2026-11-22 08:15:01.042  the chain in service, instead of the canary, which failed, was asked who may serve it; free: ann, bob, jim (5 agents of billing here, 4 of them take sessions)
            the canary's newest (070707070707) failed and was left out: trapped: unreachable
            least-busy (070707070707) keeps ann
            so it goes to ann
    "]].assert_eq(&told(&explanation));
}

#[test]
fn what_a_shadow_would_have_done_stands_below() {
    let shadow = |outcome| {
        let shadow = Some(Otherwise { rules: vec![said("newest", kept(&[]), &[])], outcome });
        What::Decision(Decision { shadow, ..decision(Vec::new(), Concluded::Offered(AgentName::new("ann"))) })
    };
    let given_away = |outcome| {
        let What::Decision(decision) = shadow(Some(outcome)) else { unreachable!("it is one") };
        What::Decision(Decision { is_transfer: true, ..decision })
    };
    let first = |order: Option<&[u64]>| {
        let outcome = order.map(|order| order.iter().copied().map(SessionId).collect());
        What::Choice(Choice {
            agent: AgentName::new("bob"),
            pool: "main".to_owned(),
            lane: Lane::Service,
            waiting: vec![SessionId(12), SessionId(13)],
            rules: Vec::new(),
            order: vec![SessionId(12)],
            otherwise: None,
            shadow: Some(Otherwise { rules: Vec::new(), outcome }),
        })
    };
    let words = |words: &str| words.to_owned();
    for (what, expected) in [
        (shadow(Some(Concluded::Offered(AgentName::new("ann")))), "the shadow would have chosen ann"),
        (shadow(Some(Concluded::Nobody(Some(words("vip"))))), "the shadow would have let it wait: vip keeps nobody"),
        (shadow(Some(Concluded::Nobody(None))), "the shadow would have let it wait: nobody is free"),
        (shadow(Some(Concluded::Held(words("closed")))), "the shadow would have held it: closed"),
        (shadow(Some(Concluded::Diverted(words("queue night")))), "the shadow would have sent it to the queue night"),
        (shadow(Some(Concluded::Refused(words("full")))), "the shadow would have refused it: full"),
        (given_away(Concluded::Offered(AgentName::new("bob"))), "the shadow would have asked bob to take it over"),
        (given_away(Concluded::Held(words("closed"))), "the shadow would have left it with its owner"),
        (shadow(None), "the shadow is not compared: one of its rules failed"),
        (first(Some(&[12, 13])), "the shadow would have begun with this one"),
        (first(Some(&[13])), "the shadow would have begun with s13"),
        (first(Some(&[])), "the shadow would have kept none of them"),
        (first(None), "the shadow is not compared: one of its rules failed"),
    ] {
        let mut text = String::new();
        sentence(&mut text, &what, SessionId(12)).unwrap();
        assert_eq!(text.lines().last().unwrap().trim(), expected, "{text}");
    }
}
