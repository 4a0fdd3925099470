//! The plugin folder, watched: which component serves under a name, and how another takes its place while it runs.
//!
//! ```text
//!  folder changed, SIGHUP, `plugin reload`
//!      └─► list, hash ─► for each file that is another: trusted ─► parsed, checked ─► compiled ─► its transcripts ─► settings and a
//!          machine at each place ─► commit: the next generation ─► machines go over      (anything refused: what serves goes on)
//! ```
//! [`Holdings`] decides, [`Watch`] notices, [`Keeper`] is the one task that carries out; [`Catalog`] is how others ask it. Where a plugin is at
//! work, and how its machines go over to another, is not known here: [`Places`] says it.
//!
//! Invariant: one change at a time, and what serves is replaced only by a component that was tried at every place where it will be at work.

mod folder;
mod holdings;
mod keeper;
mod report;
mod watch;

#[cfg(test)]
mod tests;

pub use holdings::{
    Changes, Component, Generation, Holding, Holdings, Key, Left, Misfit, NoWayBack, Refused, Standing,
};
pub use keeper::Keeper;
pub use report::{RefusedFile, Report, Row, Served};
pub use watch::{Patience, Scope, Watch};

use crate::model::{Digest, Timestamp};
use crate::plugin::trial::{self, TrialError};
use crate::plugin::{AnyPlugin, Kind, Loader, PluginError, PluginFile, PluginSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::{mpsc, oneshot};

/// A file that is copied is left alone until it has been quiet for so long, but not longer than the cap.
pub const PATIENCE: Patience = Patience { settle: Duration::from_millis(300), cap: Duration::from_secs(3) };
/// Orders that wait; more wait before they are given.
const ORDERS: usize = 16;

/// Puts what was decided on record; see [`Places::put`].
pub type Commit = Box<dyn FnOnce() + Send>;

/// Where plugins are at work.
pub trait Places: Send + Sync + 'static {
    /// Whether anything names this plugin.
    fn uses(&self, key: &Key) -> bool;

    /// Holds the settings of every place against the plugin's schema and opens a machine with them, for trial. Blocks.
    fn try_out(&self, plugin: &AnyPlugin) -> Result<(), String>;

    /// Puts the plugin to work at all of its places, or leaves all as they are and says why. Calls `commit` in the first case, in the same
    /// step: whoever makes machines anew finds either the old plugin on record and at work, or the new one.
    fn put(&self, plugin: &AnyPlugin, commit: Commit) -> impl Future<Output = Result<(), String>> + Send;
}

/// Why a file does not serve.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is no plugin of this host, or none that is let in.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// It does not answer as its own transcripts say.
    #[error("plugin {plugin}: {error}; try it with `cordboard plugin test`, and correct the plugin or its transcript")]
    Transcript {
        /// Which.
        plugin: String,
        /// Where, what was expected, and what was found.
        error: TrialError,
    },
    /// It can't take the place of what serves.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// It does not do at one of its places.
    #[error("plugin {plugin}: can't serve as it is configured: {reason}")]
    Place {
        /// Which.
        plugin: String,
        /// Where, what was expected, what was found, and the fix.
        reason: String,
    },
    /// It could not take over.
    #[error("plugin {plugin}: can't take over: {reason}; look at its log, and correct the plugin")]
    Takeover {
        /// Which.
        plugin: String,
        /// Why.
        reason: String,
    },
    /// A defect of ours.
    #[error("{}: cordboard failed as it looked at the file; what serves goes on. Look at the log, and report it", path.display())]
    Defect {
        /// Which file.
        path: PathBuf,
    },
}

