//! The task of one accepted socket: moves bytes, time, effects and answers between the world and an [`Endpoint`].
//!
//! Ends at carrying: it decides nothing but how long a close may take.
//!
//! Invariant: one task owns the endpoint, its socket and its mailbox's taking end; whatever ends the task, the centre is told.

use super::access::{CentreAccess, Peer, Verifier};
use super::clock::Clock;
use super::endpoint::{Action, Endpoint, EndpointConfig, Event};
use super::listener;
use super::mailbox::{Mail, Mailbox};
use super::poison::Poison;
use super::tcp::{Wire, WireEvent};
use crate::centre::{Effect, Input};
use crate::model::EndpointId;
use crate::model::adapter::{
    Authentication, Channel, Ending, GuestFailure, Opening, Proof, ProofStep, Settlement, Tls,
};
use std::future::poll_fn;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use tokio_rustls::TlsAcceptor;

/// The only channel of an accepted socket.
const CHANNEL: Channel = 1;
/// How long the last words to a peer may take.
pub(super) const CLOSE: Duration = Duration::from_secs(5);

/// What all connections of a listener share.
pub(super) struct Shared<C, V> {
    pub(super) config: Arc<EndpointConfig>,
    pub(super) acceptor: Option<TlsAcceptor>,
    pub(super) centre: Arc<C>,
    pub(super) verifier: Arc<V>,
    pub(super) clock: Clock,
    pub(super) poison_folder: PathBuf,
}

/// See the module.
pub(super) struct Connection<C: CentreAccess, V: Verifier> {
    shared: Arc<Shared<C, V>>,
    endpoint: Endpoint,
    wire: Wire,
    mailbox: Arc<Mailbox>,
    /// Checks and pulls under way.
    jobs: JoinSet<Job<V::Exchange>>,
    /// Between two steps of it.
    exchange: Option<Box<V::Exchange>>,
    local: SocketAddr,
    remote: SocketAddr,
    secured: bool,
    close_by: Option<Instant>,
    stopped: bool,
    registration: Registration<C>,
}

