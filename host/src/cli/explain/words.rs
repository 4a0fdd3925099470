//! A session's story in sentences.
//!
//! Invariant: what strangers chose (names, links) can't move the cursor: it is shown as tables show it.

use crate::centre::Concluded;
use crate::centre::noted::{Choice, Decision, Instead, RuleSaid, Said};
use crate::cli::moment::{moment, time};
use crate::cli::table::harmless;
use crate::model::{Lane, SessionId};
use crate::shard::explain::{Component, Explanation, Happening, What};
use std::fmt::{self, Display, Write as _};

/// Names in one sentence; `--json` has all.
const MOST_NAMES: usize = 8;
/// Of a shadow.
const NOT_COMPARED: &str = "is not compared: one of its rules failed";

/// All of it.
pub(super) fn told(explanation: &Explanation) -> String {
    let mut text = String::new();
    // Text in memory takes everything.
    let _written = write_all(&mut text, explanation);
    text
}

fn write_all(text: &mut String, explanation: &Explanation) -> fmt::Result {
    writeln!(text, "session {}, times in UTC", explanation.session)?;
    if !explanation.is_whole {
        writeln!(text, "What happened before is not kept in the journal any more.")?;
    }
    let mut rest = explanation.happenings.as_slice();
    while let [first, others @ ..] = rest {
        let again = others.iter().take_while(|other| is_same(first, other)).count();
        write!(text, "{}  ", moment(first.at))?;
        sentence(text, &first.what, explanation.session)?;
        if let Some(last) = again.checked_sub(1) {
            writeln!(text, "    and the same {again} more times until {}", time(others[last].at))?;
        }
        rest = &others[again..];
    }
    if explanation.left_out > 0 {
        writeln!(text, "{} later happenings are not shown", explanation.left_out)?;
    }
    explanation.components.iter().try_for_each(|component| tell_component(text, component))
}

/// Whose reasons are told, and whose can't be.
fn tell_component(text: &mut String, component: &Component) -> fmt::Result {
    let Component { pool, rule, digest, is_at_hand } = component;
    write!(text, "{rule} of pool {pool} answered as component {digest}")?;
    if *is_at_hand {
        writeln!(text, ", the one that is at hand; its reasons are its own")
    } else {
        writeln!(text, "; that one is not at hand with those settings, so it gives no reasons")
    }
}

/// Whether a decision was only made again.
fn is_same(one: &Happening, other: &Happening) -> bool {
    match (&one.what, &other.what) {
        (What::Decision(one), What::Decision(other)) => {
            Decision { recheck: None, ..one.clone() } == Decision { recheck: None, ..other.clone() }
        }
        (What::Choice(one), What::Choice(other)) => one == other,
        _ => false,
    }
}

fn sentence(text: &mut String, what: &What, session: SessionId) -> fmt::Result {
    match what {
        What::Came { link, queue, provider, customer } => writeln!(
            text,
            "{} came over the link {} at {provider}, for the queue {queue}",
            harmless(customer),
            harmless(link)
        ),
        What::Waits { queue, since } => writeln!(text, "waits in {queue}, with its time since {}", time(*since)),
        What::Decision(decision) => tell_decision(text, decision),
        What::Choice(choice) => tell_choice(text, choice, session),
        What::Offered { agent } => writeln!(text, "offered to {agent}"),
        What::Accepted { agent } => writeln!(text, "{agent} took it"),
        What::Declined { agent } => writeln!(text, "{agent} declined it"),
        What::Expired { agent } => writeln!(text, "{agent} did not answer in time"),
        What::Returned { agent } => writeln!(text, "{agent} has it no more"),
        What::Talked { dialog, digest, heard, did } => tell_turn(text, &format!("{dialog} ({digest})"), heard, did),
        What::Unspoken { dialog, why, instead } => tell_unspoken(text, dialog, why, *instead),
        What::CustomerLost => writeln!(text, "the customer was gone"),
        What::CustomerBack => writeln!(text, "the customer was back"),
        What::Wrapping { reason } => writeln!(text, "over for the customer: {}; the agent wraps up", harmless(reason)),
        What::Closed { reason } => writeln!(text, "closed: {}", harmless(reason)),
        What::Restarted => writeln!(text, "the service was started again"),
    }
}

