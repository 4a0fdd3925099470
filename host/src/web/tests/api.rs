//! Calls of switches over real sockets: who may, what is read, and that the description is of what is served.

use super::{Figures, local};
use crate::model::request::{Assignment, ExpectedWait, Key, NewRequest, Permit, Role, Said, Standing, Status};
use crate::model::{AgentName, OfferNumber};
use crate::shutdown::{self, Trigger};
use crate::web::{Refused, Switchboard};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// Answers that every request waits, and notes what it is told.
#[derive(Default)]
pub(super) struct Board {
    told: Mutex<Vec<String>>,
    keyed: Mutex<Option<(Key, String)>>,
    news: watch::Sender<Option<Status>>,
}

fn waiting(id: &str) -> Status {
    let standing = Standing::Waiting {
        place: 2,
        why: "nobody is free".to_owned(),
        wait: Some(ExpectedWait { low_ms: 60_000, high_ms: 120_000 }),
    };
    Status { id: id.to_owned(), queue: "calls".to_owned(), medium: "voice".to_owned(), standing }
}

fn offered(id: &str) -> Status {
    let to = Assignment {
        offer: OfferNumber(7),
        agent: AgentName::new("jim"),
        shown_as: "Jim".to_owned(),
        address: Some("sip:jim@pbx".to_owned()),
        expires: None,
    };
    Status { standing: Standing::Offered(to), ..waiting(id) }
}

impl Switchboard for Board {
    fn permit(&self, token: &str) -> Option<Permit> {
        let roles = match token {
            "pbx" => vec![Role::Route],
            "door" => vec![Role::Presence],
            _ => return None,
        };
        Some(Permit { switch: token.to_owned(), roles })
    }

    async fn call(&self, switch: &str, said: Said) -> Result<Option<Status>, Refused> {
        let refused = |code: &str| Err(Refused { code: code.to_owned(), text: "no".to_owned() });
        let (line, outcome) = match said {
            Said::New(new) if new.key.is_some() => return self.keyed(*new),
            Said::New(new) => (format!("{} for {:?}", new.caller, new.target), Ok(Some(waiting(&new.id)))),
            Said::Look(id) if id == "none" => (String::new(), refused("not-found")),
            Said::Look(id) => (format!("look {id}"), Ok(Some(waiting(&id)))),
            Said::Accepted(id, OfferNumber(7)) => (format!("accepted {id}"), Ok(Some(offered(&id)))),
            Said::Accepted(..) => (String::new(), refused("stale")),
            Said::Agent(name, duty) => (format!("{name} {duty:?}"), Ok(None)),
            Said::Declined(..) | Said::Ended(_) | Said::Abandoned(_) => (String::new(), refused("busy")),
        };
        self.told.lock().unwrap().push(format!("{switch}: {line}"));
        outcome
    }

    fn watch(&self, _: &str) -> watch::Receiver<Option<Status>> {
        self.news.subscribe()
    }
}

impl Board {
    /// As the centre does it.
    fn keyed(&self, new: NewRequest) -> Result<Option<Status>, Refused> {
        let mut known = self.keyed.lock().unwrap();
        let (key, id) = known.get_or_insert((new.key.clone().expect("it is asked for with a key"), new.id));
        self.told.lock().unwrap().push(format!("{} is {:?}", new.caller, key.text));
        if new.key.as_ref() == Some(key) {
            return Ok(Some(waiting(id)));
        }
        Err(Refused { code: "key-used".to_owned(), text: "no".to_owned() })
    }
}

async fn served() -> (SocketAddr, Arc<Board>, Trigger) {
    let web = local().await;
    let (address, board) = (web.address(), Arc::new(Board::default()));
    let (trigger, shutdown) = shutdown::channel();
    tokio::spawn(web.serve(shutdown, Arc::new(Figures), Arc::clone(&board)));
    (address, board, trigger)
}

