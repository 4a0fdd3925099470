//! The store of one node: one redb file in a data folder, one transaction for a batch.
//!
//! ```text
//! meta      "file" → FileRow, "shard/…" → ShardRow (epoch, extent of the journal)
//! records   shard + ordered key → record
//! messages  arrival number → shard, arrival of the session's previous entry, entry
//! heads     shard + session → newest arrival and seq, complete up to FileRow::heads_through
//! journal   shard + number → bytes
//! ```
//! Messages are keyed by arrival, so that a batch of many sessions fills the last pages instead of touching one for each. For the same
//! reason heads are written for a thousand messages at a time; what came since is read again from `messages` on opening.
//! Compaction, back-up and retention by age are elsewhere.
//!
//! Invariant: what [`RedbStore::commit`] has answered with is in the file; the index in memory never knows more than the file does.

mod batch;
mod index;
mod journal;
mod table;
mod transcript;

use super::{Committed, Lease, SegmentStart, Store, StoreError, codec, key};
use crate::model::record::{Batch, Entry, Record, Shard};
use crate::model::{Seq, SessionId};
use ::redb::{Database, DatabaseError, ReadableDatabase, WriteTransaction};
use index::Index;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The file's name in the data folder.
pub const FILE: &str = "cordboard.redb";

/// How often a [`Durability::Relaxed`] store is made durable.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// What a commit promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// It is on the disk on return.
    #[default]
    Immediate,
    /// It is on the disk within about a second; a power failure or kill loses what came since, whole batches from the end.
    Relaxed,
}

/// How much of a shard's journal is kept; the oldest segments go when either is exceeded. The newest entry always stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalLimits {
    /// Bytes of all entries.
    pub bytes: u64,
    /// How old entries may become, before the segment that is being written.
    pub age_ms: u64,
}

impl Default for JournalLimits {
    fn default() -> Self {
        Self { bytes: 256 * 1024 * 1024, age_ms: 30 * 24 * 60 * 60 * 1000 }
    }
}

/// See [`RedbStore::open`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedbOptions {
    /// What a commit promises.
    pub durability: Durability,
    /// Memory for pages of the file.
    pub cache_bytes: usize,
    /// Of each shard.
    pub journal: JournalLimits,
    /// Arrival numbers remembered of transcripts in use, eight bytes each; others are looked up in the file.
    pub indexed_arrivals: usize,
}

impl Default for RedbOptions {
    fn default() -> Self {
        Self {
            durability: Durability::Immediate,
            cache_bytes: 64 * 1024 * 1024,
            journal: JournalLimits::default(),
            indexed_arrivals: 1_000_000,
        }
    }
}

/// See the [module](self).
pub struct RedbStore {
    shared: Arc<Shared>,
    flusher: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
}

struct Shared {
    folder: PathBuf,
    options: RedbOptions,
    /// `None` after a failed commit, until the next use opens the file again: redb then repairs it.
    database: RwLock<Option<Database>>,
    index: Mutex<Index>,
    /// Held over a commit and the index's part of it, so that the index learns of batches in their order.
    committing: Mutex<()>,
    unflushed: AtomicBool,
}

impl RedbStore {
    /// Opens or makes the store of a data folder; the folder is made if it is not there.
    ///
    /// # Errors
    /// [`StoreError::InUse`] while anybody else has it open, [`StoreError::Open`] if the folder or file can't be used,
    /// [`StoreError::Damaged`] if its content can't be read.
    pub fn open(folder: &Path, options: RedbOptions) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(|error| open_error(folder, &error))?;
        let relaxed = options.durability == Durability::Relaxed;
        let shared = Arc::new(Shared {
            folder: folder.to_owned(),
            index: Mutex::new(Index::new(options.indexed_arrivals)),
            options,
            database: RwLock::new(None),
            committing: Mutex::new(()),
            unflushed: AtomicBool::new(false),
        });
        drop(shared.database()?);
        let flusher = if relaxed { Some(start_flusher(&shared)?) } else { None };
        Ok(Self { shared, flusher })
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }
}

