//! Presence (RFC 2778) and what may be seen of a queue.

use super::{Alias, Attribute, Timestamp};
use serde::{Deserialize, Serialize};

/// RFC 2778 presence tuple: one device or service of a presentity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceTuple {
    /// Unique among the presentity's tuples.
    pub id: String,
    /// Basic status (RFC 3863): open or closed.
    pub open: bool,
    /// `available`, `away`, `busy`, `do-not-disturb`, `on-phone`, ...
    pub activity: String,
    /// `chat`, `voice`, ...
    pub medium: String,
    /// Where to reach the person by this medium; absent towards anyone who may not know it.
    pub contact: Option<String>,
    /// In the person's words.
    pub note: Option<String>,
    /// Higher is preferred; negative takes no messages (RFC 6121, 4.7.2.3).
    pub priority: i32,
    /// When it became so.
    pub since: Timestamp,
    /// Further facts.
    pub attributes: Vec<Attribute>,
}

impl PresenceTuple {
    /// Of a device that is open and takes chats.
    pub fn of(id: &str, activity: &str) -> Self {
        Self {
            id: id.to_owned(),
            open: true,
            activity: activity.to_owned(),
            medium: "chat".to_owned(),
            contact: None,
            note: None,
            priority: 0,
            since: Timestamp::default(),
            attributes: Vec::new(),
        }
    }
}

/// A whole view of one presentity for one watcher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Whose presence.
    pub presentity: Alias,
    /// Every device; none means unavailable.
    pub tuples: Vec<PresenceTuple>,
}

/// What a customer may see of the centre before starting a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueStatus {
    /// The queue's name.
    pub queue: String,
    /// Whether it takes sessions.
    pub open: bool,
    /// Sessions waiting.
    pub waiting: u32,
    /// Agents who could take one now.
    pub agents_available: u32,
    /// Agents signed in.
    pub agents_on_duty: u32,
    /// The longest wait among those waiting.
    pub longest_wait_ms: u64,
    /// Expected wait of one who joins now; absent when not known.
    pub wait_ms: Option<u64>,
    /// Pessimistic expected wait.
    pub wait_high_ms: Option<u64>,
    /// Media it serves.
    pub media: Vec<String>,
    /// Further facts.
    pub attributes: Vec<Attribute>,
}

/// Name and version of a person's IM software. An empty name: asked, and not told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Software {
    /// As the software calls itself.
    pub name: String,
    /// As the software says.
    pub version: String,
    /// What it can do, as far as known.
    pub features: Vec<String>,
}
