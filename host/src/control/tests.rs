//! Requests and answers over a real socket, before a service that is not there.

use super::*;
use crate::model::SessionId;
use crate::shutdown::{self, Trigger};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Ends sessions below 10, and knows of nothing else.
struct Desk;

impl Operations for Desk {
    async fn perform(&self, request: Request) -> Response {
        match request {
            Request::Close { session: SessionId(1..10), reason } => Ok(Answer::Done(format!("closed: {reason}"))),
            Request::Close { session, .. } => Err(Refusal::new(format!("there is no session {session}"))),
            other => Err(Refusal::new(format!("not here: {}", other.name()))),
        }
    }
}

struct Running {
    socket: PathBuf,
    trigger: Trigger,
    served: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

fn run() -> Running {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("data").join("control.sock");
    let (trigger, shutdown) = shutdown::channel();
    let served = tokio::spawn(Control::bind(&socket).unwrap().serve(Arc::new(Desk), shutdown));
    Running { socket, trigger, served, _folder: folder }
}

async fn asked(socket: &Path, request: Request) -> Result<Answer, AskError> {
    let socket = socket.to_owned();
    tokio::task::spawn_blocking(move || ask(&socket, &request)).await.unwrap()
}

/// What is answered to bytes that no client of ours would send.
async fn answered(socket: &Path, bytes: Vec<u8>) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    tokio::task::spawn_blocking(move || {
        // The service may hang up before it has read all.
        let _written = stream.write_all(&bytes);
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn what_is_asked_is_answered_or_refused_in_words() {
    let running = run();
    let close = |number| Request::Close { session: SessionId(number), reason: "holiday".to_owned() };
    let answer = asked(&running.socket, close(7)).await.unwrap();
    assert_eq!(answer, Answer::Done("closed: holiday".to_owned()));
    let refused = asked(&running.socket, close(10)).await.unwrap_err();
    assert_eq!(refused.to_string(), "there is no session s10");
    running.trigger.end();
    running.served.await.unwrap();
    assert!(!running.socket.exists(), "the socket goes with the service");
}

#[tokio::test]
async fn only_its_own_user_may_open_it() {
    let running = run();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&running.socket), 0o600);
    assert_eq!(mode(running.socket.parent().unwrap()), 0o700);
}

#[tokio::test]
async fn nobody_there_is_told_with_what_to_do() {
    let socket = Path::new("/nowhere/control.sock");
    let error = asked(socket, Request::Health).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "no cordboard is running on /nowhere/control.sock; start it with `cordboard serve --config FILE` or `cordboard dev`, or name the right one with --config FILE or --socket PATH"
    );
}

#[tokio::test]
async fn a_second_service_is_refused_and_a_dead_ones_socket_replaced() {
    let running = run();
    let again = Control::bind(&running.socket).unwrap_err();
    assert!(matches!(again, ControlError::InUse { .. }), "{again}");
    let dead = running.socket.with_file_name("dead.sock");
    drop(std::os::unix::net::UnixListener::bind(&dead).unwrap());
    assert!(dead.exists());
    drop(Control::bind(&dead).unwrap());
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_disturbs_nobody() {
    let running = run();
    let answer = answered(&running.socket, b"{\"dance\":{}}\n".to_vec()).await;
    assert!(answer.contains("does not know the request: unknown variant `dance`"), "{answer}");
    let endless = answered(&running.socket, vec![b'x'; 64 * 1024]).await;
    assert!(endless.contains("at most 65536 bytes"), "{endless}");
    let close = Request::Close { session: SessionId(1), reason: String::new() };
    assert!(asked(&running.socket, close).await.is_ok());
}

#[test]
fn a_password_is_never_shown() {
    let new = NewCustomer {
        name: "joe".into(),
        shown_as: None,
        addresses: Vec::new(),
        attributes: Vec::new(),
        password: Some(Password::new("secret")),
        replace: false,
    };
    assert!(!format!("{:?}", Request::CustomerAdd(new)).contains("secret"));
}