impl Drop for RedbStore {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.flusher.take() {
            drop(stop);
            // It only fails if it panicked, which has been reported then.
            let _ = thread.join();
        }
    }
}

impl Store for RedbStore {
    fn acquire(&self, shard: Shard) -> Result<Lease, StoreError> {
        let _order = lock(&self.shared.committing);
        let transaction = self.shared.begin()?;
        let epoch = batch::raise_epoch(&transaction, shard)?;
        self.shared.finish(transaction, Durability::Immediate)?;
        Ok(Lease { shard, epoch })
    }

    fn load(&self, lease: &Lease) -> Result<Vec<Record>, StoreError> {
        let database = self.shared.database()?;
        let transaction = begin_read(&database)?;
        let records = transaction.open_table(table::RECORDS).map_err(table::unreadable)?;
        let (from, behind) = (key::shard(lease.shard), key::behind(lease.shard));
        records
            .range(from.as_slice()..behind.as_slice())
            .map_err(table::unreadable)?
            .map(|row| {
                let (key, value) = row.map_err(table::unreadable)?;
                table::decode_record(lease.shard, key.value(), value.value())
            })
            .collect()
    }

    fn commit(&self, lease: &Lease, batch: &Batch) -> Result<Committed, StoreError> {
        let _order = lock(&self.shared.committing);
        let transaction = self.shared.begin()?;
        let written = batch::write(&transaction, &self.shared.options.journal, &self.shared.index, *lease, batch);
        let written = match written.map_err(|error| self.shared.broken(error))? {
            batch::Written::Changed(changes) => changes,
            batch::Written::Fenced => return Ok(Committed::Fenced),
            batch::Written::Nothing => return Ok(Committed::Stored),
        };
        self.shared.finish(transaction, self.shared.options.durability)?;
        lock(&self.shared.index).apply(lease.shard, written);
        Ok(Committed::Stored)
    }

    fn read(&self, shard: Shard, session: SessionId, after: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let database = self.shared.database()?;
        transcript::read(&database, &self.shared.index, shard, session, transcript::Extent::Behind(after, limit))
    }

    fn tail(&self, shard: Shard, session: SessionId, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let database = self.shared.database()?;
        transcript::read(&database, &self.shared.index, shard, session, transcript::Extent::Last(limit))
    }

    fn journal(&self, shard: Shard, from: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let database = self.shared.database()?;
        let transaction = begin_read(&database)?;
        let journal = transaction.open_table(table::JOURNAL).map_err(table::unreadable)?;
        let (from, behind) = (key::journal(shard, from), key::behind(shard));
        journal
            .range(from.as_slice()..behind.as_slice())
            .map_err(table::unreadable)?
            .take(limit)
            .map(|row| {
                let (key, value) = row.map_err(table::unreadable)?;
                let number = key::number(key.value()).ok_or_else(|| StoreError::Damaged {
                    what: format!("the journal of {shard:?}"),
                    detail: format!("its key {:02x?} has no number", key.value()),
                })?;
                Ok((number, value.value().to_vec()))
            })
            .collect()
    }

    fn segments(&self, shard: Shard) -> Result<Vec<SegmentStart>, StoreError> {
        let database = self.shared.database()?;
        let transaction = begin_read(&database)?;
        let row = table::shard_row(&transaction, shard)?;
        let is_whole = |segment: &&table::SegmentRow| segment.first >= row.journal_first;
        let start = |segment: &table::SegmentRow| SegmentStart { number: segment.first, at: segment.at };
        Ok(row.segments.iter().filter(is_whole).map(start).collect())
    }
}

