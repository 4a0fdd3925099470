//! The decisions of a day that other rules would have made otherwise, in a table and in sentences.
//!
//! Invariant: what strangers or rules chose (names, words) can't move the cursor.

use crate::centre::Concluded;
use crate::cli::moment::moment;
use crate::cli::table::{Table, harmless};
use crate::model::SessionId;
use crate::rehearsal::{COUNTERFACTUAL, Decisions, Differing, Differs};
use std::fmt;

/// Decisions that are told; `--json` has more of them.
const MOST_TOLD: usize = 10;

pub(super) fn say(f: &mut fmt::Formatter<'_>, decisions: &Decisions) -> fmt::Result {
    let Decisions { asked, differing, without_a_rule, sessions, counted, first } = decisions;
    writeln!(
        f,
        "\n{asked} decisions of the recorded day were put to the other rules; {differing} of them differ, about {sessions} sessions"
    )?;
    if *without_a_rule > 0 {
        writeln!(f, "{without_a_rule} were made without one of the other rules, which had failed")?;
    }
    let mut table = Table::new(&["POOL", "DECIDED", "THE OTHER RULES", ">DECISIONS"], "none differs");
    for row in counted {
        let otherwise =
            if row.then == row.otherwise { format!("{}, another", row.then) } else { row.otherwise.to_owned() };
        table.row([row.pool.clone(), row.then.to_owned(), otherwise, row.decisions.to_string()]);
    }
    write!(f, "{table}")?;
    first.iter().take(MOST_TOLD).try_for_each(|differing| tell(f, differing))?;
    if first.len() > MOST_TOLD {
        writeln!(f, "  and more: --json has {} with what each rule said", first.len())?;
    }
    COUNTERFACTUAL.iter().try_for_each(|line| writeln!(f, "- {line}"))
}

fn tell(f: &mut fmt::Formatter<'_>, differing: &Differing) -> fmt::Result {
    write!(f, "  {}  ", moment(differing.at))?;
    match &differing.what {
        Differs::Session { session, then, otherwise, .. } => {
            writeln!(f, "{session}: {}; the other rules: {}", outcome(then), outcome(otherwise))
        }
        Differs::Agent { agent, then, otherwise, .. } => {
            let first = |first: &Option<SessionId>| first.map_or("none".to_owned(), |first| first.to_string());
            writeln!(f, "{agent} looked for a session: {}; the other rules: {}", first(then), first(otherwise))
        }
    }
}

fn outcome(outcome: &Concluded) -> String {
    match outcome {
        Concluded::Offered(agent) => format!("offered to {agent}"),
        Concluded::Nobody(Some(rule)) => format!("nobody, as {rule} keeps nobody"),
        Concluded::Nobody(None) => "nobody".to_owned(),
        Concluded::Held(why) => format!("held ({})", harmless(why)),
        Concluded::Diverted(target) => format!("sent to the {}", harmless(target)),
        Concluded::Refused(words) => format!("refused ({})", harmless(words)),
    }
}
