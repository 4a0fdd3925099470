//! Where all switches are answered: between their HTTP calls and the centre.
//!
//! ```text
//!  connecting ── the shard has loaded ─► connected ── the shard forgets its memory ─► connecting
//! ```
//! To the shard it is one endpoint. While there is none, calls are refused, and whoever called tries again; the centre tells a
//! switchboard that comes how every request stands, so those who wait for news miss none.
//!
//! Invariant: a call is answered once: by the centre, or as unavailable.

use crate::centre::{Effect, Input};
use crate::identity::tokens::Tokens;
use crate::model::request::{Call, Permit, Said, Status};
use crate::model::{EndpointId, Failure, Reference};
use crate::shard::{Post, Shard};
use crate::telemetry::event;
use crate::web::{self, Refused};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::timeout;

/// Calls that wait for the centre; there are no more connections than web allows, so this is a second lock.
const MOST_CALLS: usize = 1_024;
/// For the centre to answer: a commit takes milliseconds.
const ANSWER_TIME: Duration = Duration::from_secs(10);

type Outcome = Result<Option<Status>, Failure>;

/// See the module.
pub(super) struct Switchboard {
    shard: Shard,
    tokens: Tokens,
    lines: Arc<Lines>,
}

/// What the shard posts to.
#[derive(Default)]
struct Lines {
    state: Mutex<State>,
    cut: Notify,
}

#[derive(Default)]
struct State {
    endpoint: Option<EndpointId>,
    last: Reference,
    calls: HashMap<Reference, oneshot::Sender<Outcome>>,
    /// By requests' identifiers, as long as somebody watches.
    watched: HashMap<String, watch::Sender<Option<Status>>>,
}

impl Switchboard {
    pub(super) fn new(shard: Shard, tokens: &Path) -> Self {
        Self { shard, tokens: Tokens::new(tokens.to_owned()), lines: Arc::default() }
    }

    /// Connects, and again whenever the shard has lost its memory, until it has ended.
    pub(super) async fn stay_connected(self: Arc<Self>) {
        while self.shard.ready().await.is_ok() {
            let endpoint = self.shard.next_endpoint();
            self.lines.state().endpoint = Some(endpoint);
            self.shard.register(endpoint, self.lines.clone());
            if self.shard.submit(Input::SwitchboardOpened(endpoint)).await.is_err() {
                return;
            }
            self.lines.cut.notified().await;
        }
    }
}

impl web::Switchboard for Switchboard {
    fn permit(&self, token: &str) -> Option<Permit> {
        self.tokens.permit(token).unwrap_or_else(|error| {
            event::hindered("checking a token", error);
            None
        })
    }

    async fn call(&self, switch: &str, said: Said) -> Result<Option<Status>, Refused> {
        let (endpoint, reference, answered) = self.lines.begin()?;
        let call = Call { endpoint, reference, switch: switch.to_owned(), said };
        let submitted = self.shard.submit(Input::Call(Box::new(call))).await;
        let answer = match submitted {
            Ok(()) => timeout(ANSWER_TIME, answered).await.ok().and_then(Result::ok),
            Err(_) => None,
        };
        self.lines.state().calls.remove(&reference);
        let outcome = answer.ok_or_else(unavailable)?;
        outcome.map_err(|Failure { code, text, .. }| Refused { code, text })
    }

    fn watch(&self, request: &str) -> watch::Receiver<Option<Status>> {
        let mut state = self.lines.state();
        state.watched.retain(|_, watchers| watchers.receiver_count() > 0);
        state.watched.entry(request.to_owned()).or_default().subscribe()
    }
}

impl Lines {
    fn begin(&self) -> Result<(EndpointId, Reference, oneshot::Receiver<Outcome>), Refused> {
        let mut state = self.state();
        let endpoint = state.endpoint.filter(|_| state.calls.len() < MOST_CALLS).ok_or_else(unavailable)?;
        state.last += 1;
        let (answer, answered) = oneshot::channel();
        let reference = state.last;
        state.calls.insert(reference, answer);
        Ok((endpoint, reference, answered))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change under the lock is complete at every step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Post for Lines {
    fn post(&self, effect: Effect) {
        match effect {
            Effect::Reply(_, reply) => {
                if let Some(answer) = self.state().calls.remove(&reply.reference) {
                    // Who called may have gone meanwhile.
                    let _ = answer.send(reply.outcome);
                }
            }
            Effect::Request(_, status) => {
                if let Some(watchers) = self.state().watched.get(&status.id) {
                    watchers.send_replace(Some(status));
                }
            }
            // For other kinds of endpoints.
            _ => {}
        }
    }

    fn reset(&self) {
        let mut state = self.state();
        state.endpoint = None;
        state.calls.clear();
        drop(state);
        self.cut.notify_one();
    }
}

fn unavailable() -> Refused {
    Refused { code: "unavailable".to_owned(), text: "the centre does not answer now; try again in a moment".to_owned() }
}
