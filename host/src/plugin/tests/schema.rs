//! Settings held against schemas: what does not fit, in the operator's words; and schemas that are refused.

use crate::plugin::{Fault, Schema};
use expect_test::{Expect, expect};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

fn compile(schema: &Value) -> Result<Schema, String> {
    let table = toml::Table::try_from(schema).unwrap();
    Schema::compile(Some(&table)).map_err(|error| error.to_string())
}

/// Each misfit on a line.
#[track_caller]
fn check(schema: &Value, settings: &Value, expected: &Expect) {
    let mut told = String::new();
    for misfit in compile(schema).unwrap().misfits(settings) {
        let path = misfit.path.join(".");
        match misfit.fault {
            Fault::Unknown { known } => writeln!(told, "{path}: unknown among {known:?}"),
            Fault::Missing { expected, example } => writeln!(told, "{path}: missing {expected}, as {example}"),
            Fault::Wrong { expected, found, choices, default, .. } => {
                writeln!(told, "{path}: {found} in place of {expected}; choices {choices:?}, default {default:?}")
            }
        }
        .unwrap();
    }
    expected.assert_eq(&told);
}

#[test]
fn what_fits_is_fine() {
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["word"],
        "properties": {"word": {"enum": ["red", "blue"]}, "list": {"type": "array", "items": {"type": "integer"}}},
    });
    check(&schema, &json!({"word": "red", "list": [1, 2]}), &expect![""]);
    assert_eq!(Schema::compile(None).unwrap().misfits(&json!({})), []);
}

