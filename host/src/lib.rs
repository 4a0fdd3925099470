//! Cordboard connects people on any instant messenger to the right customer service agent.
//!
//! `ARCHITECTURE.md` beside this crate is the map; `main.rs` is the program, this library is all of it.

pub mod build;
pub mod catalog;
pub mod centre;
pub mod cli;
pub mod config;
pub mod contract;
pub mod control;
pub mod engine;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod identity;
pub mod intake;
pub mod model;
pub mod plugin;
pub mod rehearsal;
pub mod service;
pub mod shard;
pub mod shutdown;
#[cfg(test)]
mod simulation;
pub mod storage;
pub mod telemetry;
pub mod text;
pub mod transport;
pub mod trust;
pub mod waiting;
pub mod web;
