//! Write rules, adapters and dialogs for Cordboard: one trait and one macro for each kind.
//!
//! The contracts themselves are `wit/`; this crate is their Rust face. A plugin is an ordinary crate of types `cdylib` and `rlib`:
//! everything but the export macros works natively, so its tests run under plain `cargo test` (with `cordboard-sdk-testing`).
//!
//! Invariant: nothing here reads a clock, a file, a socket or the system's randomness. What a plugin does depends only on what it was given.
#![doc = include_str!("../README.md")]

pub mod adapter;
#[doc(hidden)]
pub mod bindings;
pub mod dialog;
mod export;
#[doc(hidden)]
pub use export::{Plugin, Resource};
pub mod frame;
pub mod log;
pub mod model;
#[doc(hidden)]
pub mod panic;
pub mod random;
pub mod rule;
pub mod saved;
pub mod settings;
pub mod text;