#[test]
fn what_does_not_fit_is_told_in_words() {
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["word", "url"],
        "properties": {
            "word": {"enum": ["red", "blue"]},
            "url": {"type": "string", "pattern": "^https://", "description": "Where it asks"},
            "port": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 5060},
            "share": {"type": "number", "exclusiveMinimum": 0},
            "deep": {"type": "object", "additionalProperties": false, "properties": {"on": {"type": "boolean"}}},
            "list": {"type": "array", "maxItems": 2, "items": {"type": "string", "minLength": 2}},
            "either": {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 3}]},
            "mail": {"type": "string", "format": "email"},
            "fixed": {"const": 3},
        },
    });
    let settings = json!({
        "word": "rad", "port": 70000, "share": 0, "deep": {"off": true, "on": 1}, "list": ["a", "bc", 3], "either": 2,
        "mail": "nobody", "fixed": 4, "wurd": "red",
    });
    check(
        &schema,
        &settings,
        &expect![[r#"
        url: missing a text in quotes that matches `^https://` (Where it asks), as "..."
        deep.on: the number 1 in place of true or false; choices [], default None
        deep.off: unknown among ["on"]
        either: the number 2 in place of a text in quotes, or a whole number of at least 3; choices [], default None
        fixed: the number 4 in place of 3; choices [], default None
        list: a list of 3 in place of a list of at most 2 items, each a text in quotes of at least 2 characters; choices [], default None
        list.0: the text "a" in place of a text in quotes of at least 2 characters; choices [], default None
        list.2: the number 3 in place of a text in quotes of at least 2 characters; choices [], default None
        mail: the text "nobody" in place of a text in quotes of the form `email`; choices [], default None
        port: the number 70000 in place of a whole number from 1 to 65535; choices [], default Some("5060")
        share: the number 0 in place of a number above 0; choices [], default None
        word: the text "rad" in place of one of "red", "blue"; choices ["red", "blue"], default None
        wurd: unknown among ["deep", "either", "fixed", "list", "mail", "port", "share", "url", "word"]
    "#]],
    );
    check(
        &schema,
        &json!({"word": 3, "url": "http://x"}),
        &expect![[r#"
        url: the text "http://x" in place of a text in quotes that matches `^https://` (Where it asks); choices [], default None
        word: the number 3 in place of one of "red", "blue"; choices ["red", "blue"], default None
    "#]],
    );
    check(
        &json!({"type": "object", "minProperties": 1}),
        &json!({}),
        &expect![[r"
            : a table of 0 in place of a table of at least 1 settings; choices [], default None
        "]],
    );
}

#[test]
fn what_may_not_be_is_unknown() {
    let schema = json!({"type": "object", "properties": {"old": false, "deep": {"additionalProperties": false}}});
    check(
        &schema,
        &json!({"old": 1}),
        &expect![[r"
        old: unknown among []
    "]],
    );
    check(
        &schema,
        &json!({"old": {"a": 1}, "deep": {"b": 1}}),
        &expect![[r"
        deep.b: unknown among []
        old: unknown among []
    "]],
    );
    check(&schema, &json!({"deep": {}, "new": 1}), &expect![""]);
}

#[test]
fn a_plugin_without_a_schema_has_no_settings() {
    let misfits = Schema::compile(None).unwrap().misfits(&json!({"port": 1}));
    assert_eq!((misfits.len(), &misfits[0].fault), (1, &Fault::Unknown { known: Vec::new() }));
}

#[track_caller]
fn refused(schema: &Value, expected: &Expect) {
    expected.assert_eq(&compile(schema).unwrap_err());
}

#[test]
fn a_schema_that_is_none_or_not_ours_is_refused() {
    refused(
        &json!({"type": "string"}),
        &expect![[r#"`settings.type` is "\"string\"", expected "object": `settings` is a JSON Schema"#]],
    );
    refused(
        &json!({"properties": {}}),
        &expect![[r#"`settings.type` is "absent", expected "object": `settings` is a JSON Schema"#]],
    );
    refused(
        &json!({"type": "object", "properties": {"a": {"type": "objekt"}}}),
        &expect![[
            r#"`settings` is not a JSON Schema: `settings.properties.a.type`: "objekt" is not valid under any of the schemas listed in the 'anyOf' keyword"#
        ]],
    );
    refused(
        &json!({"type": "object", "properties": {"a": {"minimum": "low"}}}),
        &expect![[
            r#"`settings` is not a JSON Schema: `settings.properties.a.minimum`: "low" is not of type "number""#
        ]],
    );
    refused(
        &json!({"type": "object", "properties": {"a": {"pattern": "(((("}}}),
        &expect![[r#"`settings` is not a JSON Schema: `settings.properties.a.pattern`: "((((" is not a "regex""#]],
    );
    refused(
        &json!({"type": "object", "properties": {"a": {"pattern": "(?=a)b"}}}),
        &expect![[r#"`settings` is not a JSON Schema: `settings.properties.a.pattern`: "(?=a)b" is not a "regex""#]],
    );
    refused(
        &json!({"type": "object", "properties": {"a": {"format": "colour"}}}),
        &expect!["`settings` is not a JSON Schema: `settings.properties.a.format`: Unknown format: 'colour'"],
    );
    refused(
        &json!({"type": "object", "properties": {"a": {"$ref": "#"}}}),
        &expect!["`settings` is not a JSON Schema: `$ref` is not taken: write the schema out, as draft 2020-12 has it"],
    );
    refused(
        &json!({"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"}),
        &expect![
            "`settings` is not a JSON Schema: `$schema` is not taken: write the schema out, as draft 2020-12 has it"
        ],
    );
}

#[test]
fn a_schema_is_small_and_shallow() {
    let mut deep = json!({"type": "string"});
    for _ in 0..9 {
        deep = json!({"type": "object", "properties": {"a": deep}});
    }
    refused(&deep, &expect!["`settings` is not a JSON Schema: expected at most 16 levels, found more"]);
    let many: serde_json::Map<_, _> = (0..2000).map(|n| (format!("s{n}"), json!({}))).collect();
    refused(
        &json!({"type": "object", "properties": many}),
        &expect!["`settings` is not a JSON Schema: expected at most 2000 values in all, found more"],
    );
    refused(
        &json!({"type": "object", "properties": {"a": {"pattern": "(a{1000}){1000}"}}}),
        &expect![[
            r#"`settings` is not a JSON Schema: `settings.properties.a.pattern`: "(a{1000}){1000}" is not a "regex""#
        ]],
    );
}

/// What takes a backtracking matcher longer than the world has lasted.
#[test]
fn a_pattern_costs_what_its_text_is_long() {
    let schema = compile(&json!({"type": "object", "properties": {"a": {"pattern": "^(a+)+$"}}})).unwrap();
    let began = Instant::now();
    assert_eq!(schema.misfits(&json!({"a": format!("{}b", "a".repeat(10_000))})).len(), 1);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[test]
fn a_screenful_of_misfits_is_enough() {
    let settings: serde_json::Map<_, _> = (0..1000).map(|n| (format!("s{n}"), json!(1))).collect();
    assert_eq!(Schema::compile(None).unwrap().misfits(&Value::Object(settings)).len(), 20);
}
