//! Which prefix stands for which namespace (Namespaces in XML 1.0), and the elements it resolves.
//!
//! `rxml` can do this too, but hands out an element only when all its attributes are read; here they are counted as they come.

use super::skipper::Skipper;
use super::{Attribute, Element, Fault, Namespace, ns};
use rxml::RawQName;

/// A declaration and the depth of the element it stands in.
#[derive(Debug)]
struct Declaration {
    depth: usize,
    /// Empty: the default namespace.
    prefix: String,
    namespace: Namespace,
}

/// The declarations in force.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    declarations: Vec<Declaration>,
}

/// The head of an element as far as it is read.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) name: RawQName,
    pub(super) attributes: Vec<(RawQName, String)>,
}

impl Head {
    /// What leaves out the element, a stanza, with all there is in it.
    pub(super) fn into_skipper(self) -> Skipper {
        let (prefix, name) = self.name;
        // With a prefix it may be anything; a stanza has none.
        let name = if prefix.is_none() { name.into() } else { String::new() };
        let own = self.attributes.into_iter().filter(|((prefix, _), _)| prefix.is_none());
        Skipper::new(name, own.map(|((_, name), value)| (name.into(), value)))
    }
}

impl Scopes {
    /// The element that begins at `depth`, its declarations in force from now on.
    pub(super) fn open(&mut self, head: Head, depth: usize) -> Result<Element, Fault> {
        let mut plain = Vec::new();
        for ((prefix, name), value) in head.attributes {
            let declared = match prefix.as_deref() {
                None if name == "xmlns" => "",
                Some(prefix) if prefix == "xmlns" => name.as_str(),
                _ => {
                    plain.push((prefix, name, value));
                    continue;
                }
            };
            if self.declarations.iter().any(|d| d.depth == depth && d.prefix == declared) {
                return Err(Fault::NotWellFormed);
            }
            let namespace = Namespace::new(&value);
            self.declarations.push(Declaration { depth, prefix: declared.to_owned(), namespace });
        }
        let (prefix, name) = head.name;
        let namespace = self.resolve(prefix.as_ref().map_or("", |prefix| prefix.as_str()))?;
        let attributes = self.attributes(plain)?;
        Ok(Element { namespace, name: name.into(), attributes, text: String::new(), children: Vec::new() })
    }

    /// Takes back what the element at `depth` declared.
    pub(super) fn close(&mut self, depth: usize) {
        while self.declarations.pop_if(|declaration| declaration.depth >= depth).is_some() {}
    }

    /// The default namespace at the depth of the stream's header.
    pub(super) fn default_namespace(&self) -> Namespace {
        self.resolve("").unwrap_or(Namespace::NONE)
    }

    fn resolve(&self, prefix: &str) -> Result<Namespace, Fault> {
        match self.declarations.iter().rev().find(|declaration| declaration.prefix == prefix) {
            Some(declaration) => Ok(declaration.namespace.clone()),
            None if prefix.is_empty() => Ok(Namespace::NONE),
            None if prefix == "xml" => Ok(Namespace::Known(ns::XML)),
            None => Err(Fault::NotWellFormed),
        }
    }

    fn attributes(&self, plain: Vec<(Option<rxml::NcName>, rxml::NcName, String)>) -> Result<Vec<Attribute>, Fault> {
        let mut attributes: Vec<Attribute> = Vec::with_capacity(plain.len());
        let mut foreign: Vec<(Namespace, String)> = Vec::new();
        for (prefix, name, value) in plain {
            let name = match prefix {
                None => name.into(),
                Some(prefix) => {
                    let key = (self.resolve(prefix.as_str())?, String::from(name));
                    if foreign.contains(&key) {
                        return Err(Fault::NotWellFormed);
                    }
                    let is_language = key.0 == *ns::XML && key.1 == "lang";
                    foreign.push(key);
                    if !is_language {
                        continue;
                    }
                    "xml:lang".to_owned()
                }
            };
            if attributes.iter().any(|attribute| attribute.name == name) {
                return Err(Fault::NotWellFormed);
            }
            attributes.push(Attribute { name, value });
        }
        Ok(attributes)
    }
}
