//! Carries out what rules and dialogs ask of other servers, and what dialogs ask of the store.
//!
//! A plugin reaches the hosts that its manifest asks for and the operator has granted, and no other; inside servers are the use, so
//! private addresses are as good as any. Secrets that were granted are put into the headers here, where no plugin and no journal sees them.
//!
//! Invariant: a bounded number of questions is under way and waits; one that finds no place is not carried out, and the centre, which
//! counts the time, tells the plugin so.

use super::in_force::InForce;
use super::secrets::Granted;
use crate::catalog::Catalog;
use crate::centre::{Effect, Input};
use crate::model::consult::{Asker, Consulted, Excerpt, Excerpted, Question};
use crate::model::{EndpointId, Failure, HttpResponse};
use crate::shard::{Post, Shard};
use crate::telemetry::event;
use crate::trust::is_covered;
use crate::web::{Destination, Outbound};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, mpsc};

/// Questions under way.
const AT_ONCE: usize = 64;
/// Questions that wait for those.
const WAITING: usize = 1_024;

/// See the module.
pub(super) struct Consultant {
    shard: Shard,
    catalog: Catalog,
    in_force: InForce,
    granted: Granted,
    outbound: Outbound,
}

/// What the shard asks.
enum Errand {
    World(Question),
    Store(Excerpt),
}

/// What the shard posts to.
struct Desk {
    errands: mpsc::Sender<Errand>,
    cut: Notify,
}

impl Consultant {
    pub(super) fn new(
        shard: Shard,
        (catalog, in_force): (Catalog, InForce),
        granted: Granted,
        most_bytes: usize,
    ) -> Self {
        Self { shard, catalog, in_force, granted, outbound: Outbound::new(most_bytes) }
    }

    /// Connects, and again whenever the shard has lost its memory, until it has ended.
    pub(super) async fn stay_connected(self) {
        let consultant = Arc::new(self);
        let places = Arc::new(Semaphore::new(AT_ONCE));
        while consultant.shard.ready().await.is_ok() {
            let (errands, mut asked) = mpsc::channel(WAITING);
            let desk = Arc::new(Desk { errands, cut: Notify::new() });
            let endpoint = consultant.shard.next_endpoint();
            consultant.shard.register(endpoint, desk.clone());
            if consultant.shard.submit(Input::ConsultantOpened(endpoint)).await.is_err() {
                return;
            }
            loop {
                let errand = tokio::select! {
                    errand = asked.recv() => errand,
                    () = desk.cut.notified() => break,
                };
                // Neither the desk nor the places end before this.
                let (Some(errand), Ok(place)) = (errand, Arc::clone(&places).acquire_owned().await) else { return };
                let consultant = Arc::clone(&consultant);
                tokio::spawn(async move {
                    consultant.carry_out(endpoint, errand).await;
                    drop(place);
                });
            }
        }
    }

    async fn carry_out(&self, endpoint: EndpointId, errand: Errand) {
        let answer = match errand {
            Errand::World(question) => {
                let reply = self.ask(&question).await;
                let Question { session, number, .. } = question;
                Input::Consulted(Box::new(Consulted { endpoint, session, number, reply }))
            }
            Errand::Store(excerpt) => {
                let Excerpt { session, number, after, limit, .. } = excerpt;
                let read = self.shard.transcripts().read(session, after, limit.into()).await;
                let entries = read.map(|entries| excerpt.select(entries));
                let entries = entries.map_err(|error| Failure::new("unavailable", error.to_string()));
                Input::Excerpted(Box::new(Excerpted { endpoint, session, number, entries }))
            }
        };
        // Where the shard has ended nobody waits any more.
        let _ = self.shard.submit(answer).await;
    }

    async fn ask(&self, question: &Question) -> Result<HttpResponse, Failure> {
        let request = &question.consultation.request;
        let to = Destination::of(&request.url)?;
        let plugins = self.catalog.plugins();
        let config = self.in_force.get();
        let name = if question.asker == Asker::Rule { config.plugin_of(&question.rule) } else { &question.rule };
        let about = match question.asker {
            Asker::Rule => plugins.rule(name).map(|rule| rule.about()),
            Asker::Dialog => plugins.dialog(name).map(|dialog| dialog.about()),
        };
        let granted = about.map(|about| about.hosts.as_slice()).unwrap_or_default();
        if !is_covered(granted, &to.host) {
            let kind = if question.asker == Asker::Rule { "rule" } else { "dialog" };
            let text = format!("the {kind} {name} is not granted the host {}", to.host);
            event::hindered("consulting another server", &text);
            return Err(Failure::new("forbidden", text));
        }
        let request = self.granted.put_into(name, request).inspect_err(|failure| {
            event::hindered("consulting another server", &failure.text);
        })?;
        let within = Duration::from_millis(question.consultation.timeout_ms.into());
        self.outbound.ask(&to, &request, within).await
    }
}

impl Post for Desk {
    fn post(&self, effect: Effect) {
        let errand = match effect {
            Effect::Consult(_, question) => Errand::World(question),
            Effect::Excerpt(_, excerpt) => Errand::Store(excerpt),
            _ => return,
        };
        if self.errands.try_send(errand).is_err() {
            event::hindered("a plugin's question", "too many questions are under way");
        }
    }

    fn reset(&self) {
        self.cut.notify_one();
    }
}
