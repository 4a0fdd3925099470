//! `[[provider]]`: somebody else's server that we are a part of; and `redirect`, which listeners and providers have alike.
//!
//! Invariant: a secret never stands in the file, so a file can be shown, mailed and kept among others.

use super::check::Check;
use super::names::is_domain;
use super::problem::Problem;
use super::raw::side;
use super::section::{Findings, Located, Section};
use super::{Json, Provider, Role, Secret};
use crate::model::Side;
use crate::model::settings::Redirect;
use std::ops::Range;
use std::path::PathBuf;
use toml::Spanned;
use toml::de::DeValue;

pub(super) struct RawProvider {
    pub(super) name: Located<String>,
    protocol: Located<String>,
    side: Located<Side>,
    role: Role,
    address: Located<String>,
    domain: Located<String>,
    secret: Secret,
    redirect: Option<Located<String>>,
    settings: Json,
}

const SECRET_EXPECTED: &str = "{ file = \"FILE\" } or { env = \"VARIABLE\" }, where the secret stands";
const SECRET_FIX: &str = "write the secret to a file that only cordboard's user can read, and here `secret = { file = \"provider.secret\" }`";
const ADDRESS_EXPECTED: &str = "a host and a port, as \"127.0.0.1:5347\" or \"xmpp.example:5347\"";
const REDIRECT_EXPECTED: &str = "a host, or a host and a port, as \"center.example\" or \"center.example:5222\"";

pub(super) fn provider(mut section: Section<'_>, findings: &Findings) -> Option<RawProvider> {
    let name = section.required::<String>("name", "name = \"prosody\"");
    if let Some(name) = &name {
        section.named(&name.value);
    }
    let protocol = section.required("protocol", "protocol = \"xmpp\"");
    let side = side(&mut section);
    let role = section.choice("role", &[("component", Role::Component)]);
    let address = section.required("address", "address = \"127.0.0.1:5347\"");
    let domain = section.required("domain", "domain = \"support.example\"");
    let secret = secret(&mut section, findings);
    let redirect = section.optional("redirect");
    let settings = section.or("settings", Json::new());
    section.finish();
    let (name, protocol, side) = (name?, protocol?, side?);
    Some(RawProvider {
        name,
        protocol,
        side,
        role,
        address: address?,
        domain: domain?,
        secret: secret?,
        redirect,
        settings,
    })
}

fn secret(section: &mut Section<'_>, findings: &Findings) -> Option<Secret> {
    let title = section.title().to_owned();
    let place = Place { title: &title, fix: SECRET_FIX };
    let Some(item) = section.raw("secret") else {
        return place.wrong(findings, section.span.clone(), "has no `secret`", "nothing");
    };
    place.source(item, findings)
}

/// Whose secret is read, and how it should be written.
pub(super) struct Place<'p> {
    pub(super) title: &'p str,
    pub(super) fix: &'p str,
}

impl Place<'_> {
    /// Where a secret stands, as it is written.
    pub(super) fn source<'d>(&self, item: &'d Spanned<DeValue<'d>>, findings: &'d Findings) -> Option<Secret> {
        let wrong = |what: &str, found: &str| self.wrong(findings, item.span(), what, found);
        let table = match item.get_ref() {
            DeValue::Table(table) => table,
            DeValue::String(_) => {
                findings.hide(item.span());
                return wrong("has its secret in this file", "a text in quotes");
            }
            _ => return wrong(": `secret` is not what it should be", "something else"),
        };
        let mut source = Section::new(&format!("`secret` of {}", self.title), item.span(), table, findings);
        let file = source.optional::<PathBuf>("file");
        let variable = source.optional::<String>("env").filter(|variable| !variable.value.is_empty());
        source.finish();
        match (file, variable) {
            (Some(file), None) => Some(Secret::File(file.value)),
            (None, Some(variable)) => Some(Secret::Variable(variable.value)),
            (None, None) => wrong("has no `secret`", "neither `file` nor `env`"),
            (Some(_), Some(_)) => wrong("has two secrets", "both `file` and `env`"),
        }
    }

    fn wrong(&self, findings: &Findings, span: Range<usize>, what: &str, found: &str) -> Option<Secret> {
        findings.add(Problem {
            span,
            what: format!("{} {what}", self.title),
            expected: SECRET_EXPECTED.to_owned(),
            found: found.to_owned(),
            fix: self.fix.to_owned(),
        });
        None
    }
}

