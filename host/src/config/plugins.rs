//! `[plugins]`: where they lie, whose are let in, and what each may reach.
//!
//! Invariant: what would not be asked (`digests` where signatures count, a list without its word) is a problem, so that nobody
//! believes in a lock that is open.

use super::names::{NAME_EXPECTED, is_name};
use super::problem::Problem;
use super::provider;
use super::section::{Findings, Located, Section, Value, describe};
use crate::model::Digest;
use crate::trust::{Grant, Grants, Key, KeyError, KeySource, Policy, SecretSource, Trust, is_host};
use data_encoding::HEXLOWER_PERMISSIVE;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::DeValue;

/// Whose plugins are let in, as the file says; a key may be in a file of its own, which is read when it is needed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PluginTrust {
    /// Anybody's.
    #[default]
    Any,
    /// Those with these digests.
    Digests(BTreeSet<Digest>),
    /// Those signed with one of these keys.
    Signatures(Vec<KeySource>),
}

impl PluginTrust {
    /// With the keys that are in files, and what is granted.
    pub fn policy(&self, grants: &Grants) -> Result<Policy, KeyError> {
        let trust = match self {
            Self::Any => Trust::Any,
            Self::Digests(digests) => Trust::Digests(digests.clone()),
            Self::Signatures(keys) => Trust::Signatures(keys.iter().map(KeySource::key).collect::<Result<_, _>>()?),
        };
        Ok(Policy { trust, grants: grants.clone() })
    }

    /// Key files start at this folder.
    pub(super) fn beneath(self, folder: &Path) -> Self {
        let beneath = |source| match source {
            KeySource::File(file) => KeySource::File(folder.join(file)),
            key @ KeySource::Key(_) => key,
        };
        match self {
            Self::Signatures(keys) => Self::Signatures(keys.into_iter().map(beneath).collect()),
            other => other,
        }
    }
}

/// The section as it is written.
pub(super) struct RawPlugins {
    pub(super) folder: Option<PathBuf>,
    pub(super) trust: PluginTrust,
    pub(super) grants: Grants,
}

/// Reads the section; without it nothing is granted, and its lack is noted elsewhere.
pub(super) fn read<'d>(file: &mut Section<'d>, findings: &'d Findings) -> RawPlugins {
    let none = Grants::Only(BTreeMap::new());
    let Some(mut section) = file.table("plugins") else {
        return RawPlugins { folder: None, trust: PluginTrust::Any, grants: none };
    };
    let folder = section.required("folder", "folder = \"plugins\"").map(|folder: Located<PathBuf>| folder.value);
    let trust = trust(&mut section, findings);
    let grants = section.raw("grants").map_or(none, |item| grants(item, findings));
    section.finish();
    RawPlugins { folder: folder.or(Some(PathBuf::new())), trust, grants }
}

const LISTS: [(&str, &str, &str); 2] = [
    (
        "digests",
        "digests",
        "digests = [\"sha256:...\"], a digest for each plugin; `sha256sum` and `cordboard check` print them",
    ),
    (
        "signatures",
        "keys",
        "keys = [\"RW...\"], public keys of minisign, or { file = \"vendor.pub\" } for one in a file",
    ),
];

fn trust(section: &mut Section<'_>, findings: &Findings) -> PluginTrust {
    let word = section.choice("trust", &[("any", "any"), ("digests", "digests"), ("signatures", "signatures")]);
    let digests = list(section, findings, "digests", digest);
    let keys = list(section, findings, "keys", key_source);
    for ((needed_by, list, expected), given) in LISTS.into_iter().zip([digests.is_some(), keys.is_some()]) {
        let wrong = |what: String, found: String, fix: String| {
            let expected = expected.to_owned();
            findings.add(Problem { span: section.span.clone(), what, expected, found, fix });
        };
        if needed_by == word && !given {
            wrong(
                format!("[plugins]: `trust = {word:?}` lets nothing in without `{list}`"),
                "nothing".to_owned(),
                format!("add `{list}`, or write `trust = \"any\"` to let in whatever lies in the folder"),
            );
        } else if needed_by != word && given {
            wrong(
                format!("[plugins]: nobody asks for `{list}` where `trust` is {word:?}"),
                format!("`{list}` with trust = {word:?}"),
                format!("write `trust = {needed_by:?}`, or take `{list}` out"),
            );
        }
    }
    match word {
        "digests" => PluginTrust::Digests(digests.unwrap_or_default().into_iter().collect()),
        "signatures" => PluginTrust::Signatures(keys.unwrap_or_default()),
        _ => PluginTrust::Any,
    }
}

/// A list whose items are read one by one, each with what was wrong (expected, found, fix); `None` where there is no list or an empty one.
fn list<T>(
    section: &mut Section<'_>,
    findings: &Findings,
    key: &'static str,
    read: fn(&DeValue<'_>) -> Result<T, [String; 3]>,
) -> Option<Vec<T>> {
    let item = section.raw(key)?;
    let wrong = |item: &Spanned<DeValue<'_>>, [expected, found, fix]: [String; 3]| {
        let what = format!("[plugins]: `{key}` is not what it should be");
        findings.add(Problem { span: item.span(), what, expected, found, fix });
    };
    let Some(items) = item.get_ref().as_array() else {
        let expected = format!("a list, as {key} = [...]");
        wrong(item, [expected.clone(), describe(item.get_ref()), format!("make `{key}` {expected}")]);
        return Some(Vec::new());
    };
    let mut list = Vec::new();
    for item in items {
        match read(item.get_ref()) {
            Ok(value) => list.push(value),
            Err(told) => wrong(item, told),
        }
    }
    Some(list).filter(|_| !items.is_empty())
}

