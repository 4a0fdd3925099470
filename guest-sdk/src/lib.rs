//! Write rules, adapters and dialogs for Cordboard.
pub mod bindings;
