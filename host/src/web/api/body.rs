//! What switches send, read within limits.
//!
//! Invariant: a field that nobody knows is an error, so that a misspelt one is not ignored.

use crate::model::request::{NewRequest, Target};
use crate::model::{Alias, Attribute};
use http_body_util::{BodyExt, Limited};
use hyper::Request;
use hyper::body::Incoming;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::time::Duration;

/// Bytes of a request's body.
const BODY_BYTES: usize = 16 * 1024;
/// For a request's body.
const BODY_TIME: Duration = Duration::from_secs(10);
/// Bytes of a name, a caller, a value.
const TEXT_BYTES: usize = 1024;
/// Attributes of one request.
const ATTRIBUTES: usize = 32;
/// Priority is from minus this to this.
const PRIORITY: i32 = 1_000;
/// Random bytes of a request's identifier.
const ID_BYTES: usize = 16;

/// What is wrong with a request, for whoever sent it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bad(pub(super) String);

/// `POST /v1/route`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    medium: Option<String>,
    link: Option<String>,
    queue: Option<String>,
    caller: String,
    name: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default)]
    language: String,
    #[serde(default)]
    priority: i32,
    #[serde(default)]
    pub(super) wait_ms: u64,
}

/// `POST .../accepted`, `.../declined`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Numbered {
    pub(super) offer: u32,
}

/// `POST /v1/agents/{name}/state`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub(super) state: Word,
    #[serde(default)]
    pub(super) reason: String,
}

/// See [`State`].
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Word {
    Available,
    Away,
    OffDuty,
}

impl Word {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Away => "away",
            Self::OffDuty => "off-duty",
        }
    }
}

/// Of a long poll.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) seconds: u64,
    /// The offer that is known already.
    pub(super) offer: Option<u32>,
}

/// Reads a body of JSON.
pub(super) async fn read<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, Bad> {
    let body = Limited::new(request.into_body(), BODY_BYTES).collect();
    let body = tokio::time::timeout(BODY_TIME, body).await;
    let body = body.map_err(|_| Bad(format!("the body did not come within {} s", BODY_TIME.as_secs())))?;
    let body = body.map_err(|error| Bad(format!("the body can't be read (at most {BODY_BYTES} bytes): {error}")))?;
    serde_json::from_slice(&body.to_bytes()).map_err(|error| Bad(format!("the body is not as expected: {error}")))
}

impl TryFrom<Asked> for NewRequest {
    type Error = Bad;

    fn try_from(asked: Asked) -> Result<Self, Bad> {
        let target = match (asked.link, asked.queue) {
            (Some(link), None) => Target::Link(Alias::new(link)),
            (None, Some(queue)) => Target::Queue(queue),
            _ => return Err(Bad("name either a `link` or a `queue`".to_owned())),
        };
        if asked.attributes.len() > ATTRIBUTES {
            return Err(Bad(format!("`attributes`: {} are given; at most {ATTRIBUTES}", asked.attributes.len())));
        }
        if !(-PRIORITY..=PRIORITY).contains(&asked.priority) {
            return Err(Bad(format!("`priority`: expected -{PRIORITY} to {PRIORITY}, found {}", asked.priority)));
        }
        let texts = asked.attributes.iter().flat_map(|(name, value)| [name, value]);
        for text in texts.chain([&asked.caller, &asked.language]).chain(&asked.name) {
            is_plain(text)?;
        }
        let attributes = asked.attributes.into_iter().map(|(name, value)| Attribute::new(name, value)).collect();
        Ok(Self {
            id: new_id()?,
            medium: asked.medium,
            target,
            name: asked.name.unwrap_or_else(|| asked.caller.clone()),
            caller: asked.caller,
            language: asked.language,
            priority: asked.priority,
            attributes,
            key: None,
        })
    }
}

/// Short, and on one line: agents are shown it.
fn is_plain(text: &str) -> Result<(), Bad> {
    if text.len() > TEXT_BYTES {
        return Err(Bad(format!("a text has {} bytes; at most {TEXT_BYTES}", text.len())));
    }
    if text.chars().any(char::is_control) { Err(Bad("a text has control characters".to_owned())) } else { Ok(()) }
}

fn new_id() -> Result<String, Bad> {
    let mut random = [0; ID_BYTES];
    getrandom::fill(&mut random).map_err(|error| Bad(format!("the system gave no randomness: {error}")))?;
    Ok(data_encoding::BASE32_NOPAD.encode(&random).to_lowercase())
}

/// Reads `wait=30&offer=7`.
pub(super) fn wait(query: &str) -> Result<Wait, Bad> {
    let mut wait = Wait::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let bad = || Bad(format!("`{name}`: expected a number, found {value:?}"));
        match name {
            "wait" => wait.seconds = value.parse().map_err(|_| bad())?,
            "offer" => wait.offer = Some(value.parse().map_err(|_| bad())?),
            _ => return Err(Bad(format!("`{name}` is not known here; there are `wait` and `offer`"))),
        }
    }
    Ok(wait)
}

/// A part of a path with `%20` and the like.
pub(super) fn decoded(part: &str) -> Result<String, Bad> {
    let bad = || Bad(format!("{part:?} can't be read as a name"));
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = after.get(..2).and_then(|digits| str::from_utf8(digits).ok()).ok_or_else(bad)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| bad())?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_and_a_path_are_read_or_refused() {
        assert_eq!(wait("").unwrap(), Wait::default());
        assert_eq!(wait("wait=30&offer=7").unwrap(), Wait { seconds: 30, offer: Some(7) });
        assert_eq!(wait("wait=soon").unwrap_err().0, "`wait`: expected a number, found \"soon\"");
        assert_eq!(wait("offers=1").unwrap_err().0, "`offers` is not known here; there are `wait` and `offer`");
        assert_eq!(decoded("j%C3%B6rg%20b").unwrap(), "jörg b");
        for wrong in ["%", "%2", "%zz", "%ff"] {
            assert!(decoded(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_asked_is_checked() {
        let asked = |more: &str| {
            let asked: Asked = serde_json::from_str(&format!("{{\"caller\": \"+49\", {more}}}")).unwrap();
            NewRequest::try_from(asked)
        };
        let new = asked("\"queue\": \"calls\", \"attributes\": {\"vip\": \"yes\"}").unwrap();
        assert_eq!((new.name.as_str(), new.id.len()), ("+49", 26));
        assert_eq!(new.attributes, [Attribute::new("vip", "yes")]);
        let many: Vec<String> = (0..33).map(|n| format!("\"a{n}\": \"\"")).collect();
        for wrong in [
            "\"medium\": \"voice\"".to_owned(),
            "\"queue\": \"a\", \"link\": \"b\"".to_owned(),
            "\"queue\": \"a\", \"priority\": 1001".to_owned(),
            "\"queue\": \"a\", \"name\": \"a\\nb\"".to_owned(),
            format!("\"queue\": \"a\", \"name\": \"{}\"", "x".repeat(1025)),
            format!("\"queue\": \"a\", \"attributes\": {{{}}}", many.join(",")),
        ] {
            assert!(asked(&wrong).is_err(), "{wrong}");
        }
    }
}