fn digest(value: &DeValue<'_>) -> Result<Digest, [String; 3]> {
    let read = |text: &str| {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.strip_prefix("sha256:")?.as_bytes()).ok()?;
        bytes.try_into().ok().map(Digest)
    };
    let wrong = || {
        let expected = "\"sha256:\" and 64 hexadecimal digits".to_owned();
        [expected, describe(value), "copy what `cordboard check` or `sha256sum` prints of the file".to_owned()]
    };
    value.as_str().and_then(read).ok_or_else(wrong)
}

fn key_source(value: &DeValue<'_>) -> Result<KeySource, [String; 3]> {
    let expected = || "a public key of minisign, \"RW...\", or { file = \"vendor.pub\" }".to_owned();
    let file = value.as_table().and_then(|table| {
        let (key, item) = table.iter().next().filter(|_| table.len() == 1)?;
        if key.get_ref() == "file" { PathBuf::read(item.get_ref()) } else { None }
    });
    if let Some(file) = file {
        return Ok(KeySource::File(file));
    }
    let fix = "copy the line of the .pub file that begins with RW".to_owned();
    let text = value.as_str().ok_or_else(|| [expected(), describe(value), fix.clone()])?;
    Key::parse(text).map(KeySource::Key).map_err(|error| match error {
        KeyError::Secret => [
            expected(),
            "a secret key".to_owned(),
            "take it out, and out of every copy of this file: whoever has it can sign plugins in your name".to_owned(),
        ],
        _ => [expected(), describe(value), fix],
    })
}

/// `NAME = { hosts = [...], secrets = {...} }` for each plugin that is granted something.
fn grants<'d>(item: &'d Spanned<DeValue<'d>>, findings: &'d Findings) -> Grants {
    let Some(table) = item.get_ref().as_table() else {
        findings.add(Problem {
            span: item.span(),
            what: "[plugins]: `grants` is not what it should be".to_owned(),
            expected: "a table, `[plugins.grants]` on a line of its own".to_owned(),
            found: describe(item.get_ref()),
            fix: "write below `[plugins.grants]` for each plugin a line such as `crm = { hosts = [\"api.example\"] }`"
                .to_owned(),
        });
        return Grants::Only(BTreeMap::new());
    };
    let mut all = Section::new("[plugins.grants]", item.span(), table, findings);
    let granted = all.rest_of_tables().into_iter().map(|(name, section)| (name, grant(section, findings)));
    Grants::Only(granted.collect())
}

fn grant(mut section: Section<'_>, findings: &Findings) -> Grant {
    let hosts: Vec<Located<String>> =
        section.required("hosts", "hosts = [\"api.example\"]").map(|list| list.value).unwrap_or_default();
    for host in hosts.iter().filter(|host| !is_host(&host.value)) {
        findings.add(Problem {
            span: host.span.clone(),
            what: format!("{}: this can't be one of its `hosts`", section.title()),
            expected: "a host's name, as \"api.example.com\", or \"*.example.com\" for all below it".to_owned(),
            found: format!("{:?}", host.value),
            fix: "leave out what stands before the name (https://) and behind it (a port, a path)".to_owned(),
        });
    }
    let secrets = section.raw("secrets").map(|item| secrets(item, section.title(), findings)).unwrap_or_default();
    section.finish();
    Grant { hosts: hosts.into_iter().map(|host| host.value).collect(), secrets }
}

/// `NAME = { file = "FILE" }` for each secret.
fn secrets<'d>(item: &'d Spanned<DeValue<'d>>, title: &str, findings: &'d Findings) -> BTreeMap<String, SecretSource> {
    let Some(table) = item.get_ref().as_table() else {
        findings.hide(item.span());
        findings.add(Problem {
            span: item.span(),
            what: format!("{title}: `secrets` is not what it should be"),
            expected: "a table of secrets by their names, as { token = { file = \"FILE\" } }".to_owned(),
            found: "something else".to_owned(),
            fix: SECRETS_FIX.to_owned(),
        });
        return BTreeMap::new();
    };
    let mut secrets = BTreeMap::new();
    for (name, item) in table {
        let title = format!("{title}: the secret `{}`", name.get_ref());
        if !is_name(name.get_ref()) {
            findings.add(Problem {
                span: name.span(),
                what: format!("{title} can't exist"),
                expected: NAME_EXPECTED.to_owned(),
                found: format!("{:?}", name.get_ref()),
                fix: "give it another name, here and in the settings".to_owned(),
            });
        }
        let source = provider::Place { title: &title, fix: SECRETS_FIX }.source(item, findings);
        secrets.extend(source.map(|source| (name.get_ref().to_string(), source)));
    }
    secrets
}

const SECRETS_FIX: &str = "write it to a file that only cordboard's user can read, and here `secrets = { token = { file = \"remote.token\" } }`";
