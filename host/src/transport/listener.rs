//! A TCP listener: takes connections within its limits, serves each in a task of its own, and drains them.
//!
//! ```text
//!   Listener ──bind──► Bound ──serve──► accepting ──drain──► draining ──all ended, or out of time──► (returns)
//! ```
//!
//! Invariant: a connection that is taken holds one place of the listener and one of its source, and gives both back however
//! it ends.

use super::access::{CentreAccess, Verifier};
use super::bans::Bans;
use super::clock::Clock;
use super::connection::{CLOSE, Connection, Shared};
use super::endpoint::EndpointConfig;
use super::in_service::InService;
use crate::model::adapter::Setup;
use crate::model::limits::Limits;
use crate::model::{Attribute, Side};
use rustls::ServerConfig;
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Connections that may wait to be taken.
const BACKLOG: u32 = 1024;
/// How long to wait where the system gives no more sockets.
const PAUSE: Duration = Duration::from_millis(100);
/// Contacts on one accepted stream: one, and a few more binds for protocols that have them.
const CONTACTS: usize = 4;

/// Where and how persons with accounts of our own connect.
pub struct Listener {
    /// Its name in the operator's file; also the provider's name towards the centre.
    pub name: String,
    /// Where it listens; port 0: any that is free.
    pub address: SocketAddr,
    /// Which side it serves.
    pub side: Side,
    /// The outside name of this centre on it.
    pub domain: String,
    /// `xmpp`, ...
    pub protocol: String,
    /// Its adapter.
    pub adapter: InService,
    /// What to offer TLS with; absent: no TLS.
    pub tls: Option<Arc<ServerConfig>>,
    /// The adapter's settings, JSON.
    pub settings: String,
    /// What the adapter is told beside that.
    pub attributes: Vec<Attribute>,
    /// Limits.
    pub limits: Limits,
    /// Where inputs that broke an adapter are kept.
    pub poison_folder: PathBuf,
    /// Who is kept out.
    pub bans: Arc<Bans>,
}

