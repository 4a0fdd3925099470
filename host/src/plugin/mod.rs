//! One plugin: its manifest, the check of its file, and the machines made of it.
//!
//! [`Loader`] turns bytes into a checked and compiled [`Plugin`]; [`RulePlugin`], [`AdapterPlugin`] and [`DialogPlugin`] implement the
//! core's traits over it. Which file serves where, and what becomes of an older one, is not decided here.
//!
//! Invariant: whatever a guest does, the caller gets an answer or a [`GuestFailure`](crate::model::adapter::GuestFailure), within its
//! limits.

mod adapter;
mod check;
mod dialog;
mod error;
mod file;
pub mod inspect;
mod loader;
mod manifest;
mod rule;
mod schema;
mod section;
mod set;
mod stats;
pub mod trial;

#[cfg(test)]
pub(crate) mod tests;

pub use adapter::{AdapterPlugin, Sorter};
pub use check::{Checked, check};
pub use dialog::DialogPlugin;
pub use error::PluginError;
pub use file::{PluginFile, signature_of};
pub use loader::{About, AdapterComponent, AnyPlugin, DialogComponent, Loader, Plugin, RuleComponent};
pub use manifest::{Formats, Kind, Manifest, ManifestError, Wishes};
pub use rule::RulePlugin;
pub use schema::{Fault, Misfit, Schema};
pub use section::{SECTION, embed, extract};
pub use set::{PluginSet, component_files};
pub use stats::{Registry, Snapshot, Stats, StruckOut};