fn tell_turn(text: &mut String, dialog: &str, heard: &str, did: &Result<Vec<String>, String>) -> fmt::Result {
    let did = match did {
        Ok(did) if did.is_empty() => "did nothing".to_owned(),
        Ok(did) => did.join(", "),
        Err(why) => format!("failed: {why}"),
    };
    writeln!(text, "the dialog {dialog} was told: {}; it {}", harmless(heard), harmless(&did))
}

fn tell_unspoken(text: &mut String, dialog: &str, why: &str, instead: Instead) -> fmt::Result {
    let why = harmless(why);
    match instead {
        Instead::NotBegun => writeln!(text, "the dialog {dialog} was not begun: {why}"),
        Instead::Queue => writeln!(text, "the dialog {dialog} has it no more: {why}; so it goes to its queue"),
        Instead::End => writeln!(text, "the dialog {dialog} has it no more: {why}; so it ends"),
    }
}

fn tell_decision(text: &mut String, decision: &Decision) -> fmt::Result {
    match &decision.found_by {
        Some(agent) => write!(text, "{agent} found it, and {} was asked", chain(decision))?,
        None if decision.is_transfer => write!(text, "{} was asked who may take it over", chain(decision))?,
        None => write!(text, "{} was asked who may serve it", chain(decision))?,
    }
    let (on_duty, available) = (decision.on_duty, decision.available);
    write!(text, "; free: {}", names(&decision.candidates))?;
    write!(text, " ({on_duty} agents of {} here, {available} of them take sessions)", decision.queue)?;
    if !decision.passed_over.is_empty() {
        write!(text, "; not asked again: {}", names(&decision.passed_over))?;
    }
    writeln!(text)?;
    decision.rules.iter().try_for_each(|said| tell_rule(text, said))?;
    if decision.is_transfer {
        tell_transfer(text, &decision.outcome)?;
    } else {
        tell_outcome(text, &decision.outcome)?;
    }
    if let Some(refused) = &decision.refused {
        write!(text, "; the host did not do that: {}", harmless(refused))?;
    }
    match decision.recheck {
        Some(at) if !matches!(decision.outcome, Concluded::Offered(_)) => {
            writeln!(text, "; a rule wants to be asked again at {}", time(at))
        }
        _ => writeln!(text),
    }?;
    match &decision.shadow {
        Some(shadow) => tell_shadow(text, shadow.outcome.as_ref(), decision.is_transfer),
        None => Ok(()),
    }
}

/// What the shadow would have done in the place of the chain that decided; nothing where one of its rules failed.
fn tell_shadow(text: &mut String, outcome: Option<&Concluded>, is_transfer: bool) -> fmt::Result {
    write!(text, "    the shadow ")?;
    match outcome {
        None => writeln!(text, "{NOT_COMPARED}"),
        Some(Concluded::Offered(agent)) if is_transfer => writeln!(text, "would have asked {agent} to take it over"),
        Some(_) if is_transfer => writeln!(text, "would have left it with its owner"),
        Some(Concluded::Offered(agent)) => writeln!(text, "would have chosen {agent}"),
        Some(Concluded::Nobody(Some(rule))) => writeln!(text, "would have let it wait: {rule} keeps nobody"),
        Some(Concluded::Nobody(None)) => writeln!(text, "would have let it wait: nobody is free"),
        Some(Concluded::Held(why)) => writeln!(text, "would have held it: {}", harmless(why)),
        Some(Concluded::Diverted(target)) => writeln!(text, "would have sent it to the {}", harmless(target)),
        Some(Concluded::Refused(words)) => writeln!(text, "would have refused it: {}", harmless(words)),
    }
}

fn chain(decision: &Decision) -> &'static str {
    match decision.lane {
        Lane::Canary => "the canary of its pool",
        _ if decision.rules.iter().any(|said| said.lane == Lane::Canary) => {
            "the chain in service, instead of the canary, which failed,"
        }
        _ => "its chain",
    }
}

fn tell_outcome(text: &mut String, outcome: &Concluded) -> fmt::Result {
    match outcome {
        Concluded::Offered(agent) => write!(text, "    so it goes to {agent}"),
        Concluded::Nobody(Some(rule)) => write!(text, "    so it waits: {rule} keeps nobody"),
        Concluded::Nobody(None) => write!(text, "    so it waits: nobody is free"),
        Concluded::Held(why) => write!(text, "    so it is held: {}", harmless(why)),
        Concluded::Diverted(target) => write!(text, "    so it goes to the {}", harmless(target)),
        Concluded::Refused(words) => write!(text, "    so it is refused: {}", harmless(words)),
    }
}

