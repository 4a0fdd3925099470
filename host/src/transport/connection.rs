//! The task of one endpoint: moves bytes, time, effects and answers between the world and an [`Endpoint`]. An accepted
//! socket's ends with it; a link's dials again and goes on.
//!
//! ```text
//!   accepted:            open ──► socket ──closed──► (endpoint gone)
//!   link:      connected, open ──► socket ──closed──► dialling ──connected──► socket ...   until the endpoint is gone
//! ```
//!
//! Ends at carrying: it decides nothing but how long a close may take.
//!
//! Invariant: one task owns the endpoint, its socket and its mailbox's taking end; whatever ends the task, the centre is told.

use super::access::{CentreAccess, Peer, Verifier};
use super::clock::Clock;
use super::endpoint::{Action, Endpoint, EndpointConfig, Event};
use super::in_service::{InService, Seat};
use super::listener;
use super::mailbox::{Mail, Mailbox};
use super::poison::Poison;
use super::redial::Redial;
use super::secret::{self, Secret};
use super::tcp::{Wire, WireEvent};
use crate::centre::{Effect, Input as CentreInput};
use crate::model::adapter::{
    AdapterFactory, Authentication, Channel, Ending, GuestFailure, Input, Opening, Proof, ProofStep, Settlement, Tls,
};
use crate::model::{Contact, EndpointId};
use crate::telemetry::event;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet, yield_now};
use tokio::time::{Instant, sleep_until};
use tokio_rustls::TlsAcceptor;

/// The first channel of an endpoint, and the only one of an accepted socket.
const FIRST: Channel = 1;
/// How long the last words to a peer may take.
pub(super) const CLOSE: Duration = Duration::from_secs(5);

/// What all connections of a listener share, or those of a link one after the other.
pub(super) struct Shared<C, V> {
    pub(super) config: Arc<EndpointConfig>,
    pub(super) adapter: InService,
    pub(super) acceptor: Option<TlsAcceptor>,
    pub(super) centre: Arc<C>,
    pub(super) verifier: Arc<V>,
    /// What a link proves itself with.
    pub(super) secret: Option<Secret>,
    pub(super) clock: Clock,
    pub(super) poison_folder: PathBuf,
    /// How often an adapter has failed.
    pub(super) poisons: AtomicU64,
}

