//! Transcripts: what a plugin is given and what it should answer, one file each in its `trials/` folder.
//!
//! The files are embedded in the component as they stand ([`SECTION`]), so that a host can try a new version before it is put in service. A
//! transcript is played in the real engine with the real limits. This is one of a rule:
//!
//! ```text
//! # Who has been idle longest is asked first.
//! trial 1 rule
//! setup {"settings":{}}
//! at 100000
//! > agent {"agent":1,"name":"ann","idle_since":300}
//! > agent {"agent":2,"name":"jim","idle_since":100}
//! > session {"session":7,"queue":"billing"}
//! > rank-agents {"session":7}
//! < keep [{"agent":1,"tier":1},{"agent":2,"tier":0}]
//! ```
//!
//! - The first line names the format and the plugin's kind. `#` begins a comment.
//! - `setup` is what it is opened with; without it, with defaults ([`setup`]).
//! - `at` is the time of what follows, in milliseconds: `at 100000`, or later by so many: `at +500`.
//! - `>` goes in, `<` should come out: a word and its content, written as [`plain`] says. `reload` saves the plugin and restores it.
//!
//! | kind | goes in | comes out |
//! |---|---|---|
//! | rule | changes (`agent`, `agent-gone`, `session`, `session-gone`, `queue`), `rank-agents`, `rank-sessions`, `learned`, `consulted` | the verdict, `recheck`, `note` |
//! | adapter | the inputs of `wit/adapter`, `sort-key` | its outputs, `key` |
//! | dialog | the events of `wit/dialog` | its actions |
//!
//! What a plugin says when it is opened and refuses is `< refused "why"`, in front of the first `>`. Any other failure fails the transcript.
//!
//! Invariant: a transcript has time, seed and setup in it, so that it comes out the same everywhere, every time.

mod blessing;
mod difference;
mod error;
mod law;
pub(in crate::plugin) mod people;
mod plain;
mod setup;
mod stage;
mod text;

#[cfg(test)]
mod tests;

pub use difference::Difference;
pub use error::TrialError;
pub use law::{Observed, check as check_law};

use super::loader::AnyPlugin;
use super::schema::{Fault, Misfit};
use super::section;
use crate::model::limits::{TRIAL_BYTES, TRIAL_CALLS, TRIAL_FUEL, TRIALS, TRIALS_BYTES};
use setup::Setup;
use stage::Stage;
use text::Trial;

/// The custom section that holds a transcript: the name of its file without `.trial`, a line feed, the file as it stands.
pub const SECTION: &str = "cordboard:trial";
/// How the files end.
pub const EXTENSION: &str = "trial";
/// Differences that are told of one transcript.
const DIFFERENCES: usize = 8;

/// A transcript's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// The file's name without its ending.
    pub name: String,
    /// All of it.
    pub text: String,
}

/// What went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Passed {
    /// Transcripts.
    pub trials: usize,
    /// Calls of the plugin, over all of them.
    pub calls: usize,
}

/// Plays the transcripts that are embedded in a component with the plugin that was loaded of it, under the limits that it was loaded with.
///
/// This is the trial of a new version before it is put in service. What it may take is bounded by what may be embedded ([`TRIALS`],
/// [`TRIALS_BYTES`], [`TRIAL_CALLS`]) and by the fuel of all calls ([`TRIAL_FUEL`]); it blocks for as long, so it is nothing for a thread of
/// the runtime. The plugin's own tally counts nothing of it.
///
/// The first transcript that does not come out as it should is the error. A component without transcripts passes.
pub fn check_embedded(plugin: &AnyPlugin, component: &[u8]) -> Result<Passed, TrialError> {
    let plugin = plugin.on_trial();
    let mut passed = Passed::default();
    for transcript in embedded(component)? {
        passed.calls += play(&plugin, &transcript)?;
        passed.trials += 1;
    }
    Ok(passed)
}

/// The transcripts in a component, in their order; those of the outermost component alone. Too many, or too many calls, are an error.
pub fn embedded(component: &[u8]) -> Result<Vec<Transcript>, TrialError> {
    let sections = section::contents(component, SECTION);
    let bytes: usize = sections.iter().map(|content| content.len()).sum();
    if sections.len() > TRIALS || bytes > TRIALS_BYTES {
        return Err(TrialError::TooMany { found: sections.len(), bytes });
    }
    let transcripts = sections.into_iter().map(Transcript::from_section).collect::<Result<Vec<_>, _>>()?;
    let calls = transcripts.iter().map(Transcript::calls).sum();
    if calls > TRIAL_CALLS { Err(TrialError::TooManyCalls { found: calls }) } else { Ok(transcripts) }
}

/// Plays one transcript with a plugin that is [on trial](AnyPlugin::on_trial); returns the number of calls.
pub fn play(plugin: &AnyPlugin, transcript: &Transcript) -> Result<usize, TrialError> {
    play_within(TRIAL_FUEL, plugin, transcript)
}

