//! The one task that changes what is in service.
//!
//! ```text
//!            ┌────────────── done, told ◄────────────────┐
//!            ▼                                           │
//!  waiting ──┬─ the folder has changed ─► looking ───────┤  a file at a time: examined and tried beside the runtime, then put to work
//!            ├─ SIGHUP, reload ─► looking, refused too ──┤
//!            └─ rollback ─► trying the previous one ─────┘
//! ```
//! Invariant: whatever becomes of a candidate, what serves has not been touched before the candidate was tried.

use super::{
    Commit, Component as _, Key, NoWayBack, Order, PATIENCE, Places, Refusal, Report, RollbackError, Scope, Served,
    Shared, Standing, Watch, folder, now,
};
use crate::model::Digest;
use crate::plugin::{AnyPlugin, Kind};
use crate::telemetry::event;
use notify::RecursiveMode;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

/// See the [module](self).
pub struct Keeper {
    shared: Arc<Shared>,
    orders: mpsc::Receiver<Order>,
}

impl Keeper {
    pub(super) fn new(shared: Arc<Shared>, orders: mpsc::Receiver<Order>) -> Self {
        Self { shared, orders }
    }

    /// Keeps the catalog up to date, for as long as what it returns runs. Needs a tokio runtime. The folder is watched, and SIGHUP is its
    /// own, as soon as this returns.
    pub fn keep(self, places: impl Places) -> impl Future<Output = ()> + Send {
        let Self { shared, orders } = self;
        let folders = vec![shared.folder.clone()];
        let scope = Scope { folders, mode: RecursiveMode::NonRecursive, concerns: |_| true, patience: PATIENCE };
        // Without them there is still `plugin reload`.
        let watch = Watch::start(scope).inspect_err(|error| event::hindered("watching the plugin folder", error)).ok();
        let hangup =
            signal(SignalKind::hangup()).inspect_err(|error| event::hindered("waiting for SIGHUP", error)).ok();
        work(Work { shared, places: Arc::new(places) }, orders, watch, hangup)
    }
}

async fn work<P: Places>(
    work: Work<P>,
    mut orders: mpsc::Receiver<Order>,
    mut watch: Option<Watch>,
    mut hangup: Option<Signal>,
) {
    // What has changed before it was watched.
    work.look().await;
    loop {
        tokio::select! {
            () = changed(&mut watch) => drop(work.look().await),
            () = hung_up(&mut hangup) => drop(work.look_again().await),
            order = orders.recv() => match order {
                // Who asked may have gone meanwhile.
                Some(Order::Reload(answer)) => drop(answer.send(work.look_again().await)),
                Some(Order::StruckOut { key, digest }) => work.struck_out(&key, digest).await,
                Some(Order::RollBack { name, kind, answer }) => drop(answer.send(work.roll_back(&name, kind).await)),
                None => return,
            },
        }
    }
}

async fn changed(watch: &mut Option<Watch>) {
    match watch {
        Some(watch) => watch.changed().await,
        None => std::future::pending().await,
    }
}

async fn hung_up(hangup: &mut Option<Signal>) {
    let received = match hangup {
        Some(hangup) => hangup.recv().await,
        None => None,
    };
    if received.is_none() {
        std::future::pending::<()>().await;
    }
}

struct Work<P> {
    shared: Arc<Shared>,
    places: Arc<P>,
}

impl<P: Places> Work<P> {
    async fn look_again(&self) -> Report {
        self.shared.holdings().doubt_refusals();
        self.look().await
    }

    /// Looks at the folder, and carries out what has changed.
    async fn look(&self) -> Report {
        let mut report = Report::default();
        let shared = Arc::clone(&self.shared);
        let folder = shared.folder.clone();
        let files = match beside(folder, move || Ok(shared.survey()?)).await {
            Ok(files) => files,
            Err(refusal) => {
                event::hindered("reading the plugin folder", &refusal);
                report.refused.push(refusal.to_string());
                return report;
            }
        };
        for (path, read) in files {
            match self.consider(&path, read).await {
                Ok(Some(served)) => {
                    tell(&served);
                    report.served.push(served);
                }
                Ok(None) => {}
                Err((key, refusal)) => {
                    event::plugin_refused(path.display(), &refusal);
                    self.shared.refuse(&path, key, &refusal);
                    report.refused.push(refusal.to_string());
                }
            }
        }
        report.left = self.shared.holdings().settle(|key| self.places.uses(key));
        for key in &report.left.orphaned {
            event::plugin_orphaned(key.kind.as_str(), &key.name);
        }
        for key in &report.left.dropped {
            event::plugin_dropped(key.kind.as_str(), &key.name);
        }
        report
    }

