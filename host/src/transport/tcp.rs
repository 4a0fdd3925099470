//! The bytes of one accepted socket: read when wanted, written in order, secured in place, closed with the last words read.
//!
//! ```text
//!   plain ──start_tls, once all before it is written──► securing ──► tls
//!     │ close                                                │         │ close
//!     └──────────────► flush ─► shut down ─► linger ◄────────│─────────┘
//!                                              └──► closed ◄─┘
//! ```
//!
//! Invariant: an idle socket holds no buffer of ours; reading borrows one of its thread. Nothing is read ahead, so that what
//! a peer sends in the clear behind `start-tls` can only break the handshake.

use crate::model::adapter::Tls;
use rustls::ProtocolVersion;
use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, TlsAcceptor};

/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;
/// Bytes thrown away while the peer reads our last words; with more left unread a close would take them back (RFC 1122, 4.2.2.13).
const LINGER_BYTES: usize = 1024 * 1024;
/// Written bytes that may lie in front of unwritten ones before those are moved.
const SLACK_BYTES: usize = 64 * 1024;

thread_local! {
    static READ: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into_boxed_slice());
}

/// What has happened on a socket.
#[derive(Debug)]
pub(super) enum WireEvent {
    /// So many bytes were handed to the system.
    Sent(usize),
    /// Bytes came in; at most [`READ_BYTES`].
    Received(Vec<u8>),
    /// TLS is agreed on.
    Secured(Tls),
    /// It has ended; why.
    Closed(String),
}

/// See the module.
pub(super) struct Wire {
    stream: Stream,
    acceptor: Option<TlsAcceptor>,
    unsent: Vec<u8>,
    /// Bytes of `unsent` that are written already.
    written: usize,
    /// Bytes still to be written in the clear before TLS starts.
    clear: Option<usize>,
    flushed: bool,
    closing: Option<Closing>,
}

enum Stream {
    Plain(TcpStream),
    Securing(Box<Accept<TcpStream>>),
    Tls(Box<TlsStream<TcpStream>>),
    Gone,
}

