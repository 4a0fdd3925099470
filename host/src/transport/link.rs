//! A link to a provider: dials its server, keeps one endpoint over all connections, opens another where that is gone.
//!
//! ```text
//!   serve ──► dialling ──connected──► endpoint (over reconnects) ──gone──► dialling ...        drain: ──► (returns)
//! ```
//!
//! Invariant: at most one connection and one endpoint at a time; the centre is told of an endpoint only once the server has
//! taken a connection.

use super::access::{CentreAccess, Peer, Verifier};
use super::bans::Bans;
use super::clock::Clock;
use super::connection::{Connection, Shared};
use super::endpoint::EndpointConfig;
use super::in_service::InService;
use super::listener::draining;
use super::redial::Redial;
use super::secret::Secret;
use crate::model::Failure;
use crate::model::adapter::{Authentication, ProofStep, Setup};
use crate::model::limits::Limits;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;

/// How and as whom we are at a provider.
pub struct Link {
    /// Its name in the operator's file; also the provider's name towards the centre.
    pub name: String,
    /// Where it takes us: host and port, looked up at each attempt.
    pub address: String,
    /// `xmpp`, ...
    pub protocol: String,
    /// Its adapter.
    pub adapter: InService,
    /// What the adapter is opened with; the seed stays empty.
    pub setup: Setup,
    /// What we prove ourselves with.
    pub secret: Secret,
    /// Limits.
    pub limits: Limits,
    /// Where inputs that broke an adapter are kept.
    pub poison_folder: PathBuf,
    /// Who is kept out.
    pub bans: Arc<Bans>,
    /// Where others can see how it is.
    pub status: Arc<LinkStatus>,
}

/// How a link is; shared between its task and whoever asks.
#[derive(Debug)]
pub struct LinkStatus(Mutex<LinkState>);

/// See [`LinkStatus`].
#[derive(Debug, Clone)]
pub enum LinkState {
    /// Dialling, or signing in.
    Connecting,
    /// Its contacts are served.
    Up {
        /// Since when.
        since: Instant,
    },
    /// Not connected; tried again at a time.
    Down {
        /// Why, on one line.
        why: String,
        /// Whether the server took the connection and then refused us.
        refused: bool,
        /// When it is tried again.
        retry_at: Instant,
    },
    /// Ended with the service.
    Ended,
}

/// A link's state as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkReport {
    /// `connecting`, `up`, `down`, `refused`, `ended`.
    pub state: &'static str,
    /// How long it is up.
    pub up: Option<Duration>,
    /// Why it is not; empty where that is not known.
    pub why: String,
    /// When it is tried again.
    pub retry_in: Option<Duration>,
}

impl Default for LinkStatus {
    fn default() -> Self {
        Self(Mutex::new(LinkState::Connecting))
    }
}

impl LinkStatus {
    pub(super) fn set(&self, state: LinkState) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// How it is now.
    pub fn report(&self) -> LinkReport {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let plain = |state| LinkReport { state, up: None, why: String::new(), retry_in: None };
        match state {
            LinkState::Connecting => plain("connecting"),
            LinkState::Ended => plain("ended"),
            LinkState::Up { since } => LinkReport { up: Some(since.elapsed()), ..plain("up") },
            LinkState::Down { why, refused, retry_at } => {
                let retry_in = Some(retry_at.saturating_duration_since(Instant::now()));
                LinkReport { why, retry_in, ..plain(if refused { "refused" } else { "down" }) }
            }
        }
    }
}

impl Link {
    /// Serves until `drain` becomes true (or its sender is gone); then ends politely within `limits.drain_ms`, and returns.
    pub async fn serve<C: CentreAccess>(self, centre: Arc<C>, mut drain: watch::Receiver<bool>) {
        let status = self.status.clone();
        let mut redial = Box::new(Redial::new(&self.name, &self.address, &self.limits, status.clone()));
        let shared = Arc::new(self.shared(centre));
        while !*drain.borrow() {
            let Some(stream) = connected(&mut redial, &mut drain).await else { break };
            redial = Connection::serve_link(shared.clone(), stream, redial, drain.clone()).await;
        }
        status.set(LinkState::Ended);
    }

    fn shared<C>(self, centre: Arc<C>) -> Shared<C, Nobody> {
        let config = EndpointConfig {
            setup: self.setup,
            provider: self.name,
            protocol: self.protocol,
            own_accounts: false,
            tls: false,
            contacts: self.limits.link_contacts,
            traps: self.limits.link_traps,
            state_bytes: self.limits.link_state_bytes,
            lasting: true,
            bans: self.bans,
            limits: self.limits,
        };
        Shared {
            config: Arc::new(config),
            adapter: self.adapter,
            acceptor: None,
            centre,
            verifier: Arc::new(Nobody),
            secret: Some(self.secret),
            clock: Clock::start(),
            poison_folder: self.poison_folder,
            poisons: AtomicU64::new(0),
        }
    }
}

/// Dials until the server takes the connection; `None` when it is time to drain.
async fn connected(redial: &mut Redial, drain: &mut watch::Receiver<bool>) -> Option<TcpStream> {
    loop {
        let dialling = redial.dial()?;
        tokio::select! {
            dialled = dialling => match dialled {
                Ok(stream) => return Some(stream),
                Err(error) => redial.closed(&error.to_string()),
            },
            () = draining(drain) => return None,
        }
    }
}

/// On a link nobody signs in.
struct Nobody;

impl Verifier for Nobody {
    type Exchange = ();

    async fn step(&self, _: Peer, (): &mut (), _: &Authentication) -> ProofStep {
        ProofStep::Refused(Failure::new("not-allowed", "Nobody signs in here."))
    }
}
