//! Who may use whom: modules of the host, and crates that belong in one place (DESIGN.md, 3).

use crate::source::Source;

/// For each module of `host/src`: what it may use of the others. A new module takes its place here.
const MODULES: [(&str, &[&str]); 22] = [
    ("model", &[]),
    ("text", &[]),
    ("shutdown", &[]),
    ("trust", &["model"]),
    ("waiting", &["model"]),
    ("centre", &["model", "waiting"]),
    ("rehearsal", &["model", "centre"]),
    ("storage", &["model"]),
    ("engine", &["model"]),
    ("contract", &["model", "engine"]),
    ("plugin", &["model", "trust", "engine", "contract"]),
    ("config", &["model", "trust"]),
    ("build", &["model"]),
    ("identity", &["model", "storage", "text", "transport"]),
    ("telemetry", &["model", "config"]),
    ("shard", &["model", "centre", "rehearsal", "storage", "telemetry"]),
    ("transport", &["model", "centre", "shard", "telemetry", "shutdown"]),
    ("catalog", &["model", "plugin", "build", "telemetry"]),
    ("intake", &["shutdown", "telemetry"]),
    ("control", &["model", "centre", "intake", "shutdown", "telemetry"]),
    ("web", &["model", "centre", "intake", "shutdown", "telemetry"]),
    (
        "service",
        &[
            "model",
            "text",
            "shutdown",
            "trust",
            "centre",
            "storage",
            "engine",
            "plugin",
            "config",
            "build",
            "identity",
            "telemetry",
            "shard",
            "transport",
            "catalog",
            "control",
            "web",
        ],
    ),
];
/// May use everything; `simulation` and `fuzzing` are compiled for tests only.
const TOPS: [&str; 5] = ["cli", "main", "lib", "simulation", "fuzzing"];

/// What a crate is for, its names, and below which folders alone it may be used.
const CRATES: [(&str, &[&str], &[&str]); 3] = [
    ("WebAssembly", &["wasmtime"], &["host/src/engine", "host/src/contract", "host/src/plugin", "host/benches"]),
    ("the database", &["redb"], &["host/src/storage", "host/benches"]),
    (
        "sockets",
        &[
            "TcpListener",
            "TcpStream",
            "TcpSocket",
            "UdpSocket",
            "UnixListener",
            "UnixStream",
            "hyper",
            "hyper_util",
            "tokio_rustls",
        ],
        &["host/src/transport", "host/src/web", "host/src/control", "tests"],
    ),
];
/// Where there is neither runtime nor clock nor randomness.
const PURE: [&str; 4] = ["host/src/model", "host/src/waiting", "host/src/centre", "host/src/transport/endpoint"];
const IMPURE: [&str; 9] =
    ["tokio", "Instant", "SystemTime", "UNIX_EPOCH", "getrandom", "rand", "thread_rng", "HashMap", "HashSet"];

/// Uses of a module by one that may not use it.
pub(crate) fn modules(source: &Source) -> Vec<String> {
    let Some(inside) = source.path.strip_prefix("host/src/") else { return Vec::new() };
    let module = inside.split('/').next().unwrap_or_default().trim_end_matches(".rs");
    if TOPS.contains(&module) || source.is_test() {
        return Vec::new();
    }
    let Some((_, may)) = MODULES.iter().find(|(name, _)| *name == module) else {
        return vec![format!("{}: the module `{module}` has no place in tests/tidy/direction.rs", source.path)];
    };
    let wrong = |used: &str| used != module && !may.contains(&used) && !TOPS.contains(&used);
    let place = |at: usize| 1 + source.code[..at].matches('\n').count();
    let found = used_modules(&source.code).into_iter().filter(|(_, used)| wrong(used));
    found.map(|(at, used)| format!("{}:{}: `{module}` may not use `{used}`", source.path, place(at))).collect()
}

/// The modules that follow `crate::`, also in `crate::{a::b, c}`, and where. What begins with a capital is an item of the crate's root.
fn used_modules(code: &str) -> Vec<(usize, String)> {
    let mut used = Vec::new();
    for (at, found) in code.match_indices("crate::") {
        let after = &code[at + found.len()..];
        let Some(list) = after.strip_prefix('{') else {
            used.push((at, first_word(after)));
            continue;
        };
        let mut depth = 0;
        for part in list.split_inclusive([',', '{', '}']) {
            if depth == 0 {
                used.push((at, first_word(part.trim_start())));
            }
            depth += i32::from(part.ends_with('{')) - i32::from(part.ends_with('}'));
            if depth < 0 {
                break;
            }
        }
    }
    used.retain(|(_, name)| name.starts_with(char::is_lowercase));
    used
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect()
}

/// Uses of a crate outside its place, and anything impure in the pure parts.
pub(crate) fn crates(source: &Source) -> Vec<String> {
    if !source.path.starts_with("host/") {
        return Vec::new();
    }
    let below = |folders: &[&str]| {
        folders
            .iter()
            .any(|folder| source.path.starts_with(&format!("{folder}/")) || source.path == format!("{folder}.rs"))
    };
    let mut found = Vec::new();
    for (what, names, places) in CRATES {
        if !below(places) {
            let find = |line: &str| {
                word_of(line, names).map(|name| format!("`{name}` ({what}) belongs below {}", places.join(", ")))
            };
            found.extend(source.lines(&source.code, find));
        }
    }
    if below(&PURE) {
        let impure =
            |line: &str| word_of(line, &IMPURE).map(|name| format!("`{name}` in a pure part; take it as an argument"));
        // A test may measure and invent, and so may a proptest.
        if !source.is_test() {
            found.extend(source.lines(&source.code, impure));
        }
    }
    found
}

/// The first of these names that stands in a line as a word of its own.
fn word_of<'a>(line: &str, names: &[&'a str]) -> Option<&'a str> {
    let words: Vec<&str> = line.split(|sign: char| !sign.is_alphanumeric() && sign != '_').collect();
    names.iter().find(|name| words.contains(name)).copied()
}

#[test]
fn lists_of_uses_are_taken_apart() {
    let code = "use crate::{\n    model::{Seq, Side},\n    plugin::Loader,\n};\ncrate::text::f(); crate::Item; {a, b}";
    let used: Vec<String> = used_modules(code).into_iter().map(|(_, name)| name).collect();
    assert_eq!(used, ["model", "plugin", "text"]);
}