fn play_within(fuel: u64, plugin: &AnyPlugin, transcript: &Transcript) -> Result<usize, TrialError> {
    let trial = Trial::parse(transcript)?;
    let played = perform(fuel, plugin, transcript, &trial)?;
    let differences: Vec<Difference> = difference::all(&trial, &played).take(DIFFERENCES).collect();
    if differences.is_empty() {
        return Ok(played.len());
    }
    Err(TrialError::Differs { trial: transcript.name.clone(), differences })
}

/// The transcript with what the plugin answers now in place of what it should answer; comments and calls stay.
pub fn record(plugin: &AnyPlugin, transcript: &Transcript) -> Result<String, TrialError> {
    let trial = Trial::parse(transcript)?;
    let played = perform(TRIAL_FUEL, plugin, transcript, &trial)?;
    Ok(blessing::bless(&transcript.text, &trial, &played))
}

/// Whether a transcript can be read, and is one of this kind; returns the number of its calls.
pub fn check(plugin: &AnyPlugin, transcript: &Transcript) -> Result<usize, TrialError> {
    let trial = Trial::parse(transcript)?;
    let wanted = plugin.about().manifest.kind;
    if trial.kind != wanted {
        return Err(TrialError::OtherKind { trial: transcript.name.clone(), found: trial.kind, wanted });
    }
    Ok(trial.calls.len())
}

/// The settings with which transcripts open a plugin, each once; `{}` where there are none.
pub fn settings(transcripts: &[Transcript]) -> Result<Vec<String>, TrialError> {
    let mut found = Vec::new();
    for transcript in transcripts {
        let settings = Trial::parse(transcript)?.setup.settings();
        if !found.contains(&settings) {
            found.push(settings);
        }
    }
    if found.is_empty() {
        found.push("{}".to_owned());
    }
    Ok(found)
}

/// What the plugin answers, a list of lines for the opening and then for each call, as long as all that it was ever called for on this
/// trial took no more than so much fuel.
fn perform(
    fuel: u64,
    plugin: &AnyPlugin,
    transcript: &Transcript,
    trial: &Trial,
) -> Result<Vec<Vec<String>>, TrialError> {
    check(plugin, transcript)?;
    let failed = |line, call: &str, failure| TrialError::Failed {
        trial: transcript.name.clone(),
        line,
        call: call.to_owned(),
        failure,
    };
    let opened = Stage::open(plugin, trial.opened_at, &trial.setup);
    let mut stage = match opened.map_err(|failure| failed(1, "setup", failure))? {
        Ok(stage) => stage,
        Err(words) => return Ok(vec![vec![stage::refused(&words)]]),
    };
    fits(plugin, transcript, &trial.setup)?;
    let mut played = vec![Vec::new()];
    for call in &trial.calls {
        played.push(stage.call(call.at, &call.call).map_err(|failure| failed(call.line, &call.text, failure))?);
        if plugin.stats().read().fuel > fuel {
            return Err(TrialError::Fuel { trial: transcript.name.clone(), line: call.line, fuel });
        }
    }
    Ok(played)
}

/// What the plugin takes and its schema does not, the host would never give it.
fn fits(plugin: &AnyPlugin, transcript: &Transcript, setup: &Setup) -> Result<(), TrialError> {
    let misfit = plugin.about().schema.misfits(&setup.settings_value()).into_iter().next();
    let Some(Misfit { path, fault }) = misfit else { return Ok(()) };
    let reason = match fault {
        Fault::Unknown { .. } => format!("has no setting `{}`", path.join(".")),
        Fault::Missing { expected, .. } => format!("wants `{}`: {expected}", path.join(".")),
        Fault::Wrong { expected, found, .. } => format!("wants {expected} for `{}`, found {found}", path.join(".")),
    };
    Err(TrialError::Settings { trial: transcript.name.clone(), reason })
}

impl Transcript {
    /// A file's content under the name of the file, without its ending.
    pub fn new(name: &str, text: String) -> Result<Self, TrialError> {
        let letter = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '-';
        if name.is_empty() || name.len() > 64 || !name.chars().all(letter) {
            return Err(TrialError::Name { found: name.to_owned() });
        }
        if text.len() > TRIAL_BYTES {
            return Err(TrialError::TooLarge { trial: name.to_owned(), found: text.len() });
        }
        Ok(Self { name: name.to_owned(), text })
    }

    /// As many as it has, whether they can be read or not.
    fn calls(&self) -> usize {
        self.text.lines().filter(|line| line.trim_start().starts_with('>')).count()
    }

    fn from_section(content: &[u8]) -> Result<Self, TrialError> {
        let broken = || TrialError::Name { found: String::from_utf8_lossy(&content[..content.len().min(40)]).into() };
        let text = std::str::from_utf8(content).map_err(|_| broken())?;
        let (name, text) = text.split_once('\n').ok_or_else(broken)?;
        Self::new(name, text.to_owned())
    }
}
