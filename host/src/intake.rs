//! Takes connections one after the other, a bounded number at a time, until the service has ended: for control socket and HTTP, whose
//! connections are short and know nothing of each other.
//!
//! Invariant: when it returns no connection is served any more.

use crate::shutdown::Shutdown;
use crate::telemetry::event;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// After an `accept` that failed (no more open files).
const PAUSE: Duration = Duration::from_millis(100);

/// Where connections come from.
pub trait Accept: Sync {
    /// A connection.
    type Connection: Send;

    /// The next one.
    fn next(&self) -> impl Future<Output = io::Result<Self::Connection>> + Send;
}

/// Serves at most so many at a time; more wait in the system's queue. `what` says in the log what failed: "accepting a control connection".
pub async fn serve_each<A: Accept, F>(
    listener: &A,
    serve: impl Fn(A::Connection) -> F,
    most: usize,
    what: &'static str,
    mut shutdown: Shutdown,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(most));
    let mut connections = JoinSet::new();
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.next().await)
        };
        tokio::select! {
            (place, accepted) = accepted => match accepted {
                Ok(connection) => {
                    let served = serve(connection);
                    connections.spawn(async move {
                        served.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    event::hindered(what, error);
                    tokio::time::sleep(PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
            () = shutdown.ended() => break,
        }
    }
    connections.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shutdown;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Nine connections, and a failure in between.
    struct Nine(AtomicUsize);

    impl Accept for Nine {
        type Connection = usize;

        async fn next(&self) -> io::Result<usize> {
            match self.0.fetch_add(1, Ordering::Relaxed) {
                3 => Err(io::Error::other("no more open files")),
                10.. => std::future::pending().await,
                number => Ok(number),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn connections_are_bounded_and_a_failure_passes() {
        let (trigger, shutdown) = shutdown::channel();
        let (at_once, most, served) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let counts = Arc::new((at_once, most, served));
        let serve = |_: usize| {
            let counts = Arc::clone(&counts);
            async move {
                let (at_once, most, served) = &*counts;
                most.fetch_max(at_once.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_secs(1)).await;
                at_once.fetch_sub(1, Ordering::Relaxed);
                served.fetch_add(1, Ordering::Relaxed);
            }
        };
        let ends = async {
            tokio::time::sleep(Duration::from_mins(1)).await;
            trigger.end();
        };
        let nine = Nine(AtomicUsize::new(0));
        tokio::join!(serve_each(&nine, serve, 2, "accepting a connection", shutdown), ends);
        let (_, most, served) = &*counts;
        assert_eq!((most.load(Ordering::Relaxed), served.load(Ordering::Relaxed)), (2, 9));
    }
}
