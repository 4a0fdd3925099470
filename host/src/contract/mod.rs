//! The contracts between the host and its guests: a folder for each major version of `wit/`.
//!
//! Generated types end here. A contract is converted to and from [`crate::model`], so that a new major version of the
//! contracts is a new folder beside `v1` and touches nothing above.

pub mod v1;
