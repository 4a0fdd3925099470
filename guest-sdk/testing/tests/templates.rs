//! The templates of `cordboard plugin new`, compiled as they stand, with their own tests.
//!
//! What becomes of them as crates and components is tested in the host.

#![allow(unreachable_pub, reason = "in a crate of their own they are its root")]

#[path = "../../templates/adapter/src/lib.rs"]
mod adapter;
#[path = "../../templates/dialog/src/lib.rs"]
mod dialog;
#[path = "../../templates/rule/src/lib.rs"]
mod rule;
