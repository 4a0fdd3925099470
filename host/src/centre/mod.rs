//! The pure core: owns sessions, queues, agents, presence and the address table of a shard.
pub mod effect;
pub mod input;
pub use effect::{Effect, Feed, Notice, message_id, parse_message_id};
pub use input::{Input, Opened};
