//! Whether everything that an expression names is there: found when the rule is opened, and not when it first decides.
//!
//! Variables, the functions and methods with as many arguments, and what is inside `session` and `agent`. It ends where names are
//! the operator's own: a skill, a medium or an attribute is looked up when it is asked for. Invariant: an expression that is
//! let through never fails for a name that no session and no agent could have.

use cel::common::ast::{CallExpr, EntryExpr, Expr, LiteralValue, operators};

/// What is inside a session.
pub(crate) const SESSION: [&str; 10] = [
    "queue",
    "medium",
    "provider",
    "software",
    "software_version",
    "language",
    "member",
    "priority",
    "passed_over",
    "attributes",
];
/// What is inside an agent.
pub(crate) const AGENT: [&str; 9] =
    ["name", "kind", "state", "queues", "software", "skills", "used", "capacity", "attributes"];
/// Of these, maps by names of the operator.
const BY_NAME: [&str; 4] = ["attributes", "skills", "used", "capacity"];

/// The functions of the language as it is built here, without those of regular expressions and of time.
pub(crate) const FUNCTIONS: [&str; 10] =
    ["bool(x)", "bytes(x)", "double(x)", "dyn(x)", "has(x.y)", "int(x)", "size(x)", "string(x)", "type(x)", "uint(x)"];
/// What is called on a value: `x.contains(y)`. The last ones are macros.
pub(crate) const METHODS: [&str; 14] = [
    "contains(x)",
    "endsWith(x)",
    "hasValue()",
    "or(x)",
    "orValue(x)",
    "size()",
    "startsWith(x)",
    "value()",
    "all(x, p)",
    "exists(x, p)",
    "exists_one(x, p)",
    "filter(x, p)",
    "map(x, e)",
    "map(x, p, e)",
];

/// What may be named at one place of an expression.
pub(crate) struct Names<'e> {
    there: &'e [&'e str],
    /// What the expression calls itself around that place: `x` in `agent.queues.exists(x, x == 'a')`.
    own: Vec<&'e str>,
}

impl<'e> Names<'e> {
    /// The names that an expression may have of variables.
    pub(crate) fn new(there: &'e [&'e str]) -> Self {
        Self { there, own: Vec::new() }
    }

    /// # Errors
    /// The first name that is not there, with those that there are.
    pub(crate) fn check(&mut self, expression: &'e Expr) -> Result<(), String> {
        match expression {
            Expr::Unspecified | Expr::Literal(_) => Ok(()),
            Expr::Ident(name) if self.own.contains(&name.as_str()) || self.there.contains(&name.as_str()) => Ok(()),
            Expr::Ident(name) => Err(format!("expected one of {}, found `{name}`", self.there.join(", "))),
            Expr::Struct(made) => Err(format!("expected no types, found `{}`", made.type_name)),
            Expr::Select(select) => {
                self.check(&select.operand.expr)?;
                self.check_inside(&select.operand.expr, &select.field)
            }
            Expr::Call(call) => self.check_call(call),
            Expr::List(list) => list.elements.iter().try_for_each(|element| self.check(&element.expr)),
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => self.check(&entry.key.expr).and_then(|()| self.check(&entry.value.expr)),
                EntryExpr::StructField(field) => self.check(&field.value.expr),
            }),
            Expr::Comprehension(each) => {
                self.check(&each.iter_range.expr)?;
                self.check(&each.accu_init.expr)?;
                let around = self.own.len();
                self.own.extend([&each.accu_var, &each.iter_var].map(String::as_str));
                self.own.extend(each.iter_var2.as_deref());
                for part in [&each.loop_cond, &each.loop_step, &each.result] {
                    self.check(&part.expr)?;
                }
                self.own.truncate(around);
                Ok(())
            }
        }
    }

    fn check_call(&mut self, call: &'e CallExpr) -> Result<(), String> {
        if call.func_name.contains(|letter: char| !letter.is_alphanumeric() && letter != '_') {
            self.check_operator(call)?;
        } else {
            check_function(call)?;
        }
        let mut parts = call.target.iter().map(|target| &**target).chain(&call.args);
        parts.try_for_each(|part| self.check(&part.expr))
    }

    /// `session['queue']`, `session[?'queue']` and `session.?queue` name what is inside as `session.queue` does.
    fn check_operator(&self, call: &CallExpr) -> Result<(), String> {
        let looks_inside = [operators::INDEX, operators::OPT_INDEX, operators::OPT_SELECT];
        match call.args.as_slice() {
            [of, name] if looks_inside.contains(&call.func_name.as_str()) => match &name.expr {
                Expr::Literal(LiteralValue::String(name)) => self.check_inside(&of.expr, name.inner()),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn check_inside(&self, of: &Expr, name: &str) -> Result<(), String> {
        let Some((of, there)) = self.inside(of) else { return Ok(()) };
        match there {
            [] => Err(format!("expected nothing inside `{of}`, found `{of}.{name}`")),
            there if there.contains(&name) => Ok(()),
            there => Err(format!("expected one of {} inside `{of}`, found `{of}.{name}`", there.join(", "))),
        }
    }

    /// What is inside a value, and how it is written; nothing where that is not known before it is asked for.
    fn inside(&self, of: &Expr) -> Option<(String, &'static [&'static str])> {
        match of {
            Expr::Ident(name) if self.own.contains(&name.as_str()) => None,
            Expr::Ident(name) => Some((name.clone(), of_variable(name))),
            Expr::Select(select) if !select.test => {
                let (of, there) = self.inside(&select.operand.expr)?;
                let is_plain = there.contains(&select.field.as_str()) && !BY_NAME.contains(&select.field.as_str());
                is_plain.then(|| (format!("{of}.{}", select.field), &[][..]))
            }
            _ => None,
        }
    }
}

fn of_variable(name: &str) -> &'static [&'static str] {
    match name {
        "session" => &SESSION,
        "agent" => &AGENT,
        _ => &[],
    }
}

fn check_function(call: &CallExpr) -> Result<(), String> {
    let there = if call.target.is_some() { &METHODS[..] } else { &FUNCTIONS[..] };
    if there.iter().any(|shape| is_of_shape(call, shape)) {
        return Ok(());
    }
    let name = &call.func_name;
    let named: Vec<&str> = there.iter().copied().filter(|shape| is_named(shape, name)).collect();
    match call.args.len() {
        _ if named.is_empty() => Err(format!("expected one of {}, found `{name}`", there.join(", "))),
        1 => Err(format!("expected {}, found `{name}` with 1 argument", named.join(" or "))),
        count => Err(format!("expected {}, found `{name}` with {count} arguments", named.join(" or "))),
    }
}

/// Whether a call is one of `contains(x)`: that name with as many arguments.
fn is_of_shape(call: &CallExpr, shape: &str) -> bool {
    let arguments = shape.split_once('(').map_or("", |(_, arguments)| arguments);
    is_named(shape, &call.func_name)
        && call.args.len() == arguments.trim_end_matches(')').split_terminator(", ").count()
}

fn is_named(shape: &str, name: &str) -> bool {
    shape.split_once('(').is_some_and(|(called, _)| called == name)
}
