//! Service discovery (XEP-0030): what we are and can, and the links as a tree of items.

use crate::settings::Role;
use crate::stanza::{Condition, Returned};
use crate::turn::Turn;
use crate::xml::{Element, Writer, ns};

/// What the domain can.
const DOMAIN_FEATURES: &[&str] = &[ns::DISCO_INFO, ns::DISCO_ITEMS, ns::PING, ns::VERSION, ns::VCARD];
/// What whoever stands behind a name can.
const ALIAS_FEATURES: &[&str] =
    &[ns::DISCO_INFO, ns::DISCO_ITEMS, ns::PING, ns::VERSION, ns::VCARD, ns::CHAT_STATES, ns::RECEIPTS, ns::MARKERS];

/// What the domain is.
pub(crate) fn domain_info(turn: &mut Turn<'_>, returned: &Returned, query: &Element) {
    let settings = turn.settings;
    let Some(xml) = begin_info(turn, returned, query) else { return };
    match settings.role {
        Role::Server => {
            identity(xml, "server", "im", &settings.name);
            feature(xml, ns::ROSTER);
        }
        Role::Component => identity(xml, "component", "generic", &settings.name),
    }
    end_info(xml, DOMAIN_FEATURES);
}

/// What the person's own account is.
pub(crate) fn account_info(turn: &mut Turn<'_>, returned: &Returned, query: &Element) {
    let Some(xml) = begin_info(turn, returned, query) else { return };
    identity(xml, "account", "registered", "");
    end_info(xml, &[ns::DISCO_INFO, ns::DISCO_ITEMS]);
}

/// What stands behind a name: a link, or somebody in a conversation.
pub(crate) fn alias_info(turn: &mut Turn<'_>, returned: &Returned, query: &Element, alias: &str) {
    let links = turn.links;
    let link = links.iter().find(|link| link.alias == alias);
    let is_branch = links.iter().any(|link| link.parent.as_deref() == Some(alias));
    let Some(xml) = begin_info(turn, returned, query) else { return };
    match link {
        Some(link) => {
            identity(xml, "hierarchy", if is_branch { "branch" } else { "leaf" }, &link.label);
            identity(xml, "account", "registered", &link.label);
        }
        None => identity(xml, "account", "registered", ""),
    }
    end_info(xml, ALIAS_FEATURES);
}

/// The links under a link, or at the top.
pub(crate) fn items(turn: &mut Turn<'_>, returned: &Returned, query: &Element, parent: Option<&str>) {
    let links = turn.links;
    let domain = &turn.settings.domain;
    let Some(xml) = begin(turn, returned, query, ns::DISCO_ITEMS) else { return };
    for link in links.iter().filter(|link| link.parent.as_deref() == parent) {
        xml.raw("<item").address("jid", &link.alias, domain, "").attribute("name", &link.label).raw("/>");
    }
    xml.raw("</query></iq>");
}

/// Where there is nothing to list.
pub(crate) fn no_items(turn: &mut Turn<'_>, returned: &Returned, query: &Element) {
    if let Some(xml) = begin(turn, returned, query, ns::DISCO_ITEMS) {
        xml.raw("</query></iq>");
    }
}

fn begin_info<'t>(turn: &'t mut Turn<'_>, returned: &Returned, query: &Element) -> Option<&'t mut Writer> {
    begin(turn, returned, query, ns::DISCO_INFO)
}

/// Opens the answer. There are no nodes, so a question about one is refused.
fn begin<'t>(turn: &'t mut Turn<'_>, returned: &Returned, query: &Element, namespace: &str) -> Option<&'t mut Writer> {
    if query.attribute("node").is_some_and(|node| !node.is_empty()) {
        returned.refuse(turn, Condition::ITEM_NOT_FOUND, "");
        return None;
    }
    let xml = returned.open(turn, "result");
    Some(xml.raw("><query").attribute("xmlns", namespace).raw(">"))
}

fn identity(xml: &mut Writer, category: &str, kind: &str, name: &str) {
    xml.raw("<identity").attribute("category", category).attribute("type", kind);
    xml.attribute_if("name", Some(name).filter(|name| !name.is_empty())).raw("/>");
}

fn end_info(xml: &mut Writer, features: &[&str]) {
    for feature in features {
        self::feature(xml, feature);
    }
    xml.raw("</query></iq>");
}

fn feature(xml: &mut Writer, feature: &str) {
    xml.raw("<feature").attribute("var", feature).raw("/>");
}
