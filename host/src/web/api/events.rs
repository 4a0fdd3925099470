//! A request as a stream of events (`text/event-stream`): how it stands now, and every change until it is over.
//!
//! Invariant: as long as somebody reads, the request is asked after, and so lives on; when nobody does any more, that ends with the
//! stream.

use super::{Switchboard, words};
use crate::model::request::{Said, Standing, Status};
use hyper::body::{Body, Bytes, Frame};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

/// Between two questions after the request, and two signs of life to the reader.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events that wait for a slow reader; then nothing more is looked at until it reads.
const UNREAD: usize = 4;

/// See the module.
#[derive(Debug)]
pub(in crate::web) struct Events(mpsc::Receiver<Bytes>);

impl Events {
    pub(super) fn of<S: Switchboard>(
        board: Arc<S>,
        switch: String,
        status: Status,
        news: watch::Receiver<Option<Status>>,
    ) -> Self {
        let (events, read) = mpsc::channel(UNREAD);
        tokio::spawn(tell(board, switch, status, news, events));
        Self(read)
    }
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|event| event.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// Ends when the request is over or unknown, or nobody reads any more.
async fn tell<S: Switchboard>(
    board: Arc<S>,
    switch: String,
    mut status: Status,
    mut news: watch::Receiver<Option<Status>>,
    events: mpsc::Sender<Bytes>,
) {
    let mut told = None;
    loop {
        let event = if told.as_ref() == Some(&status) { Bytes::from_static(b":\n\n") } else { event(&status) };
        let is_over = matches!(status.standing, Standing::Ended(_));
        if events.send(event).await.is_err() || is_over {
            return;
        }
        let changed = tokio::select! {
            changed = timeout(HEARTBEAT, news.changed()) => changed.is_ok_and(|changed| changed.is_ok()),
            () = events.closed() => return,
        };
        told = Some(status.clone());
        let newer = if changed { news.borrow_and_update().clone() } else { None };
        status = match newer {
            Some(newer) => newer,
            None => match board.call(&switch, Said::Look(status.id.clone())).await {
                Ok(Some(status)) => status,
                Ok(None) | Err(_) => return,
            },
        };
    }
}

fn event(status: &Status) -> Bytes {
    Bytes::from(format!("event: {}\ndata: {}\n\n", words::state(&status.standing), words::status(status)))
}
