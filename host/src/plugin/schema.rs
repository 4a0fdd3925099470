//! The JSON Schema (draft 2020-12) that a manifest has for its plugin's settings, and what is wrong with settings by it.
//!
//! A schema comes from a stranger, so it is kept small and shallow, refers to nothing, and its patterns are matched in linear time:
//! checking settings costs at most the size of the schema times that of the settings.
//!
//! Invariant: a [`Schema`] is valid, and describes an object; there is no other way to one than [`Schema::compile`].

mod words;

use super::manifest::ManifestError;
use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::{Value, json};
use std::fmt;

/// Tables and lists inside each other.
const DEPTH: usize = 16;
/// Values in all, each key and item counted.
const VALUES: usize = 2000;
/// Bytes that a compiled pattern may have.
const PATTERN_BYTES: usize = 256 * 1024;
/// Misfits told of one table of settings.
const MISFITS: usize = 20;
/// Keywords that lead out of the schema, or around in it for ever.
const REFERENCES: [&str; 5] = ["$ref", "$dynamicRef", "$recursiveRef", "$id", "$schema"];

/// A schema, compiled.
pub struct Schema {
    json: Value,
    validator: Validator,
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schema({})", self.json)
    }
}

/// Stands for what may be a secret.
const NOT_SHOWN: &str = "something that is not shown here";

/// A setting that does not fit the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The keys that lead to it from the table of settings; items of lists by their number, from 0.
    pub path: Vec<String>,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// There is no such setting.
    Unknown {
        /// Those that there are.
        known: Vec<String>,
    },
    /// It is not there and must be.
    Missing {
        /// What it should be.
        expected: String,
        /// A value as TOML writes it.
        example: String,
    },
    /// It is something else.
    Wrong {
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
        /// The words that it may be, if they are few.
        choices: Vec<String>,
        /// What it is without a line of its own, as TOML writes it.
        default: Option<String>,
        /// It may be a secret (`writeOnly`), so nobody is shown what it is.
        is_secret: bool,
    },
}

impl Schema {
    /// The schema of a manifest; without one the plugin has no settings.
    pub fn compile(schema: Option<&toml::Table>) -> Result<Self, ManifestError> {
        let json = match schema {
            Some(table) => serde_json::to_value(table).map_err(|error| ManifestError::Schema(error.to_string()))?,
            None => json!({"type": "object", "additionalProperties": false}),
        };
        describes_object(&json)?;
        Bounds::default().measure(&json, 0)?;
        let mut options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
        options = options.should_ignore_unknown_formats(false);
        let options = options.with_pattern_options(PatternOptions::regex().size_limit(PATTERN_BYTES));
        let validator = options.build(&json).map_err(|error| ManifestError::Schema(refusal(&error)))?;
        Ok(Self { json, validator })
    }

    /// All that does not fit, at most a screenful; nothing if all is well.
    pub fn misfits(&self, settings: &Value) -> Vec<Misfit> {
        let mut misfits: Vec<Misfit> = Vec::new();
        for misfit in self.validator.iter_errors(settings).flat_map(|error| self.explain(&error, settings)) {
            if misfits.len() == MISFITS {
                break;
            }
            // One place, one message: what it should be is told whole anyway.
            if misfits.iter().all(|other| other.path != misfit.path) {
                misfits.push(misfit);
            }
        }
        misfits
    }

