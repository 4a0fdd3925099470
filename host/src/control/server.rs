//! The service's end of the control socket.
//!
//! Invariant: a connection is asked one thing, within a time and a size; a client that stalls holds one of a few places, for a
//! few seconds.

use super::protocol::{Answer, Refusal, Request, Response};
use super::{ANSWER_BYTES, ANSWER_TIME, CONNECTIONS, REQUEST_BYTES, REQUEST_TIME};
use crate::intake::{Accept, serve_each};
use crate::shutdown::Shutdown;
use crate::telemetry::event;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

/// Carries out what operators ask.
pub trait Operations: Send + Sync + 'static {
    /// One request, its answer. Called for several at a time.
    fn perform(&self, request: Request) -> impl Future<Output = Response> + Send;
}

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Somebody answers there.
    #[error("another cordboard answers on the control socket {socket}; stop it first, or choose another with [control] socket", socket = socket.display())]
    InUse {
        /// Which.
        socket: PathBuf,
    },
    /// The socket can't be made.
    #[error("can't make the control socket {socket}: {source}; choose another place with [control] socket", socket = socket.display())]
    Make {
        /// Which.
        socket: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A control socket that listens and is not served yet. Gone from the file system when dropped.
#[derive(Debug)]
pub struct Control {
    listener: UnixListener,
    socket: PathBuf,
}

impl Control {
    /// Makes the socket, and its folder where that is not there (mode 0700). One left by a service that crashed is replaced.
    /// Needs a tokio runtime.
    pub fn bind(socket: &Path) -> Result<Self, ControlError> {
        let failed = |source| ControlError::Make { socket: socket.to_owned(), source };
        let folder = socket.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        if std::os::unix::net::UnixStream::connect(socket).is_ok() {
            return Err(ControlError::InUse { socket: socket.to_owned() });
        }
        let nameless = folder.join(format!(".control-{}", std::process::id()));
        remove(&nameless).map_err(failed)?;
        let listener = UnixListener::bind(&nameless).map_err(failed)?;
        fs::set_permissions(&nameless, Permissions::from_mode(0o600)).map_err(failed)?;
        fs::rename(&nameless, socket).map_err(failed)?;
        Ok(Self { listener, socket: socket.to_owned() })
    }

    /// Serves until the service has ended; also while it drains.
    pub async fn serve(self, operations: Arc<impl Operations>, shutdown: Shutdown) {
        event::control_up(self.socket.display());
        let serve = |stream| {
            let operations = Arc::clone(&operations);
            async move { serve_connection(stream, &*operations).await }
        };
        serve_each(&self.listener, serve, CONNECTIONS, "accepting a control connection", shutdown).await;
    }
}

impl Accept for UnixListener {
    type Connection = UnixStream;

    async fn next(&self) -> io::Result<UnixStream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // One that stays is replaced at the next start.
        let _removed = remove(&self.socket);
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

async fn serve_connection(mut stream: UnixStream, operations: &impl Operations) {
    let response = match timeout(REQUEST_TIME, read_request(&mut stream)).await {
        Ok(Ok(Some(request))) => perform(request, operations).await,
        Ok(Ok(None)) => return,
        Ok(Err(refusal)) => Err(refusal),
        Err(_) => Err(Refusal::new(format!("no request came within {} s", REQUEST_TIME.as_secs()))),
    };
    let line = encode(&response);
    // A client that is gone needs no answer.
    let _written = timeout(ANSWER_TIME, async {
        stream.write_all(&line).await?;
        stream.shutdown().await
    })
    .await;
}

/// `None` where the client left without a word.
async fn read_request(stream: &mut UnixStream) -> Result<Option<Request>, Refusal> {
    let mut line = Vec::new();
    let read = BufReader::new(stream.take(REQUEST_BYTES)).read_until(b'\n', &mut line).await;
    match read {
        Ok(0) | Err(_) => Ok(None),
        Ok(_) if line.last() != Some(&b'\n') => {
            Err(Refusal::new(format!("a request is one line of at most {REQUEST_BYTES} bytes")))
        }
        Ok(_) => serde_json::from_slice(&line).map(Some).map_err(|error| {
            Refusal::new(format!(
                "this service ({}) does not know the request: {error}; ask it with a command line of the same version",
                env!("CARGO_PKG_VERSION")
            ))
        }),
    }
}

async fn perform(request: Request, operations: &impl Operations) -> Response {
    let (name, changes) = (request.name(), request.changes());
    let late = || Err(Refusal::new(format!("the service did not answer within {} s", ANSWER_TIME.as_secs())));
    let response = timeout(ANSWER_TIME, operations.perform(request)).await.unwrap_or_else(|_| late());
    if changes {
        event::operated(name, if response.is_ok() { "done" } else { "refused" });
    }
    response
}

fn encode(response: &Response) -> Vec<u8> {
    let encoded = |response: &Response| serde_json::to_vec(response).ok();
    let fitting = encoded(response).filter(|line| (line.len() as u64) < ANSWER_BYTES);
    let mut line = fitting.unwrap_or_else(|| {
        let refusal: Result<Answer, Refusal> = Err(Refusal::new("the answer is too large to be told"));
        encoded(&refusal).unwrap_or_default()
    });
    line.push(b'\n');
    line
}
