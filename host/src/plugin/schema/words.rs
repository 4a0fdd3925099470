//! A schema in the operator's words: what a setting should be, what it is, and how it is written.
//!
//! Invariant: all of it is one line of bounded length, whatever the plugin's author wrote.

use serde_json::{Map, Value};

/// Characters of what comes from a schema or a setting.
const SHOWN_CHARS: usize = 120;
/// Words that are listed one by one.
const CHOICES: usize = 20;

/// One line, not too long, with nothing that moves the cursor.
pub(super) fn line(text: &str) -> String {
    let mut line: String =
        text.trim().chars().take(SHOWN_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.trim().chars().count() > SHOWN_CHARS {
        line.push('…');
    }
    line
}

/// What a value of this schema is, and what it is for.
pub(super) fn expected(schema: &Value) -> String {
    let Some(schema) = schema.as_object() else { return "a value".to_owned() };
    let described = schema.get("description").and_then(Value::as_str).map(|text| format!(" ({})", line(text)));
    format!("{}{}", shape(schema), described.unwrap_or_default())
}

fn shape(schema: &Map<String, Value>) -> String {
    if let Some(only) = schema.get("const") {
        return toml(only);
    }
    if let Some(Value::Array(words)) = schema.get("enum") {
        return format!("one of {}", words.iter().take(CHOICES).map(toml).collect::<Vec<_>>().join(", "));
    }
    for several in ["anyOf", "oneOf"] {
        if let Some(Value::Array(schemas)) = schema.get(several) {
            let shapes = schemas.iter().filter_map(Value::as_object).map(shape);
            return shapes.take(CHOICES).collect::<Vec<_>>().join(", or ");
        }
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(word)) => vec![word],
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if types.is_empty() {
        return "what its schema says".to_owned();
    }
    types.into_iter().map(|word| of_type(word, schema)).collect::<Vec<_>>().join(", or ")
}

fn of_type(word: &str, schema: &Map<String, Value>) -> String {
    let bounds = |least: &str, most: &str, of: &str| range(schema.get(least), schema.get(most), of);
    match word {
        "string" => {
            let pattern =
                schema.get("pattern").and_then(Value::as_str).map(|it| format!(" that matches `{}`", line(it)));
            let format = schema.get("format").and_then(Value::as_str).map(|it| format!(" of the form `{}`", line(it)));
            let length = bounds("minLength", "maxLength", " characters");
            format!("a text in quotes{length}{}{}", pattern.unwrap_or_default(), format.unwrap_or_default())
        }
        "integer" | "number" => {
            let name = if word == "integer" { "a whole number" } else { "a number" };
            let more = |key: &str, word: &str| schema.get(key).map(|it| format!(" {word} {it}")).unwrap_or_default();
            let beyond = format!("{}{}", more("exclusiveMinimum", "above"), more("exclusiveMaximum", "below"));
            format!("{name}{}{beyond}{}", bounds("minimum", "maximum", ""), more("multipleOf", "that is a multiple of"))
        }
        "boolean" => "true or false".to_owned(),
        "array" => {
            let items = schema.get("items").and_then(Value::as_object).map(|items| format!(", each {}", shape(items)));
            format!("a list{}{}", bounds("minItems", "maxItems", " items"), items.unwrap_or_default())
        }
        "object" => format!("a table{}", bounds("minProperties", "maxProperties", " settings")),
        "null" => "nothing".to_owned(),
        other => line(other),
    }
}

fn range(least: Option<&Value>, most: Option<&Value>, of: &str) -> String {
    match (least, most) {
        (Some(least), Some(most)) => format!(" from {least} to {most}{of}"),
        (Some(least), None) => format!(" of at least {least}{of}"),
        (None, Some(most)) => format!(" of at most {most}{of}"),
        (None, None) => String::new(),
    }
}

/// How a setting is named in `found:`.
pub(super) fn found(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the text {:?}", line(text)),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(table) => format!("a table of {}", table.len()),
    }
}

/// The texts that it may be.
pub(super) fn choices(schema: &Value) -> Vec<String> {
    let words = schema.get("enum").and_then(Value::as_array);
    words.into_iter().flatten().filter_map(Value::as_str).take(CHOICES).map(line).collect()
}

/// A value that could stand there: the default, the first of the words, the least number, or something of its type.
pub(super) fn example(schema: &Value) -> String {
    let given = ["default", "const", "minimum"].into_iter().find_map(|key| schema.get(key));
    let first = |key: &str| schema.get(key).and_then(Value::as_array).and_then(|list| list.first());
    if let Some(value) = given.or_else(|| first("examples")).or_else(|| first("enum")) {
        return toml(value);
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("integer" | "number") => "1",
        Some("boolean") => "true",
        Some("array") => "[]",
        Some("object") => "{}",
        _ => "\"...\"",
    }
    .to_owned()
}

/// As it is written in the operator's file; JSON and TOML agree on all but tables and nothing.
pub(super) fn toml(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().take(CHOICES).map(toml).collect::<Vec<_>>().join(", ")),
        Value::Object(table) => {
            let entries = table.iter().take(CHOICES).map(|(key, value)| format!("{} = {}", line(key), toml(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        other => line(&other.to_string()),
    }
}
