//! What is said to the other server, and what its answers mean.
//!
//! Invariant: what it sends goes nowhere unchecked: an identifier becomes part of a path only if it is plain.

use super::{Settings, Step};
use cordboard_sdk::model::{Attribute, Failure, HttpRequest, HttpResponse, Reference, Timestamp};
use cordboard_sdk::rule::Session;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Characters of an identifier.
const ID_CHARS: usize = 64;
/// Bytes of a value that the other server takes.
const VALUE_BYTES: usize = 1024;
/// Priorities that it takes, from minus this to this.
const PRIORITY: i32 = 1_000;
/// A reference with this bit is of something that is owed.
const OWED: Reference = 1 << 63;

/// One thing to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Ask,
    Look,
    Accept(u32),
    Decline(u32),
    End,
}

impl Word {
    /// By which its answer is known.
    pub(crate) fn reference(self) -> Reference {
        match self {
            Self::Ask => 1,
            Self::Look => 2,
            Self::Accept(_) => 3,
            Self::Decline(_) => 4,
            Self::End => 5,
        }
    }
}

/// The same for what is owed, by its identifier there (FNV-1a).
pub(crate) fn reference_of_owed(id: &str) -> Reference {
    let hash = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    OWED | hash
}

pub(crate) fn is_of_owed(reference: Reference) -> bool {
    reference & OWED != 0
}

/// What came of a question.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Status(Status),
    /// It won't: its number for that, and why.
    Refused(u16, String),
    /// It does not answer, or not us; why.
    Nothing(String),
}

/// How a request stands there.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Status {
    pub(crate) id: String,
    state: String,
    offer: Option<u32>,
    agent: Option<String>,
    address: Option<String>,
}

#[derive(Deserialize)]
struct Problem {
    error: String,
}

impl Heard {
    pub(crate) fn of(reply: Result<HttpResponse, Failure>) -> Self {
        let response = match reply {
            Ok(response) => response,
            Err(failure) => return Self::Nothing(failure.text),
        };
        let said = || serde_json::from_slice(&response.body).map_or_else(|_| String::new(), |said: Problem| said.error);
        match response.status {
            200..=299 => match serde_json::from_slice::<Status>(&response.body) {
                Ok(status) if is_plain(&status.id) => Self::Status(status),
                Ok(status) => Self::Refused(0, format!("{:?} can't be an identifier", status.id)),
                Err(error) => Self::Refused(0, format!("the answer is not as expected: {error}")),
            },
            401 | 403 => Self::Nothing(format!("our `authorization` is not taken there: {}", said())),
            status => Self::Refused(status, format!("refused with {status}: {}", said())),
        }
    }
}

fn is_plain(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=ID_CHARS).contains(&id.len()) && id.chars().all(plain)
}

impl Status {
    /// What follows; nothing where that can't be told, or where it is over there.
    pub(crate) fn step(self, now: Timestamp, settings: &Settings) -> Option<Step> {
        match (self.state.as_str(), self.agent, self.offer) {
            ("waiting", ..) => Some(Step::Waiting { look_at: now + settings.poll_s * 1000 }),
            ("offered" | "accepted", Some(agent), Some(offer)) => {
                if let Some(target) = self.address.filter(|address| settings.targets.contains(address)) {
                    return Some(Step::Elsewhere(target));
                }
                let agent = settings.agents.get(&agent).cloned().unwrap_or(agent);
                if self.state == "accepted" {
                    return Some(Step::Named { agent, until: now + settings.wait_s * 1000 });
                }
                Some(Step::Offered { offer, agent })
            }
            _ => None,
        }
    }
}

impl Settings {
    /// Wants somebody for the session.
    pub(crate) fn ask(&self, session: &Session, queue: &str) -> HttpRequest {
        let fits = |value: &str| value.len() <= VALUE_BYTES && !value.chars().any(char::is_control);
        let known = |name: &String| Some((name.clone(), session.attribute(name).filter(|value| fits(value))?.into()));
        let attributes: Map<String, Value> = self.attributes.iter().filter_map(known).collect();
        let caller = if session.member.is_empty() { "guest" } else { &session.member };
        let body = json!({
            "queue": queue,
            "medium": session.medium,
            "caller": caller,
            "language": session.language,
            "priority": session.priority.clamp(-PRIORITY, PRIORITY),
            "attributes": attributes,
        });
        self.http("POST", "/v1/route", Some(&body))
    }

    /// Says something about a request.
    pub(crate) fn about(&self, id: &str, word: Word) -> HttpRequest {
        let path = |end: &str| format!("/v1/route/{id}{end}");
        match word {
            Word::Ask | Word::Look => self.http("GET", &path(""), None),
            Word::Accept(offer) => self.http("POST", &path("/accepted"), Some(&json!({ "offer": offer }))),
            Word::Decline(offer) => self.http("POST", &path("/declined"), Some(&json!({ "offer": offer }))),
            Word::End => self.http("POST", &path("/ended"), None),
        }
    }

    fn http(&self, method: &str, path: &str, body: Option<&Value>) -> HttpRequest {
        let authorization = self.authorization.iter().map(|value| Attribute::new("authorization", value.clone()));
        let content = body.map(|_| Attribute::new("content-type", "application/json"));
        HttpRequest {
            method: method.to_owned(),
            url: format!("{}{path}", self.url),
            headers: authorization.chain(content).collect(),
            body: body.map_or_else(Vec::new, |body| body.to_string().into_bytes()),
        }
    }
}
