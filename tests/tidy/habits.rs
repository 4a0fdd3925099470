//! How files begin, how long they are, and what never stands in them (STYLE: habits).

use crate::source::Source;

/// Lines of a file.
const MOST_LINES: usize = 600;
/// Files whose unsafe code was reviewed, and why it is there.
const REVIEWED: [(&str, &str); 5] = [
    ("guest-sdk/src/bindings.rs", "wit-bindgen writes its content"),
    ("guest-sdk/src/export.rs", "wit-bindgen's exports are raw symbols"),
    ("host/src/contract/v1/bindings.rs", "wasmtime's bindgen writes its content"),
    ("tests/bad_plugins/lies_about_candidates/src/lib.rs", "wit-bindgen's exports are raw symbols"),
    ("tests/bad_plugins/future_contract/src/lib.rs", "wit-bindgen writes its content"),
];
/// Words that say nothing, as parts of names.
const EMPTY_NAMES: [&str; 7] = ["util", "utils", "helper", "helpers", "common", "manager", "managers"];

/// A file must open with what it is for.
pub(crate) fn opening(source: &Source) -> Vec<String> {
    let mut lines = source.text.lines().skip_while(|line| line.starts_with("#!"));
    let first = lines.next().unwrap_or_default();
    let well = match source.kind() {
        "rs" => first.starts_with("//! ") && first.len() > 8,
        "py" => first.starts_with("\"\"\"") && first.len() > 8,
        _ => true,
    };
    if well { Vec::new() } else { vec![format!("{}:1: {first:?}", source.path)] }
}

/// A file ends in time.
pub(crate) fn length(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    let counted = matches!(source.kind(), "rs" | "py");
    if counted && lines > MOST_LINES { vec![format!("{}: {lines} lines", source.path)] } else { Vec::new() }
}

/// Stubs, prints for oneself, tests that never run.
pub(crate) fn undone(source: &Source) -> Vec<String> {
    let macros = ["todo", "unimplemented", "dbg"];
    let find = |line: &str| {
        let called = |name: &&&str| {
            let mut parts = line.split(**name);
            let mut before = parts.next().unwrap_or_default();
            parts.any(|after| {
                let whole = !before.ends_with(|sign: char| sign.is_alphanumeric() || sign == '_');
                before = after;
                whole && after.trim_start().starts_with('!')
            })
        };
        let ignored = line.trim_start().starts_with("#[")
            && line.split(|sign: char| !sign.is_alphanumeric() && sign != '_').any(|word| word == "ignore");
        let stub = macros.iter().find(called).map(|name| format!("{name}!"));
        stub.or_else(|| ignored.then(|| "an ignored test".to_owned()))
    };
    source.lines(&source.code, find).collect()
}

/// `unsafe` outside the reviewed places.
pub(crate) fn reviewed(source: &Source) -> Vec<String> {
    if REVIEWED.iter().any(|(path, _)| *path == source.path) {
        return Vec::new();
    }
    let find = |line: &str| {
        let mut words = line.split(|sign: char| !sign.is_alphanumeric() && sign != '_');
        let said = words.any(|word| matches!(word, "unsafe" | "unsafe_code"));
        said.then(|| line.trim().to_owned())
    };
    source.lines(&source.code, find).collect()
}

/// Names of files, folders, types, functions and modules that say nothing.
pub(crate) fn names(source: &Source) -> Vec<String> {
    let in_path = source.path.split(['/', '.', '_', '-']).find(|part| EMPTY_NAMES.contains(part));
    let path = in_path.map(|part| format!("{}: `{part}` in its name", source.path));
    let find = |line: &str| {
        let mut words = line.split(|sign: char| !sign.is_alphanumeric() && sign != '_');
        let named = words.by_ref().any(|word| matches!(word, "mod" | "struct" | "enum" | "trait" | "fn" | "type"));
        let name = words.find(|word| !word.is_empty()).filter(|_| named)?;
        parts_of(name)
            .into_iter()
            .find(|part| EMPTY_NAMES.contains(&part.as_str()))
            .map(|part| format!("`{part}` in `{name}`"))
    };
    path.into_iter().chain(source.lines(&source.code, find)).collect()
}

/// `SessionManager` and `session_manager` are `session` and `manager`.
fn parts_of(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for sign in name.chars() {
        if sign == '_' || sign.is_uppercase() {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut().filter(|_| sign != '_') {
            part.extend(sign.to_lowercase());
        }
    }
    parts
}

/// Absolute paths of a person's or a build machine's folders, in code, comments and documents alike.
pub(crate) fn machine_paths(source: &Source) -> Vec<String> {
    let folders = ["home", "root", "work", "Users"];
    let find = |line: &str| {
        let mut words = line.split(|sign: char| sign.is_whitespace() || "\"'`()=,<>".contains(sign));
        let found = words.find(|word| {
            folders.iter().any(|folder| {
                word.strip_prefix('/')
                    .and_then(|path| path.strip_prefix(folder))
                    .is_some_and(|rest| rest.starts_with('/') && rest.len() > 1)
            })
        });
        found.map(str::to_owned)
    };
    source.lines(&source.text, find).collect()
}
