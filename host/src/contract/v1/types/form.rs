//! Forms and menus.

use super::{copied, taken, wit};
use crate::model;

impl From<&model::FormOption> for wit::FormOption {
    fn from(o: &model::FormOption) -> Self {
        Self { value: o.value.clone(), label: o.label.clone() }
    }
}

impl From<wit::FormOption> for model::FormOption {
    fn from(o: wit::FormOption) -> Self {
        Self { value: o.value, label: o.label }
    }
}

impl From<&model::Field> for wit::Field {
    fn from(f: &model::Field) -> Self {
        Self {
            name: f.name.clone(),
            label: f.label.clone(),
            kind: f.kind.clone(),
            required: f.required,
            options: copied(&f.options),
            values: f.values.clone(),
        }
    }
}

impl From<wit::Field> for model::Field {
    fn from(f: wit::Field) -> Self {
        Self {
            name: f.name,
            label: f.label,
            kind: f.kind,
            required: f.required,
            options: taken(f.options),
            values: f.values,
        }
    }
}

impl From<&model::Form> for wit::Form {
    fn from(f: &model::Form) -> Self {
        Self {
            title: f.title.clone(),
            text: f.text.clone(),
            fields: copied(&f.fields),
            attributes: copied(&f.attributes),
        }
    }
}

impl From<wit::Form> for model::Form {
    fn from(f: wit::Form) -> Self {
        Self { title: f.title, text: f.text, fields: taken(f.fields), attributes: taken(f.attributes) }
    }
}

impl From<&model::LinkTarget> for wit::LinkTarget {
    fn from(l: &model::LinkTarget) -> Self {
        Self {
            alias: l.alias.as_str().to_owned(),
            label: l.label.clone(),
            parent: l.parent.as_ref().map(|parent| parent.as_str().to_owned()),
        }
    }
}

impl From<wit::LinkTarget> for model::LinkTarget {
    fn from(l: wit::LinkTarget) -> Self {
        Self { alias: model::Alias::new(l.alias), label: l.label, parent: l.parent.map(model::Alias::new) }
    }
}
