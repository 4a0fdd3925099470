//! Settings of plugins, held against their plugins' schemas, and told in the operator's words with the line where they stand.
//!
//! Invariant: no guest is given settings that its own schema does not allow.

use crate::config::{Json, Origin, Problem, Problems, nearest};
use crate::plugin::{Fault, Misfit, Schema};
use serde_json::Value;

/// Where settings stand in the operator's file.
pub(super) struct Place<'a> {
    /// In messages: ``[[listener]] `customers` ``.
    pub(super) title: &'a str,
    /// The keys that lead to the table.
    pub(super) path: &'a [&'a str],
}

/// Whether the settings are what the plugin's schema says; all that is not, if not.
pub(super) fn check(origin: &Origin, place: &Place<'_>, schema: &Schema, settings: &Json) -> Result<(), Problems> {
    let misfits = schema.misfits(&Value::Object(settings.clone()));
    if misfits.is_empty() {
        return Ok(());
    }
    Err(origin.problems(misfits.iter().map(|misfit| problem(origin, place, misfit)).collect()))
}

fn problem(origin: &Origin, place: &Place<'_>, misfit: &Misfit) -> Problem {
    let path: Vec<&str> = place.path.iter().copied().chain(misfit.path.iter().map(String::as_str)).collect();
    let unknown = matches!(misfit.fault, Fault::Unknown { .. });
    let span = origin.place(&path, unknown);
    let (title, setting) = (place.title, misfit.path.join("."));
    let key = misfit.path.last().map(String::as_str).unwrap_or_default();
    match &misfit.fault {
        Fault::Unknown { known } => {
            let names: Vec<&str> = known.iter().map(String::as_str).collect();
            let expected =
                if known.is_empty() { "no settings".to_owned() } else { format!("one of {}", known.join(", ")) };
            let fix = nearest(key, &names)
                .map_or_else(|| "take the line out".to_owned(), |near| format!("did you mean `{near}`?"));
            Problem {
                span,
                what: format!("{title} has no setting `{setting}`"),
                expected,
                found: format!("`{key}`"),
                fix,
            }
        }
        Fault::Missing { expected, example } => Problem {
            span,
            what: format!("{title} has no `{setting}`"),
            expected: expected.clone(),
            found: "nothing".to_owned(),
            fix: format!("add `{key} = {example}`, or whatever it should be"),
        },
        Fault::Wrong { expected, found, choices, default } => {
            let what = if key.is_empty() { "the settings are".to_owned() } else { format!("`{setting}` is") };
            let words: Vec<&str> = choices.iter().map(String::as_str).collect();
            let said = found.trim_start_matches("the text ").trim_matches('"');
            let fix = match (nearest(said, &words), default) {
                (Some(near), _) => format!("did you mean `{key} = {near:?}`?"),
                (None, Some(default)) => {
                    format!("write `{key} = {default}`, which is the default, or leave the line out")
                }
                (None, None) if setting.is_empty() => format!("make the settings {expected}"),
                (None, None) => format!("give `{setting}` {expected}"),
            };
            let what = format!("{title}: {what} not what the plugin expects");
            Problem { span, what, expected: expected.clone(), found: found.clone(), fix }
        }
    }
}

#[cfg(test)]
mod tests;
