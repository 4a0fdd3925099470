//! `/v1`: telephone switches and mail systems ask for agents, and say what becomes of that. `/v1/openapi.json` describes it.
//!
//! Every call but that one needs `Authorization: Bearer TOKEN` with the role for it. It ends at HTTP: what a call means is the
//! [`Switchboard`]'s matter.
//!
//! Invariant: what a stranger may send, and how long, is bounded; no token is in an answer or a log line.

mod body;
mod events;
mod key;
mod words;

use crate::model::request::{Duty, Permit, Role, Said, Standing, Status};
use crate::model::{AgentName, OfferNumber};
use body::Bad;
use events::Events;
use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// The most that a call may wait for news: shorter than what proxies allow.
const MOST_WAIT: Duration = Duration::from_secs(30);
/// Handwritten, and compared with what is served by a test.
const OPENAPI: &str = include_str!("openapi.json");

/// What answers are made of.
pub(super) type Body = Either<Full<Bytes>, Events>;

/// Takes calls of switches.
pub trait Switchboard: Send + Sync + 'static {
    /// Whose a token is; nothing for one that is not known.
    fn permit(&self, token: &str) -> Option<Permit>;
    /// Says it to the centre. How the request stands then, or the refusal; nothing where it was about an agent.
    fn call(&self, switch: &str, said: Said) -> impl Future<Output = Result<Option<Status>, Refused>> + Send;
    /// Every change of a request from now on.
    fn watch(&self, request: &str) -> watch::Receiver<Option<Status>>;
}

/// Why a call was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Refused {
    /// `not-found`, `stale`, `conflict`, `busy`, ...
    pub code: String,
    /// In words.
    pub text: String,
}

/// What a call comes to when it is no answer of the usual kind.
enum Problem {
    Status(StatusCode, String),
    Refused(Refused),
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Bad> for Problem {
    fn from(Bad(why): Bad) -> Self {
        Self::Status(StatusCode::BAD_REQUEST, why)
    }
}

type Answer = Result<Response<Body>, Problem>;

/// Answers one call to a path below `/v1`. `trusted` is told when the caller has proven itself.
pub(super) async fn respond<S: Switchboard>(
    board: &Arc<S>,
    request: Request<Incoming>,
    trusted: impl FnOnce() + Send,
) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let parts: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
    let answered = match (request.method().clone(), parts.as_slice()) {
        (Method::GET, ["openapi.json"]) => Ok(text(StatusCode::OK, "application/json", OPENAPI.to_owned())),
        (Method::POST, ["route"]) => match permitted(board, &request, Role::Route, trusted) {
            Ok(switch) => route(board, &switch, request).await,
            Err(problem) => Err(problem),
        },
        (method, ["route", id, rest @ ..]) => match permitted(board, &request, Role::Route, trusted) {
            Ok(switch) => about(board, &switch, &method, id, rest, request).await,
            Err(problem) => Err(problem),
        },
        (Method::POST, ["agents", name, "state"]) => match permitted(board, &request, Role::Presence, trusted) {
            Ok(switch) => agent_state(board, &switch, name, request).await,
            Err(problem) => Err(problem),
        },
        _ => Err(nothing_here()),
    };
    answered.unwrap_or_else(problem)
}

/// The switch that calls, where its token has the role.
fn permitted<S: Switchboard>(
    board: &Arc<S>,
    request: &Request<Incoming>,
    role: Role,
    trusted: impl FnOnce(),
) -> Result<String, Problem> {
    let refused = |why: &str| Problem::Status(StatusCode::UNAUTHORIZED, why.to_owned());
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| value.strip_prefix("Bearer "));
    let token =
        token.ok_or_else(|| refused("say `Authorization: Bearer TOKEN`; `cordboard token add` makes a token"))?;
    let permit = board.permit(token.trim()).ok_or_else(|| refused("this token is not known here"))?;
    if !permit.roles.contains(&role) {
        let why = format!("the token {} has not the role {}", permit.switch, role.as_str());
        return Err(Problem::Status(StatusCode::FORBIDDEN, why));
    }
    trusted();
    Ok(permit.switch)
}

/// `POST /v1/route`
async fn route<S: Switchboard>(board: &Arc<S>, switch: &str, request: Request<Incoming>) -> Answer {
    let headers = request.headers().clone();
    let asked: body::Asked = body::read(request).await?;
    let wait = Duration::from_millis(asked.wait_ms);
    let new = key::keyed(asked.try_into()?, &headers)?;
    let id = new.id.clone();
    let mut news = board.watch(&id);
    let mut status = with_status(board.call(switch, Said::New(Box::new(new))).await?)?;
    if status.id != id {
        // Its key was there already: it is the request of that key.
        news = board.watch(&status.id);
        status = with_status(board.call(switch, Said::Look(status.id)).await?)?;
    }
    let status = later(status, &mut news, wait, None).await;
    let mut answer = standing(&status);
    if let Ok(place) = HeaderValue::from_str(&format!("/v1/route/{}", status.id)) {
        answer.headers_mut().insert(LOCATION, place);
    }
    Ok(answer)
}

