//! Real components in the real engine. The vices are those of `tests/bad_plugins/`.

mod adapter;
mod chains;
mod check;
pub(crate) mod components;
mod dialog;
mod histories;
mod manifest;
mod rule;
mod schema;
mod set;
