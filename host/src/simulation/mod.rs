//! The whole host without sockets, threads or clock: real endpoints with the real adapter in its sandbox, the real centre driven as the
//! shard drives it, a store in memory that fails as told, and people whose software is a small XMPP client.
//!
//! ```text
//!  client ─bytes─► line: Endpoint ─submit─► ByHand: Centre ─batch─► PoweredStore ─► FaultyStore ─► MemoryStore
//!     ▲              ▲    │ bytes              │ effects, once stored
//!     └──────────────┼────┘                    ▼
//!                    └────────────────── Letterbox: Backlog
//! ```
//!
//! [`world::World`] does one step at a time; which one, a seed decides. [`power::Power`] counts the moments at which the process may
//! die: before and after each commit, settlement, send and save. When it dies, everything but the store and the people is dropped.
//! [`laws`] says what must hold in the end. Same seed, same run: a failure names its seed or its moment.
//!
//! Invariant: nothing here decides what the host does; where the order of steps matters, the code that the driver runs is called.

mod client;
mod dice;
mod guests;
mod laws;
mod leaks;
mod line;
mod planted;
mod power;
mod random;
mod script;
mod stage;
mod stories;
mod sweep;
mod world;
mod xml;
