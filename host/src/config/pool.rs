//! Pools: the chain of rules in service and the candidates beside it, from the operator's file to the centre's settings.
//!
//! Invariant: every chain that a pool has is read and checked in the same way.

use super::check::Check;
use super::names::{NAME_EXPECTED, is_name};
use super::problem::Problem;
use super::raw::WEEK_S;
use super::section::{Findings, Located, Section, Value, describe, nearest, quoted};
use crate::model::lane::{Canary, WHOLE_PPM};
use crate::model::settings::Pool;
use std::collections::BTreeSet;
use toml::de::DeValue;

pub(super) struct RawPool {
    pub(super) name: Located<String>,
    pub(super) rules: RawChain,
    pub(super) ageing_ms: u64,
    pub(super) shadow: Option<RawChain>,
    pub(super) canary: Option<RawCanary>,
}

/// Rules, and where their list stands.
pub(super) type RawChain = Located<Vec<Located<String>>>;

pub(super) struct RawCanary {
    pub(super) rules: RawChain,
    pub(super) share_ppm: u32,
}

impl RawPool {
    /// Every chain, and the key that has it.
    pub(super) fn chains(&self) -> impl Iterator<Item = (&'static str, &RawChain)> {
        let candidates =
            [("shadow", self.shadow.as_ref()), ("canary", self.canary.as_ref().map(|canary| &canary.rules))];
        let candidates = candidates.into_iter().filter_map(|(key, chain)| Some((key, chain?)));
        std::iter::once(("rules", &self.rules)).chain(candidates)
    }

    /// As the centre is given it.
    pub(super) fn settings(&self) -> Pool {
        let canary = |canary: &RawCanary| Canary { rules: names(&canary.rules), share_ppm: canary.share_ppm };
        Pool {
            name: self.name.value.clone(),
            rules: names(&self.rules),
            ageing_ms: self.ageing_ms,
            shadow: self.shadow.as_ref().map(names),
            canary: self.canary.as_ref().map(canary),
        }
    }
}

/// A part of a whole.
struct Share {
    /// In millionths.
    ppm: u32,
}

impl Value for Share {
    const EXPECTED: &'static str = "a share from 0 to 1, as 0.05";
    fn read(value: &DeValue<'_>) -> Option<Self> {
        let share: f64 = match value {
            DeValue::Float(number) => number.as_str().parse().ok()?,
            _ => i32::try_from(i64::read(value)?).ok()?.into(),
        };
        let ppm = (0.0..=1.0).contains(&share).then(|| format!("{:.0}", share * f64::from(WHOLE_PPM)))?;
        Some(Self { ppm: ppm.parse().ok()? })
    }
}

/// Reads a section.
pub(super) fn pool(mut section: Section<'_>, findings: &Findings) -> Option<RawPool> {
    let name = section.required::<String>("name", "name = \"main\"");
    if let Some(name) = &name {
        section.named(&name.value);
    }
    let rules = section.optional("rules").unwrap_or_else(|| Located::new(Vec::new(), 0..0));
    let ageing_ms = section.number("ageing_s", 0, 0..=WEEK_S) * 1000;
    let shadow = section.optional("shadow");
    let canary = canary(&mut section, findings);
    section.finish();
    Some(RawPool { name: name?, rules, ageing_ms, shadow, canary })
}

fn canary(section: &mut Section<'_>, findings: &Findings) -> Option<RawCanary> {
    let title = format!("`canary` of {}", section.title());
    let item = section.raw("canary")?;
    let Some(table) = item.get_ref().as_table() else {
        findings.add(Problem {
            span: item.span(),
            what: format!("{title} is not what it should be"),
            expected: "a table of rules and a share, as { rules = [\"least-busy\"], share = 0.05 }".to_owned(),
            found: describe(item.get_ref()),
            fix: "write `canary = { rules = [\"least-busy\"], share = 0.05 }`, or leave the line out".to_owned(),
        });
        return None;
    };
    let mut canary = Section::new(&title, item.span(), table, findings);
    let rules = canary.required("rules", "rules = [\"least-busy\"]");
    let share = canary.required::<Share>("share", "share = 0.05");
    canary.finish();
    Some(RawCanary { rules: rules?, share_ppm: share?.value.ppm })
}

fn names(rules: &RawChain) -> Vec<String> {
    rules.value.iter().map(|rule| rule.value.clone()).collect()
}

impl Check<'_> {
    /// Every rule stands once in a chain, candidates are not what is in service, and settings are for a rule that somebody uses.
    pub(super) fn rules(&self) {
        let mut used = BTreeSet::new();
        for pool in &self.raw.pools.list {
            for (key, chain) in pool.chains() {
                self.chain(&pool.name.value, key, chain);
                used.extend(chain.value.iter().map(|rule| &rule.value));
                self.candidate(pool, key, chain);
            }
        }
        if !self.raw.pools.whole {
            return;
        }
        let known: Vec<&str> = used.iter().map(|rule| rule.as_str()).collect();
        for (rule, settings) in self.raw.rules.iter().filter(|(rule, _)| !used.contains(rule) && !self.is_named(rule)) {
            let fix = nearest(rule, &known)
                .map_or("add the rule to a pool's `rules`, or take the section out".to_owned(), |near| {
                    format!("did you mean `[rules.{near}]`?")
                });
            let expected = match known.as_slice() {
                [] => "no settings, as no pool has rules".to_owned(),
                known => format!("a rule that a pool uses: {}", quoted(known)),
            };
            self.problem(&settings.span, format!("[rules.{rule}]: no pool uses this rule"), &expected, rule, fix);
        }
    }

    fn chain(&self, pool: &str, key: &str, rules: &RawChain) {
        let mut chain = BTreeSet::new();
        for rule in &rules.value {
            let title = format!("[[pool]] `{pool}`: the rule {:?}", rule.value);
            if !is_name(&rule.value) {
                let fix = "write the plugin's name, which is its file's without `.wasm`".to_owned();
                let found = format!("{:?}", rule.value);
                self.problem(&rule.span, format!("{title} can't exist"), NAME_EXPECTED, &found, fix);
            }
            if !chain.insert(&rule.value) {
                let which = if key == "rules" { "the chain".to_owned() } else { format!("the chain of `{key}`") };
                let fix = "take it out; the first in the list is the most significant".to_owned();
                let what = format!("{title} stands in {which} twice");
                self.problem(&rule.span, what, "every rule once", "it again", fix);
            }
        }
    }

    /// A candidate that is what is in service shows nothing.
    fn candidate(&self, pool: &RawPool, key: &str, chain: &RawChain) {
        if key == "rules" || names(chain) != names(&pool.rules) {
            return;
        }
        self.problem(
            &chain.span,
            format!("[[pool]] `{}`: its `{key}` has the very rules that are in service", pool.name.value),
            "a chain of other rules, or of the same in another order",
            &format!("[{}], as in `rules`", quoted(&names(chain))),
            format!("name the rules that are to be tried, or leave `{key}` out"),
        );
    }
}
