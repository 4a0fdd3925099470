//! HTTP: for now whether the service is well, `GET /health`.
//!
//! Invariant: connections, header time and header size are bounded, so that nobody unknown can hold it up.

#[cfg(test)]
mod tests;

use crate::shutdown::{Phase, Shutdown};
use crate::telemetry::event;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Connections at a time; more wait in the system's queue.
const CONNECTIONS: usize = 64;
/// For a request's head.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// For a connection, whatever it does.
const CONNECTION_TIME: Duration = Duration::from_mins(1);
/// Bytes of a request's head.
const HEADER_BYTES: usize = 16 * 1024;
/// After an `accept` that failed (no more open files).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

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
    pub async fn serve(self, shutdown: Shutdown) {
        event::web_up(self.address);
        let answers = Arc::new(Answers { started: Instant::now(), shutdown: shutdown.clone() });
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let mut connections = JoinSet::new();
        let mut end = shutdown;
        loop {
            let accepted = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, self.listener.accept().await)
            };
            tokio::select! {
                (place, accepted) = accepted => match accepted {
                    Ok((stream, _)) => {
                        let answers = Arc::clone(&answers);
                        connections.spawn(async move {
                            serve_connection(stream, answers).await;
                            drop(place);
                        });
                    }
                    Err(error) => {
                        event::hindered("accepting an HTTP connection", error);
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = connections.join_next() => {}
                () = end.ended() => break,
            }
        }
        connections.shutdown().await;
    }
}

async fn serve_connection(stream: TcpStream, answers: Arc<Answers>) {
    let answer = service_fn(move |request: Request<Incoming>| {
        let response = answers.respond(request.method(), request.uri().path());
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), answer);
    // How a stranger's connection ended is nobody's concern: not the peer's errors, nor that its time was over.
    let _ended = tokio::time::timeout(CONNECTION_TIME, connection).await;
}

struct Answers {
    started: Instant,
    shutdown: Shutdown,
}

impl Answers {
    fn respond(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        match (method, path) {
            (&Method::GET | &Method::HEAD, "/health") => self.health(),
            (_, "/health") => json(StatusCode::METHOD_NOT_ALLOWED, &serde_json::json!({ "error": "GET /health" })),
            _ => json(StatusCode::NOT_FOUND, &serde_json::json!({ "error": "nothing here but GET /health" })),
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
    let mut response = Response::new(Full::new(Bytes::from(body.to_string() + "\n")));
    *response.status_mut() = code;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, hyper::header::HeaderValue::from_static("no-store"));
    response
}
