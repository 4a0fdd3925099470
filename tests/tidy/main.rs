//! Keeps the conventions of the code: which part may use which, how files begin and end, what never stands in them.
//!
//! It reads the sources as text, with comments and strings blanked where only code counts. It ends at conventions: what the
//! compiler or clippy can check is left to them.
//!
//! Invariant: every rule is tried on a source that breaks it, so none of them can be asleep.

mod direction;
mod habits;
mod source;

use source::{Source, tree};

/// Fails with all that is found, one line each.
fn expect_none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n  {}\n", found.join("\n  "));
}

/// A rule finds this in a file of that name.
fn caught(rule: fn(&Source) -> Vec<String>, path: &str, text: &str) {
    assert!(!rule(&Source::new(path, text)).is_empty(), "{path} went through: {text}");
}

fn passes(rule: fn(&Source) -> Vec<String>, path: &str, text: &str) {
    assert_eq!(rule(&Source::new(path, text)), Vec::<String>::new(), "{path}: {text}");
}

fn all(rule: fn(&Source) -> Vec<String>) -> Vec<String> {
    tree().iter().flat_map(rule).collect()
}

#[test]
fn there_is_something_to_read() {
    let sources = tree();
    for path in [
        "host/src/model/mod.rs",
        "host/src/identity/mod.rs",
        "tests/tidy/main.rs",
        "guest-sdk/src/lib.rs",
        "Cargo.toml",
    ] {
        assert!(sources.iter().any(|source| source.path == path), "{path} was not found");
    }
    assert!(!sources.iter().any(|source| source.path.starts_with("target/")));
}

#[test]
fn dependencies_point_one_way() {
    expect_none(&all(direction::modules), "a module uses one that it may not use (DESIGN.md, 3)");
    caught(direction::modules, "host/src/model/message.rs", "use crate::centre::Effect;");
    caught(direction::modules, "host/src/centre/queue.rs", "fn f() { crate::storage::open() }");
    caught(direction::modules, "host/src/storage/redb.rs", "use crate::{model::Seq, plugin::Loader};");
    caught(direction::modules, "host/src/newcomer/mod.rs", "use crate::model::Seq;");
    passes(direction::modules, "host/src/storage/redb.rs", "use crate::model::Seq; // not crate::plugin");
    passes(direction::modules, "host/src/storage/tests.rs", "use crate::identity::Identity;");
}

#[test]
fn crates_stay_where_they_belong() {
    expect_none(&all(direction::crates), "a crate or a part of std is used where it may not be (DESIGN.md, 3)");
    caught(direction::crates, "host/src/centre/mod.rs", "use tokio::sync::mpsc;");
    caught(direction::crates, "host/src/centre/mod.rs", "let now = std::time::Instant::now();");
    caught(direction::crates, "host/src/model/ids.rs", "getrandom::fill(&mut bytes);");
    caught(direction::crates, "host/src/transport/endpoint/mod.rs", "use std::time::{Duration, SystemTime};");
    caught(direction::crates, "host/src/shard/mod.rs", "use redb::Database;");
    caught(direction::crates, "host/src/service.rs", "wasmtime::Engine::default()");
    caught(direction::crates, "host/src/service.rs", "use tokio::net::TcpListener;");
    caught(direction::crates, "host/src/identity/mod.rs", "use std::net::{IpAddr, TcpStream};");
    passes(direction::crates, "host/src/transport/tcp.rs", "use tokio::net::TcpListener;");
    passes(direction::crates, "host/src/identity/mod.rs", "use std::net::IpAddr; // no TcpStream");
    passes(direction::crates, "host/src/centre/mod.rs", "let x = \"tokio\"; // Instant");
    passes(direction::crates, "host/src/centre/mod.rs", "struct InstantMessage; struct Brand;");
}

#[test]
fn files_begin_with_what_they_are_for_and_end_in_time() {
    expect_none(&all(habits::opening), "a file opens with `//!` and what it is for");
    expect_none(&all(habits::length), "a file has at most 600 lines; split it by meaning");
    caught(habits::opening, "host/src/a.rs", "use std::fmt;\n//! late\n");
    caught(habits::opening, "tests/peers/a.py", "import sys\n");
    passes(habits::opening, "tests/peers/a.py", "#!/usr/bin/env python3\n\"\"\"What it is for.\"\"\"\n");
    caught(habits::length, "host/src/a.rs", &"//\n".repeat(601));
    passes(habits::length, "host/src/a.rs", &"//\n".repeat(600));
}

#[test]
fn nothing_is_left_undone() {
    expect_none(&all(habits::undone), "a stub, a forgotten print, or a test that never runs");
    for left in
        ["todo!()", "unimplemented! ()", "dbg!(x)", "#[ignore]", "#[ignore = \"slow\"]", "#[cfg_attr(ci, ignore)]"]
    {
        caught(habits::undone, "host/src/a.rs", left);
    }
    passes(habits::undone, "host/src/a.rs", "// todo!() in a comment\nlet ignore = \"dbg!\";");
}

#[test]
fn unsafe_code_is_where_it_was_reviewed() {
    expect_none(
        &all(habits::reviewed),
        "unsafe code outside the reviewed places; avoid it, or have it reviewed and add the file in tests/tidy/habits.rs",
    );
    caught(habits::reviewed, "host/src/a.rs", "unsafe { x() }");
    caught(habits::reviewed, "host/src/a.rs", "#[allow(unsafe_code)]");
    passes(habits::reviewed, "host/src/a.rs", "// unsafe\nlet unsafely = \"unsafe\";");
}

#[test]
fn names_say_what_things_are() {
    expect_none(
        &all(habits::names),
        "`utils`, `helpers`, `common` and `manager` say nothing; name it for what it does",
    );
    caught(habits::names, "host/src/utils/mod.rs", "");
    caught(habits::names, "host/src/session_manager.rs", "");
    caught(habits::names, "host/src/a.rs", "struct SessionManager;");
    caught(habits::names, "host/src/a.rs", "mod test_helpers;");
    passes(habits::names, "host/src/a.rs", "/// The most common case.\nfn commonly() {}");
}

#[test]
fn no_path_of_one_machine() {
    expect_none(&all(habits::machine_paths), "an absolute path that is right on one machine only");
    caught(habits::machine_paths, "README.md", &["cd /ho", "me/jim/cordboard"].concat());
    caught(habits::machine_paths, "host/src/a.rs", &["// see /ro", "ot/notes"].concat());
    passes(habits::machine_paths, "README.md", "GET /home and https://center.example/work");
}

#[test]
fn the_readme_begins_with_the_two_commands() {
    let readme = std::fs::read_to_string(source::root().join("README.md")).expect("README.md is there");
    let top: Vec<&str> = readme.lines().take(40).collect();
    for command in ["cargo run --release -- dev", "cargo test --workspace"] {
        assert!(
            top.iter().any(|line| line.trim() == command),
            "`{command}` on a line of its own in the first 40 lines of README.md"
        );
    }
}
