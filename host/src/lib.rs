//! Cordboard connects people on any instant messenger to the right customer service agent.
//!
//! `ARCHITECTURE.md` beside this crate is the map; `main.rs` is the program, this library is all of it.

pub mod build;
pub mod centre;
pub mod model;
pub mod storage;
