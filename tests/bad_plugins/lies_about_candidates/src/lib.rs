//! A rule that lies about candidates: it keeps agents and sessions that nobody asked about, and each twice.
//!
//! The SDK derives answers from what a rule says of one agent, so no rule of the SDK can lie. This one exports the contract by hand.

use cordboard_sdk::bindings::rule::exports::cordboard::strategy::rule::{
    AgentChoice, AgentRef, Answer, Change, Guest, GuestRouter, Pick, Router, SessionChoice, SessionRef, Verdict,
};
use cordboard_sdk::model::{Failure, HttpResponse, Reference, SavedState, Timestamp};

/// The component.
#[derive(Debug)]
pub struct Liar;

/// Its router, which looks at nothing.
#[derive(Debug)]
pub struct Blind;

/// How far from the truth it is.
const ELSEWHERE: u32 = 1_000_000;

impl Guest for Liar {
    type Router = Blind;
}

impl GuestRouter for Blind {
    fn open(_settings: String, _memory: Option<SavedState>) -> Result<Router, String> {
        Ok(Router::new(Self))
    }

    fn changed(&self, _changes: Vec<Change>) {}

    fn rank_agents(&self, _now: Timestamp, _session: SessionRef, candidates: Vec<AgentRef>, _explain: bool) -> Answer {
        let lies = candidates.iter().map(|agent| AgentChoice { agent: agent + ELSEWHERE, tier: 0 });
        let keep = lies.clone().chain(lies).collect();
        Answer { verdict: Verdict::Keep(keep), recheck: None, notes: Vec::new() }
    }

    fn rank_sessions(&self, _now: Timestamp, _agent: AgentRef, waiting: Vec<SessionRef>, _explain: bool) -> Pick {
        let lies = waiting.iter().map(|session| SessionChoice { session: session + ELSEWHERE, tier: 0 });
        Pick { keep: lies.clone().chain(lies).collect(), recheck: None, notes: Vec::new() }
    }

    fn learned(&self, _now: Timestamp, _session: SessionRef, _agent: AgentRef, _outcome: String) {}

    fn consulted(
        &self,
        _now: Timestamp,
        _session: SessionRef,
        _reference: Reference,
        _reply: Result<HttpResponse, Failure>,
    ) {
    }

    fn memory(&self) -> Option<SavedState> {
        None
    }
}

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "the exports of a component are made of raw symbols")]
mod component {
    use super::Liar;
    cordboard_sdk::bindings::rule::export_rule!(Liar with_types_in cordboard_sdk::bindings::rule);
}
