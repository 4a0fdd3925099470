//! Contract version 1: the generated bindings, the host's side of the imports, and conversions to and from the model.
//!
//! A folder or file for each package of `wit/`. What goes to a guest is converted from a reference, because the host keeps it (a
//! checkpoint's inputs); what comes from a guest is moved. Lists of references (`list<u32>`) go as they are.
//!
//! Invariant: every case of every variant is converted; there is no "cannot happen" between the two.

pub mod adapter;
mod bindings;
pub mod dialog;
mod imports;
pub mod rule;
pub mod types;

pub use bindings::adapter::{Adapter as AdapterGuest, AdapterPre, exports::cordboard::adapter::protocol};
pub use bindings::dialog::{Dialog as DialogGuest, DialogPre, exports::cordboard::dialog::script};
pub use bindings::rule::{RulePlugin as RuleGuest, RulePluginPre, exports::cordboard::strategy::rule as strategy};
pub use imports::{link_adapter, link_dialog, link_rule};

/// The version of the contracts spoken here.
pub const VERSION: &str = "1.0.0";

/// Copies for a guest what the host keeps.
fn copied<'a, A, B: From<&'a A>>(items: &'a [A]) -> Vec<B> {
    items.iter().map(B::from).collect()
}

/// Takes over what a guest has given.
fn taken<A, B: From<A>>(items: Vec<A>) -> Vec<B> {
    items.into_iter().map(B::from).collect()
}
