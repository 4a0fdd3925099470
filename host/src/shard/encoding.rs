//! Encodes a snapshot of the centre on a thread of its own, in parts that are stored one by one.
//!
//! Invariant: no more bytes are held than a segment may begin with, and the thread ends soon when nobody wants its parts any more.

use super::SegmentLimits;
use super::segment::{LAST_PART, PART, RUNNING};
use crate::centre::Snapshot;
use std::io::{self, ErrorKind, Write};
use std::thread;
use tokio::sync::oneshot;

/// Entries of the journal, in order.
pub(super) type Parts = Vec<Vec<u8>>;

/// Why a segment can't begin with a snapshot.
#[derive(Debug)]
pub(super) enum Unfit {
    TooLarge,
    /// Why.
    Failed(String),
}

/// A snapshot being encoded.
pub(super) struct Encoding(oneshot::Receiver<Result<Parts, Unfit>>);

impl Encoding {
    pub(super) fn start(snapshot: Snapshot, limits: SegmentLimits) -> Self {
        let (tell, parts) = oneshot::channel();
        let thread = thread::Builder::new().name("checkpoint".to_owned());
        // Where there is no thread, `tell` is dropped with the work.
        let _ = thread.spawn(move || {
            let encoded = encode(&snapshot, limits, || tell.is_closed());
            // First, so that the next one is not begun while this one is still there.
            drop(snapshot);
            // The run may have ended meanwhile.
            let _ = tell.send(encoded);
        });
        Self(parts)
    }

    /// What became of it. May be dropped and asked again until it has answered.
    pub(super) async fn done(&mut self) -> Result<Parts, Unfit> {
        let failed = |_| Err(Unfit::Failed("the thread that encodes a checkpoint is gone".to_owned()));
        (&mut self.0).await.unwrap_or_else(failed)
    }
}

/// The parts of a checkpoint.
pub(super) fn encode(
    snapshot: &Snapshot,
    limits: SegmentLimits,
    is_given_up: impl Fn() -> bool,
) -> Result<Parts, Unfit> {
    let mut writer = Writer { limits, is_given_up, parts: Vec::new(), part: Vec::new(), bytes: 0 };
    writer.begin_part();
    let written = writer.write_all(&[RUNNING]).map_err(|error| error.to_string());
    let written = written.and_then(|()| snapshot.write(&mut writer).map_err(|error| error.to_string()));
    match written {
        _ if writer.bytes + writer.part.len() as u64 > limits.first_bytes => Err(Unfit::TooLarge),
        Ok(()) => Ok(writer.done()),
        Err(error) => Err(Unfit::Failed(error)),
    }
}

/// Cuts what is written into parts.
struct Writer<G> {
    limits: SegmentLimits,
    is_given_up: G,
    parts: Parts,
    part: Vec<u8>,
    /// Of all parts but the present one.
    bytes: u64,
}

/// A tag and a number.
const HEAD: usize = 5;

impl<G: Fn() -> bool> Writer<G> {
    fn begin_part(&mut self) {
        let number = u32::try_from(self.parts.len()).unwrap_or(u32::MAX).to_be_bytes();
        self.part = Vec::with_capacity(HEAD + self.limits.part_bytes);
        self.part.push(PART);
        self.part.extend(number);
    }

    fn end_part(&mut self) {
        self.bytes += self.part.len() as u64;
        self.parts.push(std::mem::take(&mut self.part));
    }

    fn done(mut self) -> Parts {
        self.part[0] = LAST_PART;
        self.end_part();
        self.parts
    }
}

impl<G: Fn() -> bool> Write for Writer<G> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.part.len() >= HEAD + self.limits.part_bytes {
            self.end_part();
            if self.bytes > self.limits.first_bytes {
                return Err(ErrorKind::StorageFull.into());
            }
            if (self.is_given_up)() {
                return Err(ErrorKind::BrokenPipe.into());
            }
            self.begin_part();
        }
        let taken = bytes.len().min(HEAD + self.limits.part_bytes - self.part.len());
        self.part.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
