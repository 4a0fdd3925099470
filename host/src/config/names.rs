//! What names the operator may give.
//!
//! Invariant: a link's alias and a queue's name can be spelt in any protocol's address and never look like a name that
//! Cordboard makes itself (a session's alias, a guest).

/// Bytes of a name.
const NAME_BYTES: usize = 48;

/// What is right for an alias or a name.
pub(super) const NAME_EXPECTED: &str = "1 to 48 of the characters a-z 0-9 . _ - (not `guest-…`, and not `s` with a number and `-`, which Cordboard gives itself)";

/// What is right for a domain.
pub(super) const DOMAIN_EXPECTED: &str = "a domain in small letters, as \"center.example\" or \"localhost\"";

/// Whether a link, queue, listener, pool or rule may be called this.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    (1..=NAME_BYTES).contains(&name.len()) && name.bytes().all(plain) && !is_reserved(name)
}

fn is_reserved(name: &str) -> bool {
    let session = name.strip_prefix('s').and_then(|rest| rest.split_once('-'));
    let looks_like_session =
        session.is_some_and(|(shard, _)| !shard.is_empty() && shard.bytes().all(|byte| byte.is_ascii_digit()));
    looks_like_session || name.starts_with("guest-")
}

/// Whether outside addresses may end in this.
pub(super) fn is_domain(domain: &str) -> bool {
    let label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    domain.len() <= 253
        && domain.split('.').all(label)
        && !domain.chars().any(|c| c.is_uppercase() || c.is_whitespace())
        && idna::domain_to_ascii_strict(domain).is_ok()
}