/// Why a listener can't listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program listens there.
    #[error(
        "listener {name} can't listen on {address}: the port is in use by another program; stop that program, or give the \
         listener another port (with `dev`: --port-offset N)"
    )]
    InUse {
        /// Which listener.
        name: String,
        /// Where.
        address: SocketAddr,
    },
    /// The port needs a privilege.
    #[error(
        "listener {name} can't listen on {address}: ports below 1024 need a privilege; give the listener a port from 1024 up, \
         or the program the capability CAP_NET_BIND_SERVICE"
    )]
    Privileged {
        /// Which listener.
        name: String,
        /// Where.
        address: SocketAddr,
    },
    /// The address is not this machine's.
    #[error(
        "listener {name} can't listen on {address}: this machine has no such address; give the listener one of its own, \
         or 0.0.0.0 (IPv6: [::]) for all of them"
    )]
    Foreign {
        /// Which listener.
        name: String,
        /// Where.
        address: SocketAddr,
    },
    /// Anything else.
    #[error("listener {name} can't listen on {address}: {source}")]
    Other {
        /// Which listener.
        name: String,
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A listener with its socket: whoever connects from now on waits until it serves.
pub struct Bound {
    listener: Listener,
    socket: TcpListener,
}

impl Listener {
    /// Takes the port. To be called inside a tokio runtime.
    pub fn bind(self) -> Result<Bound, ListenError> {
        match listen(self.address) {
            Ok(socket) => Ok(Bound { listener: self, socket }),
            Err(source) => Err(self.explain(source)),
        }
    }

    fn explain(self, source: io::Error) -> ListenError {
        let (name, address) = (self.name, self.address);
        match source.kind() {
            io::ErrorKind::AddrInUse => ListenError::InUse { name, address },
            io::ErrorKind::PermissionDenied => ListenError::Privileged { name, address },
            io::ErrorKind::AddrNotAvailable => ListenError::Foreign { name, address },
            _ => ListenError::Other { name, address, source },
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // The port of a process that has just ended is free; one that is listened on is not.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

impl Bound {
    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until `drain` becomes true (or its sender is gone); then takes no more, drains what is there within
    /// `limits.drain_ms`, and returns.
    pub async fn serve<C: CentreAccess, V: Verifier>(
        self,
        centre: Arc<C>,
        verifier: Arc<V>,
        mut drain: watch::Receiver<bool>,
    ) {
        let Self { listener, socket } = self;
        let limits = listener.limits.clone();
        let places = Places::new(&limits);
        let shared = Arc::new(listener.shared(centre, verifier));
        let mut tasks = JoinSet::new();
        let each_drain = drain.clone();
        loop {
            tokio::select! {
                accepted = socket.accept() => match accepted {
                    Ok((stream, remote)) => take(&shared, &places, stream, remote, each_drain.clone(), &mut tasks),
                    Err(error) => {
                        tracing::warn!(listener = %shared.config.provider, %error, "no connection can be taken now");
                        tokio::time::sleep(PAUSE).await;
                    }
                },
                Some(ended) = tasks.join_next(), if !tasks.is_empty() => report(ended),
                () = draining(&mut drain) => break,
            }
        }
        drop(socket);
        let all_ended = async {
            while let Some(ended) = tasks.join_next().await {
                report(ended);
            }
        };
        let within = Duration::from_millis(limits.drain_ms) + CLOSE;
        if tokio::time::timeout(within, all_ended).await.is_err() {
            let left = tasks.len();
            tracing::warn!(listener = %shared.config.provider, left, "connections did not finish in time and are dropped");
            tasks.shutdown().await;
        }
    }
}

impl Listener {
    pub(super) fn shared<C, V>(self, centre: Arc<C>, verifier: Arc<V>) -> Shared<C, V> {
        let setup = Setup {
            side: self.side,
            role: "server".to_owned(),
            domain: self.domain,
            settings: self.settings,
            seed: Vec::new(),
            attributes: self.attributes,
        };
        let config = EndpointConfig {
            setup,
            provider: self.name,
            protocol: self.protocol,
            own_accounts: true,
            tls: self.tls.is_some(),
            contacts: CONTACTS,
            traps: self.limits.traps,
            state_bytes: self.limits.saved_state_bytes,
            lasting: false,
            bans: self.bans,
            limits: self.limits,
        };
        Shared {
            config: Arc::new(config),
            adapter: self.adapter,
            acceptor: self.tls.map(TlsAcceptor::from),
            centre,
            verifier,
            secret: None,
            clock: Clock::start(),
            poison_folder: self.poison_folder,
            poisons: AtomicU64::new(0),
        }
    }
}

/// Waits until it is time to drain.
pub(super) async fn draining(drain: &mut watch::Receiver<bool>) {
    _ = drain.wait_for(|draining| *draining).await;
}

/// Takes a connection, where there is a place for it.
fn take<C: CentreAccess, V: Verifier>(
    shared: &Arc<Shared<C, V>>,
    places: &Places,
    stream: TcpStream,
    remote: SocketAddr,
    drain: watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) {
    match places.take(remote.ip()) {
        Ok(place) => {
            let shared = shared.clone();
            tasks.spawn(async move {
                Connection::serve(shared, stream, remote, drain).await;
                drop(place);
            });
        }
        // A flood is not to flood the log: the 1st, 2nd, 4th, 8th, ... is said.
        Err(Refused { why, refused }) if refused.is_power_of_two() => {
            tracing::warn!(listener = %shared.config.provider, %remote, why, refused, "a connection is refused");
        }
        Err(_) => {}
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "the task of a connection failed");
    }
}

/// The places of a listener.
#[derive(Debug, Clone)]
struct Places {
    taken: Arc<Mutex<Taken>>,
    connections: usize,
    connections_per_source: usize,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    refused: u64,
    by_source: BTreeMap<IpAddr, usize>,
}

/// No place.
struct Refused {
    why: &'static str,
    /// How many the listener has refused so far.
    refused: u64,
}

/// One place, given back when dropped.
struct Place {
    places: Places,
    source: IpAddr,
}

impl Places {
    fn new(limits: &Limits) -> Self {
        let (connections, connections_per_source) = (limits.connections, limits.connections_per_source);
        Self { taken: Arc::default(), connections, connections_per_source }
    }

    fn take(&self, source: IpAddr) -> Result<Place, Refused> {
        let source = source_of(source);
        let mut taken = self.taken();
        let of_source = taken.by_source.get(&source).copied().unwrap_or_default();
        if taken.all >= self.connections {
            return Err(taken.refuse("the listener has as many connections as it may"));
        }
        if of_source >= self.connections_per_source {
            return Err(taken.refuse("its source has as many connections as it may"));
        }
        taken.by_source.insert(source, of_source + 1);
        taken.all += 1;
        Ok(Place { places: self.clone(), source })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn refuse(&mut self, why: &'static str) -> Refused {
        self.refused += 1;
        Refused { why, refused: self.refused }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all -= 1;
        if let Some(of_source) = taken.by_source.get_mut(&self.source) {
            *of_source -= 1;
            if *of_source == 0 {
                taken.by_source.remove(&self.source);
            }
        }
    }
}

/// Whom an address belongs to: an IPv6 host has a whole /64 (RFC 4291, 2.5.4), an IPv4 host one address, mapped or not.
fn source_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}
