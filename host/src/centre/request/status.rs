//! How a request stands, as its switch is told.
//!
//! Invariant: an inside address is told to the switch alone, which is the agents' side.

use crate::centre::Centre;
use crate::centre::session::Live;
use crate::model::record::State;
use crate::model::request::{Assignment, ExpectedWait, Standing, Status};
use crate::model::{AgentName, OfferNumber, SessionId, Timestamp};
use crate::waiting::milliseconds;

/// Of a longer queue no more is counted.
const PLACES: usize = 1_000;

impl Centre {
    /// `None` for what is no request.
    pub(super) fn request_status(&self, id: SessionId) -> Option<Status> {
        let live = self.sessions.get(id)?;
        let request = live.record.request.as_ref()?;
        Some(Status {
            id: request.id.clone(),
            queue: live.record.queue.clone(),
            medium: live.record.medium.clone(),
            standing: self.request_standing(live),
        })
    }

    fn request_standing(&self, live: &Live) -> Standing {
        let record = &live.record;
        let ended = || Standing::Ended(record.closed_reason.clone().unwrap_or_default());
        match record.state {
            State::Arrived { .. } | State::Waiting | State::Automated => {
                let wait = self.standing_of(record.id).map(|standing| ExpectedWait {
                    low_ms: milliseconds(standing.estimate.low_s),
                    high_ms: milliseconds(standing.estimate.high_s),
                });
                Standing::Waiting { place: self.request_place(live), why: live.why.clone(), wait }
            }
            State::Offered => record.offer.as_ref().map_or_else(ended, |offer| {
                Standing::Offered(self.assignment(live, &offer.agent, offer.number, Some(offer.expires)))
            }),
            State::Active => record
                .owner
                .as_ref()
                .map_or_else(ended, |owner| Standing::Accepted(self.assignment(live, &owner.agent, owner.offer, None))),
            State::Wrapping { .. } | State::Closed { .. } => ended(),
        }
    }

    fn request_place(&self, live: &Live) -> u32 {
        let queue = self.queues.get(&live.record.queue);
        let ahead = queue.map_or(0, |queue| queue.waiting.range(..live.wait_key()).take(PLACES).count());
        u32::try_from(ahead + 1).unwrap_or(u32::MAX)
    }

    fn assignment(&self, live: &Live, agent: &AgentName, offer: OfferNumber, expires: Option<Timestamp>) -> Assignment {
        let profile = self.agents.named(agent).map(|agent| &agent.profile);
        Assignment {
            offer,
            agent: agent.clone(),
            shown_as: profile.map_or_else(String::new, |profile| profile.shown_as.clone()),
            address: profile.and_then(|profile| profile.reached_at.get(&live.record.medium)).cloned(),
            expires,
        }
    }
}
