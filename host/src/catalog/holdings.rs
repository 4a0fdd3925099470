//! What serves under each name, what served before it, and what became of every file: decisions alone, no files and no machines.
//!
//! ```text
//!  file changed ─► pending ─┬─► refused: what serves goes on; the refusal stays until the file changes
//!                           └─► serves: generation n+1, the n-th is kept ─► rolled back: the n-th's component again, as n+2
//!  file gone ─► its plugin is named by the configuration: goes on, orphaned;  is not: dropped
//! ```
//! Invariant: numbers of generations only grow, and what is in use leaves service only for another generation.

use crate::model::{Digest, Timestamp};
use crate::plugin::{AnyPlugin, Formats, Kind};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// How long a component counts as new: what it breaks is laid to it then.
const FRESH_MS: u64 = 10 * 60 * 1000;

/// Under which a plugin is known: names are the operator's, and each kind has its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
}

impl Key {
    /// Of that kind and name.
    pub fn new(kind: Kind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// What is put in service; a plugin, or something plainer in tests. Cheap to clone.
pub trait Component: Clone {
    /// Its kind and name.
    fn key(&self) -> Key;
    /// Of its bytes.
    fn digest(&self) -> Digest;
    /// Of its saved states.
    fn formats(&self) -> &Formats;
}

impl Component for AnyPlugin {
    fn key(&self) -> Key {
        let manifest = &self.about().manifest;
        Key::new(manifest.kind, &manifest.name)
    }

    fn digest(&self) -> Digest {
        self.about().digest
    }

    fn formats(&self) -> &Formats {
        &self.about().manifest.state
    }
}

/// A component that was put in service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation<C> {
    /// Counted from 1, for each name.
    pub number: u64,
    /// What serves.
    pub component: C,
    /// Since when.
    pub since: Timestamp,
}

/// Why a file does not serve, for operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Which plugin it is, where that could be told.
    pub key: Option<Key>,
    /// What was wanted, what was found, and the fix.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// The file that keeps it out by being the same plugin; once that is another, this one is looked at again.
    pub behind: Option<PathBuf>,
}

/// How a candidate stands to what serves under its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing does yet.
    First,
    /// This very component does.
    Same,
    /// Another does.
    Next,
}

/// Why a component can't take another's place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// Two files with one name.
    #[error("plugin {}: {} and {} are both the {key}; remove one of them", key.name, first.display(), second.display())]
    Twice {
        /// Which plugin.
        key: Key,
        /// The file that serves.
        first: PathBuf,
        /// This one.
        second: PathBuf,
    },
    /// It can't go on from where the present one is.
    #[error(
        "plugin {}: can't take over from generation {serving}: expected {writes}, the format of states that serves now, among `state.reads` \
         of its plugin.toml, found {reads:?}; teach it to read that format, or put it in with a restart", key.name
    )]
    Unreadable {
        /// Which plugin.
        key: Key,
        /// The generation in service.
        serving: u64,
        /// What that one saves.
        writes: u32,
        /// What the candidate reads.
        reads: Vec<u32>,
    },
}

/// Why the previous generation can't serve again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoWayBack {
    /// No such plugin.
    #[error("no plugin called {name} is in service; `cordboard plugins` shows those that are")]
    Unknown {
        /// As asked for.
        name: String,
    },
    /// More than one.
    #[error("there is more than one plugin called {name}: {found}; say which with --kind")]
    Ambiguous {
        /// As asked for.
        name: String,
        /// All of them.
        found: String,
    },
    /// It is the first.
    #[error(
        "the {key} has no previous generation: generation {serving} is the first that this process has put in service"
    )]
    First {
        /// Which.
        key: Key,
        /// Its generation.
        serving: u64,
    },
    /// The one before can't read what this one has saved.
    #[error(
        "the {key} can't go back to generation {previous}: generation {serving} saves states in format {writes}, and generation {previous} \
         reads {reads:?}; what serves goes on. Put a version in the folder that reads format {writes}"
    )]
    Unreadable {
        /// Which.
        key: Key,
        /// Its generation.
        serving: u64,
        /// The one before.
        previous: u64,
        /// What the present one saves.
        writes: u32,
        /// What the one before reads.
        reads: Vec<u32>,
    },
}

