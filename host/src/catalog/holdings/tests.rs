//! Stories of single files, and any story at all: files that come, change, break, are renamed and go, and operators who go back.

use super::*;
use crate::trust::digest_of;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A component as a table of a test writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Plain {
    key: Key,
    content: u8,
    formats: Formats,
}

impl Component for Plain {
    fn key(&self) -> Key {
        self.key.clone()
    }

    fn digest(&self) -> Digest {
        digest_of(format!("{} {}", self.key, self.content).as_bytes())
    }

    fn formats(&self) -> &Formats {
        &self.formats
    }
}

fn plain(name: &str, content: u8) -> Plain {
    formatted(name, content, 1, &[1])
}

fn formatted(name: &str, content: u8, writes: u32, reads: &[u32]) -> Plain {
    Plain { key: Key::new(Kind::Rule, name), content, formats: Formats { writes, reads: reads.to_vec() } }
}

/// What a file has in it: a component, or something that is none.
type Content = Result<Plain, u8>;

/// Holdings and the folder they are of, as the keeper works on them.
#[derive(Default)]
struct Desk {
    holdings: Holdings<Plain>,
    folder: BTreeMap<PathBuf, Content>,
    used: BTreeSet<String>,
    now: u64,
}

impl Desk {
    fn new(used: &[&str]) -> Self {
        Self { used: used.iter().map(|name| (*name).to_owned()).collect(), ..Self::default() }
    }

    fn put(&mut self, file: &str, content: Content) -> Vec<String> {
        self.folder.insert(file.into(), content);
        self.look()
    }

    fn remove(&mut self, file: &str) -> Vec<String> {
        self.folder.remove(Path::new(file));
        self.look()
    }

    fn prints(&self) -> BTreeMap<PathBuf, Digest> {
        let print = |content: &Content| match content {
            Ok(plain) => plain.digest(),
            Err(bytes) => digest_of(&[*bytes]),
        };
        self.folder.iter().map(|(path, content)| (path.clone(), print(content))).collect()
    }

    /// What happened, a line each.
    fn look(&mut self) -> Vec<String> {
        self.now += 1;
        let now = Timestamp(self.now);
        let prints = self.prints();
        let changes = self.holdings.changes(&prints);
        self.holdings.begin(&changes, &prints);
        let mut told = Vec::new();
        for path in &changes.load {
            let refuse = |key, reason: String, behind| Refused { key, reason, at: now, behind };
            let Ok(candidate) = self.folder[path].clone() else {
                told.push(format!("{} refused", path.display()));
                self.holdings.refuse(path, refuse(None, "damaged".to_owned(), None));
                continue;
            };
            let key = candidate.key();
            match self.holdings.weigh(path, &candidate, self.used.contains(&key.name)) {
                Ok(standing) => {
                    let number = self.holdings.serve(path, candidate, now);
                    told.push(format!("{} {standing:?} {number}", path.display()));
                }
                Err(misfit) => {
                    let behind = match &misfit {
                        Misfit::Twice { first, .. } => Some(first.clone()),
                        Misfit::Unreadable { .. } => None,
                    };
                    told.push(format!("{} refused", path.display()));
                    self.holdings.refuse(path, refuse(Some(key), misfit.to_string(), behind));
                }
            }
        }
        let left = self.holdings.settle(|key| self.used.contains(&key.name));
        told.extend(left.orphaned.iter().map(|key| format!("{key} orphaned")));
        told.extend(left.dropped.iter().map(|key| format!("{key} dropped")));
        told
    }

    fn serving(&self, name: &str) -> Option<(u64, u8)> {
        let present = self.holdings.present(&Key::new(Kind::Rule, name))?;
        Some((present.number, present.component.content))
    }

    fn refusal(&self, name: &str) -> Option<String> {
        let row = self.holdings.iter().find(|row| row.key.is_some_and(|key| key.name == name))?;
        row.refused.map(|(_, refused)| refused.reason.clone())
    }

