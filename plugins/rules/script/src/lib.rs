//! The rule `script`: keeps, ranks and diverts by expressions in the settings, for operators who don't compile.
//!
//! The language is CEL (<https://cel.dev>): expressions without side effects. Each call has the fuel of any rule, so whatever is
//! written ends.
//!
//! ```toml
//! [rules.script]
//! keep = "agent.kind == 'person' && (waited_s > 60 || ('lang-' + session.language) in agent.skills)"
//! rank = "session.queue in agent.skills ? 10 - agent.skills[session.queue] : 20"
//! divert = "session.queue == 'night' && waited_s > 300 ? 'queue:day' : ''"
//! again_s = 30
//! ```
//!
//! - `keep`, a bool: whether the agent stays a candidate. Where it fails, the agent is dropped; `explain` says why.
//! - `rank`, an int: lower is better. Where it fails, the agent comes last.
//! - `divert`, a string: where the session goes, nowhere if it is empty. It sees no agent.
//! - `again_s`: waiting sessions are asked about again so often. Without it, time alone changes nothing.
//!
//! | name | what it is |
//! |---|---|
//! | `session` | `queue`, `medium`, `provider`, `software`, `software_version`, `language`, `member` (strings), `priority`, `passed_over` (ints), `attributes` (strings by name) |
//! | `agent` | `name`, `kind`, `state` (strings), `queues`, `software` (lists of strings), `skills` (levels by name), `used`, `capacity` (by medium), `attributes` (strings by name) |
//! | `waited_s`, `idle_s`, `now_s` | how long the session has waited, the agent has been idle, and the time since 1970, in seconds |
//!
//! An expression that names something else, or a function that is not in `names.rs` (there are none of regular expressions and of time), is
//! refused when the rule is opened: by `cordboard check` and by a reload, with its place and what there is.
//!
//! `passed_over` is a count. A skill, medium or attribute that isn't there makes an expression fail: ask with `in` or `has` first. The
//! entries of `skills` and the like have no order.
//!
//! Expressions are evaluated for every candidate, and a call has fuel for 1,000 candidates with a `keep` and a `rank` twice as costly as
//! those above (`[limits] candidate_fuel`). Put rules in front that leave fewer, or give it more fuel; a rule whose fuel does not suffice is left out of
//! the decision.

mod facts;
mod names;

use cel::parser::PrattParser;
use cel::{Env, IdedExpr, Value};
use cordboard_sdk::model::Timestamp;
use cordboard_sdk::rule::{Agent, Change, Decision, Fit, Known, Rule, Session};
use facts::Facts;
use names::Names;
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;

/// What the operator may set; the schema is in `plugin.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    keep: Option<String>,
    rank: Option<String>,
    divert: Option<String>,
    again_s: Option<u64>,
}

/// The rule; it remembers nothing.
pub struct Script {
    env: Arc<Env>,
    keep: Option<IdedExpr>,
    rank: Option<IdedExpr>,
    divert: Option<IdedExpr>,
    again_ms: Option<u64>,
    facts: Facts,
}

/// Bytes of an expression.
const LONGEST: usize = 2000;
/// How deep it may be nested, so that it can't overflow the stack of the sandbox.
const DEEPEST: u16 = 32;
const OF_SESSION: [&str; 3] = ["session", "waited_s", "now_s"];
const OF_AGENT: [&str; 2] = ["agent", "idle_s"];

impl Rule for Script {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        let Settings { keep, rank, divert, again_s } = settings;
        if keep.is_none() && rank.is_none() && divert.is_none() {
            return Err("expected `keep`, `rank` or `divert`, found none of them".to_owned());
        }
        let env = Arc::new(Env::stdlib());
        let both = [&OF_SESSION[..], &OF_AGENT[..]].concat();
        Ok(Self {
            keep: expression("keep", keep, &both)?,
            rank: expression("rank", rank, &both)?,
            divert: expression("divert", divert, &OF_SESSION)?,
            env,
            again_ms: again_s.map(|again_s| again_s * 1000),
            facts: Facts::default(),
        })
    }

    fn changed(&mut self, change: &Change) {
        self.facts.changed(change);
    }

    fn decide(&self, now: Timestamp, session: &Session, _known: &Known) -> Decision {
        let moment = self.facts.moment(now, session, None);
        match self.divert.as_ref().map(|divert| moment.ask(&self.env, divert)) {
            Some(Ok(Value::String(target))) if !target.is_empty() => return Decision::Divert(target.to_string()),
            _ => {}
        }
        self.again_ms.map_or(Decision::Rank, |again_ms| Decision::RankUntil(now + again_ms))
    }

    fn fit(&self, now: Timestamp, session: &Session, agent: &Agent) -> Fit {
        let moment = self.facts.moment(now, session, Some(agent));
        match self.keep.as_ref().map(|keep| moment.ask(&self.env, keep)) {
            None | Some(Ok(Value::Bool(true))) => {}
            Some(Ok(Value::Bool(false))) => return Fit::drop("`keep` says no"),
            Some(_) => return Fit::drop("`keep` fails"),
        }
        match self.rank.as_ref().map(|rank| moment.ask(&self.env, rank)) {
            None => Fit::keep(),
            // The order of signed numbers in unsigned ones.
            Some(Ok(Value::Int(rank))) => Fit::ranked(rank.cast_unsigned() ^ (1 << 63)),
            Some(_) => Fit::ranked(u64::MAX),
        }
    }

    fn explain(&self, now: Timestamp, session: &Session, agent: &Agent, _fit: Fit) -> String {
        let moment = self.facts.moment(now, session, Some(agent));
        let say = |(name, program): (&str, &Option<IdedExpr>)| {
            let said = match moment.ask(&self.env, program.as_ref()?) {
                Ok(Value::Bool(said)) if name == "keep" => said.to_string(),
                Ok(Value::Int(said)) if name == "rank" => said.to_string(),
                Ok(other) => format!("of another type: {}", other.type_of()),
                Err(error) => format!("fails: {error}"),
            };
            Some(format!("{name}: {said}"))
        };
        let said: Vec<String> = [("keep", &self.keep), ("rank", &self.rank)].into_iter().filter_map(say).collect();
        if said.is_empty() { "is not diverted".to_owned() } else { said.join("; ") }
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { keep, rank, divert, again_ms, .. } = self;
        let mut script = f.debug_struct("Script");
        script.field("keep", keep).field("rank", rank).field("divert", divert).field("again_ms", again_ms);
        script.finish_non_exhaustive()
    }
}

/// Reads an expression; it may name nothing else than these variables and what `names` knows.
fn expression(name: &str, written: Option<String>, there: &[&str]) -> Result<Option<IdedExpr>, String> {
    let Some(written) = written else { return Ok(None) };
    if written.len() > LONGEST {
        return Err(format!("{name}: an expression has at most {LONGEST} bytes, found {}", written.len()));
    }
    // The crate's other parser, of ANTLR, needs more than the fuel of a call to start.
    let parser = PrattParser::new().max_recursion_depth(DEEPEST).enable_optional_syntax(true);
    let expression = parser.parse(&written).map_err(|error| format!("{name}: no expression of CEL: {error}"))?;
    Names::new(there).check(&expression.expr).map_err(|error| format!("{name}: {error}"))?;
    Ok(Some(expression))
}

cordboard_sdk::export_rule!(Script);

#[cfg(test)]
mod tests;