/// What comes of a transfer: whoever is not asked to take it over, its owner keeps it.
fn tell_transfer(text: &mut String, outcome: &Concluded) -> fmt::Result {
    match outcome {
        Concluded::Offered(agent) => write!(text, "    so {agent} is asked to take it over"),
        Concluded::Held(why) | Concluded::Refused(why) => {
            write!(text, "    so its owner keeps it: {}", harmless(why))
        }
        Concluded::Nobody(_) | Concluded::Diverted(_) => {
            write!(text, "    so its owner keeps it: nobody may take it over")
        }
    }
}

fn tell_choice(text: &mut String, choice: &Choice, session: SessionId) -> fmt::Result {
    let waiting = choice.waiting.len();
    write!(text, "{} looked for a session; {waiting} waited", choice.agent)?;
    if choice.lane == Lane::Canary {
        write!(text, " for the canary")?;
    }
    writeln!(text, ": {}", names(&choice.waiting))?;
    choice.rules.iter().try_for_each(|said| tell_rule(text, said))?;
    match choice.order.iter().position(|kept| *kept == session) {
        Some(0) => writeln!(text, "    this one was the first of {}", choice.order.len()),
        Some(place) => {
            writeln!(text, "    {place} of {} came before it: {}", choice.order.len(), names(&choice.order[..place]))
        }
        None => writeln!(text, "    this one was not for {}", choice.agent),
    }?;
    let Some(shadow) = &choice.shadow else { return Ok(()) };
    write!(text, "    the shadow ")?;
    match shadow.outcome.as_deref() {
        None => writeln!(text, "{NOT_COMPARED}"),
        Some([]) => writeln!(text, "would have kept none of them"),
        Some([first, ..]) if *first == session => writeln!(text, "would have begun with this one"),
        Some([first, ..]) => writeln!(text, "would have begun with {first}"),
    }
}

fn tell_rule<W: Display>(text: &mut String, said: &RuleSaid<W>) -> fmt::Result {
    let of = if said.lane == Lane::Service { "" } else { "the canary's " };
    write!(text, "    {of}{} ({}) ", said.rule, said.digest)?;
    match &said.verdict {
        Said::Kept(kept) => write!(text, "keeps {}", tiers(kept))?,
        Said::Held(why) => write!(text, "holds: {}", harmless(why))?,
        Said::Diverted(target) => write!(text, "diverts to {}", harmless(target))?,
        Said::Refused(words) => write!(text, "refuses: {}", harmless(words))?,
        Said::Unknown(what) => write!(text, "says {}, which this host does not serve", harmless(what))?,
        Said::Failed(why) => write!(text, "failed and was left out: {}", harmless(why))?,
        Said::LeftOut(why) => write!(text, "was not asked: {}", harmless(why))?,
    }
    if let Some(refused) = &said.refused {
        write!(text, "; that was refused and left out: {}", harmless(refused))?;
    }
    for note in &said.notes {
        write!(text, "; it says: {}", harmless(note))?;
    }
    writeln!(text)
}

/// `bob, jim before ann`: those of a tier together, the best tier first.
fn tiers<W: Display>(kept: &[(W, u32)]) -> String {
    let mut sorted: Vec<&(W, u32)> = kept.iter().collect();
    sorted.sort_by_key(|(_, tier)| *tier);
    let tiers = sorted.chunk_by(|(_, one), (_, other)| one == other);
    let tiers: Vec<String> = tiers.map(|tier| names(&tier.iter().map(|(who, _)| who).collect::<Vec<_>>())).collect();
    if tiers.is_empty() { "nobody".to_owned() } else { tiers.join(" before ") }
}

fn names<W: Display>(names: &[W]) -> String {
    let mut shown: Vec<String> = names.iter().take(MOST_NAMES).map(ToString::to_string).collect();
    if names.len() > MOST_NAMES {
        shown.push(format!("{} more", names.len() - MOST_NAMES));
    }
    if shown.is_empty() { "nobody".to_owned() } else { shown.join(", ") }
}

#[cfg(test)]
mod tests;
