//! The law of rules (`wit/strategy`), checked in the real engine by asking a rule in every way that must give the same answer.
//!
//! - `s` is kept in `rank-sessions(a, [s])` exactly if `a` is kept in `rank-agents(s, [a])`.
//! - Whether a candidate is kept does not depend on the other candidates, nor on their order.
//! - An answer depends on `now`, the changes and the memory alone: asked again, with notes, or of a router that was told the same in other
//!   slices, it is the same.
//! - What is kept was a candidate, once.
//!
//! The SDK's test kit checks the same on the author's function natively; this is on what the component answers.

use super::people::crowd;
use crate::model::Timestamp;
use crate::model::adapter::GuestFailure;
use crate::model::rule::{AgentRef, Answer, Change, Rule as _, SessionRef, Verdict};
use crate::plugin::{RuleComponent, RulePlugin};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Crowds that a rule is asked about, for each of its settings.
const CROWDS: u64 = 8;
/// Agents and sessions of a crowd.
pub(super) const AGENTS: u32 = 12;
pub(super) const SESSIONS: u32 = 8;
/// Changes told in one call to the second router.
const SLICE: usize = 7;
/// Times at which it is asked: while people still wait, and long after.
const TIMES: [Timestamp; 2] = [Timestamp(60_000), Timestamp(10_000_000)];

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// It kept the law for so many pairs of a session and an agent.
    Kept(u64),
    /// It refuses these settings, so nothing could be asked.
    Refused(String),
    /// It broke the law, or failed; in words.
    Broken(String),
}

/// Asks the rule with these settings about people of all sorts.
pub fn check(plugin: &Arc<RuleComponent>, settings: &str) -> Observed {
    let mut pairs = 0;
    for number in 0..CROWDS {
        match check_crowd(plugin, settings, &crowd(number, AGENTS, SESSIONS)) {
            Observed::Kept(asked) => pairs += asked,
            Observed::Broken(words) => return Observed::Broken(format!("crowd {number}: {words}")),
            refused @ Observed::Refused(_) => return refused,
        }
    }
    Observed::Kept(pairs)
}

/// Asks about these people: [`AGENTS`] and [`SESSIONS`], numbered from 0.
pub(super) fn check_crowd(plugin: &Arc<RuleComponent>, settings: &str, people: &[Change]) -> Observed {
    match ask(plugin, settings, people) {
        Ok(asked) => Observed::Kept(asked),
        Err(Breach::Failure(GuestFailure::Refused(words))) => Observed::Refused(words),
        Err(Breach::Failure(failure)) => Observed::Broken(format!("the rule {failure}")),
        Err(Breach::Law(words)) => Observed::Broken(words),
    }
}

/// Why a check ends.
enum Breach {
    Failure(GuestFailure),
    Law(String),
}

impl From<GuestFailure> for Breach {
    fn from(failure: GuestFailure) -> Self {
        Self::Failure(failure)
    }
}

fn ask(plugin: &Arc<RuleComponent>, settings: &str, people: &[Change]) -> Result<u64, Breach> {
    let mut asked = 0;
    for now in TIMES {
        let open = || RulePlugin::open(plugin, &plugin.about().manifest.name, settings, None);
        let (mut rule, mut again) = (open()?, open()?);
        rule.changed(people)?;
        people.chunks(SLICE).try_for_each(|slice| again.changed(slice))?;
        asked += Court { rule, again, now }.check()?;
    }
    Ok(asked)
}

/// A rule, a second one that was told the same in other slices, and the time.
struct Court {
    rule: RulePlugin,
    again: RulePlugin,
    now: Timestamp,
}

/// Who is kept, with tiers.
type Kept = BTreeMap<u32, u32>;

impl Court {
    fn check(&mut self) -> Result<u64, Breach> {
        let (agents, sessions): (Vec<AgentRef>, Vec<SessionRef>) = ((0..AGENTS).collect(), (0..SESSIONS).collect());
        let mut alone = BTreeMap::new();
        for session in &sessions {
            for agent in &agents {
                alone.insert((*session, *agent), self.pair(*session, *agent)?);
            }
        }
        for session in &sessions {
            self.agents_of(*session, &agents, &|agent| alone[&(*session, agent)])?;
        }
        for agent in &agents {
            self.sessions_of(*agent, &sessions, &|session| alone[&(session, *agent)])?;
        }
        Ok(alone.len() as u64)
    }

