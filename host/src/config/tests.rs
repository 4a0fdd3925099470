//! The example file, and tables of mistakes with what the operator is told.

mod dialogs;
mod plugins;
mod providers;
mod routing;

use super::*;
use crate::model::Alias;
use expect_test::{Expect, expect};
use std::fmt::Write as _;

const EXAMPLE: &str = include_str!("../../cordboard.example.toml");

#[expect(clippy::needless_pass_by_value, reason = "a table's line reads better without `&`")]
fn check(text: &str, expected: Expect) {
    let shown = match Config::parse("cordboard.toml", text, Path::new("/etc/cordboard")) {
        Ok(_) => "fine".to_owned(),
        Err(problems) => problems.to_string(),
    };
    expected.assert_eq(&shown);
}

/// The example with one line replaced.
fn example_with(line: &str, instead: &str) -> String {
    assert_eq!(EXAMPLE.matches(line).count(), 1, "the example has the line {line:?} once");
    EXAMPLE.replacen(line, instead, 1)
}

#[test]
fn the_example_is_valid_and_says_what_it_says() {
    let config = Config::parse("cordboard.example.toml", EXAMPLE, Path::new("/etc/cordboard")).expect("it is valid");
    assert_eq!(config.data, Path::new("/etc/cordboard/data"));
    assert_eq!(config.control, Path::new("/etc/cordboard/data/control.sock"));
    assert_eq!(config.settings.wrap_up_ms, 30_000);
    let links: Vec<_> = config
        .settings
        .links
        .iter()
        .map(|link| (link.alias.as_str(), link.parent.as_ref().map(Alias::as_str)))
        .collect();
    assert_eq!(links, [("billing", None), ("sales", None), ("refunds", Some("billing"))], "parents before children");
    assert!(config.listeners[1].require_tls, "a certificate is meant to be used");
    assert_eq!(
        config.settings.limits,
        crate::model::limits::Limits::default(),
        "the defaults it names are the defaults"
    );
}

/// Every section is asked for its keys by way of a key that none has.
#[test]
fn the_example_names_every_key() {
    let mut text = String::new();
    for line in EXAMPLE.lines() {
        writeln!(text, "{line}").unwrap();
        if line.starts_with('[') && !line.starts_with("[rules") {
            text.push_str("not-a-key = 1\n");
        }
    }
    let text = format!("not-a-key = 1\n{text}");
    let problems = Config::parse("example", &text, Path::new("")).expect_err("unknown keys are refused");
    let mut sections = 0;
    for problem in &problems.list {
        let keys = problem.expected.strip_prefix("one of ").expect("nothing but unknown keys");
        sections += 1;
        for key in keys.split(", ") {
            let named = EXAMPLE.lines().any(|line| {
                // What most centres don't have stands there as a comment.
                let line = line.trim_start_matches("# ").trim_start_matches('[').trim_start_matches('[');
                line.starts_with(&format!("{key} ="))
                    || line.starts_with(&format!("{key}]"))
                    || line.starts_with(&format!("{key}."))
            });
            assert!(named, "{}: the example does not name {key}", problem.what);
        }
    }
    assert_eq!(
        sections,
        EXAMPLE.lines().filter(|line| line.starts_with('[') && !line.starts_with("[rules")).count() + 1
    );
}

