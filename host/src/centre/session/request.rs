//! "Jim, please": a customer asks for an agent, in the first words or while waiting. Rules are told; nobody else is.
//!
//! Invariant: who is asked for serves the session's queue and is the only one there who is shown by that name.

use crate::centre::Centre;
use crate::model::record::State;
use crate::model::{AgentName, SessionId};

/// The word that makes a name a request.
const PLEASE: &str = "please";
/// "Anyone, please" takes a request back, unless an agent is shown so.
const ANYONE: [&str; 2] = ["anyone", "anybody"];
/// Bytes of a message that are looked at, and of a name that is looked for.
const LOOKED_AT: usize = 1_024;
const NAME_BYTES: usize = 64;

/// Whom a customer wants.
enum Wanted {
    Agent(AgentName),
    Anyone,
}

impl Centre {
    /// A customer has said this.
    pub(super) fn hear_request(&mut self, id: SessionId, text: &str) {
        let Some(live) = self.sessions.get(id) else { return };
        if !matches!(live.record.state, State::Arrived { .. } | State::Automated | State::Waiting | State::Offered) {
            return;
        }
        let queue = &live.record.queue;
        let Some(wanted) = names(text).find_map(|name| self.meant(queue, &name)) else { return };
        let requested = match wanted {
            Wanted::Agent(agent) => Some(agent),
            Wanted::Anyone => None,
        };
        if live.record.requested == requested {
            return;
        }
        if let Some(live) = self.sessions.get_mut(id) {
            live.record.requested = requested;
        }
        self.session_changed(id);
        self.reconsider_session(id);
    }

    /// Whom a name means in a queue; nothing where that can't be told.
    fn meant(&self, queue: &str, name: &str) -> Option<Wanted> {
        let shown = self.agents.shown_as(name).filter_map(|agent| self.agents.get(agent));
        let mut serving = shown.filter(|agent| agent.profile.queues.iter().any(|served| served == queue));
        match (serving.next(), serving.next()) {
            (Some(agent), None) => Some(Wanted::Agent(agent.profile.name.clone())),
            (None, _) if ANYONE.contains(&name) => Some(Wanted::Anyone),
            _ => None,
        }
    }
}

/// The names in front of a "please", in small letters: of the message, and of its sentences.
fn names(text: &str) -> impl Iterator<Item = String> + use<'_> {
    let end = (0..=text.len().min(LOOKED_AT)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let text = &text[..end];
    let whole = text.trim_end_matches(['.', '!', '?', ' ', '\n']);
    std::iter::once(whole).chain(text.split(['.', '!', '?', '\n'])).filter_map(name)
}

fn name(sentence: &str) -> Option<String> {
    let small = sentence.trim().to_lowercase();
    let name = small.strip_suffix(PLEASE)?;
    let is_word = name.ends_with([' ', ',']);
    let name = name.trim_end().trim_end_matches(',').trim();
    (is_word && !name.is_empty() && name.len() <= NAME_BYTES).then(|| name.to_owned())
}

#[cfg(test)]
mod tests;
