//! Settings that do not fit, as the operator is told of them.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

use super::*;
use crate::config::Config;
use expect_test::{Expect, expect};
use std::path::Path;

const SCHEMA: &str = r#"
    type = "object"
    additionalProperties = false
    required = ["word"]
    properties.word.enum = ["red", "blue"]
    properties.port = { type = "integer", minimum = 1, maximum = 65535, default = 5060, description = "Where it listens" }
    properties.deep.properties.list.items.type = "string"
"#;

const EXAMPLE: &str = include_str!("../../../cordboard.example.toml");

/// The example with these lines in place of the first listener's settings, and of a rule's.
fn config(listener: &str, rule: &str) -> Config {
    let text = EXAMPLE.replacen("settings = {}", listener, 1).replacen("[rules.longest-idle]", rule, 1);
    Config::parse("cordboard.toml", &text, Path::new("")).unwrap_or_else(|problems| panic!("{problems}"))
}

#[track_caller]
fn check_listener(settings: &str, expected: &Expect) {
    let config = config(settings, "[rules.longest-idle]");
    let schema = Schema::compile(Some(&toml::from_str(SCHEMA).unwrap())).unwrap();
    let place = Place { title: "`settings` of [[listener]] `customers`", path: &["listener", "0", "settings"] };
    let told = check(&config.origin, &place, &schema, &config.listeners[0].settings);
    expected.assert_eq(&told.map_or_else(|problems| problems.to_string(), |()| "fine".to_owned()));
}

#[test]
fn a_listeners_settings_are_told_with_their_line() {
    check_listener("settings = { word = \"red\" }", &expect!["fine"]);
    check_listener(
        "settings = { word = \"rad\", prot = 70000 }",
        &expect![[r#"
            error: `settings` of [[listener]] `customers`: `word` is not what the plugin expects
              --> cordboard.toml:69:21
               |
            69 | settings = { word = "rad", prot = 70000 }
               |                     ^^^^^
               = expected: one of "red", "blue"
               = found: the text "rad"
               = fix: give `word` one of "red", "blue"

            error: `settings` of [[listener]] `customers` has no setting `prot`
              --> cordboard.toml:69:28
               |
            69 | settings = { word = "rad", prot = 70000 }
               |                            ^^^^
               = expected: one of deep, port, word
               = found: `prot`
               = fix: did you mean `port`?

            2 problems in cordboard.toml"#]],
    );
    check_listener(
        "settings = { word = \"blue\", port = 70000, deep = { list = [\"a\", 3] } }",
        &expect![[r#"
            error: `settings` of [[listener]] `customers`: `port` is not what the plugin expects
              --> cordboard.toml:69:36
               |
            69 | settings = { word = "blue", port = 70000, deep = { list = ["a", 3] } }
               |                                    ^^^^^
               = expected: a whole number from 1 to 65535 (Where it listens)
               = found: the number 70000
               = fix: write `port = 5060`, which is the default, or leave the line out

            error: `settings` of [[listener]] `customers`: `deep.list.1` is not what the plugin expects
              --> cordboard.toml:69:65
               |
            69 | settings = { word = "blue", port = 70000, deep = { list = ["a", 3] } }
               |                                                                 ^
               = expected: a text in quotes
               = found: the number 3
               = fix: give `deep.list.1` a text in quotes

            2 problems in cordboard.toml"#]],
    );
    check_listener(
        "settings = {}",
        &expect![[r#"
            error: `settings` of [[listener]] `customers` has no `word`
              --> cordboard.toml:69:1
               |
            69 | settings = {}
               | ^^^^^^^^
               = expected: one of "red", "blue"
               = found: nothing
               = fix: add `word = "red"`, or whatever it should be

            1 problem in cordboard.toml"#]],
    );
    check_listener(
        "",
        &expect![[r#"
            error: `settings` of [[listener]] `customers` has no `word`
              --> cordboard.toml:45:1
               |
            45 | [[listener]]
               | ^^^^^^^^^^^^
               = expected: one of "red", "blue"
               = found: nothing
               = fix: add `word = "red"`, or whatever it should be

            1 problem in cordboard.toml"#]],
    );
}

#[test]
fn a_rules_settings_are_told_with_their_line() {
    let config = config("settings = {}", "[rules.longest-idle]\nafter_s = 3");
    let place = Place { title: "[rules.longest-idle]", path: &["rules", "longest-idle"] };
    let check =
        |schema: &Schema| check(&config.origin, &place, schema, &config.rules["longest-idle"]).unwrap_err().to_string();
    expect![[r#"
        error: [rules.longest-idle] has no setting `after_s`
           --> cordboard.toml:123:1
            |
        123 | after_s = 3
            | ^^^^^^^
            = expected: no settings
            = found: `after_s`
            = fix: take the line out

        1 problem in cordboard.toml"#]]
    .assert_eq(&check(&Schema::compile(None).unwrap()));
    expect![[r#"
        error: [rules.longest-idle] has no `word`
           --> cordboard.toml:122:8
            |
        122 | [rules.longest-idle]
            |        ^^^^^^^^^^^^
            = expected: one of "red", "blue"
            = found: nothing
            = fix: add `word = "red"`, or whatever it should be

        error: [rules.longest-idle] has no setting `after_s`
           --> cordboard.toml:123:1
            |
        123 | after_s = 3
            | ^^^^^^^
            = expected: one of deep, port, word
            = found: `after_s`
            = fix: take the line out

        2 problems in cordboard.toml"#]]
    .assert_eq(&check(&Schema::compile(Some(&toml::from_str(SCHEMA).unwrap())).unwrap()));
}