/// What has to be done about a folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Files to load, those whose plugins serve first.
    pub load: Vec<PathBuf>,
    /// Files that are not there any more.
    pub gone: Vec<PathBuf>,
}

/// What [`Holdings::settle`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Left {
    /// Goes on without a file, since just now.
    pub orphaned: Vec<Key>,
    /// Not in service any more.
    pub dropped: Vec<Key>,
}

/// What serves under a name.
#[derive(Debug, Clone)]
struct Shelf<C> {
    present: Generation<C>,
    previous: Option<Generation<C>>,
    file: PathBuf,
    is_rolled_back: bool,
    is_orphaned: bool,
}

/// A file as it was seen last.
#[derive(Debug, Clone)]
struct Seen {
    print: Digest,
    became: Became,
}

#[derive(Debug, Clone)]
enum Became {
    Pending,
    Serves(Key),
    Refused(Refused),
}

/// See the [module](self).
#[derive(Debug, Clone)]
pub struct Holdings<C> {
    shelves: BTreeMap<Key, Shelf<C>>,
    files: BTreeMap<PathBuf, Seen>,
    /// The last number of every name there ever was.
    numbers: BTreeMap<Key, u64>,
}

/// One line about a plugin, or about a file that is none.
#[derive(Debug)]
pub struct Holding<'a, C> {
    /// Its kind and name; of a refused file only where that could be told.
    pub key: Option<&'a Key>,
    /// Where it came from.
    pub file: &'a Path,
    /// What serves.
    pub present: Option<&'a Generation<C>>,
    /// What served before.
    pub previous: Option<&'a Generation<C>>,
    /// An operator went back, and the file has not changed since.
    pub is_rolled_back: bool,
    /// Its file is not there any more.
    pub is_orphaned: bool,
    /// The last file that wanted to take its place and may not.
    pub refused: Option<(&'a Path, &'a Refused)>,
}

impl<C> Default for Holdings<C> {
    fn default() -> Self {
        Self { shelves: BTreeMap::new(), files: BTreeMap::new(), numbers: BTreeMap::new() }
    }
}

impl<C: Component> Holdings<C> {
    /// What is to be done about a folder that has these files; a print is of a file's bytes and of its signature's.
    pub fn changes(&self, listing: &BTreeMap<PathBuf, Digest>) -> Changes {
        let moved = |path: &Path| self.files.get(path).map(|seen| seen.print) != listing.get(path).copied();
        let waits = |path: &Path| match self.files.get(path).map(|seen| &seen.became) {
            Some(Became::Refused(Refused { behind: Some(other), .. })) => moved(other),
            Some(Became::Pending) => true,
            _ => false,
        };
        let mut load: Vec<PathBuf> = listing.keys().filter(|path| moved(path) || waits(path)).cloned().collect();
        load.sort_by_key(|path| !self.shelves.values().any(|shelf| shelf.file == *path));
        let gone = self.files.keys().filter(|path| !listing.contains_key(*path)).cloned().collect();
        Changes { load, gone }
    }

    /// Prints of the files that serve: while they have these, nothing is to be done about them.
    pub fn known(&self) -> BTreeMap<PathBuf, Digest> {
        let serving = self.files.iter().filter(|(_, seen)| matches!(seen.became, Became::Serves(_)));
        serving.map(|(path, seen)| (path.clone(), seen.print)).collect()
    }

    /// All refused files are looked at again by the next [`Self::changes`].
    pub fn doubt_refusals(&mut self) {
        for seen in self.files.values_mut().filter(|seen| matches!(seen.became, Became::Refused(_))) {
            seen.became = Became::Pending;
        }
    }

    /// The changes are being carried out: what the files were before counts for nothing any more.
    pub fn begin(&mut self, changes: &Changes, listing: &BTreeMap<PathBuf, Digest>) {
        for path in &changes.gone {
            self.files.remove(path);
        }
        for (path, print) in changes.load.iter().filter_map(|path| Some((path, listing.get(path)?))) {
            self.files.insert(path.clone(), Seen { print: *print, became: Became::Pending });
        }
    }

