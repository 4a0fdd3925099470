//! What is known of the candidates of each pool: how the shadow compares with the chain in service, and what the canary has decided.
//!
//! It is counted since the chains are as they are: other rules, or another component in the place of one, and it begins anew. It lies in memory
//! only; after a restart it begins anew, too.
//!
//! Invariant: no decision depends on what is counted here.

use super::Concluded;
use super::chain::Decision;
use crate::model::{AgentName, SessionId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Differences that are kept of a pool, for people to look at: a page of them.
const KEPT: usize = 50;

/// See the [module](self). Pools without candidates have nothing here.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::centre) struct Trials(BTreeMap<String, Trial>);

/// One pool's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::centre) struct Trial {
    /// The first decision that is counted.
    pub(in crate::centre) since: Timestamp,
    pub(in crate::centre) shadow: Compared,
    pub(in crate::centre) canary: Decided,
}

/// How the answers of a shadow compare with those of the chain in service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Questions to both that both have answered.
    pub compared: u64,
    /// Of them: another agent would have been offered the session.
    pub another_agent: u64,
    /// One keeps somebody, the other nobody.
    pub nobody: u64,
    /// One holds, diverts or refuses where the other does not, or diverts elsewhere.
    pub otherwise: u64,
    /// A free agent would have been shown another session first, or none.
    pub another_session: u64,
    /// Questions where a rule of the shadow failed, or was left out for that.
    pub failed: u64,
    /// Questions that the shadow was not asked, its calls being used up, or where it wanted to ask the world first.
    pub skipped: u64,
    /// The last differences, the oldest first.
    pub last: VecDeque<Differing>,
}

/// What a canary has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Decisions that it made.
    pub decided: u64,
    /// Decisions of its share that the chain in service made, because a rule of the canary failed.
    pub failed: u64,
}

/// One difference between a shadow and the chain in service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differing {
    /// When.
    pub at: Timestamp,
    /// What each said.
    pub what: Difference,
}

/// What each said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difference {
    /// Asked who may serve a session.
    Decision {
        /// Which.
        session: SessionId,
        /// It has an owner, who wants to transfer it to the queue.
        #[serde(default)]
        is_transfer: bool,
        /// The chain in service: that was done.
        service: Concluded,
        /// The shadow.
        shadow: Concluded,
    },
    /// Asked which of the waiting an agent is to serve first.
    Choice {
        /// Who.
        agent: AgentName,
        /// The chain in service.
        service: Option<SessionId>,
        /// The shadow.
        shadow: Option<SessionId>,
    },
}

impl Trials {
    /// A pool's, from now on where nothing is counted yet.
    pub(super) fn of(&mut self, pool: &str, now: Timestamp) -> &mut Trial {
        if !self.0.contains_key(pool) {
            let (shadow, canary) = (Compared::default(), Decided::default());
            self.0.insert(pool.to_owned(), Trial { since: now, shadow, canary });
        }
        self.0.get_mut(pool).expect("it was put there")
    }

    /// What is known of a pool's.
    pub(in crate::centre) fn get(&self, pool: &str) -> Option<&Trial> {
        self.0.get(pool)
    }

    /// A pool's chains are others.
    pub(in crate::centre) fn forget(&mut self, pool: &str) {
        self.0.remove(pool);
    }

    /// Only pools of which this holds are known any more.
    pub(in crate::centre) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|pool, _| keep(pool));
    }
}

impl Compared {
    /// Questions that were answered otherwise.
    pub fn differing(&self) -> u64 {
        self.another_agent + self.nobody + self.otherwise + self.another_session
    }

    /// Counts a decision. Answers whether the two differ. Where nobody is asked to take a session from its owner, the owner keeps it, for
    /// whatever reason.
    pub(super) fn count(&mut self, service: &Decision, shadow: &Decision, is_transfer: bool) -> bool {
        self.compared += 1;
        let is_about_agents = is_transfer || matches!((service, shadow), (Decision::Kept(_), Decision::Kept(_)));
        let kind = match (service, shadow) {
            _ if is_about_agents => match (service.best(), shadow.best()) {
                (one, other) if one == other => return false,
                (Some(_), Some(_)) => &mut self.another_agent,
                _ => &mut self.nobody,
            },
            (Decision::Held(_), Decision::Held(_)) | (Decision::Refused(_), Decision::Refused(_)) => return false,
            (Decision::Diverted(one), Decision::Diverted(other)) if one == other => return false,
            _ => &mut self.otherwise,
        };
        *kind += 1;
        true
    }

    /// Counts who is shown first. Answers whether the two differ.
    pub(super) fn count_choice(&mut self, service: Option<u32>, shadow: Option<u32>) -> bool {
        self.compared += 1;
        self.another_session += u64::from(service != shadow);
        service != shadow
    }

    pub(super) fn keep(&mut self, at: Timestamp, what: Difference) {
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(Differing { at, what });
    }
}

impl Decided {
    /// Counts a decision about a session of the share.
    pub(super) fn count(&mut self, is_canarys: bool) {
        *if is_canarys { &mut self.decided } else { &mut self.failed } += 1;
    }
}

#[cfg(test)]
mod tests;
