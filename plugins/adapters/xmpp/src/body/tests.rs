//! Texts of messages, and their limit.

use super::text;
use cordboard_sdk::model::{Attribute, Body, Extension, Field, Form, FormOption, LinkTarget};
use expect_test::expect;

#[test]
fn forms_and_menus_become_numbered_lines() {
    let option = |label: &str| FormOption { value: label.to_lowercase(), label: label.into() };
    let field = |label: &str, options: Vec<FormOption>| Field {
        name: "f".into(),
        label: label.into(),
        kind: "one".into(),
        required: true,
        options,
        values: vec![],
    };
    let form = Form {
        title: "Before we begin".into(),
        text: String::new(),
        fields: vec![field("Your number", vec![]), field("Language", vec![option("English"), option("German")])],
        attributes: vec![],
    };
    let link = |alias: &str, label: &str| LinkTarget { alias: alias.into(), label: label.into(), parent: None };
    let answer = Attribute { name: "number".into(), value: "4711".into() };
    let bodies = [
        Body::Form(form),
        Body::Menu(vec![link("billing", "Billing"), link("sales", "Sales")]),
        Body::FormReply(vec![answer]),
    ];
    let texts: Vec<_> = bodies.iter().filter_map(text).collect();
    expect![[r#"
        Before we begin
        1. Your number
        2. Language (English, German)
        ---
        1. Billing (billing)
        2. Sales (sales)
        ---
        number: 4711"#]]
    .assert_eq(&texts.join("\n---\n"));
    assert_eq!(text(&Body::Other(Extension { name: "x".into(), value: vec![] })), None);
}