    fn explain(&self, error: &ValidationError<'_>, settings: &Value) -> Vec<Misfit> {
        let path: Vec<String> = error.instance_path().segments().map(|segment| word(&segment)).collect();
        let below = |name: &str| path.iter().cloned().chain([name.to_owned()]).collect();
        let schema = self.schema_of(error);
        let properties = schema.get("properties").and_then(Value::as_object);
        let unknown = |name: &String| {
            let known = properties.into_iter().flat_map(|known| known.keys().cloned()).collect();
            Misfit { path: below(name), fault: Fault::Unknown { known } }
        };
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => unexpected.iter().map(unknown).collect(),
            ValidationErrorKind::FalseSchema => {
                // A table that may have no keys at all is refused as a whole; what matters is which keys it has.
                let closed = error.schema_path().as_str().ends_with("/additionalProperties");
                let table = settings.pointer(error.instance_path().as_str()).and_then(Value::as_object);
                let keys: Vec<_> = table.into_iter().flatten().map(|(name, _)| name).filter(|_| closed).collect();
                if keys.is_empty() {
                    return vec![Misfit { path, fault: Fault::Unknown { known: Vec::new() } }];
                }
                keys.into_iter().map(unknown).collect()
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                let wanted = properties.and_then(|known| known.get(name)).unwrap_or(&Value::Null);
                let fault = Fault::Missing { expected: words::expected(wanted), example: words::example(wanted) };
                vec![Misfit { path: below(name), fault }]
            }
            _ => {
                let is_secret = schema.get("writeOnly") == Some(&Value::Bool(true));
                let fault = Fault::Wrong {
                    expected: words::expected(schema),
                    found: if is_secret { NOT_SHOWN.to_owned() } else { words::found(error.instance()) },
                    is_secret,
                    choices: words::choices(schema),
                    default: schema.get("default").map(words::toml),
                };
                vec![Misfit { path, fault }]
            }
        }
    }

    /// The part of the schema whose keyword was not kept.
    fn schema_of(&self, error: &ValidationError<'_>) -> &Value {
        let mut part = &self.json;
        let keywords: Vec<_> = error.schema_path().segments().collect();
        for segment in &keywords[..keywords.len().saturating_sub(1)] {
            let next = match segment {
                LocationSegment::Property(name) => part.get(name.as_ref()),
                LocationSegment::Index(number) => part.get(number),
            };
            part = next.unwrap_or(&Value::Null);
        }
        part
    }
}

fn word(segment: &LocationSegment<'_>) -> String {
    match segment {
        LocationSegment::Property(name) => name.to_string(),
        LocationSegment::Index(number) => number.to_string(),
    }
}

/// Settings are a table of the operator's file, so the schema says so.
fn describes_object(schema: &Value) -> Result<(), ManifestError> {
    match schema.get("type") {
        Some(Value::String(word)) if word == "object" => Ok(()),
        found => Err(ManifestError::Value {
            key: "settings.type",
            found: found.map_or_else(|| "absent".to_owned(), ToString::to_string),
            expected: "\"object\": `settings` is a JSON Schema",
        }),
    }
}

/// Where in the schema, and what of it.
fn refusal(error: &ValidationError<'_>) -> String {
    let place: Vec<String> = error.instance_path().segments().map(|segment| word(&segment)).collect();
    let place = if place.is_empty() { "settings".to_owned() } else { format!("settings.{}", place.join(".")) };
    let told = error.to_string();
    // What it says to callers of its own library is left out.
    let told = told.split(". Adjust configuration").next().unwrap_or_default();
    format!("`{place}`: {}", words::line(told))
}

/// How large a schema is.
#[derive(Default)]
struct Bounds {
    values: usize,
}

impl Bounds {
    fn measure(&mut self, value: &Value, depth: usize) -> Result<(), ManifestError> {
        self.values += 1;
        if self.values > VALUES {
            return Err(ManifestError::Schema(format!("expected at most {VALUES} values in all, found more")));
        }
        if depth > DEPTH {
            return Err(ManifestError::Schema(format!("expected at most {DEPTH} levels, found more")));
        }
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.measure(item, depth + 1)),
            Value::Object(table) => table.iter().try_for_each(|(key, value)| {
                if REFERENCES.contains(&key.as_str()) {
                    let words = format!("`{key}` is not taken: write the schema out, as draft 2020-12 has it");
                    return Err(ManifestError::Schema(words));
                }
                self.measure(value, depth + 1)
            }),
            _ => Ok(()),
        }
    }
}
