//! Wires everything; [`Service::boot`] reads as the boot sequence, [`Service::run`] as the end of it.
//!
//! ```text
//! limits ─► data folder ─► accounts ─► plugins ─► ports, secrets ─► shard ─► all serve     drain: listeners, links ─► shard ─► control, web
//! ```
//! Invariant: either all that is configured serves, or nothing does and the error says why.

pub mod accounts;
mod capacity;
mod consultant;
mod in_force;
mod listeners;
mod metrics;
mod operations;
pub mod plugins;
pub mod probe;
mod providers;
mod reload;
pub mod secrets;
mod settings;
mod standing;
mod switchboard;
#[cfg(test)]
mod tests;
mod workplaces;

pub use listeners::certificate_of;
pub use operations::Operator;
pub use providers::secret_of;
pub use secrets::{GrantedError, SecretError};

use crate::catalog::{Catalog, Keeper, Key};
use crate::centre::Input;
use crate::config::{Config, Durability, Journal, Listener, Provider};
use crate::control::{Control, ControlError};
use crate::identity::{AccountError, Door, Identity};
use crate::model::record::Entry;
use crate::model::{EndpointId, Seq, SessionId};
use crate::plugin::Registry;
use crate::shard::{self, Post, SegmentLimits, Shard, ShardOptions, ShardSetup, SystemClock};
use crate::shutdown::{self, Shutdown, Trigger};
use crate::storage::{self, JournalLimits, RedbOptions, RedbStore, Store, StoreError};
use crate::telemetry::event;
use crate::transport::{self, Bans, Bound, CentreAccess, CertificateError, Link, ListenError};
use crate::web::{Web, WebError};
use accounts::Accounts;
pub use capacity::CapacityError;
use consultant::Consultant;
use in_force::InForce;
use plugins::{Adapters, AssemblyError};
use secrets::Granted;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use switchboard::Switchboard;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use workplaces::Workplaces;

/// The only shard of pools, as long as one node runs everything.
const SHARD: u16 = 0;

