//! Rules that the file names itself: a plugin with other settings than under its own name, for candidates beside the rules in service.
//!
//! Invariant: a rule's name means one plugin with one table of settings.

use super::Json;
use super::check::Check;
use super::section::{Located, Section};
use std::collections::BTreeMap;

/// A rule that is not called as its plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRule {
    /// The plugin that it is.
    pub plugin: String,
    /// Which of the file's sections it is.
    pub number: usize,
}

pub(super) struct RawRule {
    pub(super) name: Located<String>,
    plugin: Located<String>,
    settings: Json,
}

/// Reads a section.
pub(super) fn rule(mut section: Section<'_>) -> Option<RawRule> {
    let name = section.required::<String>("name", "name = \"vip-short\"");
    if let Some(name) = &name {
        section.named(&name.value);
    }
    let plugin = section.required("plugin", "plugin = \"vip\"");
    let settings = section.or("settings", Json::new());
    section.finish();
    Some(RawRule { name: name?, plugin: plugin?, settings })
}

impl Check<'_> {
    pub(super) fn named_rules(&self) -> BTreeMap<String, NamedRule> {
        let rules = &self.raw.named_rules.list;
        self.names("rule", "name", rules.iter().map(|rule| &rule.name));
        for RawRule { name, plugin, .. } in rules {
            if name.value == plugin.value {
                self.problem(
                    &name.span,
                    format!("[[rule]] `{}` is called as its plugin", name.value),
                    "a name of its own",
                    &format!("{:?}", name.value),
                    format!("give it another `name`, or write its settings below [rules.{}]", name.value),
                );
            }
        }
        for (name, settings) in self.raw.rules.iter().filter(|(name, _)| self.is_named(name)) {
            self.problem(
                &settings.span,
                format!("[rules.{name}]: [[rule]] `{name}` has settings of its own"),
                "the settings of a rule once",
                name,
                "write them as the `settings` of the [[rule]], and take the section out".to_owned(),
            );
        }
        let named = |(number, rule): (usize, &RawRule)| {
            (rule.name.value.clone(), NamedRule { plugin: rule.plugin.value.clone(), number })
        };
        rules.iter().enumerate().map(named).collect()
    }

    /// Whether the file says which plugin a rule is.
    pub(super) fn is_named(&self, rule: &str) -> bool {
        self.raw.named_rules.list.iter().any(|named| named.name.value == rule)
    }

    /// What each rule is handed, by its name.
    pub(super) fn rule_settings(&self) -> BTreeMap<String, Json> {
        let of_plugins = self.raw.rules.iter().map(|(name, settings)| (name.clone(), settings.value.clone()));
        let named = self.raw.named_rules.list.iter().map(|rule| (rule.name.value.clone(), rule.settings.clone()));
        of_plugins.chain(named).collect()
    }
}
