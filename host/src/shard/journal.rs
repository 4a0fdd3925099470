//! A shard's journal to be read from its first entry to its last: as it is stored, or from a file into which it was exported.
//!
//! ```text
//! file  = "cordboard journal 1\n" { number: u64, length: u32, entry: length bytes } end
//! end   = 0: u64, 0: u32                      numbers are big-endian
//! ```
//! An exported file has everything that people said, so it is made for its owner's eyes only (mode 0600).
//!
//! Invariant: a file without its end is refused, as it is not whole.

use super::segment::{self, Stored};
use crate::model::SessionId;
use crate::model::record::Shard as Part;
use crate::storage::{Store, StoreError};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What an exported file begins with.
const MAGIC: &[u8] = b"cordboard journal 1\n";
/// Entries read from the store at a time.
const PAGE: usize = 64;
/// The longest entry that is read from a file: longer ones are not written, as nobody keeps a journal of more than 64 times its size.
const MAX_ENTRY_BYTES: u32 = 1024 * 1024 * 1024;

/// An entry and its number.
pub type Numbered = (u64, Vec<u8>);

/// Why a journal can't be read, or exported.
#[derive(Debug, thiserror::Error)]
pub enum JournalFailure {
    /// It can't be read from the store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file can't be read or written.
    #[error("{file}: {source}", file = file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is something else.
    #[error("{file} is no journal that this cordboard reads; make one with `cordboard journal export`", file = file.display())]
    Other {
        /// Which.
        file: PathBuf,
    },
    /// It was cut off.
    #[error("{file} ends before the journal does; export it again", file = file.display())]
    Cut {
        /// Which.
        file: PathBuf,
    },
}

/// Entries in order; ends behind the first failure.
pub type Entries<'a> = Box<dyn Iterator<Item = Result<Numbered, JournalFailure>> + 'a>;

/// A journal as it is stored, from an entry on. A checkpoint that was stored in parts comes whole, where its mark stands; marks whose
/// last part is missing are passed over.
pub fn stored(store: &dyn Store, shard: Part, from: u64) -> Entries<'_> {
    let (mut entries, mut failed) = (as_written(store, shard, from), false);
    Box::new(std::iter::from_fn(move || {
        while !failed {
            let (number, entry) = match entries.next()? {
                Ok(numbered) => numbered,
                Err(error) => return Some(Err(error)),
            };
            match Stored::of(&entry) {
                Stored::Part { .. } => {}
                Stored::Mark => {
                    if let Some(checkpoint) = checkpoint(store, shard, number).transpose() {
                        failed = checkpoint.is_err();
                        return Some(checkpoint.map(|checkpoint| (number, checkpoint)));
                    }
                }
                Stored::Loaded | Stored::Batch => return Some(Ok((number, entry))),
            }
        }
        None
    }))
}

/// The parts of a checkpoint behind its mark, put together; nothing where the last is missing.
fn checkpoint(store: &dyn Store, shard: Part, mark: u64) -> Result<Option<Vec<u8>>, JournalFailure> {
    let (mut whole, mut parts) = (Vec::new(), 0);
    for entry in as_written(store, shard, mark + 1) {
        let (_, entry) = entry?;
        match Stored::of(&entry) {
            Stored::Part { number, is_last, bytes } if number == parts => {
                whole.extend_from_slice(bytes);
                parts += 1;
                if is_last {
                    return Ok(Some(whole));
                }
            }
            Stored::Batch => {}
            Stored::Part { .. } | Stored::Mark | Stored::Loaded => return Ok(None),
        }
    }
    Ok(None)
}

fn as_written(store: &dyn Store, shard: Part, from: u64) -> Entries<'_> {
    let (mut next, mut page, mut failed) = (from, Vec::new().into_iter(), false);
    Box::new(std::iter::from_fn(move || {
        if page.len() == 0 && !failed {
            match store.journal(shard, next, PAGE) {
                Ok(entries) => page = entries.into_iter(),
                Err(error) => {
                    failed = true;
                    return Some(Err(error.into()));
                }
            }
        }
        let (number, entry) = page.next()?;
        next = number + 1;
        Some(Ok((number, entry)))
    }))
}

