//! Waiting times: by hand on small histories, over random ones, on queues of which the law is known, and through an outage.

mod by_hand;
mod measured;
mod outage;
mod random;
mod synthetic;

use super::*;

fn at(seconds: u64) -> Timestamp {
    Timestamp((100_000 + seconds) * 1000)
}

fn arrived(session: u64, queue: &str, head_start_s: u64) -> Event<'_> {
    Event::Arrived { session: SessionId(session), queue, head_start_ms: head_start_s * 1000 }
}

fn entered(session: u64, agent: u32) -> Event<'static> {
    Event::Entered { session: SessionId(session), agent: Some(agent) }
}

fn ended(session: u64) -> Event<'static> {
    Event::Ended { session: SessionId(session), measured: true }
}

fn abandoned(session: u64) -> Event<'static> {
    Event::Abandoned { session: SessionId(session) }
}

/// An answer with a range of half to twice.
fn said(wait_s: f64) -> Estimate {
    Estimate { wait_s, low_s: wait_s / 2.0, high_s: wait_s * 2.0 }
}

/// A place in a pool of 4 agents with services of 100 s, where nobody gives up.
fn place(ahead: u32) -> Place {
    Place {
        queue: 0,
        ahead,
        ahead_same: ahead,
        work_s: 100.0 * f64::from(ahead + 1),
        head_waited_s: 30.0,
        oldest_s: 40.0,
        oldest_same_s: 30.0,
        in_service: 4,
        agents: 4.0,
        resting: 0,
        service_s: 100.0,
        give_up_per_s: 0.0,
        gap_s: 25.0,
        recent_wait_s: 60.0,
        last_wait_s: 50.0,
        arrivals: 12,
        overtakers: 0,
    }
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-6 * expected.abs().max(1.0), "{found}, and not {expected}");
}
