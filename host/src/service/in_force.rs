//! The configuration in force, shared by all who work by it: a reload puts another in its place.
//!
//! Invariant: whoever reads it has one whole configuration, the old or the new.

use crate::config::Config;
use std::sync::{Arc, PoisonError, RwLock};

/// See the [module](self).
#[derive(Debug, Clone)]
pub struct InForce(Arc<RwLock<Arc<Config>>>);

impl InForce {
    /// The configuration at the start.
    pub fn new(config: Config) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(config))))
    }

    /// As it is now.
    pub fn get(&self) -> Arc<Config> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Another from now on.
    pub(super) fn set(&self, config: Config) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }
}