/// Why a socket can't be served.
#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error("the socket failed: {0}")]
    Socket(#[from] std::io::Error),
    #[error("the system gives no random bytes: {0}")]
    Seed(#[from] getrandom::Error),
    #[error("the adapter gives no endpoint: {0}")]
    Adapter(#[from] GuestFailure),
}

/// What a job has come to.
enum Job<X> {
    Pulled(Event),
    Checked(Box<X>, Proof),
}

/// What has come up.
enum Turn<X> {
    Wire(WireEvent),
    Mail(Mail),
    Job(Result<Job<X>, JoinError>),
    Time,
    Drain,
}

impl<C: CentreAccess, V: Verifier> Connection<C, V> {
    /// Serves a socket until it has ended.
    pub(super) async fn serve(
        shared: Arc<Shared<C, V>>,
        stream: TcpStream,
        remote: SocketAddr,
        drain: watch::Receiver<bool>,
    ) {
        match Self::open(shared, stream, remote) {
            Ok((mut connection, actions)) => connection.run(actions, drain).await,
            Err(error) => tracing::error!(%remote, %error, "a connection could not be taken"),
        }
    }

    fn open(
        shared: Arc<Shared<C, V>>,
        stream: TcpStream,
        remote: SocketAddr,
    ) -> Result<(Box<Self>, Vec<Action>), OpenError> {
        stream.set_nodelay(true)?;
        let local = stream.local_addr()?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let id = shared.centre.next_endpoint();
        let (config, now) = (shared.config.clone(), shared.clock.now());
        let opening = opening(local, remote, None);
        let (endpoint, actions) = Endpoint::open(id, config, seed, remote.to_string(), now, opening)?;
        let mailbox = Arc::new(Mailbox::new(&shared.config.limits));
        shared.centre.register(id, mailbox.clone());
        let registration = Registration { id, centre: shared.centre.clone(), told: false };
        let connection = Box::new(Self {
            endpoint,
            wire: Wire::new(stream, shared.acceptor.clone()),
            shared,
            mailbox,
            jobs: JoinSet::new(),
            exchange: None,
            local,
            remote,
            secured: false,
            close_by: None,
            stopped: false,
            registration,
        });
        Ok((connection, actions))
    }

    async fn run(&mut self, actions: Vec<Action>, mut drain: watch::Receiver<bool>) {
        self.carry_out(actions).await;
        let mut draining = false;
        while !self.endpoint.is_gone() {
            let turn = self.next(&mut drain, draining).await;
            draining |= matches!(turn, Turn::Drain);
            let event = self.event(turn);
            self.handle(event).await;
            if self.stopped {
                self.stopped = false;
                self.handle(Event::Reset("the centre has stopped")).await;
            }
        }
        self.registration.told = true;
    }

    async fn next(&mut self, drain: &mut watch::Receiver<bool>, draining: bool) -> Turn<V::Exchange> {
        let wants_read = self.endpoint.wants_read(CHANNEL);
        let wants_effects = self.endpoint.wants_effects();
        let due = self.endpoint.next_due().map(|at| self.shared.clock.instant(at));
        let due = due.into_iter().chain(self.close_by).min();
        tokio::select! {
            event = poll_fn(|cx| self.wire.poll(cx, wants_read)) => Turn::Wire(event),
            mail = self.mailbox.next(), if wants_effects => Turn::Mail(mail),
            Some(job) = self.jobs.join_next(), if !self.jobs.is_empty() => Turn::Job(job),
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => Turn::Time,
            () = listener::draining(drain), if !draining => Turn::Drain,
        }
    }

    fn event(&mut self, turn: Turn<V::Exchange>) -> Event {
        match turn {
            Turn::Wire(event) => self.wire_event(event),
            Turn::Mail(Mail::Effect(effect)) => Event::Effect(effect),
            Turn::Mail(Mail::Reset) => Event::Reset("the centre has started anew"),
            Turn::Mail(Mail::Overflow) => Event::Reset("too much waited for this connection"),
            Turn::Job(Ok(Job::Pulled(event))) => event,
            Turn::Job(Ok(Job::Checked(exchange, proof))) => {
                self.exchange = matches!(proof.step, ProofStep::Challenge(_)).then_some(exchange);
                Event::Proof(proof)
            }
            Turn::Job(Err(error)) => {
                tracing::error!(endpoint = %self.endpoint.id(), %error, "a check or a read of a transcript failed");
                Event::Reset("an error of our own")
            }
            Turn::Time if self.close_by.is_some_and(|at| at <= Instant::now()) => {
                let ended = self.wire.ended("the peer did not take our last words in time".to_owned());
                self.wire_event(ended)
            }
            Turn::Time => Event::Due,
            Turn::Drain => Event::Drain,
        }
    }

    fn wire_event(&mut self, event: WireEvent) -> Event {
        match event {
            WireEvent::Sent(bytes) => Event::Sent { channel: CHANNEL, bytes },
            WireEvent::Received(data) => Event::Received { channel: CHANNEL, data },
            WireEvent::Secured(tls) => {
                self.secured = true;
                Event::Secured(opening(self.local, self.remote, Some(tls)))
            }
            WireEvent::Closed(reason) => Event::Closed(Ending { channel: CHANNEL, reason }),
        }
    }

    async fn handle(&mut self, event: Event) {
        // The words of a refusal repeat what a stranger wrote, so only its code is logged.
        if let Event::Effect(Effect::Settle(_, Settlement { outcome: Err(failure), .. })) = &event {
            let code = &failure.code;
            tracing::debug!(endpoint = %self.endpoint.id(), remote = %self.remote, code, "a report is refused");
        }
        let actions = self.endpoint.handle(self.shared.clock.now(), event);
        self.carry_out(actions).await;
        let dropped = self.mailbox.dropped_notices();
        if dropped > 0 {
            tracing::warn!(endpoint = %self.endpoint.id(), dropped, "notices were dropped for a slow reader");
        }
    }

    async fn carry_out(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Send { data, .. } => self.wire.send(data),
                Action::StartTls { .. } => self.wire.start_tls(),
                Action::Submit(input) => self.submit(input).await,
                Action::Verify(step) => self.verify(step),
                Action::Pull { feed, after, limit } => {
                    let centre = self.shared.centre.clone();
                    self.jobs.spawn(async move {
                        Job::Pulled(match centre.read(feed.session, after, limit).await {
                            Ok(entries) => Event::Pulled { feed, entries },
                            Err(_) => Event::Reset("a transcript can't be read"),
                        })
                    });
                }
                Action::Poison { input, failure } => {
                    let (listener, endpoint) = (self.shared.config.provider.clone(), self.endpoint.id());
                    let poison = Poison { listener, endpoint, at: self.shared.clock.now(), input, failure };
                    let folder = self.shared.poison_folder.clone();
                    tokio::task::spawn_blocking(move || poison.keep(&folder));
                }
                Action::Close { reason, .. } => {
                    tracing::debug!(endpoint = %self.endpoint.id(), remote = %self.remote, reason, "closing");
                    self.close_by = Some(Instant::now() + CLOSE);
                    self.wire.close(reason);
                }
                Action::Abort { reason, .. } => {
                    tracing::debug!(endpoint = %self.endpoint.id(), remote = %self.remote, reason, "closing at once");
                    self.wire.abort(reason);
                }
            }
        }
    }

    async fn submit(&mut self, input: Input) {
        self.stopped |= self.shared.centre.submit(input).await.is_err();
    }

    fn verify(&mut self, step: Authentication) {
        let verifier = self.shared.verifier.clone();
        let mut exchange = self.exchange.take().unwrap_or_default();
        let peer = Peer { source: self.remote.ip(), side: self.shared.config.setup.side, secured: self.secured };
        self.jobs.spawn(async move {
            let outcome = verifier.step(peer, &mut exchange, &step).await;
            Job::Checked(exchange, Proof { reference: step.reference, step: outcome })
        });
    }
}

fn opening(local: SocketAddr, remote: SocketAddr, tls: Option<Tls>) -> Opening {
    Opening {
        channel: CHANNEL,
        transport: "stream".to_owned(),
        direction: "accepted".to_owned(),
        dial: None,
        local: local.to_string(),
        remote: remote.to_string(),
        tls,
        attributes: Vec::new(),
    }
}

/// An endpoint's place at the centre; given up with the task, however that ends.
struct Registration<C: CentreAccess> {
    id: EndpointId,
    centre: Arc<C>,
    /// Whether the endpoint has said itself that it is gone.
    told: bool,
}

impl<C: CentreAccess> Drop for Registration<C> {
    fn drop(&mut self) {
        self.centre.unregister(self.id);
        if self.told {
            return;
        }
        // The task was given up or has panicked.
        let (id, centre) = (self.id, self.centre.clone());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let gone = Input::Gone { endpoint: id, reason: "its task was given up".to_owned() };
            runtime.spawn(async move { centre.submit(gone).await });
        }
    }
}
