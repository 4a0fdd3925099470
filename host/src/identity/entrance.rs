//! What a listener lets in: side, domain, and mechanisms with and without TLS.
//!
//! It ends at the rule; `exchange` keeps it. Invariant: on the agents' side nobody comes in without an account.

use crate::model::{Failure, Side};

/// A SASL mechanism that we serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mechanism {
    /// RFC 7677.
    ScramSha256,
    /// RFC 5802.
    ScramSha1,
    /// RFC 4616.
    Plain,
    /// RFC 4505.
    Anonymous,
}

impl Mechanism {
    /// All, strongest first.
    pub const ALL: [Self; 4] = [Self::ScramSha256, Self::ScramSha1, Self::Plain, Self::Anonymous];

    /// The name that IANA knows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha1 => "SCRAM-SHA-1",
            Self::Plain => "PLAIN",
            Self::Anonymous => "ANONYMOUS",
        }
    }

    /// The mechanism of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mechanism| mechanism.as_str() == name)
    }
}

/// What one listener lets in. Its owner is the operator's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    /// Whose accounts it knows.
    pub side: Side,
    /// The domain that an authorization identity may name (`joe@<domain>`).
    pub domain: String,
    /// Whether guests may come in (ANONYMOUS); never on the agents' side.
    pub guests: bool,
    /// Whether SCRAM is served without TLS.
    pub scram_in_clear: bool,
    /// Whether PLAIN, and thereby passwords, may cross the network without TLS.
    pub plain_in_clear: bool,
}

impl Entrance {
    /// The usual one: everything under TLS, nothing without.
    pub fn new(side: Side, domain: impl Into<String>) -> Self {
        Self { side, domain: domain.into(), guests: false, scram_in_clear: false, plain_in_clear: false }
    }

    /// The mechanisms served, strongest first.
    pub fn mechanisms(&self, secured: bool) -> impl Iterator<Item = Mechanism> {
        Mechanism::ALL.into_iter().filter(move |mechanism| self.serves(*mechanism, secured))
    }

    /// The same as the setup attributes `mechanisms` and `mechanisms-clear` want it: names with spaces between.
    pub fn mechanism_names(&self, secured: bool) -> String {
        self.mechanisms(secured).map(Mechanism::as_str).collect::<Vec<_>>().join(" ")
    }

    fn serves(&self, mechanism: Mechanism, secured: bool) -> bool {
        match mechanism {
            Mechanism::ScramSha256 | Mechanism::ScramSha1 => secured || self.scram_in_clear,
            Mechanism::Plain => secured || self.plain_in_clear,
            Mechanism::Anonymous => {
                self.guests && self.side == Side::Customer && (secured || self.scram_in_clear || self.plain_in_clear)
            }
        }
    }

    /// The mechanism of that name, if this entrance serves it on such a channel.
    pub(super) fn admit(&self, scheme: &str, secured: bool) -> Result<Mechanism, Failure> {
        let known = || Mechanism::ALL.map(Mechanism::as_str).join(", ");
        let Some(mechanism) = Mechanism::parse(scheme) else {
            return Err(Failure::new("unsupported", format!("this mechanism is unknown here; known are {}", known())));
        };
        if self.serves(mechanism, secured) {
            Ok(mechanism)
        } else if self.serves(mechanism, true) {
            Err(Failure::new("not-allowed", format!("{scheme} is served under TLS only")))
        } else {
            Err(Failure::new("not-allowed", format!("{scheme} is not served here")))
        }
    }
}
