//! Addresses (RFC 7622): `local@domain/resource`.
//!
//! An alias of Cordboard is the local part at our domain; the empty alias is the domain itself. Names are prepared by the host, which has
//! the tables; what is plain ASCII in lower case needs no preparation.

use cordboard_sdk::text;

/// Bytes of a local part or a resource (RFC 7622, 3.1).
const PART_BYTES: usize = 1023;

/// Where a stanza is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// No address: the sender's own account.
    Account,
    /// A name at our domain; empty: the domain itself. The resource is of no account.
    Alias(String),
    /// Another domain.
    Elsewhere,
    /// Not an address.
    Malformed,
}

/// Reads the `to` of a stanza.
pub(crate) fn target(to: Option<&str>, domain: &str) -> Target {
    let Some(to) = to else { return Target::Account };
    let (bare, resource) = to.split_once('/').unwrap_or((to, ""));
    let (local, host) = bare.split_once('@').map_or((None, bare), |(local, host)| (Some(local), host));
    if resource.len() > PART_BYTES || host.is_empty() || local.is_some_and(str::is_empty) {
        return Target::Malformed;
    }
    if !same_domain(host, domain) {
        return Target::Elsewhere;
    }
    match prepare_local(local.unwrap_or_default()) {
        Some(alias) => Target::Alias(alias),
        None => Target::Malformed,
    }
}

/// Who has sent a stanza, as the server says who vouches for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sender {
    /// `local@domain`, or a domain; with the resource, where there is one.
    pub(crate) full: String,
    /// Bytes of `full` without the resource.
    bare: usize,
    /// Where in `full` the domain begins.
    domain: usize,
}

impl Sender {
    /// Reads a `from`, or an address that the host gives; `None` where it isn't one.
    pub(crate) fn read(from: &str) -> Option<Self> {
        let (bare, resource) = from.split_once('/').map_or((from, None), |(bare, resource)| (bare, Some(resource)));
        let (local, domain) = bare.split_once('@').map_or((None, bare), |(local, domain)| (Some(local), domain));
        let domain = domain.strip_suffix('.').unwrap_or(domain).to_ascii_lowercase();
        let fits = |part: &str| !part.is_empty() && part.len() <= PART_BYTES;
        if !fits(&domain) || domain.contains('@') || !local.is_none_or(fits) || !resource.is_none_or(fits) {
            return None;
        }
        let mut full = String::with_capacity(from.len());
        if let Some(local) = local {
            full.push_str(&prepare_local(local)?);
            full.push('@');
        }
        let domain_at = full.len();
        full.push_str(&domain);
        let bare = full.len();
        if let Some(resource) = resource {
            full.push('/');
            full.push_str(resource);
        }
        Some(Self { full, bare, domain: domain_at })
    }

    /// The address without the resource: the contact.
    pub(crate) fn bare(&self) -> &str {
        &self.full[..self.bare]
    }

    /// The domain.
    pub(crate) fn domain(&self) -> &str {
        &self.full[self.domain..self.bare]
    }
}

/// Whether a stanza's `from` is that of the peer: its account, or its account and resource (RFC 6120, 8.1.2.1).
pub(crate) fn is_own(from: &str, contact: &str, domain: &str) -> bool {
    let (own_bare, own_resource) = contact.split_once('/').unwrap_or((contact, ""));
    if from == contact || from == own_bare {
        return true;
    }
    let (bare, resource) = from.split_once('/').map_or((from, None), |(bare, resource)| (bare, Some(resource)));
    let Target::Alias(alias) = target(Some(bare), domain) else { return false };
    let own_alias = own_bare.split_once('@').map_or("", |(local, _)| local);
    alias == own_alias && resource.is_none_or(|given| prepare_resource(given).as_deref() == Some(own_resource))
}

/// Whether two spellings name the same domain.
pub(crate) fn same_domain(one: &str, other: &str) -> bool {
    one.strip_suffix('.').unwrap_or(one).eq_ignore_ascii_case(other)
}

/// A local part as it is compared; `None` where it can't be one.
pub(crate) fn prepare_local(local: &str) -> Option<String> {
    let plain =
        |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'+' | b'=' | b'%' | b'#' | b'!');
    if local.len() > PART_BYTES {
        return None;
    }
    if local.bytes().all(plain) {
        return Some(local.to_owned());
    }
    text::prepare("nodeprep", local).ok().filter(|prepared| !prepared.is_empty() && prepared.len() <= PART_BYTES)
}

/// A resource as it is compared; `None` where it can't be one.
pub(crate) fn prepare_resource(resource: &str) -> Option<String> {
    if resource.len() > PART_BYTES {
        return None;
    }
    if resource.bytes().all(|byte| matches!(byte, 0x20..=0x7E)) {
        return Some(resource.to_owned());
    }
    text::prepare("resourceprep", resource).ok().filter(|prepared| prepared.len() <= PART_BYTES)
}

#[cfg(test)]
mod tests;