    fn roll_back(&mut self, name: &str) -> Result<u64, NoWayBack> {
        let key = self.holdings.named(name, None)?;
        self.holdings.roll_back(&key, Timestamp(self.now))
    }
}

#[test]
fn a_changed_file_is_the_next_generation_and_an_unchanged_one_nothing() {
    let mut desk = Desk::new(&["x"]);
    assert_eq!(desk.put("x.wasm", Ok(plain("x", 1))), ["x.wasm First 1"]);
    assert_eq!(desk.look(), Vec::<String>::new());
    assert_eq!(desk.put("x.wasm", Ok(plain("x", 2))), ["x.wasm Next 2"]);
    assert_eq!(desk.serving("x"), Some((2, 2)));
}

#[test]
fn what_is_refused_changes_nothing_and_is_seen_until_the_file_changes() {
    let mut desk = Desk::new(&["x"]);
    desk.put("x.wasm", Ok(plain("x", 1)));
    assert_eq!(desk.put("x.wasm", Err(0)), ["x.wasm refused"]);
    assert_eq!((desk.serving("x"), desk.refusal("x").as_deref()), (Some((1, 1)), Some("damaged")));
    assert_eq!(desk.look(), Vec::<String>::new(), "it is not looked at again");
    desk.holdings.doubt_refusals();
    assert_eq!(desk.look(), ["x.wasm refused"], "but where that is asked for");
    assert_eq!(desk.put("x.wasm", Ok(plain("x", 1))), ["x.wasm Same 1"]);
    assert_eq!(desk.refusal("x"), None);
}

#[test]
fn a_file_that_is_no_plugin_has_a_row_of_its_own() {
    let mut desk = Desk::new(&[]);
    desk.put("notes.wasm", Err(1));
    let rows: Vec<_> = desk.holdings.iter().map(|row| (row.key.is_none(), row.file.to_owned())).collect();
    assert_eq!(rows, [(true, PathBuf::from("notes.wasm"))]);
    desk.remove("notes.wasm");
    assert_eq!(desk.holdings.iter().count(), 0);
}

#[test]
fn of_two_files_with_one_name_the_first_serves_until_it_is_gone() {
    let mut desk = Desk::new(&["x"]);
    desk.put("b.wasm", Ok(plain("x", 1)));
    assert_eq!(desk.put("a.wasm", Ok(plain("x", 2))), ["a.wasm refused"]);
    let reason = desk.refusal("x").unwrap();
    assert_eq!(reason, "plugin x: b.wasm and a.wasm are both the rule x; remove one of them");
    assert_eq!(
        desk.put("b.wasm", Ok(plain("x", 3))),
        ["b.wasm Next 2", "a.wasm refused"],
        "the one that serves goes first"
    );
    assert_eq!(desk.remove("b.wasm"), ["a.wasm Next 3"]);
    assert_eq!(desk.serving("x"), Some((3, 2)));
}

#[test]
fn files_may_exchange_their_names() {
    let mut desk = Desk::new(&["x", "y"]);
    desk.put("a.wasm", Ok(plain("x", 1)));
    desk.put("b.wasm", Ok(plain("y", 1)));
    desk.folder.insert("a.wasm".into(), Ok(plain("y", 2)));
    assert_eq!(desk.put("b.wasm", Ok(plain("x", 2))), ["a.wasm Next 2", "b.wasm Next 2"]);
}

#[test]
fn a_removed_file_orphans_what_is_named_and_drops_what_is_not() {
    let mut desk = Desk::new(&["x"]);
    desk.put("x.wasm", Ok(plain("x", 1)));
    desk.put("y.wasm", Ok(plain("y", 1)));
    assert_eq!(desk.remove("x.wasm"), ["rule x orphaned"]);
    assert_eq!(desk.look(), Vec::<String>::new(), "said once");
    assert_eq!(desk.remove("y.wasm"), ["rule y dropped"]);
    assert_eq!(desk.put("x.wasm", Ok(plain("x", 1))), ["x.wasm Same 1"], "it was only moved");
    assert_eq!(desk.put("y.wasm", Ok(plain("y", 1))), ["y.wasm First 2"], "numbers are not given twice");
}

