//! A stanza as a tree: what is needed to understand it, and no more.
//!
//! Of mixed content the text of an element is kept in one piece; attributes with a namespace are left out but for `xml:lang`.

use super::Namespace;

/// An attribute; `xml:lang` under that name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// An element with all there is in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Element {
    pub(crate) namespace: Namespace,
    pub(crate) name: String,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// Whether it is the element of that namespace and name.
    pub(crate) fn is(&self, namespace: &str, name: &str) -> bool {
        self.name == name && self.namespace == *namespace
    }

    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.value.as_str())
    }

    /// The first child of that namespace and name.
    pub(crate) fn child(&self, namespace: &str, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.is(namespace, name))
    }

    /// The text of the first child of that namespace and name.
    pub(crate) fn child_text(&self, namespace: &str, name: &str) -> Option<&str> {
        self.child(namespace, name).map(|child| child.text.as_str())
    }
}
