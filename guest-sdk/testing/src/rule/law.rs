//! The law of the rule contract, checked by asking in every way that must give the same answer.
//!
//! - `s` is kept in `rank-sessions(a, [s])` exactly if `a` is kept in `rank-agents(s, [a])`.
//! - Whether a candidate is kept does not depend on the other candidates, nor on their order.
//! - An answer depends on `now`, the changes, the consultations and the memory alone: asked again, with notes, or of a router that was told
//!   the same in other slices, it is the same.
//! - What is kept was a candidate, once.

use super::{Pool, Told};
use crate::violation::Violation;
use cordboard_sdk::rule::{AgentRef, Answer, Router, Rule, SessionRef, Verdict};
use std::collections::BTreeMap;

/// Changes told in one call to the second router.
const SLICE: usize = 7;

pub(super) fn check<R: Rule>(pool: &Pool<R>) -> Result<(), Violation> {
    let again = retold(pool)?;
    let (agents, sessions) = (pool.all_agents(), pool.all_sessions());
    let mut alone = BTreeMap::new();
    for session in &sessions {
        for agent in &agents {
            alone.insert((*session, *agent), pair(pool, *session, *agent)?);
        }
    }
    for session in &sessions {
        agents_of(pool, &again, *session, &agents, &|agent| alone[&(*session, agent)])?;
    }
    for agent in &agents {
        sessions_of(pool, &again, *agent, &sessions, &|session| alone[&(session, *agent)])?;
    }
    Ok(())
}

/// A router that was told the same, in other slices.
fn retold<R: Rule>(pool: &Pool<R>) -> Result<Router<R>, Violation> {
    let refused = |error| Violation(format!("a second router with the same settings and memory is refused: {error}"));
    let mut again = Router::open(&pool.settings, pool.memory.clone()).map_err(refused)?;
    let mut slice = Vec::new();
    for told in &pool.history {
        match told {
            Told::Change(change) => slice.push(change.clone()),
            Told::Consulted(now, session, reference, reply) => {
                again.changed(std::mem::take(&mut slice));
                again.consulted(*now, *session, *reference, reply.clone());
            }
        }
        if slice.len() == SLICE {
            again.changed(std::mem::take(&mut slice));
        }
    }
    again.changed(slice);
    Ok(again)
}

/// Whether the pair is kept; both directions agree.
fn pair<R: Rule>(pool: &Pool<R>, session: SessionRef, agent: AgentRef) -> Result<bool, Violation> {
    let agent_kept =
        kept_agents(&pool.router.rank_agents(pool.now, session, &[agent], false)).is_some_and(|kept| !kept.is_empty());
    let session_kept = !pool.router.rank_sessions(pool.now, agent, &[session], false).keep.is_empty();
    let word = |kept| if kept { "keeps" } else { "drops" };
    if agent_kept == session_kept {
        return Ok(agent_kept);
    }
    Err(Violation(format!(
        "session {session} and agent {agent}: rank-agents {} the agent, rank-sessions {} the session",
        word(agent_kept),
        word(session_kept)
    )))
}

fn agents_of<R: Rule>(
    pool: &Pool<R>,
    again: &Router<R>,
    session: SessionRef,
    agents: &[AgentRef],
    alone: &dyn Fn(AgentRef) -> bool,
) -> Result<(), Violation> {
    let answer = pool.router.rank_agents(pool.now, session, agents, false);
    let who = format!("session {session} among {} agents", agents.len());
    if let Some(kept) = kept_agents(&answer) {
        compare(&who, &kept, agents, alone)?;
    }
    let same = |other: &Answer| other.verdict == answer.verdict && other.recheck == answer.recheck;
    same_again(&who, same(&pool.router.rank_agents(pool.now, session, agents, false)), "asked again")?;
    same_again(&who, same(&pool.router.rank_agents(pool.now, session, agents, true)), "asked to explain")?;
    same_again(&who, same(&again.rank_agents(pool.now, session, agents, false)), "told the same in other slices")?;
    let reversed: Vec<AgentRef> = agents.iter().rev().copied().collect();
    let answer_reversed = pool.router.rank_agents(pool.now, session, &reversed, false);
    same_again(&who, kept_agents(&answer_reversed) == kept_agents(&answer), "given the candidates in another order")
}

fn sessions_of<R: Rule>(
    pool: &Pool<R>,
    again: &Router<R>,
    agent: AgentRef,
    sessions: &[SessionRef],
    alone: &dyn Fn(SessionRef) -> bool,
) -> Result<(), Violation> {
    let rank = |router: &Router<R>, sessions: &[SessionRef], explain| {
        let pick = router.rank_sessions(pool.now, agent, sessions, explain);
        (pick.keep.iter().map(|choice| (choice.session, choice.tier)).collect::<Vec<_>>(), pick.recheck)
    };
    let who = format!("agent {agent} among {} sessions", sessions.len());
    let answer = rank(&pool.router, sessions, false);
    let kept = answer.0.iter().copied().collect::<BTreeMap<_, _>>();
    if kept.len() != answer.0.len() {
        return Err(Violation(format!("{who}: a session is kept twice")));
    }
    compare(&who, &kept, sessions, alone)?;
    same_again(&who, rank(&pool.router, sessions, false) == answer, "asked again")?;
    same_again(&who, rank(&pool.router, sessions, true) == answer, "asked to explain")?;
    same_again(&who, rank(again, sessions, false) == answer, "told the same in other slices")?;
    let reversed: Vec<SessionRef> = sessions.iter().rev().copied().collect();
    let answer_reversed = rank(&pool.router, &reversed, false).0.into_iter().collect::<BTreeMap<_, _>>();
    same_again(&who, answer_reversed == kept, "given the candidates in another order")
}

/// Kept agents and their tiers; `None` if the verdict is another.
fn kept_agents(answer: &Answer) -> Option<BTreeMap<AgentRef, u32>> {
    match &answer.verdict {
        Verdict::Keep(kept) => Some(kept.iter().map(|choice| (choice.agent, choice.tier)).collect()),
        _ => None,
    }
}

fn compare(
    who: &str,
    kept: &BTreeMap<u32, u32>,
    candidates: &[u32],
    alone: &dyn Fn(u32) -> bool,
) -> Result<(), Violation> {
    if let Some(stranger) = kept.keys().find(|kept| !candidates.contains(kept)) {
        return Err(Violation(format!("{who}: {stranger} is kept and was no candidate")));
    }
    let word = |kept| if kept { "kept" } else { "dropped" };
    match candidates.iter().find(|candidate| kept.contains_key(candidate) != alone(**candidate)) {
        None => Ok(()),
        Some(differs) => Err(Violation(format!(
            "{who}: {differs} is {} alone and {} among the others",
            word(alone(*differs)),
            word(kept.contains_key(differs))
        ))),
    }
}

fn same_again(who: &str, same: bool, how: &str) -> Result<(), Violation> {
    if same { Ok(()) } else { Err(Violation(format!("{who}: the answer is another when {how}"))) }
}