/// Why the service does not start, or why it ended.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The machine does not hold what is configured.
    #[error(transparent)]
    Capacity(#[from] CapacityError),
    /// The data folder can't be made.
    #[error("can't make the data folder {folder}: {source}; choose another with [storage] folder", folder = folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The store can't be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The accounts can't be read.
    #[error(transparent)]
    Accounts(#[from] AccountError),
    /// A plugin is missing or can't serve.
    #[error("{}", listed(.0))]
    Plugins(Vec<AssemblyError>),
    /// A certificate can't be used.
    #[error("[[listener]] `{listener}`: {source}")]
    Certificate {
        /// Of which listener.
        listener: String,
        /// Why.
        source: CertificateError,
    },
    /// A provider's secret is not there.
    #[error("[[provider]] `{provider}`: {source}")]
    Secret {
        /// Of which provider.
        provider: String,
        /// Why.
        source: SecretError,
    },
    /// A secret of a plugin is not there.
    #[error(transparent)]
    Granted(#[from] GrantedError),
    /// A port can't be had.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// HTTP can't be served.
    #[error(transparent)]
    Web(#[from] WebError),
    /// The control socket can't be made.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The shard can't be taken up.
    #[error(transparent)]
    Shard(#[from] shard::StartError),
    /// The system gives no signals.
    #[error("can't wait for SIGHUP: {0}")]
    Signals(io::Error),
    /// The shard ended while it should serve.
    #[error("the centre has stopped: {0}")]
    Stopped(String),
}

fn listed(errors: &[AssemblyError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The running service.
pub struct Service {
    config: Config,
    started: Instant,
    shard: Shard,
    /// Becomes true when listeners and links are to drain.
    drain: watch::Sender<bool>,
    endpoints: Vec<JoinHandle<()>>,
    operator: Arc<Operator>,
    /// Ends control socket and HTTP, which serve while the rest drains.
    end: Trigger,
    around: Vec<JoinHandle<()>>,
}

impl Service {
    /// Starts everything that is configured. On return all of it serves. `trigger` is what an operator's `stop` triggers. Needs a
    /// tokio runtime.
    pub async fn boot(mut config: Config, trigger: Trigger) -> Result<Self, ServiceError> {
        let started = Instant::now();
        capacity::fit(&mut config)?;
        let store = open_store(&config)?;
        let identity = Identity::load(Arc::clone(&store), &config.settings.limits)?;
        event::plugins_trusted(&config.trust);
        let Plugins { catalog, keeper, registry, adapters } = load_plugins(&config)?;
        let bans = Arc::new(Bans::new(&config.settings.limits));
        let bound = bind_all(&config, &adapters, &bans)?;
        let links = link_all(&config, &adapters, &bans)?;
        let web = match config.web {
            Some(address) => Some(Web::bind(address).await?),
            None => None,
        };
        let granted = Granted::read(&config)?;
        let control = Control::bind(&config.control)?;
        let hangup = signal(SignalKind::hangup()).map_err(ServiceError::Signals)?;
        let in_force = InForce::new(config.clone());
        let shard = start_shard(&in_force, Arc::clone(&store), &identity, &catalog).await?;

        let (end, ended) = shutdown::channel();
        let operator = Arc::new(Operator {
            accounts: Accounts::new(identity.clone(), in_force.clone()),
            in_force: in_force.clone(),
            reloading: tokio::sync::Mutex::new(()),
            catalog: catalog.clone(),
            shard: shard.clone(),
            store,
            trigger,
            shutdown: ended.clone(),
            started,
            bans,
            adapters: adapters.clone(),
            links: links.iter().map(|link| link.status.clone()).collect(),
            registry,
        });
        let (drain, drained) = watch::channel(false);
        let serve = |(listener, bound): (&Listener, Bound)| {
            let digest = operator.adapters[&listener.name].current().digest();
            event::listener_up(&listener.name, listener.side, listener.address, &listener.protocol, digest);
            let door = Arc::new(Door::new(identity.clone(), listeners::entrance_of(listener)));
            tokio::spawn(bound.serve(Arc::new(shard.clone()), door, drained.clone()))
        };
        let mut endpoints: Vec<JoinHandle<()>> = config.listeners.iter().zip(bound).map(serve).collect();
        let dial = |link: Link| tokio::spawn(link.serve(Arc::new(shard.clone()), drained.clone()));
        endpoints.extend(links.into_iter().map(dial));
        let struck_out = operator.catalog.clone();
        operator.registry.on_struck_out(move |plugin| {
            struck_out.struck_out(Key::new(plugin.kind, &plugin.name), plugin.digest);
        });
        let places = Workplaces { in_force: in_force.clone(), shard: shard.clone(), adapters };
        let mut around = vec![
            tokio::spawn(control.serve(Arc::clone(&operator), ended.clone())),
            tokio::spawn(while_running(ended.clone(), keeper.keep(places))),
            tokio::spawn(Arc::clone(&operator).reload_at_hangup(hangup, ended.clone())),
        ];
        let consultant =
            Consultant::new(shard.clone(), (catalog, in_force), granted, config.settings.limits.consult_bytes);
        around.push(tokio::spawn(while_running(ended.clone(), consultant.stay_connected())));
        if let Some(web) = web {
            let board = Arc::new(Switchboard::new(shard.clone(), &config.tokens));
            around.push(tokio::spawn(while_running(ended.clone(), Arc::clone(&board).stay_connected())));
            around.push(tokio::spawn(web.serve(ended, Arc::clone(&operator), board)));
        }
        event::ready(started.elapsed());
        Ok(Self { config, started, shard, drain, endpoints, operator, end, around })
    }

    /// How long it has run.
    pub fn up(&self) -> Duration {
        self.started.elapsed()
    }

    /// What operators may do with it.
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Its plugins.
    pub fn catalog(&self) -> &Catalog {
        &self.operator.catalog
    }

    /// The adapter in service of each listener and provider, by its name.
    pub fn adapters(&self) -> &Adapters {
        &self.operator.adapters
    }

    /// Its accounts.
    pub fn accounts(&self) -> &Accounts {
        &self.operator.accounts
    }

    /// Returns when it is to end ([`Self::drain`] is next), or can't go on.
    pub async fn run(&self, shutdown: &mut Shutdown) -> Result<(), ServiceError> {
        tokio::select! {
            () = shutdown.draining() => Ok(()),
            ending = self.shard.ended() => Err(ServiceError::Stopped(format!("{ending:?}"))),
        }
    }

    /// Ends: connections are told and closed within the drain time, what was accepted is stored, then the rest stops. A second
    /// signal cuts it short.
    pub async fn drain(self, shutdown: &mut Shutdown) {
        let within = Duration::from_millis(self.config.settings.limits.drain_ms);
        let began = Instant::now();
        event::draining(within);
        let Self { shard, drain, endpoints, operator, end, around, .. } = self;
        end.drain();
        drain.send_replace(true);
        let all = async move {
            joined(endpoints).await;
            shard.drain().await;
        };
        // Listeners and links keep to the drain time themselves; what is beyond it is the time to store.
        let politely = shutdown.finish(within * 2, all).await;
        end.end();
        drop(operator);
        joined(around).await;
        event::ended(began.elapsed(), politely);
    }
}

/// Work that ends where it stands when the end begins.
async fn while_running(mut shutdown: Shutdown, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        () = shutdown.draining() => {}
    }
}

/// Waits for tasks; one that panicked has ended too, and said so.
async fn joined(tasks: Vec<JoinHandle<()>>) {
    for task in tasks {
        let _ended = task.await;
    }
}

/// Makes the data folder where it is not there, for its owner alone: accounts and transcripts lie in it. One that others can look
/// into is left as it is, and reported.
pub fn make_data_folder(folder: &Path) -> Result<(), ServiceError> {
    let failed = |source| ServiceError::Folder { folder: folder.to_owned(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let mode = fs::metadata(folder).map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        event::folder_open_to_others(folder.display(), mode & 0o777);
    }
    Ok(())
}

/// The data folder is ours alone from here on.
fn open_store(config: &Config) -> Result<Arc<dyn Store>, ServiceError> {
    let folder = &config.data;
    make_data_folder(folder)?;
    let durability = match config.durability {
        Durability::Immediate => storage::Durability::Immediate,
        Durability::Relaxed => storage::Durability::Relaxed,
    };
    let options = RedbOptions { durability, journal: journal_limits(config), ..RedbOptions::default() };
    let store = RedbStore::open(folder, options)?;
    event::store_opened(folder.display());
    Ok(Arc::new(store))
}

/// How much of the journal is kept.
fn journal_limits(config: &Config) -> JournalLimits {
    let Journal { keep_mb, keep_days } = config.journal;
    JournalLimits { bytes: keep_mb * 1024 * 1024, age_ms: keep_days * 24 * 60 * 60 * 1000 }
}

/// The plugins of the folder.
struct Plugins {
    catalog: Catalog,
    keeper: Keeper,
    registry: Arc<Registry>,
    adapters: Adapters,
}

/// All that the configuration names has to serve; other files of the folder that were refused are only reported.
fn load_plugins(config: &Config) -> Result<Plugins, ServiceError> {
    let loader = plugins::loader(config, Some(&config.compiled)).map_err(|error| ServiceError::Plugins(vec![error]))?;
    let registry = Arc::clone(loader.registry());
    let (catalog, keeper, refused) = Catalog::open(loader, &config.plugins);
    match plugins::assemble(config, &catalog.plugins()) {
        Ok(adapters) => {
            for refusal in &refused {
                event::plugin_refused(config.plugins.display(), refusal);
            }
            Ok(Plugins { catalog, keeper, registry, adapters })
        }
        // What is missing may be what was refused.
        Err(errors) => {
            let refused = refused.into_iter().map(AssemblyError::Refused);
            Err(ServiceError::Plugins(refused.chain(errors).collect()))
        }
    }
}

/// Takes all ports before anything serves.
fn bind_all(config: &Config, adapters: &Adapters, bans: &Arc<Bans>) -> Result<Vec<Bound>, ServiceError> {
    config.listeners.iter().map(|listener| bind(config, listener, adapters, bans)).collect()
}

fn bind(config: &Config, listener: &Listener, adapters: &Adapters, bans: &Arc<Bans>) -> Result<Bound, ServiceError> {
    let adapter = adapters.get(&listener.name).expect("assembling gives every listener its adapter, or an error");
    let certificate = |source| ServiceError::Certificate { listener: listener.name.clone(), source };
    let listener = listeners::transport_of(config, listener, adapter.clone(), Arc::clone(bans)).map_err(certificate)?;
    Ok(listener.bind()?)
}

/// What every provider is linked with; none is dialled yet.
fn link_all(config: &Config, adapters: &Adapters, bans: &Arc<Bans>) -> Result<Vec<Link>, ServiceError> {
    let link = |provider: &Provider| {
        let adapter = adapters.get(&provider.name).expect("assembling gives every provider its adapter, or an error");
        let secret = |source| ServiceError::Secret { provider: provider.name.clone(), source };
        providers::link_of(config, provider, adapter.clone(), Arc::clone(bans)).map_err(secret)
    };
    config.providers.iter().map(link).collect()
}

async fn start_shard(
    in_force: &InForce,
    store: Arc<dyn Store>,
    identity: &Identity,
    catalog: &Catalog,
) -> Result<Shard, ServiceError> {
    let (agents, members) = (identity.clone(), identity.clone());
    let config = in_force.get();
    let setup = ShardSetup {
        number: SHARD,
        store,
        settings: config.settings.clone(),
        components: plugins::component_factory(in_force, catalog),
        profiles: Box::new(move || agents.profiles()),
        members: Box::new(move || members.members()),
        clock: Arc::new(SystemClock::default()),
        options: ShardOptions { segments: SegmentLimits::of_kept(journal_limits(&config)), ..ShardOptions::default() },
    };
    Ok(Shard::start(setup).await?)
}

impl CentreAccess for Shard {
    fn next_endpoint(&self) -> EndpointId {
        Self::next_endpoint(self)
    }

    fn register(&self, endpoint: EndpointId, post: Arc<dyn Post>) {
        Self::register(self, endpoint, post);
    }

    fn unregister(&self, endpoint: EndpointId) {
        Self::unregister(self, endpoint);
    }

    async fn submit(&self, input: Input) -> Result<(), transport::Stopped> {
        Self::submit(self, input).await.map_err(|_| transport::Stopped)
    }

    async fn read(&self, session: SessionId, after: Seq, limit: usize) -> Result<Vec<Entry>, transport::Stopped> {
        self.transcripts().read(session, after, limit).await.map_err(|_| transport::Stopped)
    }
}
