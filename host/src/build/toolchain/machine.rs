//! The machine that plugins are compiled on: looking at it, and installing something.

use crate::build::{environment, patience};
use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What the search for a compiler needs of a machine; tests have their own.
pub trait Machine {
    /// Whether there is something, links followed.
    fn exists(&self, path: &Path) -> bool;
    /// What is in a folder, in the order of the names; nothing if there is no such folder.
    fn folder(&self, path: &Path) -> Vec<PathBuf>;
    /// Where a link leads, whether anything is there or not.
    fn link(&self, path: &Path) -> Option<PathBuf>;
    /// The program of that name.
    fn on_path(&self, name: &str) -> Option<PathBuf>;
    /// What a program says that answers at once; `None` if it fails.
    fn ask(&self, program: &Path, arguments: &[&str]) -> Option<String>;
    /// Where rustup keeps its toolchains.
    fn rustup_home(&self) -> Option<PathBuf>;
    /// Whether packages may be installed.
    fn is_root(&self) -> bool;
    /// Tells the user what is going on.
    fn say(&mut self, text: &str);
    /// Runs a command to its end, unless neither its output nor the files in `watched` move for the time of `still`.
    fn run(&mut self, command: &[&str], watched: Option<&Path>, still: Duration) -> Result<(), String>;
}

/// This machine.
pub struct Local<'a> {
    dir: PathBuf,
    say: &'a mut dyn FnMut(&str),
}

impl std::fmt::Debug for Local<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Local").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl<'a> Local<'a> {
    /// The compiler that is active in `dir` comes first; `say` gets single lines.
    pub fn new(dir: &Path, say: &'a mut dyn FnMut(&str)) -> Self {
        Self { dir: dir.to_path_buf(), say }
    }
}

impl Machine for Local<'_> {
    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn folder(&self, path: &Path) -> Vec<PathBuf> {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        entries.sort();
        entries
    }

    fn link(&self, path: &Path) -> Option<PathBuf> {
        fs::read_link(path).ok()
    }

    fn on_path(&self, name: &str) -> Option<PathBuf> {
        let path = env::var_os("PATH")?;
        env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
    }

    fn ask(&self, program: &Path, arguments: &[&str]) -> Option<String> {
        let mut command = Command::new(program);
        let output = environment::clean(&mut command).args(arguments).current_dir(&self.dir).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn rustup_home(&self) -> Option<PathBuf> {
        env::var_os("RUSTUP_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".rustup")))
    }

    fn is_root(&self) -> bool {
        fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
    }

    fn say(&mut self, text: &str) {
        (self.say)(text);
    }

    fn run(&mut self, command: &[&str], watched: Option<&Path>, still: Duration) -> Result<(), String> {
        let mut process = Command::new(command[0]);
        environment::clean(&mut process)
            .args(&command[1..])
            .current_dir(&self.dir)
            .env("DEBIAN_FRONTEND", "noninteractive");
        let size = || watched.map(bytes_in).unwrap_or_default();
        patience::run(process, still, size).map_err(|error| format!("`{}`: {error}", command.join(" ")))
    }
}

fn bytes_in(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|entry| entry.metadata().ok()).map(|file| file.len()).sum()
}