    /// Whether a candidate may take its place. What is not in use has no machines that would have to go on.
    pub fn weigh(&self, path: &Path, candidate: &C, in_use: bool) -> Result<Standing, Misfit> {
        let key = candidate.key();
        let serves = |seen: &Seen| matches!(&seen.became, Became::Serves(served) if *served == key);
        if let Some((first, _)) = self.files.iter().find(|(file, seen)| *file != path && serves(seen)) {
            return Err(Misfit::Twice { key, first: first.clone(), second: path.to_owned() });
        }
        let Some(Shelf { present, .. }) = self.shelves.get(&key) else { return Ok(Standing::First) };
        if present.component.digest() == candidate.digest() {
            return Ok(Standing::Same);
        }
        let (writes, reads) = (present.component.formats().writes, &candidate.formats().reads);
        if in_use && !reads.contains(&writes) {
            return Err(Misfit::Unreadable { key, serving: present.number, writes, reads: reads.clone() });
        }
        Ok(Standing::Next)
    }

    /// The candidate serves from now on; where it serves already, only its file is noted. Gives the number of its generation.
    pub fn serve(&mut self, path: &Path, candidate: C, now: Timestamp) -> u64 {
        let key = candidate.key();
        if let Some(seen) = self.files.get_mut(path) {
            seen.became = Became::Serves(key.clone());
        }
        if let Some(shelf) = self.shelves.get_mut(&key)
            && shelf.present.component.digest() == candidate.digest()
        {
            path.clone_into(&mut shelf.file);
            (shelf.is_orphaned, shelf.is_rolled_back) = (false, false);
            return shelf.present.number;
        }
        let present = self.generation(&key, candidate, now);
        let number = present.number;
        let previous = self.shelves.remove(&key).map(|shelf| shelf.present);
        let file = path.to_owned();
        self.shelves.insert(key, Shelf { present, previous, file, is_rolled_back: false, is_orphaned: false });
        number
    }

    /// The file does not serve; what serves goes on.
    pub fn refuse(&mut self, path: &Path, refused: Refused) {
        if let Some(seen) = self.files.get_mut(path) {
            seen.became = Became::Refused(refused);
        }
    }

    /// After all files were looked at: what has no file any more goes on where it is in use, and is dropped where it is not.
    pub fn settle(&mut self, in_use: impl Fn(&Key) -> bool) -> Left {
        let mut left = Left::default();
        let files = &self.files;
        let has_file = |key: &Key, shelf: &Shelf<C>| match files.get(&shelf.file).map(|seen| &seen.became) {
            None => false,
            Some(Became::Serves(served)) => served == key,
            // It is what this file was, and may be again.
            Some(Became::Pending | Became::Refused(_)) => true,
        };
        self.shelves.retain(|key, shelf| {
            let is_orphaned = !has_file(key, shelf);
            let was_orphaned = std::mem::replace(&mut shelf.is_orphaned, is_orphaned);
            if !shelf.is_orphaned {
                return true;
            }
            let used = in_use(key);
            if !used {
                left.dropped.push(key.clone());
            } else if !was_orphaned {
                left.orphaned.push(key.clone());
            }
            used
        });
        left
    }

    /// The plugin that an operator means.
    pub fn named(&self, name: &str, kind: Option<Kind>) -> Result<Key, NoWayBack> {
        let fits = |key: &&Key| key.name == name && kind.is_none_or(|kind| key.kind == kind);
        let found: Vec<&Key> = self.shelves.keys().filter(fits).collect();
        match found.as_slice() {
            [key] => Ok((*key).clone()),
            [] => Err(NoWayBack::Unknown { name: name.to_owned() }),
            several => {
                let found = several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                Err(NoWayBack::Ambiguous { name: name.to_owned(), found })
            }
        }
    }