#[test]
fn every_problem_is_told_at_once() {
    let text = example_with("address = \"0.0.0.0:5222\"", "address = 5222")
        .replace("expire_s = 20", "expires_s = 20")
        .replace("queue = \"sales\"", "queue = \"sails\"")
        .replace("drain_ms = 10000", "drain_ms = -1");
    check(
        &text,
        expect![[r#"
            error: [[listener]] `customers`: `address` is not what it should be
              --> cordboard.toml:52:11
               |
            52 | address = 5222
               |           ^^^^
               = expected: an IP address and a port, as "0.0.0.0:5222" or "[::]:5222"
               = found: the number 5222
               = fix: give `address` an IP address and a port, as "0.0.0.0:5222" or "[::]:5222"

            error: [[link]] `sales`: there is no [[queue]] `sails`
               --> cordboard.toml:203:9
                |
            203 | queue = "sails"
                |         ^^^^^^^
                = expected: one of "billing", "sales"
                = found: "sails"
                = fix: did you mean `queue = "sales"`? If not, add a `[[queue]]` of this name

            error: [offers] has no setting `expires_s`
               --> cordboard.toml:228:1
                |
            228 | expires_s = 20
                | ^^^^^^^^^
                = expected: one of expire_s, missed, max_hold_s
                = found: `expires_s`
                = fix: did you mean `expire_s`?

            error: [limits]: `drain_ms` is out of range
               --> cordboard.toml:307:12
                |
            307 | drain_ms = -1
                |            ^^
                = expected: a whole number from 0 to 600000
                = found: -1
                = fix: write `drain_ms = 10000`, which is the default, or leave the line out

            4 problems in cordboard.toml"#]],
    );
}

#[test]
fn an_empty_file_is_told_all_that_is_missing() {
    check(
        "",
        expect![[r#"
            error: the file has no [storage]
             --> cordboard.toml:1:1
              |
            1 | 
              | ^
              = expected: a folder, relative to this file
              = found: nothing
              = fix: add `[storage]` and below it `folder = "..."`

            error: the file has no [plugins]
             --> cordboard.toml:1:1
              |
            1 | 
              | ^
              = expected: a folder, relative to this file
              = found: nothing
              = fix: add `[plugins]` and below it `folder = "..."`

            error: the file has no [[listener]] and no [[provider]] with `side = "customer"`
             --> cordboard.toml:1:1
              |
            1 | 
              | ^
              = expected: at least one listener or provider for each side
              = found: nothing
              = fix: add a `[[listener]]`; cordboard.example.toml shows both

            error: the file has no [[listener]] and no [[provider]] with `side = "agent"`
             --> cordboard.toml:1:1
              |
            1 | 
              | ^
              = expected: at least one listener or provider for each side
              = found: nothing
              = fix: add a `[[listener]]`; cordboard.example.toml shows both

            error: the file has no [[pool]]
             --> cordboard.toml:1:1
              |
            1 | 
              | ^
              = expected: at least one pool, which says by which rules sessions find agents
              = found: nothing
              = fix: add a `[[pool]]`; cordboard.example.toml shows one

            error: the file has no [[queue]]
             --> cordboard.toml:1:1
              |
            1 | 
              | ^
              = expected: at least one queue, where sessions wait
              = found: nothing
              = fix: add a `[[queue]]`; cordboard.example.toml shows one

            error: the file has no [[link]]
             --> cordboard.toml:1:1
              |
            1 | 
              | ^
              = expected: at least one link, an address that customers can write to
              = found: nothing
              = fix: add a `[[link]]`; cordboard.example.toml shows one

            7 problems in cordboard.toml"#]],
    );
}

#[test]
fn what_is_not_toml_is_told_with_its_place() {
    check(
        "name = \"Centre\n[storage\nfolder = data\n",
        expect![[r#"
        error: this is not TOML: invalid basic string
         --> cordboard.toml:1:15
          |
        1 | name = "Centre
          |               ^
          = expected: `"`
          = found: "the end"
          = fix: correct the line (https://toml.io says how values are written)

        error: this is not TOML: unclosed table
         --> cordboard.toml:2:9
          |
        2 | [storage
          |         ^
          = expected: `]`
          = found: "the end"
          = fix: correct the line (https://toml.io says how values are written)

        2 problems in cordboard.toml"#]],
    );
}

#[test]
fn one_mistake_is_one_message() {
    check(
        &example_with("name = \"main\"", ""),
        expect![[r#"
            error: [[pool]] has no `name`
               --> cordboard.toml:106:1
                |
            106 | [[pool]]
                | ^^^^^^^^
                = expected: a text in quotes
                = found: nothing
                = fix: add a line such as `name = "main"`

            1 problem in cordboard.toml"#]],
    );
}

#[test]
fn names_are_checked() {
    let text = example_with("alias = \"sales\"", "alias = \"Sales Desk\"")
        .replace("alias = \"refunds\"", "alias = \"s0-refunds\"")
        .replace("label = \"Sales\"\npool", "label = \"Sales\"\nmedium = \"chats\"\npool");
    check(
        &text,
        expect![[r#"
            error: [[link]] `s0-refunds`: this can't be its `alias`
               --> cordboard.toml:195:9
                |
            195 | alias = "s0-refunds"
                |         ^^^^^^^^^^^^
                = expected: 1 to 48 of the characters a-z 0-9 . _ - (not `guest-…`, and not `s` with a number and `-`, which Cordboard gives itself)
                = found: "s0-refunds"
                = fix: choose another `alias`; what people are shown is `label`

            error: [[link]] `Sales Desk`: this can't be its `alias`
               --> cordboard.toml:202:9
                |
            202 | alias = "Sales Desk"
                |         ^^^^^^^^^^^^
                = expected: 1 to 48 of the characters a-z 0-9 . _ - (not `guest-…`, and not `s` with a number and `-`, which Cordboard gives itself)
                = found: "Sales Desk"
                = fix: choose another `alias`; what people are shown is `label`

            2 problems in cordboard.toml"#]],
    );
}

#[test]
fn a_domain_belongs_to_one_side() {
    check(
        &example_with("domain = \"desk.center.example\"", "domain = \"center.example\""),
        expect![[r#"
            error: [[listener]] `agents`: the domain "center.example" is used on both sides
              --> cordboard.toml:76:10
               |
            76 | domain = "center.example"
               |          ^^^^^^^^^^^^^^^^
               = expected: a domain for customers and another for agents, so that an address belongs to one side
               = found: "center.example" on the side of agents too
               = fix: write `domain = "desk.center.example"` for the agents

            1 problem in cordboard.toml"#]],
    );
}

#[test]
fn security_that_contradicts_is_refused() {
    let text = example_with("tls = { certificate = \"center.crt\", key = \"center.key\" }\n", "tls = \"none\"\n")
        .replace("tls = { certificate = \"desk.crt\", key = \"desk.key\" }", "tls = { certificate = \"desk.crt\" }");
    check(
        &text,
        expect![[r#"
            error: [[listener]] `customers`: TLS is required and there is none
              --> cordboard.toml:59:15
               |
            59 | require_tls = true
               |               ^^^^
               = expected: require_tls = false where tls = "none"
               = found: require_tls = true
               = fix: name a certificate: `tls = { certificate = "center.crt", key = "center.key" }`

            error: `tls` of [[listener]] `agents` has no `key`
              --> cordboard.toml:77:7
               |
            77 | tls = { certificate = "desk.crt" }
               |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
               = expected: a path in quotes, relative to the folder of this file
               = found: nothing
               = fix: add a line such as `key = "center.key"`

            2 problems in cordboard.toml"#]],
    );
}

#[test]
fn guests_are_customers() {
    check(
        &example_with("side = \"agent\"", "side = \"agent\"\nguests = true"),
        expect![[r#"
            error: [[listener]] `agents`: guests can't come in where agents sign in
              --> cordboard.toml:75:10
               |
            75 | guests = true
               |          ^^^^
               = expected: guests = true only with side = "customer"
               = found: guests = true with side = "agent"
               = fix: take the line out

            1 problem in cordboard.toml"#]],
    );
}

#[test]
fn links_that_stand_under_themselves_are_refused() {
    let text = example_with("label = \"Billing\"\nqueue = \"billing\"", "parent = \"refunds\"\nqueue = \"billing\"");
    check(
        &text,
        expect![[r#"
            error: [[link]] `billing` stands under itself
               --> cordboard.toml:185:10
                |
            185 | parent = "refunds"
                |          ^^^^^^^^^
                = expected: a tree: parents that lead to a link without one
                = found: a circle by way of "refunds"
                = fix: take `parent` out of one of them

            error: [[link]] `refunds` stands under itself
               --> cordboard.toml:197:10
                |
            197 | parent = "billing"
                |          ^^^^^^^^^
                = expected: a tree: parents that lead to a link without one
                = found: a circle by way of "billing"
                = fix: take `parent` out of one of them

            2 problems in cordboard.toml"#]],
    );
}

#[test]
fn a_name_used_twice_is_refused() {
    let text = example_with("name = \"agents\"", "name = \"customers\"").replace("0.0.0.0:5232", "0.0.0.0:5222");
    check(
        &text,
        expect![[r#"
            error: [[listener]] `customers` stands here a second time
              --> cordboard.toml:72:8
               |
            72 | name = "customers"
               |        ^^^^^^^^^^^
               = expected: every `name` once
               = found: "customers" again
               = fix: give this one another `name`, or take it out

            error: [[listener]] `customers`: the address is taken by `customers`
              --> cordboard.toml:75:11
               |
            75 | address = "0.0.0.0:5222"
               |           ^^^^^^^^^^^^^^
               = expected: every address once
               = found: 0.0.0.0:5222
               = fix: choose another port

            2 problems in cordboard.toml"#]],
    );
}

#[test]
fn a_log_filter_is_checked() {
    check(
        &example_with("level = \"info\"", "level = \"cordboard=loud\""),
        expect![[r#"
            error: [log]: `level` is not a filter: error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5
               --> cordboard.toml:261:9
                |
            261 | level = "cordboard=loud"
                |         ^^^^^^^^^^^^^^^^
                = expected: error, warn, info, debug or trace, or a filter as "info,cordboard::transport=debug"
                = found: "cordboard=loud"
                = fix: write `level = "info"`

            1 problem in cordboard.toml"#]],
    );
}

#[test]
fn rule_settings_become_json() {
    let text =
        example_with("[rules.longest-idle]", "[rules.longest-idle]\nafter_s = 30\nfactors = [1.5, 2]\nnote = \"x\"");
    let config = Config::parse("f", &text, Path::new("")).expect("it is valid");
    let json = serde_json::to_string(&config.rules["longest-idle"]).unwrap();
    assert_eq!(json, r#"{"after_s":30,"factors":[1.5,2],"note":"x"}"#);
}

#[test]
fn places_count_characters() {
    assert_eq!(place("äö\nüx", "äö\nü".len()), Place { line: 2, column: 2 });
}

#[test]
fn dev_keeps_to_this_machine_and_the_ports_asked_for() {
    let config = Config::dev(Path::new("/tmp/d"), 100, Path::new("/tmp/p")).expect("ports exist");
    let listens: Vec<String> =
        config.listeners.iter().map(|l| format!("{} {} {}", l.side.as_str(), l.address, l.domain)).collect();
    assert_eq!(listens, ["customer 127.0.0.1:5322 localhost", "agent 127.0.0.1:5332 desk.localhost"]);
    assert_eq!(config.web.map(|web| web.to_string()).as_deref(), Some("127.0.0.1:8180"));
    let refused = Config::dev(Path::new("/"), 60_000, Path::new("/")).expect_err("no such port");
    expect!["--port-offset 60000 is too large: the HTTP port would be 8080 + 60000, and ports end at 65535; use at most 57455"]
        .assert_eq(&refused.to_string());
}
