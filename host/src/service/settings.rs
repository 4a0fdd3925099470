//! Settings of plugins, held against their plugins' schemas, and told in the operator's words with the line where they stand.
//!
//! Invariant: no guest is given settings that its own schema does not allow.

use super::secrets;
use crate::config::{Json, Origin, Problem, Problems, nearest};
use crate::model::settings::Settings;
use crate::plugin::{About, Fault, Misfit, Schema};
use crate::trust::{Grants, is_covered};
use crate::web::Destination;
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
    let problems: Vec<Problem> = misfits.iter().map(|misfit| problem(origin, place, misfit)).collect();
    let secrets = misfits.iter().zip(&problems).filter(|(misfit, _)| is_secret(&misfit.fault));
    let secrets: Vec<_> = secrets.map(|(_, problem)| problem.span.clone()).collect();
    Err(origin.problems(problems).hiding(secrets))
}

fn is_secret(fault: &Fault) -> bool {
    matches!(fault, Fault::Wrong { is_secret: true, .. })
}

/// A rule's own words about settings that its schema allows: `key.key: expected this, found "that"`, as far as they say so.
pub(super) fn refused(origin: &Origin, place: &Place<'_>, words: &str) -> Problems {
    let is_key = |key: &&str| !key.is_empty() && key.split('.').all(|part| !part.contains(' '));
    let (key, rest) = words.split_once(": ").filter(|(key, _)| is_key(key)).unwrap_or(("", words));
    let path: Vec<&str> = place.path.iter().copied().chain(key.split('.').filter(|part| !part.is_empty())).collect();
    let (expected, found) = match rest.strip_prefix("expected ").and_then(|rest| rest.split_once(", found ")) {
        Some((expected, found)) => (expected.to_owned(), found.to_owned()),
        None => ("settings that the rule takes".to_owned(), rest.to_owned()),
    };
    let what = if key.is_empty() {
        format!("{}: the rule refuses its settings", place.title)
    } else {
        format!("{}: the rule refuses `{key}`", place.title)
    };
    let span = origin.place(&path, false);
    let span = origin.narrowed(span, found.trim_matches('`'));
    let fix = "correct it; the rule's own documentation says what it takes".to_owned();
    origin.problems(vec![Problem { span, what, expected, found, fix }])
}

/// Queues, links and dialogs that a plugin's settings name: as a target of a diversion (`queue:night`, `link:help`, `dialog:survey`), or as
/// a key of `queues`.
pub(super) fn check_targets(
    origin: &Origin,
    place: &Place<'_>,
    settings: &Json,
    centre: &Settings,
) -> Result<(), Problems> {
    let mut found = Vec::new();
    let mut path: Vec<String> = place.path.iter().map(|step| (*step).to_owned()).collect();
    let queues: Vec<&str> = centre.queues.iter().map(|queue| queue.name.as_str()).collect();
    let links: Vec<&str> = centre.links.iter().map(|link| link.alias.as_str()).collect();
    let dialogs: Vec<&str> = centre.dialogs.iter().map(|dialog| dialog.name.as_str()).collect();
    let missing = |path: &[String], of_key: bool, kind: &str, name: &str| {
        let known = match kind {
            "queue" => &queues,
            "link" => &links,
            _ => &dialogs,
        };
        (!known.contains(&name)).then(|| Problem {
            span: origin.place(&path.iter().map(String::as_str).collect::<Vec<_>>(), of_key),
            what: format!("{}: there is no [[{kind}]] `{name}`", place.title),
            expected: if known.is_empty() {
                format!("a [[{kind}]]; there is none")
            } else {
                format!("one of {}", known.join(", "))
            },
            found: format!("{name:?}"),
            fix: match nearest(name, known) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("add a `[[{kind}]]` of this name, or name another"),
            },
        })
    };
    if let Some(Value::Object(table)) = settings.get("queues") {
        for name in table.keys() {
            let path = [path.clone(), vec!["queues".to_owned(), name.clone()]].concat();
            found.extend(missing(&path, true, "queue", name));
        }
    }
    each_text(&Value::Object(settings.clone()), &mut path, &mut |path, text| {
        let target = ["queue", "link", "dialog"]
            .into_iter()
            .find_map(|kind| Some((kind, text.strip_prefix(kind)?.strip_prefix(':')?)));
        if let Some((kind, name)) = target {
            found.extend(missing(path, false, kind, name));
        }
    });
    if found.is_empty() { Ok(()) } else { Err(origin.problems(found)) }
}

/// Whom a plugin asks, and with which secrets, as its settings say it: servers by their addresses, secrets as `{secret:token}`. What was not
/// granted would fail at the first question.
pub(super) fn check_reach(
    origin: &Origin,
    place: &Place<'_>,
    settings: &Json,
    about: &About,
    grants: &Grants,
) -> Result<(), Problems> {
    if about.manifest.hosts.is_empty() {
        return Ok(());
    }
    let name = &about.manifest.name;
    let mut found = Vec::new();
    let mut path: Vec<String> = place.path.iter().map(|step| (*step).to_owned()).collect();
    let mut missing = |path: &[String], what: &str, missing: &str, granted: &[&str], fix: String| {
        found.push(Problem {
            span: origin.place(&path.iter().map(String::as_str).collect::<Vec<_>>(), false),
            what: format!("{}: the plugin is not granted the {what} {missing}", place.title),
            expected: if granted.is_empty() {
                format!("a {what} that is granted; there is none")
            } else {
                format!("one of {}", granted.join(", "))
            },
            found: format!("{missing:?}"),
            fix,
        });
    };
    let granted: Vec<&str> = grants.secrets_of(name).map(|(secret, _)| secret).collect();
    let hosts: Vec<&str> = about.hosts.iter().map(String::as_str).collect();
    each_text(&Value::Object(settings.clone()), &mut path, &mut |path, text| {
        let asked = Destination::of(text).ok().filter(|to| !is_covered(&about.hosts, &to.host));
        if let Some(Destination { host, .. }) = asked {
            let fix = format!("if it may ask there, write below [plugins.grants.{name}] `hosts = [{host:?}]`");
            missing(path, "host", &host, &hosts, fix);
        }
        for secret in secrets::names(text).filter(|secret| !granted.contains(secret)) {
            let fix = format!(
                "write below [plugins.grants.{name}] `secrets = {{ {secret} = {{ file = \"{name}.secret\" }} }}`"
            );
            missing(path, "secret", secret, &granted, fix);
        }
    });
    if found.is_empty() { Ok(()) } else { Err(origin.problems(found)) }
}

/// Every text of a value, with the keys that lead to it.
fn each_text(value: &Value, path: &mut Vec<String>, tell: &mut dyn FnMut(&[String], &str)) {
    let mut inside = |step: String, value: &Value| {
        path.push(step);
        each_text(value, path, tell);
        path.pop();
    };
    match value {
        Value::String(text) => tell(path, text),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, item)| inside(at.to_string(), item)),
        Value::Object(table) => table.iter().for_each(|(key, value)| inside(key.clone(), value)),
        _ => {}
    }
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
        Fault::Wrong { expected, found, choices, default, .. } => {
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