/// Status and body.
async fn call(address: SocketAddr, token: &str, line: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let head = format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\n");
    stream.write_all(format!("{head}content-length: {length}\r\n\r\n{body}").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

#[tokio::test]
async fn who_asks_again_with_the_same_key_is_told_of_the_same_request() {
    let (address, board, _trigger) = served().await;
    let ask = async |key: &str, body: &str| {
        let (status, body) = call(address, "pbx", &format!("POST /v1/route HTTP/1.1\r\n{key}\r\nx:"), body).await;
        let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
        (status, answer["id"].as_str().or(answer["code"].as_str()).unwrap().to_owned())
    };
    let first = ask("idempotency-key: \"call 1\"", CALL).await;
    assert_eq!(first.0, 202);
    let reordered = "{\"wait_ms\": 1, \"queue\": \"calls\", \"caller\": \"+49\"}";
    assert_eq!(ask("Idempotency-Key: call 1", reordered).await, first, "what is asked for counts, not how");
    assert_eq!(
        *board.told.lock().unwrap(),
        ["+49 is \"call 1\"", "+49 is \"call 1\"", &format!("pbx: look {}", first.1)]
    );
    let other = "{\"queue\": \"calls\", \"caller\": \"+43\"}";
    assert_eq!(ask("idempotency-key: \"call 1\"", other).await, (422, "key-used".to_owned()));
    let long = format!("idempotency-key: {}", "x".repeat(129));
    for wrong in ["idempotency-key: \"", "idempotency-key: a\r\nidempotency-key: a", &long] {
        assert_eq!(ask(wrong, CALL).await, (400, "bad-request".to_owned()), "{wrong}");
    }
}

const CALL: &str = "{\"caller\": \"+49\", \"queue\": \"calls\"}";

#[tokio::test]
async fn without_a_token_of_the_role_nothing_is_allowed() {
    let (address, board, _trigger) = served().await;
    for (token, expected) in [("", 401), ("nobody", 401), ("door", 403)] {
        for line in ["POST /v1/route", "GET /v1/route/r1", "POST /v1/route/r1/ended", "GET /v1/route/r1/events"] {
            let (status, body) = call(address, token, line, CALL).await;
            assert_eq!(status, expected, "{line} with {token:?}: {body}");
        }
    }
    assert_eq!(call(address, "pbx", "POST /v1/agents/jim/state", "{\"state\": \"away\"}").await.0, 403);
    assert!(board.told.lock().unwrap().is_empty());
    assert_eq!(call(address, "door", "POST /v1/agents/j%20m/state", "{\"state\": \"away\"}").await.0, 200);
    assert_eq!(*board.told.lock().unwrap(), ["door: j m Away(\"\")"]);
}

#[tokio::test]
async fn calls_are_read_and_answered() {
    let (address, board, _trigger) = served().await;
    let (status, body) = call(address, "pbx", "POST /v1/route", CALL).await;
    assert!(status == 202 && body.contains("\"state\":\"waiting\"") && body.contains("\"place\":2"), "{body}");
    assert!(body.contains("\"wait_low_ms\":60000") && body.contains("\"wait_high_ms\":120000"), "{body}");
    assert_eq!(*board.told.lock().unwrap(), ["pbx: +49 for Queue(\"calls\")"]);
    let (status, body) = call(address, "pbx", "POST /v1/route/r1/accepted", "{\"offer\": 7}").await;
    assert!(status == 200 && body.contains("\"address\":\"sip:jim@pbx\""), "{body}");
    for (line, body, expected) in [
        ("POST /v1/route/r1/accepted", "{\"offer\": 6}", 409),
        ("POST /v1/route/r1/accepted", "{}", 400),
        ("POST /v1/route/r1/ended", "", 503),
        ("GET /v1/route/none", "", 404),
        ("GET /v1/route/r1?wait=x", "", 400),
        ("POST /v1/route/r1/sang", "", 404),
        ("POST /v1/route", "{\"caller\": \"+49\", \"queue\": \"calls\", \"colour\": \"red\"}", 400),
        ("POST /v1/route", &format!("{{\"caller\": \"{}\"}}", "x".repeat(20_000)), 400),
        ("DELETE /v1/route/r1", "", 404),
    ] {
        let (status, answer) = call(address, "pbx", line, body).await;
        assert_eq!(status, expected, "{line} {body}: {answer}");
        assert!(answer.contains("\"error\""), "{answer}");
    }
}

#[tokio::test]
async fn a_poll_waits_for_news_and_a_stream_tells_them_all() {
    let (address, board, _trigger) = served().await;
    let told = tokio::spawn(async move { call(address, "pbx", "GET /v1/route/r1?wait=30", "").await });
    let streamed = tokio::spawn(async move { call(address, "pbx", "GET /v1/route/r1/events", "").await });
    while board.news.receiver_count() < 2 || board.told.lock().unwrap().len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    board.news.send_replace(Some(offered("r1")));
    let (status, body) = told.await.unwrap();
    assert!(status == 200 && body.contains("\"state\":\"offered\""), "{body}");
    tokio::time::sleep(Duration::from_millis(50)).await;
    board.news.send_replace(Some(Status { standing: Standing::Ended("abandoned".to_owned()), ..waiting("r1") }));
    let (status, events) = streamed.await.unwrap();
    let events: Vec<&str> = events.lines().filter(|line| line.starts_with("event: ")).collect();
    assert_eq!((status, events), (200, vec!["event: waiting", "event: offered", "event: ended"]));
}

#[tokio::test]
async fn the_description_is_of_what_is_served() {
    let (address, _board, _trigger) = served().await;
    let (status, text) = call(address, "", "GET /v1/openapi.json", "").await;
    assert_eq!(status, 200);
    let described: serde_json::Value = serde_json::from_str(&text).unwrap();
    let paths = described["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 9);
    for (path, methods) in paths {
        for method in ["get", "post"] {
            let line = format!("{} {}", method.to_uppercase(), path.replace("{id}", "r1").replace("{name}", "jim"));
            let there = methods.get(method).is_some();
            if there && path.ends_with("/events") {
                // Its answer does not end; the test above reads one.
                continue;
            }
            let (status, answer) = call(address, if line.contains("agents") { "door" } else { "pbx" }, &line, "").await;
            let unknown = status == 404 && answer.contains("nothing here");
            assert_eq!(there, !unknown, "{line}: {status} {answer}");
        }
    }
}
