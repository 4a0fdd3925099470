//! A rule on the bare contract: it keeps every candidate, and explains how many outcomes it has learned.

#[cfg(target_arch = "wasm32")]
mod component {
    wit_bindgen::generate!({
        path: ["../../../../wit/released/1.0.0/model", "../../../../wit/released/1.0.0/host", "../../../../wit/released/1.0.0/strategy"],
        world: "cordboard:strategy/rule-plugin",
        generate_all,
    });

    use cordboard::host::log::{Level, log};
    use cordboard::model::types::{Failure, HttpResponse, SavedState};
    use exports::cordboard::strategy::rule::{
        AgentChoice, Answer, Change, Guest, GuestRouter, Note, Pick, Router, SessionChoice, Verdict,
    };
    use std::cell::Cell;

    struct Component;

    struct Counting {
        learned: Cell<u32>,
    }

    impl Guest for Component {
        type Router = Counting;
    }

    impl GuestRouter for Counting {
        fn open(_settings: String, memory: Option<SavedState>) -> Result<Router, String> {
            let learned = match memory.map(|memory| <[u8; 4]>::try_from(memory.bytes)) {
                None => 0,
                Some(Ok(bytes)) => u32::from_le_bytes(bytes),
                Some(Err(bytes)) => return Err(format!("a memory has 4 bytes, found {}", bytes.len())),
            };
            log(Level::Debug, "opened");
            Ok(Router::new(Self { learned: Cell::new(learned) }))
        }

        fn changed(&self, _changes: Vec<Change>) {}

        fn rank_agents(&self, _now: u64, session: u32, candidates: Vec<u32>, explain: bool) -> Answer {
            let text = || format!("learned {} outcomes", self.learned.get());
            let note = |agent: &u32| Note { agent: Some(*agent), session: Some(session), text: text() };
            let notes = if explain { candidates.iter().map(note).collect() } else { Vec::new() };
            let kept = candidates.into_iter().map(|agent| AgentChoice { agent, tier: 0 }).collect();
            Answer { verdict: Verdict::Keep(kept), recheck: None, notes }
        }

        fn rank_sessions(&self, _now: u64, _agent: u32, waiting: Vec<u32>, _explain: bool) -> Pick {
            let keep = waiting.into_iter().map(|session| SessionChoice { session, tier: 0 }).collect();
            Pick { keep, recheck: None, notes: Vec::new() }
        }

        fn learned(&self, _now: u64, _session: u32, _agent: u32, _outcome: String) {
            self.learned.set(self.learned.get() + 1);
        }

        fn consulted(&self, _now: u64, _session: u32, _ref: u64, _reply: Result<HttpResponse, Failure>) {}

        fn memory(&self) -> Option<SavedState> {
            Some(SavedState { format: 1, bytes: self.learned.get().to_le_bytes().to_vec() })
        }
    }

    export!(Component);
}
