//! A pool's chains: the one in service, and candidates beside it.
//!
//! ```text
//!            ┌─ of the canary's share ─► canary ──one of its rules fails──┐
//! session ───┤                                                           ▼
//!            └─ all others ──────────────────────────────────────────► service ─► shadow is asked the same; its answer is only compared
//! ```
//! Invariant: which chain decides about a session follows from the session's number, the settings, and whether the canary is rolled back.

use super::SessionId;
use serde::{Deserialize, Serialize};

/// Canaries' shares are counted in millionths.
pub const WHOLE_PPM: u32 = 1_000_000;

/// One of a pool's chains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lane {
    /// The one in service.
    #[default]
    Service,
    /// A candidate that decides about a share of the sessions.
    Canary,
    /// A candidate that is asked, and decides nothing.
    Shadow,
}

impl Lane {
    /// All, the one in service first.
    pub const ALL: [Self; 3] = [Self::Service, Self::Canary, Self::Shadow];

    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Canary => "canary",
            Self::Shadow => "shadow",
        }
    }

    /// Under which name the memory of one of its rules is stored; no rule's name has a slash.
    pub fn stored_as(self, rule: &str) -> String {
        match self {
            Self::Service => rule.to_owned(),
            Self::Canary | Self::Shadow => format!("{}/{rule}", self.as_str()),
        }
    }

    /// Whose memory is stored under a name.
    pub fn of_stored(name: &str) -> (Self, &str) {
        let of = |lane: Self| name.strip_prefix(lane.as_str())?.strip_prefix('/').map(|rule| (lane, rule));
        of(Self::Canary).or_else(|| of(Self::Shadow)).unwrap_or((Self::Service, name))
    }
}

/// A chain that decides about a share of a pool's sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    /// Names of rules, the most significant first.
    pub rules: Vec<String>,
    /// How many of a million sessions, at most [`WHOLE_PPM`].
    pub share_ppm: u32,
}

/// Whether a session is among so many of a million: the same for the same session always, and another session's is no hint.
pub fn is_in_share(session: SessionId, share_ppm: u32) -> bool {
    mixed(session.0) % u64::from(WHOLE_PPM) < u64::from(share_ppm)
}

/// The finaliser of `SplitMix64` (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014), so that the numbers of sessions,
/// which count up, fall evenly.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests;
