//! Carries out what rules and dialogs ask of other servers.
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
use crate::model::consult::{Asker, Consulted, Question};
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

/// What the shard posts to.
struct Desk {
    questions: mpsc::Sender<Question>,
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
            let (questions, mut asked) = mpsc::channel(WAITING);
            let desk = Arc::new(Desk { questions, cut: Notify::new() });
            let endpoint = consultant.shard.next_endpoint();
            consultant.shard.register(endpoint, desk.clone());
            if consultant.shard.submit(Input::ConsultantOpened(endpoint)).await.is_err() {
                return;
            }
            loop {
                let question = tokio::select! {
                    question = asked.recv() => question,
                    () = desk.cut.notified() => break,
                };
                // Neither the desk nor the places end before this.
                let (Some(question), Ok(place)) = (question, Arc::clone(&places).acquire_owned().await) else { return };
                let consultant = Arc::clone(&consultant);
                tokio::spawn(async move {
                    consultant.carry_out(endpoint, question).await;
                    drop(place);
                });
            }
        }
    }

    async fn carry_out(&self, endpoint: EndpointId, question: Question) {
        let reply = self.ask(&question).await;
        let Question { session, number, .. } = question;
        let consulted = Consulted { endpoint, session, number, reply };
        // Where the shard has ended nobody waits any more.
        let _ = self.shard.submit(Input::Consulted(Box::new(consulted))).await;
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
        if let Effect::Consult(_, question) = effect
            && self.questions.try_send(question).is_err()
        {
            event::hindered("consulting another server", "too many questions are under way");
        }
    }

    fn reset(&self) {
        self.cut.notify_one();
    }
}