struct Closing {
    reason: String,
    shut_down: bool,
    lingered: usize,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, acceptor: Option<TlsAcceptor>) -> Self {
        let (unsent, written) = (Vec::new(), 0);
        Self { stream: Stream::Plain(stream), acceptor, unsent, written, clear: None, flushed: true, closing: None }
    }

    /// Sends these bytes after those before them.
    pub(super) fn send(&mut self, data: Vec<u8>) {
        if self.closing.is_some() {
            return;
        }
        if self.written > SLACK_BYTES {
            self.unsent.drain(..self.written);
            self.written = 0;
        }
        if self.unsent.is_empty() {
            self.unsent = data;
        } else {
            self.unsent.extend_from_slice(&data);
        }
    }

    /// Starts TLS after the sends before it; those after it wait.
    pub(super) fn start_tls(&mut self) {
        self.clear = Some(self.unsent.len() - self.written);
    }

    /// Closes after the sends before it.
    pub(super) fn close(&mut self, reason: String) {
        self.closing.get_or_insert(Closing { reason, shut_down: false, lingered: 0 });
    }

    /// Closes at once; the system forgets too what it has not sent.
    pub(super) fn abort(&mut self, reason: String) {
        _ = match &self.stream {
            Stream::Plain(stream) => stream.set_zero_linger(),
            Stream::Tls(stream) => stream.get_ref().0.set_zero_linger(),
            Stream::Securing(_) | Stream::Gone => Ok(()),
        };
        (self.unsent, self.written) = (Vec::new(), 0);
        self.stream = Stream::Gone;
        self.close(reason);
    }

    /// What happens next. Nothing is read unless `wants_read`.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, wants_read: bool) -> Poll<WireEvent> {
        if let Stream::Securing(accept) = &mut self.stream {
            if let Some(closing) = self.closing.take() {
                return Poll::Ready(self.ended(closing.reason));
            }
            let outcome = ready!(Pin::new(accept.as_mut()).poll(cx));
            return Poll::Ready(self.secured(outcome));
        }
        match self.poll_write(cx) {
            Poll::Ready(Ok(bytes)) if bytes > 0 => return Poll::Ready(WireEvent::Sent(bytes)),
            Poll::Ready(Err(error)) => return Poll::Ready(self.failed(&error)),
            _ => {}
        }
        if self.closing.is_some() {
            return self.poll_close(cx);
        }
        if self.clear == Some(0) {
            self.begin_tls();
            return self.poll(cx, wants_read);
        }
        if wants_read { self.poll_read(cx) } else { Poll::Pending }
    }

    /// Writes what it can; the number of bytes, zero when all is written and flushed.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut sent = 0;
        loop {
            let left = self.unsent.len() - self.written;
            let now = self.clear.map_or(left, |clear| clear.min(left));
            if now == 0 {
                break;
            }
            let bytes = &self.unsent[self.written..self.written + now];
            let outcome = match &mut self.stream {
                Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
                Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
                Stream::Securing(_) | Stream::Gone => return Poll::Ready(Ok(0)),
            };
            match outcome {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(bytes)) => {
                    sent += bytes;
                    self.written += bytes;
                    self.clear = self.clear.map(|clear| clear - bytes);
                    self.flushed = false;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending if sent > 0 => return Poll::Ready(Ok(sent)),
                Poll::Pending => return Poll::Pending,
            }
        }
        if self.written == self.unsent.len() && self.written > 0 {
            (self.unsent, self.written) = (Vec::new(), 0);
        }
        if sent == 0 && !self.flushed {
            match &mut self.stream {
                Stream::Tls(stream) => ready!(Pin::new(stream.as_mut()).poll_flush(cx))?,
                Stream::Plain(_) | Stream::Securing(_) | Stream::Gone => {}
            }
            self.flushed = true;
        }
        Poll::Ready(Ok(sent))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<WireEvent> {
        let outcome = READ.with_borrow_mut(|buffer| {
            let mut read = ReadBuf::new(buffer);
            ready!(self.stream.poll_read(cx, &mut read))?;
            Poll::Ready(Ok::<_, io::Error>(read.filled().to_vec()))
        });
        Poll::Ready(match ready!(outcome) {
            Ok(data) if data.is_empty() => self.ended("the peer closed the connection".to_owned()),
            Ok(data) => WireEvent::Received(data),
            Err(error) => self.failed(&error),
        })
    }

    /// Shuts down once all is written, then waits for the peer to have read it.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<WireEvent> {
        let Some(closing) = &mut self.closing else { return Poll::Pending };
        if self.written < self.unsent.len() && self.clear.is_none() || !self.flushed {
            return Poll::Pending;
        }
        if !closing.shut_down {
            let outcome = match &mut self.stream {
                Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
                Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
                Stream::Securing(_) | Stream::Gone => Poll::Ready(Ok(())),
            };
            closing.shut_down = ready!(outcome).is_ok();
            if !closing.shut_down {
                closing.lingered = LINGER_BYTES;
            }
        }
        while closing.lingered < LINGER_BYTES {
            let outcome = READ.with_borrow_mut(|buffer| {
                let mut read = ReadBuf::new(buffer);
                self.stream.poll_read(cx, &mut read).map_ok(|()| read.filled().len())
            });
            match ready!(outcome) {
                Ok(bytes) if bytes > 0 => closing.lingered += bytes,
                Ok(_) | Err(_) => break,
            }
        }
        let reason = std::mem::take(&mut closing.reason);
        Poll::Ready(self.ended(reason))
    }

    fn begin_tls(&mut self) {
        self.clear = None;
        let stream = std::mem::replace(&mut self.stream, Stream::Gone);
        self.stream = match (stream, &self.acceptor) {
            (Stream::Plain(stream), Some(acceptor)) => Stream::Securing(Box::new(acceptor.accept(stream))),
            // The endpoint starts TLS once and only with a certificate.
            (other, _) => other,
        };
    }

    fn secured(&mut self, outcome: io::Result<TlsStream<TcpStream>>) -> WireEvent {
        match outcome {
            Ok(stream) => {
                let agreed = agreed(&stream);
                self.stream = Stream::Tls(Box::new(stream));
                WireEvent::Secured(agreed)
            }
            Err(error) => self.ended(format!("no TLS: {error}")),
        }
    }

    fn failed(&mut self, error: &io::Error) -> WireEvent {
        let reason =
            self.closing.take().map_or_else(|| format!("the connection failed: {error}"), |closing| closing.reason);
        self.ended(reason)
    }

    /// Lets go of the socket.
    pub(super) fn ended(&mut self, reason: String) -> WireEvent {
        self.stream = Stream::Gone;
        (self.unsent, self.written) = (Vec::new(), 0);
        WireEvent::Closed(reason)
    }
}

impl Stream {
    fn poll_read(&mut self, cx: &mut Context<'_>, read: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, read),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, read),
            Self::Securing(_) => Poll::Pending,
            Self::Gone => Poll::Ready(Ok(())),
        }
    }
}

/// What was agreed on. The channel binding is RFC 9266's, of TLS 1.3 only: 1.2 without extended master secrets has none to trust.
fn agreed(stream: &TlsStream<TcpStream>) -> Tls {
    let session = stream.get_ref().1;
    let is_1_3 = session.protocol_version() == Some(ProtocolVersion::TLSv1_3);
    let exporter = if is_1_3 {
        session.export_keying_material(vec![0; 32], b"EXPORTER-Channel-Binding", Some(b"")).unwrap_or_default()
    } else {
        Vec::new()
    };
    Tls {
        version: if is_1_3 { "TLSv1.3" } else { "TLSv1.2" }.to_owned(),
        server_name: session.server_name().map(str::to_owned),
        client_identity: None,
        exporter,
    }
}
