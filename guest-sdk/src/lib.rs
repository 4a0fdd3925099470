//! Write rules, adapters and dialogs for Cordboard.

pub mod adapter;
#[doc(hidden)]
pub mod bindings;
pub mod model;
