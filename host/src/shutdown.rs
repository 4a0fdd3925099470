//! How the service ends: politely within a deadline, and at once when asked a second time.
//!
//! ```text
//! Running ─ signal, `stop` ─► Draining ─ all is done, the deadline, a second signal ─► Ended
//! ```
//! Invariant: phases only go forward, so whoever has seen `Draining` never serves anybody new.

use std::io;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Not at all.
    Running,
    /// Nobody new is served; those there are end politely.
    Draining,
    /// All stops where it is.
    Ended,
}

/// Starts the end; any clone may.
#[derive(Debug, Clone)]
pub struct Trigger {
    phase: watch::Sender<Phase>,
}

/// Tells a task of the end; every task has its own.
#[derive(Debug, Clone)]
pub struct Shutdown {
    phase: watch::Receiver<Phase>,
}

/// A trigger and what it triggers.
pub fn channel() -> (Trigger, Shutdown) {
    let (sender, receiver) = watch::channel(Phase::Running);
    (Trigger { phase: sender }, Shutdown { phase: receiver })
}

impl Trigger {
    /// Ends politely; changes nothing where the end has begun.
    pub fn drain(&self) {
        self.advance(Phase::Draining);
    }

    /// Ends at once.
    pub fn end(&self) {
        self.advance(Phase::Ended);
    }

    fn advance(&self, to: Phase) {
        self.phase.send_if_modified(|phase| {
            let forward = *phase < to;
            *phase = (*phase).max(to);
            forward
        });
    }
}

impl Shutdown {
    /// How far the end has come.
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Returns when nobody new is to be served.
    pub async fn draining(&mut self) {
        self.reached(Phase::Draining).await;
    }

    /// Returns when all is to stop where it is.
    pub async fn ended(&mut self) {
        self.reached(Phase::Ended).await;
    }

    /// Waits for what is still going on, but not beyond `within` or a second signal. Whether it was done in time.
    pub async fn finish(&mut self, within: Duration, work: impl Future<Output = ()>) -> bool {
        tokio::select! {
            () = work => true,
            () = tokio::time::sleep(within) => false,
            () = self.ended() => false,
        }
    }

    /// A trigger that is gone can't end anything any more: that counts as the end.
    async fn reached(&mut self, phase: Phase) {
        let _gone = self.phase.wait_for(|now| *now >= phase).await;
    }
}

/// SIGINT and SIGTERM from now on: the first drains, the second ends.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Takes the signals; until [`Self::conduct`] runs they wait. Needs a tokio runtime.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Hands signals on for as long as it runs.
    pub async fn conduct(mut self, trigger: Trigger) {
        self.next().await;
        trigger.drain();
        self.next().await;
        trigger.end();
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn phases_only_go_forward() {
        let (trigger, mut shutdown) = channel();
        assert_eq!(shutdown.phase(), Phase::Running);
        trigger.end();
        trigger.drain();
        assert_eq!(shutdown.phase(), Phase::Ended);
        shutdown.draining().await;
        shutdown.ended().await;
    }

    #[tokio::test]
    async fn a_second_signal_ends_the_waiting() {
        let (trigger, mut shutdown) = channel();
        trigger.drain();
        let again = async {
            tokio::task::yield_now().await;
            trigger.end();
        };
        let (done, ()) = tokio::join!(shutdown.finish(Duration::from_hours(1), std::future::pending()), again);
        assert!(!done);
    }

    #[tokio::test]
    async fn what_is_done_in_time_was_polite() {
        let (_trigger, mut shutdown) = channel();
        assert!(shutdown.finish(Duration::from_hours(1), std::future::ready(())).await);
        assert!(!shutdown.finish(Duration::ZERO, std::future::pending()).await);
    }
}
