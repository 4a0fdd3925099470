//! The content of a message as plain text: what software without forms and menus is shown.

use crate::xml::push_number;
use cordboard_sdk::model::{Attribute, Body, Form, LinkTarget};

/// The text; `None` where the content can't be said in words.
pub(crate) fn text(body: &Body) -> Option<String> {
    match body {
        Body::Text(text) => Some(text.clone()),
        Body::Form(form) => Some(questions(form)),
        Body::FormReply(answers) => Some(lines(answers.iter().map(answer))),
        Body::Menu(links) => Some(lines(links.iter().enumerate().map(|(at, link)| choice(at, link)))),
        Body::Other(_) => None,
    }
}

fn questions(form: &Form) -> String {
    let head = [&form.title, &form.text].into_iter().filter(|text| !text.is_empty()).cloned();
    let fields = form.fields.iter().enumerate().map(|(at, field)| {
        let mut line = numbered(at, &field.label);
        for (at, option) in field.options.iter().enumerate() {
            line.push_str(if at == 0 { " (" } else { ", " });
            line.push_str(&option.label);
        }
        if !field.options.is_empty() {
            line.push(')');
        }
        line
    });
    lines(head.chain(fields))
}

fn answer(answer: &Attribute) -> String {
    let mut line = answer.name.clone();
    line.push_str(": ");
    line.push_str(&answer.value);
    line
}

fn choice(at: usize, link: &LinkTarget) -> String {
    let mut line = numbered(at, &link.label);
    line.push_str(" (");
    line.push_str(&link.alias);
    line.push(')');
    line
}

fn numbered(at: usize, label: &str) -> String {
    let mut line = String::new();
    push_number(&mut line, at as u64 + 1);
    line.push_str(". ");
    line.push_str(label);
    line
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for line in lines {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&line);
    }
    text
}

#[cfg(test)]
mod tests;