    /// Whether this component has taken another's place a short while ago, and nobody has gone back since: then it is what is new that fails.
    pub fn is_fresh(&self, key: &Key, digest: Digest, now: Timestamp) -> bool {
        self.shelves.get(key).is_some_and(|Shelf { present, previous, is_rolled_back, .. }| {
            let is_it = present.component.digest() == digest && previous.is_some();
            is_it && !is_rolled_back && now.since_ms(present.since) < FRESH_MS
        })
    }

    /// What would serve again.
    pub fn way_back(&self, key: &Key) -> Result<&Generation<C>, NoWayBack> {
        let shelf = self.shelves.get(key).ok_or_else(|| NoWayBack::Unknown { name: key.name.clone() })?;
        let serving = shelf.present.number;
        let previous = shelf.previous.as_ref().ok_or_else(|| NoWayBack::First { key: key.clone(), serving })?;
        let (writes, reads) = (shelf.present.component.formats().writes, &previous.component.formats().reads);
        if !reads.contains(&writes) {
            let (key, reads) = (key.clone(), reads.clone());
            return Err(NoWayBack::Unreadable { key, serving, previous: previous.number, writes, reads });
        }
        Ok(previous)
    }

    /// The previous component serves again, as a generation of its own; the one that served is the previous one now.
    pub fn roll_back(&mut self, key: &Key, now: Timestamp) -> Result<u64, NoWayBack> {
        let component = self.way_back(key)?.component.clone();
        let present = self.generation(key, component, now);
        let number = present.number;
        if let Some(shelf) = self.shelves.get_mut(key) {
            shelf.previous = Some(std::mem::replace(&mut shelf.present, present));
            shelf.is_rolled_back = true;
        }
        Ok(number)
    }

    /// What serves under a name.
    pub fn present(&self, key: &Key) -> Option<&Generation<C>> {
        self.shelves.get(key).map(|shelf| &shelf.present)
    }

    /// What served before it.
    pub fn previous(&self, key: &Key) -> Option<&Generation<C>> {
        self.shelves.get(key)?.previous.as_ref()
    }

    /// All that serves.
    pub fn serving(&self) -> impl Iterator<Item = &C> {
        self.shelves.values().map(|shelf| &shelf.present.component)
    }

    /// All that there is to tell: plugins by kind and name, then the files that could not be told to be one of them.
    pub fn iter(&self) -> impl Iterator<Item = Holding<'_, C>> {
        let plugins = self.shelves.iter().map(|(key, shelf)| Holding {
            key: Some(key),
            file: &shelf.file,
            present: Some(&shelf.present),
            previous: shelf.previous.as_ref(),
            is_rolled_back: shelf.is_rolled_back,
            is_orphaned: shelf.is_orphaned,
            refused: self
                .refusals()
                .filter(|(file, refused)| is_about(key, shelf, file, refused))
                .max_by_key(|r| r.1.at),
        });
        let claimed = |file: &Path, refused: &Refused| {
            self.shelves.iter().any(|(key, shelf)| is_about(key, shelf, file, refused))
        };
        let others = self.refusals().filter(move |(file, refused)| !claimed(file, refused));
        plugins.chain(others.map(|(file, refused)| Holding {
            key: refused.key.as_ref(),
            file,
            present: None,
            previous: None,
            is_rolled_back: false,
            is_orphaned: false,
            refused: Some((file, refused)),
        }))
    }

    fn refusals(&self) -> impl Iterator<Item = (&Path, &Refused)> {
        self.files.iter().filter_map(|(file, seen)| match &seen.became {
            Became::Refused(refused) => Some((file.as_path(), refused)),
            Became::Pending | Became::Serves(_) => None,
        })
    }

    fn generation(&mut self, key: &Key, component: C, since: Timestamp) -> Generation<C> {
        let number = self.numbers.entry(key.clone()).or_insert(0);
        *number += 1;
        Generation { number: *number, component, since }
    }
}

/// Whether a refused file wanted to be this plugin: it says so, or it is the plugin's file.
fn is_about<C>(key: &Key, shelf: &Shelf<C>, file: &Path, refused: &Refused) -> bool {
    refused.key.as_ref().map_or(shelf.file == file, |refused| refused == key)
}

#[cfg(test)]
mod tests;