/// See the module.
pub(super) struct Connection<C: CentreAccess, V: Verifier> {
    shared: Arc<Shared<C, V>>,
    endpoint: Endpoint,
    /// Its turn to go over to another adapter comes here.
    seat: Seat,
    /// Absent while a link is not connected.
    wire: Option<Wire>,
    channel: Channel,
    /// Of a link: what dials again.
    redial: Option<Box<Redial>>,
    /// Of a link: rung when somebody is banned or let in again. An accepted socket hears of it when its peer says something.
    bans: Option<watch::Receiver<()>>,
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
pub(super) enum OpenError {
    #[error("the socket failed: {0}")]
    Socket(#[from] io::Error),
    #[error("the system gives no random bytes: {0}")]
    Seed(#[from] getrandom::Error),
    #[error("the adapter gives no endpoint: {0}")]
    Adapter(#[from] GuestFailure),
}

/// What a job has come to.
enum Job<X> {
    Pulled(Event),
    Checked(Box<X>, Proof),
    Proved(Proof),
    Dialled(io::Result<TcpStream>),
}

/// What has come up.
enum Turn<X> {
    Wire(WireEvent),
    Mail(Mail),
    Job(Result<Job<X>, JoinError>),
    Time,
    Swap(Arc<dyn AdapterFactory>),
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
        match Self::open(shared, stream) {
            Ok((mut connection, actions)) => connection.run(actions, drain).await,
            Err(error) => tracing::error!(%remote, %error, "a connection could not be taken"),
        }
    }

    /// Serves a link's endpoint until it is gone, over one connection after the other. Yields what dials again.
    pub(super) async fn serve_link(
        shared: Arc<Shared<C, V>>,
        stream: TcpStream,
        mut redial: Box<Redial>,
        drain: watch::Receiver<bool>,
    ) -> Box<Redial> {
        match Self::open(shared, stream) {
            Ok((mut connection, actions)) => {
                connection.redial.insert(redial).connected();
                connection.run(actions, drain).await;
                let mut redial = connection.redial.take().expect("nobody else takes it out");
                redial.give_up();
                redial
            }
            Err(error) => {
                redial.closed(&error.to_string());
                redial
            }
        }
    }

    fn open(shared: Arc<Shared<C, V>>, stream: TcpStream) -> Result<(Box<Self>, Vec<Action>), OpenError> {
        stream.set_nodelay(true)?;
        let (local, remote) = (stream.local_addr()?, stream.peer_addr()?);
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let id = shared.centre.next_endpoint();
        let (config, now) = (shared.config.clone(), shared.clock.now());
        let opening = opening(&config, FIRST, local, remote, None);
        let (seat, factory) = shared.adapter.seat();
        let (endpoint, actions) = Endpoint::open(id, config, factory, seed, remote.to_string(), now, opening)?;
        let mailbox = Arc::new(Mailbox::new(&shared.config.limits, shared.config.contacts));
        shared.centre.register(id, mailbox.clone());
        let registration = Registration { id, centre: shared.centre.clone(), told: false };
        let connection = Box::new(Self {
            endpoint,
            seat,
            wire: Some(Wire::new(stream, shared.acceptor.clone())),
            channel: FIRST,
            redial: None,
            bans: shared.config.lasting.then(|| shared.config.bans.bell()),
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
            let moves_since = matches!(turn, Turn::Swap(_)).then(Instant::now);
            if let Some(event) = self.event(turn) {
                self.handle(event).await;
            }
            if let Some(since) = moves_since {
                let pause = since.elapsed();
                // Whoever has something to do by now is served before the next connection goes over.
                yield_now().await;
                self.seat.pass_on(pause);
            }
            self.dial();
            if self.stopped {
                self.stopped = false;
                self.handle(Event::Reset("the centre has stopped")).await;
            }
        }
        self.registration.told = true;
    }

    async fn next(&mut self, drain: &mut watch::Receiver<bool>, draining: bool) -> Turn<V::Exchange> {
        let wants_read = self.endpoint.wants_read(self.channel);
        let wants_effects = self.endpoint.wants_effects();
        let due = self.endpoint.next_due().map(|at| self.shared.clock.instant(at));
        let due = due.into_iter().chain(self.close_by).min();
        tokio::select! {
            event = poll_fn(|cx| self.wire.as_mut().map_or(Poll::Pending, |wire| wire.poll(cx, wants_read))) => {
                Turn::Wire(event)
            }
            mail = self.mailbox.next(), if wants_effects => Turn::Mail(mail),
            Some(job) = self.jobs.join_next(), if !self.jobs.is_empty() => Turn::Job(job),
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => Turn::Time,
            () = rung(&mut self.bans), if self.bans.is_some() => Turn::Time,
            factory = self.seat.turn() => Turn::Swap(factory),
            () = listener::draining(drain), if !draining => Turn::Drain,
        }
    }

    fn event(&mut self, turn: Turn<V::Exchange>) -> Option<Event> {
        Some(match turn {
            Turn::Wire(event) => self.wire_event(event),
            Turn::Mail(Mail::Effect(effect)) => Event::Effect(effect),
            Turn::Mail(Mail::Reset) => Event::Reset("the centre has started anew"),
            Turn::Mail(Mail::Overflow) => Event::Reset("too much waited for this connection"),
            Turn::Job(Ok(job)) => return self.done(job),
            Turn::Job(Err(error)) => {
                tracing::error!(endpoint = %self.endpoint.id(), %error, "a check or a read of a transcript failed");
                Event::Reset("an error of our own")
            }
            Turn::Time if self.close_by.is_some_and(|at| at <= Instant::now()) => {
                let ended = "the peer did not take our last words in time".to_owned();
                let ended = self.wire.as_mut().map_or(WireEvent::Sent(0), |wire| wire.ended(ended));
                self.wire_event(ended)
            }
            Turn::Time => Event::Due,
            Turn::Swap(factory) => Event::Swap(factory),
            Turn::Drain => Event::Drain,
        })
    }

    fn done(&mut self, job: Job<V::Exchange>) -> Option<Event> {
        match job {
            Job::Pulled(event) => Some(event),
            Job::Checked(exchange, proof) => {
                self.exchange = matches!(proof.step, ProofStep::Challenge(_)).then_some(exchange);
                Some(Event::Proof(proof))
            }
            Job::Proved(proof) => Some(Event::Proof(proof)),
            Job::Dialled(Ok(stream)) => match self.connect(stream) {
                Ok(opening) => Some(Event::Opened(opening)),
                Err(error) => self.undialled(&error),
            },
            Job::Dialled(Err(error)) => self.undialled(&error),
        }
    }

    fn wire_event(&mut self, event: WireEvent) -> Event {
        let channel = self.channel;
        match event {
            WireEvent::Sent(bytes) => Event::Sent { channel, bytes },
            WireEvent::Received(data) => Event::Received { channel, data },
            WireEvent::Secured(tls) => {
                self.secured = true;
                Event::Secured(opening(&self.shared.config, channel, self.local, self.remote, Some(tls)))
            }
            WireEvent::Closed(reason) => {
                if let Some(redial) = &mut self.redial {
                    redial.closed(&reason);
                }
                (self.wire, self.close_by) = (None, None);
                Event::Closed(Ending { channel, reason })
            }
        }
    }

    /// The next channel of a link.
    fn connect(&mut self, stream: TcpStream) -> io::Result<Opening> {
        stream.set_nodelay(true)?;
        (self.local, self.remote) = (stream.local_addr()?, stream.peer_addr()?);
        self.channel += 1;
        self.wire = Some(Wire::new(stream, None));
        if let Some(redial) = &mut self.redial {
            redial.connected();
        }
        Ok(opening(&self.shared.config, self.channel, self.local, self.remote, None))
    }

    fn undialled(&mut self, error: &io::Error) -> Option<Event> {
        if let Some(redial) = &mut self.redial {
            redial.closed(&error.to_string());
        }
        None
    }

    /// A link without a connection dials, once at a time.
    fn dial(&mut self) {
        let idle = self.wire.is_none() && !self.endpoint.is_gone();
        if let Some(dialling) = self.redial.as_mut().filter(|_| idle).and_then(|redial| redial.dial()) {
            self.jobs.spawn(async move { Job::Dialled(dialling.await) });
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
                Action::Send { data, .. } => self.on_wire(|wire| wire.send(data)),
                Action::StartTls { .. } => self.on_wire(Wire::start_tls),
                Action::Submit(input) => self.submit(input).await,
                Action::Verify(step) => self.verify(step),
                Action::Prove(step) => self.prove(&step),
                Action::Ready { .. } => {
                    if let Some(redial) = &mut self.redial {
                        redial.ready();
                    }
                }
                Action::Pull { feed, after, limit } => {
                    let centre = self.shared.centre.clone();
                    self.jobs.spawn(async move {
                        Job::Pulled(match centre.read(feed.session, after, limit).await {
                            Ok(entries) => Event::Pulled { feed, entries },
                            Err(_) => Event::Reset("a transcript can't be read"),
                        })
                    });
                }
                Action::Banned { until } => {
                    let within_ms = until.since_ms(self.shared.clock.now());
                    event::banned(&self.shared.config.provider, Duration::from_millis(within_ms));
                }
                Action::Moved => self.seat.moved(),
                Action::Stayed(failure) => self.seat.stayed(&failure),
                Action::Poison { contact, input, failure } => self.keep(contact, input, failure),
                Action::Close { reason, .. } => {
                    tracing::debug!(endpoint = %self.endpoint.id(), remote = %self.remote, reason, "closing");
                    self.close_by = Some(Instant::now() + CLOSE);
                    self.on_wire(|wire| wire.close(reason));
                }
                Action::Abort { reason, .. } => {
                    tracing::debug!(endpoint = %self.endpoint.id(), remote = %self.remote, reason, "closing at once");
                    self.on_wire(|wire| wire.abort(reason));
                }
            }
        }
    }

    fn keep(&self, contact: Option<Contact>, input: Option<Box<Input>>, failure: GuestFailure) {
        let (provider, endpoint) = (self.shared.config.provider.clone(), self.endpoint.id());
        let number = self.shared.poisons.fetch_add(1, Ordering::Relaxed) + 1;
        let at = self.shared.clock.now();
        let poison = Poison { provider, endpoint, contact, number, at, input, failure };
        let folder = self.shared.poison_folder.clone();
        tokio::task::spawn_blocking(move || poison.keep(&folder));
    }

    fn on_wire(&mut self, act: impl FnOnce(&mut Wire)) {
        if let Some(wire) = &mut self.wire {
            act(wire);
        }
    }

    async fn submit(&mut self, input: CentreInput) {
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

    fn prove(&mut self, step: &Authentication) {
        let outcome = secret::prove(self.shared.secret.as_ref(), step);
        if let Some(redial) = &mut self.redial {
            redial.proved();
        }
        let proof = Proof { reference: step.reference, step: outcome };
        self.jobs.spawn(async move { Job::Proved(proof) });
    }
}

async fn rung(bell: &mut Option<watch::Receiver<()>>) {
    if let Some(bell) = bell {
        // The other end lives as long as the endpoint's configuration.
        _ = bell.changed().await;
    }
}

fn opening(
    config: &EndpointConfig,
    channel: Channel,
    local: SocketAddr,
    remote: SocketAddr,
    tls: Option<Tls>,
) -> Opening {
    Opening {
        channel,
        transport: "stream".to_owned(),
        direction: if config.lasting { "dialled" } else { "accepted" }.to_owned(),
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
            let gone = CentreInput::Gone { endpoint: id, reason: "its task was given up".to_owned() };
            runtime.spawn(async move { centre.submit(gone).await });
        }
    }
}
