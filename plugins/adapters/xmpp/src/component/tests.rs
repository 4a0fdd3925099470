//! A component of somebody's server, and the people there.

mod bans;
mod conversation;
mod handshake;
mod hostile;
mod links;
mod people;
mod presence;
mod reconnect;
mod skip;