/// Why nothing was rolled back.
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// There is nothing to go back to.
    #[error(transparent)]
    NoWayBack(#[from] NoWayBack),
    /// What served before does not do any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The catalog has ended.
    #[error(transparent)]
    Ended(#[from] Ended),
}

/// The catalog changes nothing any more, because the service ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the service is ending; plugins are not changed any more")]
pub struct Ended;

/// What is asked of the keeper.
enum Order {
    Reload(oneshot::Sender<Report>),
    StruckOut { key: Key, digest: Digest },
    RollBack { name: String, kind: Option<Kind>, answer: oneshot::Sender<Result<Served, RollbackError>> },
}

/// What the keeper and those who ask share.
struct Shared {
    loader: Loader,
    folder: PathBuf,
    holdings: Mutex<Holdings<AnyPlugin>>,
}

/// The plugins in service; cheap to clone.
#[derive(Clone)]
pub struct Catalog {
    shared: Arc<Shared>,
    orders: mpsc::Sender<Order>,
}

impl Catalog {
    /// Loads every plugin of a folder, for whoever then says what has to be among them. Returns with it what was refused, and the keeper, who
    /// is to be [started](Keeper::keep) once the plugins are at work. Blocks.
    pub fn open(loader: Loader, folder: &Path) -> (Self, Keeper, Vec<Refusal>) {
        let shared = Arc::new(Shared { loader, folder: folder.to_owned(), holdings: Mutex::default() });
        let refused = shared.load_all();
        let (orders, ordered) = mpsc::channel(ORDERS);
        let keeper = Keeper::new(Arc::clone(&shared), ordered);
        (Self { shared, orders }, keeper, refused)
    }

    /// What is in service now.
    pub fn plugins(&self) -> PluginSet {
        let holdings = self.shared.holdings();
        PluginSet::of(&self.shared.folder, holdings.serving().cloned())
    }

    /// What is in service, and what was refused: by kind and name, then files that are no plugin.
    pub fn rows(&self) -> Vec<Row> {
        self.shared.holdings().iter().map(|holding| Row::of(&holding)).collect()
    }

    /// Looks at the folder now, also at files that were refused, and puts in service what is new. Returns when that is done.
    pub async fn reload(&self) -> Result<Report, Ended> {
        self.ask(Order::Reload).await
    }

    /// Puts the previous generation's component in service again, until its file changes. Returns when new machines are made of it.
    pub async fn roll_back(&self, name: &str, kind: Option<Kind>) -> Result<Served, RollbackError> {
        let name = name.to_owned();
        self.ask(|answer| Order::RollBack { name, kind, answer }).await?
    }

    /// A component has failed too often. If it came a short while ago in the place of another, that one serves again. Never waits: it is called
    /// where machines are at work.
    pub fn struck_out(&self, key: Key, digest: Digest) {
        // Where so much waits, an operator is at work; and what fails goes on failing.
        let _full = self.orders.try_send(Order::StruckOut { key, digest });
    }

    async fn ask<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Result<T, Ended> {
        let (answer, answered) = oneshot::channel();
        self.orders.send(order(answer)).await.map_err(|_| Ended)?;
        answered.await.map_err(|_| Ended)
    }
}

impl Shared {
    /// Nothing that could fail is done under the lock, so it is never left half-changed.
    fn holdings(&self) -> MutexGuard<'_, Holdings<AnyPlugin>> {
        self.holdings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists the folder; what has to be loaded is given in order.
    fn survey(&self) -> Result<Vec<(PathBuf, folder::Read)>, PluginError> {
        let known = self.holdings().known();
        let folder::Listing { prints, mut unknown } = folder::list(&self.folder, &known)?;
        let mut holdings = self.holdings();
        let changes = holdings.changes(&prints);
        holdings.begin(&changes, &prints);
        Ok(changes.load.into_iter().filter_map(|path| unknown.remove_entry(&path)).collect())
    }

    /// Everything that can be said of a candidate without knowing where it will be at work.
    fn examine(&self, path: &Path, read: folder::Read) -> Result<AnyPlugin, Refusal> {
        let PluginFile { bytes, signature } = read?;
        let plugin = self.loader.load_signed(path, &bytes, signature.as_deref())?;
        let refused = |error| Refusal::Transcript { plugin: plugin.about().manifest.name.clone(), error };
        trial::check_embedded(&plugin, &bytes).map_err(refused)?;
        Ok(plugin)
    }

    /// The first look at the folder: nothing is at work yet.
    fn load_all(&self) -> Vec<Refusal> {
        let mut refused = Vec::new();
        let files = self.survey().unwrap_or_else(|error| {
            refused.push(error.into());
            Vec::new()
        });
        for (path, read) in files {
            let candidate = self.examine(&path, read);
            let key = candidate.as_ref().ok().map(Component::key);
            let weighed = candidate.and_then(|candidate| {
                self.holdings().weigh(&path, &candidate, false)?;
                Ok(candidate)
            });
            match weighed {
                Ok(candidate) => drop(self.holdings().serve(&path, candidate, now())),
                Err(refusal) => {
                    self.refuse(&path, key, &refusal);
                    refused.push(refusal);
                }
            }
        }
        refused
    }

    fn refuse(&self, path: &Path, key: Option<Key>, refusal: &Refusal) {
        let behind = match refusal {
            Refusal::Misfit(Misfit::Twice { first, .. }) => Some(first.clone()),
            _ => None,
        };
        let refused = Refused { key, reason: refusal.to_string(), at: now(), behind };
        self.holdings().refuse(path, refused);
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
