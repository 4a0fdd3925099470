//! The plugins of a folder, by kind and name.

use super::error::PluginError;
use super::loader::{About, AdapterComponent, AnyPlugin, DialogComponent, Loader, RuleComponent};
use super::manifest::Kind;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Plugins of one moment. A changed folder is a new set; machines keep what they were made of as long as they live.
#[derive(Debug, Clone, Default)]
pub struct PluginSet {
    folder: PathBuf,
    plugins: BTreeMap<(Kind, String), AnyPlugin>,
}

impl PluginSet {
    /// Loads every `*.wasm` of a folder, in the order of names. Returns what could be loaded, and all that was refused.
    pub fn load(loader: &Loader, folder: &Path) -> (Self, Vec<PluginError>) {
        let mut set = Self { folder: folder.to_owned(), plugins: BTreeMap::new() };
        let mut refused = Vec::new();
        let files = component_files(folder).unwrap_or_else(|error| {
            refused.push(error);
            Vec::new()
        });
        for path in files {
            if let Err(error) = loader.load_file(&path).and_then(|plugin| set.insert(plugin)) {
                refused.push(error);
            }
        }
        (set, refused)
    }

    /// These plugins, of which no two have the same kind and name. `folder` is where they are looked for, in messages.
    pub fn of(folder: &Path, plugins: impl IntoIterator<Item = AnyPlugin>) -> Self {
        let keyed = |plugin: AnyPlugin| {
            let manifest = &plugin.about().manifest;
            ((manifest.kind, manifest.name.clone()), plugin)
        };
        Self { folder: folder.to_owned(), plugins: plugins.into_iter().map(keyed).collect() }
    }

    /// Adds a plugin; refuses a second one of the same kind and name.
    pub fn insert(&mut self, plugin: AnyPlugin) -> Result<(), PluginError> {
        let About { manifest, path, .. } = plugin.about();
        let key = (manifest.kind, manifest.name.clone());
        if let Some(first) = self.plugins.get(&key) {
            let (kind, plugin) = key;
            return Err(PluginError::Twice { plugin, kind, first: first.about().path.clone(), second: path.clone() });
        }
        self.plugins.insert(key, plugin);
        Ok(())
    }

    /// The rule of that name.
    pub fn rule(&self, name: &str) -> Result<&Arc<RuleComponent>, PluginError> {
        match self.get(Kind::Rule, name) {
            Some(AnyPlugin::Rule(plugin)) => Ok(plugin),
            _ => Err(self.unknown(Kind::Rule, name)),
        }
    }

    /// The adapter of that name.
    pub fn adapter(&self, name: &str) -> Result<&Arc<AdapterComponent>, PluginError> {
        match self.get(Kind::Adapter, name) {
            Some(AnyPlugin::Adapter(plugin)) => Ok(plugin),
            _ => Err(self.unknown(Kind::Adapter, name)),
        }
    }

    /// The dialog of that name.
    pub fn dialog(&self, name: &str) -> Result<&Arc<DialogComponent>, PluginError> {
        match self.get(Kind::Dialog, name) {
            Some(AnyPlugin::Dialog(plugin)) => Ok(plugin),
            _ => Err(self.unknown(Kind::Dialog, name)),
        }
    }

    /// All of them, by kind and name.
    pub fn iter(&self) -> impl Iterator<Item = &AnyPlugin> {
        self.plugins.values()
    }

    fn get(&self, kind: Kind, name: &str) -> Option<&AnyPlugin> {
        self.plugins.get(&(kind, name.to_owned()))
    }

    fn unknown(&self, kind: Kind, name: &str) -> PluginError {
        let names: Vec<_> = self.plugins.keys().filter(|(k, _)| *k == kind).map(|(_, name)| name.as_str()).collect();
        let found = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        PluginError::Unknown { plugin: name.to_owned(), kind, folder: self.folder.clone(), found }
    }
}

/// Plugin files of a folder, sorted. Hidden ones are somebody's half-written copies.
pub fn component_files(folder: &Path) -> Result<Vec<PathBuf>, PluginError> {
    let unreadable = |e: std::io::Error| PluginError::Unreadable { path: folder.to_owned(), reason: e.to_string() };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.extension().is_some_and(|extension| extension == "wasm") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