impl Shared {
    /// The open database; opens it where it isn't.
    fn database(&self) -> Result<OpenDatabase<'_>, StoreError> {
        loop {
            let guard = self.database.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(open) = OpenDatabase::new(guard) {
                return Ok(open);
            }
            let mut guard = self.database.write().unwrap_or_else(PoisonError::into_inner);
            if guard.is_none() {
                self.open(&mut guard)?;
            }
        }
    }

    fn open(&self, place: &mut RwLockWriteGuard<'_, Option<Database>>) -> Result<(), StoreError> {
        let path = self.folder.join(FILE);
        let mut builder = Database::builder();
        builder.set_cache_size(self.options.cache_bytes);
        let shown = path.display().to_string();
        builder.set_repair_callback(move |repair| {
            tracing::warn!(
                file = shown,
                progress = repair.progress(),
                "the store was not closed properly and is being checked"
            );
        });
        let database = builder.create(&path).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
                StoreError::InUse { folder: self.folder.display().to_string() }
            }
            error => open_error(&self.folder, &error),
        })?;
        let transaction = database.begin_write().map_err(|error| open_error(&self.folder, &error))?;
        table::create(&transaction).map_err(|error| open_error(&self.folder, &error))?;
        transaction.commit().map_err(|error| open_error(&self.folder, &error))?;
        let (heads, entries) = table::recent_heads(&database)?;
        lock(&self.index).restart(heads, entries);
        **place = Some(database);
        Ok(())
    }

    fn begin(&self) -> Result<WriteTransaction, StoreError> {
        let database = self.database()?;
        let begun = database.begin_write().map_err(table::unwritable);
        drop(database);
        begun.map_err(|error| self.broken(error))
    }

    fn finish(&self, mut transaction: WriteTransaction, durability: Durability) -> Result<(), StoreError> {
        if durability == Durability::Relaxed {
            transaction
                .set_durability(::redb::Durability::None)
                .map_err(|error| StoreError::Retry(error.to_string()))?;
            self.unflushed.store(true, Ordering::Relaxed);
        }
        transaction.commit().map_err(|error| self.broken(StoreError::Unknown(error.to_string())))
    }

    /// Closes the database after an error of the disk, which leaves it refusing to write; the next use opens it again.
    fn broken(&self, error: StoreError) -> StoreError {
        if matches!(error, StoreError::Retry(_) | StoreError::Unknown(_)) {
            *self.database.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
        error
    }

    /// Makes all relaxed commits durable.
    fn flush(&self) -> Result<(), StoreError> {
        if !self.unflushed.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let _order = lock(&self.committing);
        let flushed = self.begin().and_then(|transaction| self.finish(transaction, Durability::Immediate));
        if flushed.is_err() {
            self.unflushed.store(true, Ordering::Relaxed);
        }
        flushed
    }
}

/// A database that is open for as long as this is held.
struct OpenDatabase<'a>(RwLockReadGuard<'a, Option<Database>>);

impl<'a> OpenDatabase<'a> {
    fn new(guard: RwLockReadGuard<'a, Option<Database>>) -> Option<Self> {
        guard.is_some().then_some(Self(guard))
    }
}

impl std::ops::Deref for OpenDatabase<'_> {
    type Target = Database;

    fn deref(&self) -> &Database {
        self.0.as_ref().expect("checked by new, and nobody can empty it under our guard")
    }
}

fn start_flusher(shared: &Arc<Shared>) -> Result<(mpsc::Sender<()>, JoinHandle<()>), StoreError> {
    let (stop, stopped) = mpsc::channel();
    let flushed = Arc::clone(shared);
    let thread = thread::Builder::new()
        .name("flush".to_owned())
        .spawn(move || {
            loop {
                let last = stopped.recv_timeout(FLUSH_EVERY) == Err(RecvTimeoutError::Disconnected);
                if let Err(error) = flushed.flush() {
                    tracing::error!(%error, "relaxed commits could not be made durable");
                }
                if last {
                    return;
                }
            }
        })
        .map_err(|error| open_error(&shared.folder, &error))?;
    Ok((stop, thread))
}

fn begin_read(database: &Database) -> Result<::redb::ReadTransaction, StoreError> {
    database.begin_read().map_err(table::unreadable)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while these are held but for a defect, and each change under them is complete at every step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open_error(folder: &Path, error: &impl std::fmt::Display) -> StoreError {
    StoreError::Open { folder: folder.display().to_string(), detail: error.to_string() }
}

#[cfg(test)]
mod tests;
