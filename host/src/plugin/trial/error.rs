//! Why a transcript is not as it should be: which file, which line, what was expected and found.

use super::Difference;
use crate::model::adapter::GuestFailure;
use crate::model::limits::{TRIAL_BYTES, TRIAL_CALLS, TRIALS, TRIALS_BYTES};
use crate::plugin::Kind;

/// A transcript that can't be played, or came out differently.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// A name that can't be a transcript's.
    #[error("a transcript has a name of 1 to 64 of a-z, 0-9 and - (and the ending .trial), found {found:?}")]
    Name {
        /// What it is called.
        found: String,
    },
    /// Too many bytes in one.
    #[error("trials/{trial}.trial: has {found} bytes, a transcript may have at most {TRIAL_BYTES}; make several of it")]
    TooLarge {
        /// Which.
        trial: String,
        /// Its bytes.
        found: usize,
    },
    /// Too many of them, or too many bytes in all.
    #[error(
        "a plugin may have at most {TRIALS} transcripts of {TRIALS_BYTES} bytes together; found {found} of {bytes} bytes"
    )]
    TooMany {
        /// How many.
        found: usize,
        /// Of how many bytes.
        bytes: usize,
    },
    /// Too many calls, over all of them.
    #[error("the transcripts of a plugin may have at most {TRIAL_CALLS} calls together, found {found}")]
    TooManyCalls {
        /// How many.
        found: usize,
    },
    /// Settings that the plugin takes, and its manifest does not.
    #[error(
        "trials/{trial}.trial: the plugin takes these settings, but the host would refuse them: [settings] of plugin.toml {reason}; correct \
         the schema or the transcript"
    )]
    Settings {
        /// Which.
        trial: String,
        /// What the schema wants.
        reason: String,
    },
    /// A line that can't be read.
    #[error("trials/{trial}.trial:{line}: {reason}")]
    Syntax {
        /// Which.
        trial: String,
        /// Counted from 1.
        line: usize,
        /// What was expected and found.
        reason: String,
    },
    /// A transcript for another kind of plugin.
    #[error("trials/{trial}.trial:1: is a transcript of a plugin of kind {found}, this plugin is of kind {wanted}")]
    OtherKind {
        /// Which.
        trial: String,
        /// Whose it is.
        found: Kind,
        /// What the manifest says.
        wanted: Kind,
    },
    /// The plugin failed.
    #[error("trials/{trial}.trial:{line}: > {call}\n    the plugin {failure}")]
    Failed {
        /// Which.
        trial: String,
        /// Of the call.
        line: usize,
        /// The call as it is written.
        call: String,
        /// What became of it.
        failure: GuestFailure,
    },
    /// All calls together took too much fuel.
    #[error(
        "trials/{trial}.trial:{line}: the transcripts of a plugin may take {fuel} units of fuel together, about a second, and are \
         above that here; leave some out"
    )]
    Fuel {
        /// Which.
        trial: String,
        /// Of the call that went beyond.
        line: usize,
        /// What they may take.
        fuel: u64,
    },
    /// It answers differently.
    #[error("{}", differences.iter().map(|found| found.told(trial)).collect::<Vec<_>>().join("\n"))]
    Differs {
        /// Which.
        trial: String,
        /// In the order of the calls; the first few.
        differences: Vec<Difference>,
    },
}