#[test]
fn a_rollback_holds_until_the_file_changes() {
    let mut desk = Desk::new(&["x"]);
    desk.put("x.wasm", Ok(plain("x", 1)));
    let first = desk.roll_back("x").unwrap_err().to_string();
    assert_eq!(
        first,
        "the rule x has no previous generation: generation 1 is the first that this process has put in service"
    );
    desk.put("x.wasm", Ok(plain("x", 2)));
    assert_eq!(desk.roll_back("x").unwrap(), 3);
    assert_eq!(desk.serving("x"), Some((3, 1)));
    assert_eq!(desk.look(), Vec::<String>::new());
    assert_eq!(desk.serving("x"), Some((3, 1)));
    assert_eq!(desk.roll_back("x").unwrap(), 4, "and back");
    assert_eq!(desk.serving("x"), Some((4, 2)));
    assert_eq!(desk.put("x.wasm", Ok(plain("x", 3))), ["x.wasm Next 5"]);
    let unknown = desk.roll_back("z").unwrap_err().to_string();
    assert_eq!(unknown, "no plugin called z is in service; `cordboard plugins` shows those that are");
}

#[test]
fn formats_that_nobody_could_read_are_refused_before_anything_is_swapped() {
    let mut desk = Desk::new(&["x"]);
    desk.put("x.wasm", Ok(formatted("x", 1, 1, &[1])));
    assert_eq!(desk.put("x.wasm", Ok(formatted("x", 2, 2, &[2]))), ["x.wasm refused"]);
    assert_eq!(
        desk.refusal("x").unwrap(),
        "plugin x: can't take over from generation 1: expected 1, the format of states that serves now, among `state.reads` of its \
         plugin.toml, found [2]; teach it to read that format, or put it in with a restart"
    );
    assert_eq!(desk.put("x.wasm", Ok(formatted("x", 3, 2, &[1, 2]))), ["x.wasm Next 2"]);
    assert_eq!(
        desk.roll_back("x").unwrap_err().to_string(),
        "the rule x can't go back to generation 1: generation 2 saves states in format 2, and generation 1 reads [1]; what serves goes on. \
         Put a version in the folder that reads format 2"
    );
    assert_eq!(desk.serving("x"), Some((2, 3)));
    desk.put("y.wasm", Ok(formatted("y", 1, 1, &[1])));
    assert_eq!(desk.put("y.wasm", Ok(formatted("y", 2, 2, &[2]))), ["y.wasm Next 2"], "nothing of it is at work");
}

#[test]
fn a_name_of_two_kinds_has_to_be_told_apart() {
    let mut desk = Desk::new(&["x"]);
    desk.put("x.wasm", Ok(plain("x", 1)));
    desk.put("x-adapter.wasm", Ok(Plain { key: Key::new(Kind::Adapter, "x"), ..plain("x", 1) }));
    let told = desk.roll_back("x").unwrap_err().to_string();
    assert_eq!(told, "there is more than one plugin called x: rule x, adapter x; say which with --kind");
    assert_eq!(desk.holdings.named("x", Some(Kind::Adapter)).unwrap(), Key::new(Kind::Adapter, "x"));
}

#[derive(Debug, Clone)]
enum Act {
    Put(u8, Result<(u8, u8, u32, bool), u8>),
    Remove(u8),
    Rename(u8, u8),
    Look,
    RollBack(u8),
    Doubt,
}