    /// One file: in service, if it is another plugin than serves and one that can.
    async fn consider(&self, path: &Path, read: folder::Read) -> Result<Option<Served>, (Option<Key>, Refusal)> {
        let (shared, file) = (Arc::clone(&self.shared), path.to_owned());
        let candidate =
            beside(path.to_owned(), move || shared.examine(&file, read)).await.map_err(|error| (None, error))?;
        let key = candidate.key();
        let refused = |refusal: Refusal| (Some(key.clone()), refusal);
        let standing = self.shared.holdings().weigh(path, &candidate, self.places.uses(&key));
        if standing.map_err(|misfit| refused(misfit.into()))? == Standing::Same {
            self.shared.holdings().serve(path, candidate, now());
            return Ok(None);
        }
        let (shared, file, plugin) = (Arc::clone(&self.shared), path.to_owned(), candidate.clone());
        let commit = move || {
            shared.holdings().serve(&file, plugin, now());
        };
        self.put(path, &candidate, Box::new(commit)).await.map(Some).map_err(refused)
    }

    /// Tries it at every place, then puts it to work.
    async fn put(&self, path: &Path, plugin: &AnyPlugin, commit: Commit) -> Result<Served, Refusal> {
        let name = plugin.about().manifest.name.clone();
        let (places, candidate, title) = (Arc::clone(&self.places), plugin.clone(), name.clone());
        let trial = move || places.try_out(&candidate).map_err(|reason| Refusal::Place { plugin: title, reason });
        beside(path.to_owned(), trial).await?;
        // What is given up is taken apart here, and not where the commit is carried out: on the shard's thread.
        let key = plugin.key();
        let _given_up = self.shared.holdings().previous(&key).map(|previous| previous.component.clone());
        self.places.put(plugin, commit).await.map_err(|reason| Refusal::Takeover { plugin: name, reason })?;
        let number = self.shared.holdings().present(&key).map(|present| present.number);
        Ok(Served::new(plugin, number.unwrap_or_default()))
    }

    async fn roll_back(&self, name: &str, kind: Option<Kind>) -> Result<Served, RollbackError> {
        let (key, plugin) = self.way_back(name, kind)?;
        let (shared, of) = (Arc::clone(&self.shared), key.clone());
        let commit = move || {
            // Nobody but this task changes what is held, so it is still there.
            let _number = shared.holdings().roll_back(&of, now());
        };
        let path = plugin.about().path.clone();
        let served = self.put(&path, &plugin, Box::new(commit)).await?;
        tell(&served);
        Ok(served)
    }

    /// A component that has just come and fails too often gives way to the one before; one that was gone back to already stays.
    async fn struck_out(&self, key: &Key, digest: Digest) {
        let is_fresh = self.shared.holdings().is_fresh(key, digest, now());
        if !is_fresh {
            return;
        }
        match self.roll_back(&key.name, Some(key.kind)).await {
            Ok(_) => event::plugin_put_back(key.kind.as_str(), &key.name, digest),
            Err(error) => event::hindered("going back to the version before", error),
        }
    }

    fn way_back(&self, name: &str, kind: Option<Kind>) -> Result<(Key, AnyPlugin), NoWayBack> {
        let holdings = self.shared.holdings();
        let key = holdings.named(name, kind)?;
        let plugin = holdings.way_back(&key)?.component.clone();
        Ok((key, plugin))
    }
}

/// Where it may block and take its time, and where a panic is that file's failure.
async fn beside<T: Send + 'static>(
    path: PathBuf,
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    spawn_blocking(work).await.unwrap_or_else(|_panicked| Err(Refusal::Defect { path }))
}

fn tell(served: &Served) {
    let Served { key, generation, version, digest } = served;
    event::plugin_in_service(key.kind.as_str(), &key.name, version, *digest, *generation);
}
