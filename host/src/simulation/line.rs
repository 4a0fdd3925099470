//! A connection between a client and an endpoint, with what is on its way either way, and the mailbox beside it.

use super::guests::Version;
use crate::centre::Effect;
use crate::model::adapter::Proof;
use crate::model::{FeedId, Seq};
use crate::shard::Post;
use crate::transport::endpoint::{Endpoint, EndpointConfig};
use crate::transport::mailbox::{Backlog, Mail};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// The mailbox without its bell: whoever looks decides when.
#[derive(Debug)]
pub(super) struct Letterbox(Mutex<Backlog>);

impl Letterbox {
    pub(super) fn new(config: &EndpointConfig) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Backlog::new(&config.limits, config.contacts))))
    }

    pub(super) fn take(&self) -> Option<Mail> {
        self.0.lock().unwrap().take()
    }

    /// Whether there is anything to take; a backlog that has ended always has.
    pub(super) fn has_mail(&self) -> bool {
        let mut backlog = self.0.lock().unwrap();
        !backlog.is_empty() || backlog.take().is_some()
    }
}

impl Post for Letterbox {
    fn post(&self, effect: Effect) {
        self.0.lock().unwrap().put(effect);
    }

    fn reset(&self) {
        self.0.lock().unwrap().reset();
    }
}

/// How the host ends a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Closing {
    /// After what was sent before.
    Politely(String),
    /// At once.
    Abruptly(String),
}

/// A question to a transcript.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pull {
    pub(super) feed: FeedId,
    pub(super) after: Seq,
    pub(super) limit: usize,
}

/// See the module.
pub(super) struct Line {
    /// Whose, as a place in the cast.
    pub(super) client: usize,
    pub(super) endpoint: Endpoint,
    pub(super) letterbox: Arc<Letterbox>,
    pub(super) to_host: Vec<u8>,
    pub(super) to_client: Vec<u8>,
    pub(super) pulls: VecDeque<Pull>,
    pub(super) proofs: VecDeque<Proof>,
    /// The client is gone: nobody reads any more, and after `to_host` nothing comes.
    pub(super) is_dropped: bool,
    pub(super) closing: Option<Closing>,
    /// What its guest is to go over to.
    pub(super) version_due: Option<Version>,
}
