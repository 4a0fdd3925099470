//! What is measured: where people connect, and which process serves them.

use crate::client::Login;
use crate::process::Process;
use std::net::SocketAddr;

/// A listener and its domain.
#[derive(Debug, Clone)]
pub struct Door {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its domain.
    pub domain: String,
}

impl Door {
    /// Signs in here.
    pub fn login(&self, account: Option<(String, String)>, acks: bool) -> Login {
        Login { address: self.address, domain: self.domain.clone(), account, acks }
    }
}

/// A server under test.
#[derive(Debug, Clone)]
pub struct Server {
    /// For tables: `cordboard`, `prosody`, ...
    pub name: String,
    /// Where customers connect; on a plain server everybody.
    pub customers: Door,
    /// Who serves; absent: memory and processor time are not measured.
    pub process: Option<Process>,
    /// Absent: a plain XMPP server, on which people write to each other.
    pub centre: Option<Centre>,
    /// Accounts of a plain server, two for a pair; none: guests.
    pub accounts: Vec<(String, String)>,
}

/// What a Cordboard has more.
#[derive(Debug, Clone)]
pub struct Centre {
    /// Where agents connect.
    pub agents: Door,
    /// The alias that customers write to.
    pub link: String,
    /// Agents' names and passwords, one for a pair.
    pub accounts: Vec<(String, String)>,
}