/// `/v1/route/{id}` and what is below it.
async fn about<S: Switchboard>(
    board: &Arc<S>,
    switch: &str,
    method: &Method,
    id: &str,
    rest: &[&str],
    request: Request<Incoming>,
) -> Answer {
    let id = id.to_owned();
    let said = match (method, rest) {
        (&Method::GET, []) => return look(board, switch, &id, request.uri().query().unwrap_or_default()).await,
        (&Method::GET, ["events"]) => return watch_it(board, switch, id).await,
        (&Method::POST, ["accepted"]) => Said::Accepted(id, offer(request).await?),
        (&Method::POST, ["declined"]) => Said::Declined(id, offer(request).await?),
        (&Method::POST, ["ended"]) => Said::Ended(id),
        (&Method::POST, ["abandoned"]) => Said::Abandoned(id),
        _ => return Err(nothing_here()),
    };
    let status = with_status(board.call(switch, said).await?)?;
    Ok(standing(&status))
}

async fn offer(request: Request<Incoming>) -> Result<OfferNumber, Bad> {
    let body::Numbered { offer } = body::read(request).await?;
    Ok(OfferNumber(offer))
}

/// Long poll: answers when there is news, or the time is over.
async fn look<S: Switchboard>(board: &Arc<S>, switch: &str, id: &str, query: &str) -> Answer {
    let body::Wait { seconds, offer } = body::wait(query)?;
    let mut news = board.watch(id);
    let status = with_status(board.call(switch, Said::Look(id.to_owned())).await?)?;
    let wait = Duration::from_secs(seconds);
    Ok(standing(&later(status, &mut news, wait, offer.map(OfferNumber)).await))
}

/// The status once it is another than waiting, or than the offer that is known; at the latest when the time is over.
async fn later(
    mut status: Status,
    news: &mut watch::Receiver<Option<Status>>,
    wait: Duration,
    known: Option<OfferNumber>,
) -> Status {
    let deadline = Instant::now() + wait.min(MOST_WAIT);
    while is_old(&status, known) {
        let Ok(Ok(())) = timeout_at(deadline, news.changed()).await else { break };
        if let Some(newer) = news.borrow_and_update().clone() {
            status = newer;
        }
    }
    status
}

fn is_old(status: &Status, known: Option<OfferNumber>) -> bool {
    match &status.standing {
        Standing::Waiting { .. } => known.is_none(),
        Standing::Offered(to) => Some(to.offer) == known,
        Standing::Accepted(_) | Standing::Ended(_) => false,
    }
}

async fn watch_it<S: Switchboard>(board: &Arc<S>, switch: &str, id: String) -> Answer {
    let news = board.watch(&id);
    let status = with_status(board.call(switch, Said::Look(id)).await?)?;
    let events = Events::of(Arc::clone(board), switch.to_owned(), status, news);
    let mut response = Response::new(Either::Right(events));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// `POST /v1/agents/{name}/state`
async fn agent_state<S: Switchboard>(board: &Arc<S>, switch: &str, name: &str, request: Request<Incoming>) -> Answer {
    let name = body::decoded(name)?;
    let body::State { state, reason } = body::read(request).await?;
    let duty = match state {
        body::Word::Available => Duty::Available,
        body::Word::Away => Duty::Away(reason),
        body::Word::OffDuty => Duty::Off,
    };
    board.call(switch, Said::Agent(AgentName::new(name.clone()), duty)).await?;
    Ok(json_of(StatusCode::OK, &json!({ "agent": name, "state": state.as_str() })))
}

fn with_status(status: Option<Status>) -> Result<Status, Refused> {
    status.ok_or_else(|| Refused { code: "not-found".to_owned(), text: "there is no such request".to_owned() })
}

/// 202 as long as nobody serves it, 200 then.
fn standing(status: &Status) -> Response<Body> {
    let is_waiting = matches!(status.standing, Standing::Waiting { .. });
    json_of(if is_waiting { StatusCode::ACCEPTED } else { StatusCode::OK }, &words::status(status))
}

fn problem(problem: Problem) -> Response<Body> {
    let (status, code, text) = match problem {
        Problem::Status(status, text) => (status, words::code(status), text),
        Problem::Refused(Refused { code, text }) => (words::of_code(&code), code, text),
    };
    let mut answer = json_of(status, &json!({ "code": code, "error": text }));
    if status == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer
}

fn nothing_here() -> Problem {
    Problem::Status(StatusCode::NOT_FOUND, "nothing here; GET /v1/openapi.json says what there is".to_owned())
}

fn json_of(status: StatusCode, body: &Value) -> Response<Body> {
    text(status, "application/json", format!("{body}\n"))
}

fn text(status: StatusCode, kind: &'static str, body: String) -> Response<Body> {
    super::response(status, kind, body).map(Either::Left)
}