fn act() -> impl Strategy<Value = Act> {
    let content = prop_oneof![
        4 => (0..3_u8, 0..4_u8, 1..3_u32, any::<bool>()).prop_map(Ok),
        1 => (0..3_u8).prop_map(Err),
    ];
    prop_oneof![
        6 => (0..4_u8, content).prop_map(|(file, content)| Act::Put(file, content)),
        2 => (0..4_u8).prop_map(Act::Remove),
        1 => (0..4_u8, 0..4_u8).prop_map(|(from, to)| Act::Rename(from, to)),
        3 => Just(Act::Look),
        2 => (0..3_u8).prop_map(Act::RollBack),
        1 => Just(Act::Doubt),
    ]
}

fn name(number: u8) -> String {
    format!("p{number}")
}

fn file(number: u8) -> PathBuf {
    format!("f{number}.wasm").into()
}

impl Desk {
    /// Several things may happen before anybody looks.
    fn act(&mut self, act: &Act) -> Result<(), TestCaseError> {
        match *act {
            Act::Put(at, content) => {
                let made = |(plugin, content, writes, reads_both): (u8, u8, u32, bool)| {
                    let reads: &[u32] = if reads_both { &[1, 2] } else { &[writes] };
                    formatted(&name(plugin), content + 10 * u8::try_from(writes).unwrap(), writes, reads)
                };
                self.folder.insert(file(at), content.map(made));
            }
            Act::Remove(at) => drop(self.folder.remove(&file(at))),
            Act::Rename(from, to) => {
                if let Some(content) = self.folder.remove(&file(from)) {
                    self.folder.insert(file(to), content);
                }
            }
            Act::Look => self.look_twice()?,
            Act::RollBack(plugin) => self.roll_back_checked(&name(plugin))?,
            Act::Doubt => self.holdings.doubt_refusals(),
        }
        Ok(())
    }

    fn look_twice(&mut self) -> Result<(), TestCaseError> {
        let before = self.holdings.clone();
        self.look();
        self.check_step(&before)?;
        let again = self.look();
        prop_assert_eq!(again, Vec::<String>::new(), "an unchanged folder is nothing");
        for (path, seen) in &self.holdings.files {
            prop_assert!(!matches!(seen.became, Became::Pending), "{} is left over", path.display());
        }
        Ok(())
    }

    fn roll_back_checked(&mut self, name: &str) -> Result<(), TestCaseError> {
        let before = self.holdings.clone();
        let key = Key::new(Kind::Rule, name);
        if self.roll_back(name).is_err() {
            return Ok(());
        }
        let (was, is) = (&before.shelves[&key], &self.holdings.shelves[&key]);
        prop_assert_eq!(Some(&is.present.component), was.previous.as_ref().map(|previous| &previous.component));
        prop_assert_eq!(is.previous.as_ref(), Some(&was.present));
        prop_assert!(is.present.component.formats.reads.contains(&was.present.component.formats.writes));
        self.check_step(&before)
    }

    fn check_step(&self, before: &Holdings<Plain>) -> Result<(), TestCaseError> {
        for (key, was) in &before.shelves {
            let is = self.holdings.shelves.get(key);
            prop_assert!(is.is_some() || !self.used.contains(&key.name), "{} was in use", key);
            let Some(is) = is else { continue };
            prop_assert!(is.present.number >= was.present.number);
            if is.present.number == was.present.number {
                prop_assert_eq!(&is.present.component, &was.present.component, "a number is of one component");
            } else if self.used.contains(&key.name) {
                let writes = was.present.component.formats.writes;
                prop_assert!(is.present.component.formats.reads.contains(&writes), "machines can go on");
            }
        }
        let mut serving = BTreeSet::new();
        for seen in self.holdings.files.values() {
            if let Became::Serves(key) = &seen.became {
                prop_assert!(serving.insert(key.clone()), "{} has two files", key);
                prop_assert!(self.holdings.shelves.contains_key(key));
            }
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn any_story_of_a_folder_keeps_what_is_in_use(acts in prop::collection::vec(act(), 1..60)) {
        let mut desk = Desk::new(&["p0", "p1"]);
        for act in acts {
            desk.act(&act)?;
        }
        desk.look_twice()?;
    }
}
