//! Agents and sessions as the language sees them, made once when they change and not at every question.

use cel::common::types::CelInt;
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::objects::Key;
use cel::{Context, Env, ExecutionError, IdedExpr, Value};
use cordboard_sdk::model::{Attribute, Timestamp};
use cordboard_sdk::rule::{Agent, AgentRef, Change, Session, SessionRef};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What the host told, in the language's values.
#[derive(Default)]
pub(crate) struct Facts {
    agents: BTreeMap<AgentRef, Box<dyn Val>>,
    sessions: BTreeMap<SessionRef, Box<dyn Val>>,
}

/// What an expression is asked about.
pub(crate) struct Moment<'a> {
    session: Option<&'a dyn Val>,
    agent: Option<&'a dyn Val>,
    waited_s: i64,
    idle_s: i64,
    now_s: i64,
}

impl Facts {
    pub(crate) fn changed(&mut self, change: &Change) {
        match change {
            Change::Agent(agent) => drop(self.agents.insert(agent.ref_, value(of_agent(agent)))),
            Change::AgentGone(agent) => drop(self.agents.remove(agent)),
            Change::Session(session) => drop(self.sessions.insert(session.ref_, value(of_session(session)))),
            Change::SessionGone(session) => drop(self.sessions.remove(session)),
            _ => {}
        }
    }

    pub(crate) fn moment(&self, now: Timestamp, session: &Session, agent: Option<&Agent>) -> Moment<'_> {
        let since = |then: Timestamp| seconds(now.saturating_sub(then));
        Moment {
            session: self.sessions.get(&session.ref_).map(|session| &**session),
            agent: agent.and_then(|agent| self.agents.get(&agent.ref_)).map(|agent| &**agent),
            waited_s: since(session.waiting_since),
            idle_s: agent.map_or(0, |agent| since(agent.idle_since)),
            now_s: seconds(now),
        }
    }
}

impl Moment<'_> {
    pub(crate) fn ask(&self, env: &Arc<Env>, expression: &IdedExpr) -> Result<Value, ExecutionError> {
        let mut context = Context::with_env(Arc::clone(env));
        context.set_variable_resolver(self);
        Value::resolve(expression, &context)
    }
}

impl VariableResolver for Moment<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let number = |number: i64| Some(CowVal::owned(CelInt::from(number)));
        match variable {
            "session" => self.session.map(CowVal::Borrowed),
            "agent" => self.agent.map(CowVal::Borrowed),
            "waited_s" => number(self.waited_s),
            "idle_s" => number(self.idle_s),
            "now_s" => number(self.now_s),
            _ => None,
        }
    }
}

fn seconds(ms: u64) -> i64 {
    i64::try_from(ms / 1000).unwrap_or(i64::MAX)
}

fn of_agent(agent: &Agent) -> Value {
    let used = agent.loads.iter().map(|load| (load.medium.as_str(), i64::from(load.used)));
    let capacity = agent.loads.iter().map(|load| (load.medium.as_str(), i64::from(load.capacity)));
    let skills = agent.skills.iter().map(|skill| (skill.name.as_str(), i64::from(skill.level)));
    map([
        ("name", agent.name.as_str().into()),
        ("kind", agent.kind.as_str().into()),
        ("state", agent.state.as_str().into()),
        ("queues", words(&agent.queues)),
        ("software", words(&agent.software)),
        ("skills", map(skills)),
        ("used", map(used)),
        ("capacity", map(capacity)),
        ("attributes", named(&agent.attributes)),
    ])
}

fn of_session(session: &Session) -> Value {
    let passed_over = i64::try_from(session.passed_over.len()).unwrap_or(i64::MAX);
    map([
        ("queue", session.queue.as_str().into()),
        ("medium", session.medium.as_str().into()),
        ("provider", session.provider.as_str().into()),
        ("software", session.software.as_str().into()),
        ("software_version", session.software_version.as_str().into()),
        ("language", session.language.as_str().into()),
        ("member", session.member.as_str().into()),
        ("priority", i64::from(session.priority).into()),
        ("passed_over", passed_over.into()),
        ("attributes", named(&session.attributes)),
    ])
}

fn words(words: &[String]) -> Value {
    words.iter().map(|word| Value::from(word.as_str())).collect::<Vec<_>>().into()
}

fn named(attributes: &[Attribute]) -> Value {
    map(attributes.iter().map(|attribute| (attribute.name.as_str(), attribute.value.as_str())))
}

fn map<'a, V: Into<Value>>(entries: impl IntoIterator<Item = (&'a str, V)>) -> Value {
    let entries: HashMap<Key, Value> =
        entries.into_iter().map(|(name, value)| (Key::from(name), value.into())).collect();
    entries.into()
}

/// # Panics
/// Never: all that is made here has a counterpart.
fn value(value: Value) -> Box<dyn Val> {
    value.try_into().expect("maps, lists, strings and numbers are values")
}