/// The entry from which a journal is to be read for all that is kept of a session: the last segment that began before it came. Without
/// a session, the first that is kept.
pub fn first_of(store: &dyn Store, shard: Part, session: Option<SessionId>) -> Result<u64, JournalFailure> {
    let starts = store.segments(shard)?;
    let Some(session) = session else { return Ok(starts.first().map_or(1, |start| start.number)) };
    let mut first = 1;
    for start in starts {
        let entry = stored(store, shard, start.number).next().transpose()?;
        let is_later = entry.is_some_and(|(number, bytes)| segment::last_session(number, &bytes) >= Some(session));
        if is_later {
            break;
        }
        first = start.number;
    }
    Ok(first)
}

/// A journal that was exported.
pub fn exported(file: &Path) -> Result<Entries<'static>, JournalFailure> {
    let mut reader = Reader::open(file)?;
    let mut is_over = false;
    Ok(Box::new(std::iter::from_fn(move || {
        if is_over {
            return None;
        }
        let next = reader.next().transpose();
        is_over = !matches!(next, Some(Ok(_)));
        next
    })))
}

/// Writes a journal into a file that is not there yet. Answers how many entries it has.
pub fn export(entries: Entries<'_>, file: &Path) -> Result<u64, JournalFailure> {
    let failed = |source| JournalFailure::File { file: file.to_owned(), source };
    let options = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(failed)?;
    let mut writer = BufWriter::new(options);
    writer.write_all(MAGIC).map_err(failed)?;
    let mut count = 0;
    for entry in entries {
        let (number, entry) = entry?;
        put(&mut writer, number, &entry).map_err(failed)?;
        count += 1;
    }
    put(&mut writer, 0, &[]).map_err(failed)?;
    writer.flush().map_err(failed)?;
    Ok(count)
}

fn put(writer: &mut impl Write, number: u64, entry: &[u8]) -> io::Result<()> {
    let length = u32::try_from(entry.len()).ok().filter(|length| *length <= MAX_ENTRY_BYTES);
    let length = length.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "an entry is longer than 1 GiB"))?;
    writer.write_all(&number.to_be_bytes())?;
    writer.write_all(&length.to_be_bytes())?;
    writer.write_all(entry)
}

struct Reader {
    path: PathBuf,
    file: BufReader<File>,
}

impl Reader {
    fn open(path: &Path) -> Result<Self, JournalFailure> {
        let file = File::open(path).map_err(|source| JournalFailure::File { file: path.to_owned(), source })?;
        let mut reader = Self { path: path.to_owned(), file: BufReader::new(file) };
        match reader.take::<{ MAGIC.len() }>() {
            Ok(magic) if magic == MAGIC => Ok(reader),
            _ => Err(JournalFailure::Other { file: reader.path }),
        }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], JournalFailure> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes).map_err(|error| self.failed(error))?;
        Ok(bytes)
    }

    fn next(&mut self) -> Result<Option<Numbered>, JournalFailure> {
        let number = u64::from_be_bytes(self.take()?);
        let length = u32::from_be_bytes(self.take()?);
        if (number, length) == (0, 0) {
            return Ok(None);
        }
        if length > MAX_ENTRY_BYTES {
            return Err(JournalFailure::Other { file: self.path.clone() });
        }
        let mut entry = Vec::new();
        let read = (&mut self.file).take(length.into()).read_to_end(&mut entry).map_err(|error| self.failed(error))?;
        if read < length as usize {
            return Err(JournalFailure::Cut { file: self.path.clone() });
        }
        Ok(Some((number, entry)))
    }

    fn failed(&self, source: io::Error) -> JournalFailure {
        let file = self.path.clone();
        match source.kind() {
            ErrorKind::UnexpectedEof => JournalFailure::Cut { file },
            _ => JournalFailure::File { file, source },
        }
    }
}

#[cfg(test)]
mod tests;