    /// Whether the pair is kept; both directions agree.
    fn pair(&mut self, session: SessionRef, agent: AgentRef) -> Result<bool, Breach> {
        let answer = self.rule.rank_agents(self.now, session, &[agent], false)?;
        let agent_kept = kept_agents(&answer).is_some_and(|kept| !kept.is_empty());
        let session_kept = !self.rule.rank_sessions(self.now, agent, &[session], false)?.keep.is_empty();
        let word = |kept| if kept { "keeps" } else { "drops" };
        if agent_kept == session_kept {
            return Ok(agent_kept);
        }
        Err(Breach::Law(format!(
            "session {session} and agent {agent}: rank-agents {} the agent, rank-sessions {} the session",
            word(agent_kept),
            word(session_kept)
        )))
    }

    fn agents_of(
        &mut self,
        session: SessionRef,
        agents: &[AgentRef],
        alone: &dyn Fn(AgentRef) -> bool,
    ) -> Result<(), Breach> {
        let now = self.now;
        let who = format!("session {session} among {} agents", agents.len());
        let answer = self.rule.rank_agents(now, session, agents, false)?;
        if let Some(kept) = kept_agents(&answer) {
            compare(&who, &kept, agents, alone)?;
            let listed = if let Verdict::Keep(kept) = &answer.verdict { kept.len() } else { 0 };
            once(&who, kept.len(), listed)?;
        }
        let same = |other: &Answer| other.verdict == answer.verdict && other.recheck == answer.recheck;
        same_again(&who, same(&self.rule.rank_agents(now, session, agents, false)?), "asked again")?;
        same_again(&who, same(&self.rule.rank_agents(now, session, agents, true)?), "asked to explain")?;
        same_again(&who, same(&self.again.rank_agents(now, session, agents, false)?), "told the same in other slices")?;
        let reversed: Vec<AgentRef> = agents.iter().rev().copied().collect();
        let other = kept_agents(&self.rule.rank_agents(now, session, &reversed, false)?);
        same_again(&who, other == kept_agents(&answer), "given the candidates in another order")
    }

    fn sessions_of(
        &mut self,
        agent: AgentRef,
        sessions: &[SessionRef],
        alone: &dyn Fn(SessionRef) -> bool,
    ) -> Result<(), Breach> {
        let now = self.now;
        let rank = |rule: &mut RulePlugin, sessions: &[SessionRef], explain| -> Result<_, Breach> {
            let pick = rule.rank_sessions(now, agent, sessions, explain)?;
            Ok((pick.keep.iter().map(|choice| (choice.session, choice.tier)).collect::<Vec<_>>(), pick.recheck))
        };
        let who = format!("agent {agent} among {} sessions", sessions.len());
        let answer = rank(&mut self.rule, sessions, false)?;
        let kept: Kept = answer.0.iter().copied().collect();
        once(&who, kept.len(), answer.0.len())?;
        compare(&who, &kept, sessions, alone)?;
        same_again(&who, rank(&mut self.rule, sessions, false)? == answer, "asked again")?;
        same_again(&who, rank(&mut self.rule, sessions, true)? == answer, "asked to explain")?;
        same_again(&who, rank(&mut self.again, sessions, false)? == answer, "told the same in other slices")?;
        let reversed: Vec<SessionRef> = sessions.iter().rev().copied().collect();
        let other: Kept = rank(&mut self.rule, &reversed, false)?.0.into_iter().collect();
        same_again(&who, other == kept, "given the candidates in another order")
    }
}

/// Kept agents and their tiers; `None` if the verdict is another.
fn kept_agents(answer: &Answer) -> Option<Kept> {
    match &answer.verdict {
        Verdict::Keep(kept) => Some(kept.iter().map(|choice| (choice.agent, choice.tier)).collect()),
        _ => None,
    }
}

fn once(who: &str, different: usize, listed: usize) -> Result<(), Breach> {
    if different == listed { Ok(()) } else { Err(Breach::Law(format!("{who}: one is kept twice"))) }
}

fn compare(who: &str, kept: &Kept, candidates: &[u32], alone: &dyn Fn(u32) -> bool) -> Result<(), Breach> {
    if let Some(stranger) = kept.keys().find(|kept| !candidates.contains(kept)) {
        return Err(Breach::Law(format!("{who}: {stranger} is kept and was no candidate")));
    }
    let word = |kept| if kept { "kept" } else { "dropped" };
    match candidates.iter().find(|candidate| kept.contains_key(candidate) != alone(**candidate)) {
        None => Ok(()),
        Some(differs) => Err(Breach::Law(format!(
            "{who}: {differs} is {} alone and {} among the others",
            word(alone(*differs)),
            word(kept.contains_key(differs))
        ))),
    }
}

fn same_again(who: &str, same: bool, how: &str) -> Result<(), Breach> {
    if same { Ok(()) } else { Err(Breach::Law(format!("{who}: the answer is another when {how}"))) }
}