impl Check<'_> {
    /// What is wrong with one provider by itself.
    pub(super) fn provider_alone(&self, raw: &RawProvider) {
        let title = raw.title();
        let address = &raw.address;
        if !is_host_port(&address.value) {
            self.problem(
                &address.span,
                format!("{title}: this can't be an `address`"),
                ADDRESS_EXPECTED,
                &format!("{:?}", address.value),
                "write `address = \"127.0.0.1:5347\"`, where the provider's server takes components".to_owned(),
            );
        }
        self.redirect(&title, raw.redirect.as_ref(), raw.side.value, &raw.domain.value);
        let target = raw.redirect.as_ref().filter(|_| raw.side.value == Side::Customer);
        let listeners = &self.raw.listeners;
        let ours = listeners.list.iter().any(|listener| listener.side.value == Side::Customer);
        if let Some(target) = target.filter(|_| listeners.whole && !ours) {
            self.problem(
                &target.span,
                format!("{title}: its customers are sent to a listener of ours, and there is none"),
                "a [[listener]] with side = \"customer\" beside `redirect`",
                "none",
                "add the `[[listener]]`, or take `redirect` out".to_owned(),
            );
        }
    }

    /// Where a listener's or provider's customers are sent.
    pub(super) fn redirect(&self, title: &str, target: Option<&Located<String>>, side: Side, domain: &str) {
        let Some(target) = target else { return };
        let found = format!("{:?}", target.value);
        if !is_host(&target.value) && !is_host_port(&target.value) {
            let fix = "write `redirect = \"center.example\"`, or take the line out".to_owned();
            self.problem(&target.span, format!("{title}: this can't be a `redirect`"), REDIRECT_EXPECTED, &found, fix);
        } else if side == Side::Agent {
            let what = format!("{title}: agents can't be sent elsewhere");
            self.problem(
                &target.span,
                what,
                "redirect only with side = \"customer\"",
                &found,
                "take the line out".to_owned(),
            );
        } else if target.value == domain {
            let what = format!("{title}: its customers are sent to where they are");
            let fix = "name another host, or take the line out".to_owned();
            self.problem(&target.span, what, &format!("another host than {domain:?}"), &found, fix);
        }
    }

    pub(super) fn redirects(&self) -> Vec<Redirect> {
        let listeners = self.raw.listeners.list.iter().map(|raw| (&raw.name, &raw.redirect));
        let providers = self.raw.providers.list.iter().map(|raw| (&raw.name, &raw.redirect));
        let redirect = |(name, target): (&Located<String>, &Option<Located<String>>)| {
            Some(Redirect { provider: name.value.clone(), target: target.as_ref()?.value.clone() })
        };
        listeners.chain(providers).filter_map(redirect).collect()
    }

    pub(super) fn provider(&self, raw: &RawProvider) -> Provider {
        let mut secret = raw.secret.clone();
        secret.start_at(self.folder);
        Provider {
            name: raw.name.value.clone(),
            protocol: raw.protocol.value.clone(),
            side: raw.side.value,
            role: raw.role,
            address: raw.address.value.clone(),
            domain: raw.domain.value.clone(),
            secret,
            redirect: raw.redirect.as_ref().map(|target| target.value.clone()),
            settings: raw.settings.clone(),
        }
    }
}

impl RawProvider {
    pub(super) fn title(&self) -> String {
        format!("[[provider]] `{}`", self.name.value)
    }

    pub(super) fn domain(&self) -> (&Located<String>, Side) {
        (&self.domain, self.side.value)
    }

    pub(super) fn serves(&self, side: Side) -> bool {
        self.side.value == side
    }
}

/// A domain, or an IP address; one of version 6 in brackets.
fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
        None => is_domain(host),
    }
}

fn is_host_port(address: &str) -> bool {
    let Some((host, port)) = address.rsplit_once(':') else { return false };
    is_host(host) && port.parse::<u16>().is_ok_and(|port| port > 0)
}
