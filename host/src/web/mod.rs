//! HTTP: whether the service is well, `GET /health`, its figures for Prometheus, `GET /metrics`, and `/v1` for other systems ([`api`]).
//!
//! Invariant: connections, header time and header size are bounded, so that nobody unknown can hold it up; who has shown a token has
//! more time.

mod api;
mod outbound;
#[cfg(test)]
mod tests;

pub use api::{Refused, Switchboard};
pub use outbound::{Destination, Outbound};

use crate::intake::{Accept, serve_each};
use crate::shutdown::{Phase, Shutdown};
use crate::telemetry::event;
use api::Body;
use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};

/// Connections at a time; more wait in the system's queue.
const CONNECTIONS: usize = 512;
/// For a request's head.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// For a connection, whatever it does.
const CONNECTION_TIME: Duration = Duration::from_mins(1);
/// The same, of one that has shown a token: a stream of events may last as long as a call.
const TRUSTED_TIME: Duration = Duration::from_hours(1);
/// Bytes of a request's head.
const HEADER_BYTES: usize = 16 * 1024;

/// For figures to be gathered.
const SCRAPE_TIME: Duration = Duration::from_secs(5);
/// The text format of `OpenMetrics`, as Prometheus asks for it.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Gives the service's figures.
pub trait Metrics: Send + Sync + 'static {
    /// All of them as they are now, or why there are none.
    fn scrape(&self) -> impl Future<Output = Result<Scrape, String>> + Send;
}

/// Figures in the text format of `OpenMetrics`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scrape(pub String);

/// Why HTTP is not served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// Another program has the address.
    #[error(
        "can't serve HTTP on {address}: another program listens there; stop it, or choose another port ([web] address in the configuration; with `dev`: --port-offset N)"
    )]
    InUse {
        /// Which.
        address: SocketAddr,
    },
    /// The address can't be used.
    #[error("can't serve HTTP on {address}: {source}; choose another with [web] address")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// HTTP that listens and is not served yet.
#[derive(Debug)]
pub struct Web {
    listener: TcpListener,
    address: SocketAddr,
}

impl Web {
    /// Listens.
    pub async fn bind(address: SocketAddr) -> Result<Self, WebError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => WebError::InUse { address },
            _ => WebError::Listen { address, source },
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the service has ended; while it drains, `/health` says so.
    pub async fn serve(self, shutdown: Shutdown, metrics: Arc<impl Metrics>, board: Arc<impl Switchboard>) {
        event::web_up(self.address);
        let answers = Arc::new(Answers { started: Instant::now(), shutdown: shutdown.clone(), metrics, board });
        let serve = |stream| serve_connection(stream, Arc::clone(&answers));
        serve_each(&self.listener, serve, CONNECTIONS, "accepting an HTTP connection", shutdown).await;
    }
}

impl Accept for TcpListener {
    type Connection = TcpStream;

    async fn next(&self) -> io::Result<TcpStream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

async fn serve_connection(stream: TcpStream, answers: Arc<Answers<impl Metrics, impl Switchboard>>) {
    let trusted = Arc::new(AtomicBool::new(false));
    let shown = Arc::clone(&trusted);
    let answer = service_fn(move |request: Request<Incoming>| {
        let (answers, shown) = (Arc::clone(&answers), Arc::clone(&shown));
        async move { Ok::<_, Infallible>(answers.respond(request, &shown).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), answer);
    let time_is_over = async {
        tokio::time::sleep(CONNECTION_TIME).await;
        if trusted.load(Ordering::Relaxed) {
            tokio::time::sleep(TRUSTED_TIME.saturating_sub(CONNECTION_TIME)).await;
        }
    };
    tokio::select! {
        // How a stranger's connection ended is nobody's concern: not the peer's errors, nor that its time was over.
        _ended = connection => {}
        () = time_is_over => {}
    }
}

struct Answers<M, S> {
    started: Instant,
    shutdown: Shutdown,
    metrics: Arc<M>,
    board: Arc<S>,
}

impl<M: Metrics, S: Switchboard> Answers<M, S> {
    async fn respond(&self, request: Request<Incoming>, trusted: &AtomicBool) -> Response<Body> {
        let path = request.uri().path();
        if path.starts_with("/v1/") {
            return api::respond(&self.board, request, || trusted.store(true, Ordering::Relaxed)).await;
        }
        let answer = match (request.method(), path) {
            (&Method::GET | &Method::HEAD, "/health") => self.health(),
            (&Method::GET | &Method::HEAD, "/metrics") => self.metrics().await,
            (_, "/health" | "/metrics") => {
                json(StatusCode::METHOD_NOT_ALLOWED, &serde_json::json!({ "error": format!("GET {path}") }))
            }
            _ => json(
                StatusCode::NOT_FOUND,
                &serde_json::json!({ "error": "nothing here but GET /health, GET /metrics and /v1 (GET /v1/openapi.json)" }),
            ),
        };
        answer.map(Either::Left)
    }

    async fn metrics(&self) -> Response<Full<Bytes>> {
        let late = || Err(format!("no figures came within {} s", SCRAPE_TIME.as_secs()));
        let scraped = tokio::time::timeout(SCRAPE_TIME, self.metrics.scrape()).await;
        match scraped.unwrap_or_else(|_| late()) {
            Ok(Scrape(text)) => response(StatusCode::OK, OPEN_METRICS, text),
            Err(error) => json(StatusCode::SERVICE_UNAVAILABLE, &serde_json::json!({ "error": error })),
        }
    }

    fn health(&self) -> Response<Full<Bytes>> {
        let (code, status) = match self.shutdown.phase() {
            Phase::Running => (StatusCode::OK, "ok"),
            Phase::Draining | Phase::Ended => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
        };
        let body = serde_json::json!({
            "status": status,
            "version": env!("CARGO_PKG_VERSION"),
            "up_s": self.started.elapsed().as_secs(),
        });
        json(code, &body)
    }
}

fn json(code: StatusCode, body: &serde_json::Value) -> Response<Full<Bytes>> {
    response(code, "application/json", body.to_string() + "\n")
}

fn response(code: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = code;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, hyper::header::HeaderValue::from_static("no-store"));
    response
}
