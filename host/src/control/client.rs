//! The command line's end of the control socket. Blocking: a command asks one thing and ends.
//!
//! Invariant: every failure says what to do about it.

use super::protocol::{Answer, Refusal, Request, Response};
use super::{ANSWER_BYTES, ANSWER_TIME, REQUEST_TIME};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody listens.
    #[error("no cordboard is running on {socket}; start it with `cordboard serve --config FILE` or `cordboard dev`, or name the right one with --config FILE or --socket PATH", socket = socket.display())]
    NotRunning {
        /// Where.
        socket: PathBuf,
    },
    /// The socket is somebody else's.
    #[error("the control socket {socket} may be used only by the user who runs cordboard; run this command as that user", socket = socket.display())]
    NotAllowed {
        /// Where.
        socket: PathBuf,
    },
    /// The answer did not come whole.
    #[error("cordboard on {socket} gave no answer: {detail}; look at its log", socket = socket.display())]
    NoAnswer {
        /// Where.
        socket: PathBuf,
        /// Why.
        detail: String,
    },
    /// The service said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Asks the service behind a socket.
pub fn ask(socket: &Path, request: &Request) -> Result<Answer, AskError> {
    let stream = UnixStream::connect(socket).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            AskError::NotRunning { socket: socket.to_owned() }
        }
        io::ErrorKind::PermissionDenied => AskError::NotAllowed { socket: socket.to_owned() },
        _ => no_answer(socket, &error),
    })?;
    let line = exchange(stream, request).map_err(|error| no_answer(socket, &error))?;
    let response: Response = serde_json::from_slice(&line).map_err(|error| no_answer(socket, &error))?;
    Ok(response?)
}

fn no_answer(socket: &Path, detail: &impl ToString) -> AskError {
    AskError::NoAnswer { socket: socket.to_owned(), detail: detail.to_string() }
}

fn exchange(mut stream: UnixStream, request: &Request) -> io::Result<Vec<u8>> {
    stream.set_write_timeout(Some(REQUEST_TIME))?;
    stream.set_read_timeout(Some(ANSWER_TIME + REQUEST_TIME))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = Vec::new();
    BufReader::new(stream.take(ANSWER_BYTES)).read_until(b'\n', &mut answer)?;
    if answer.last() == Some(&b'\n') {
        return Ok(answer);
    }
    Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ended before the answer did"))
}
