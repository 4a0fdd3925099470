//! What the centre wants done. An effect is a hint; a record demands it: after a crash [`Centre::resume`](super::Centre::resume)
//! yields all that is due.

use crate::model::adapter::{Directive, Hint, Offer, Redirection, Roster, Settlement, Showing};
use crate::model::consult::{Excerpt, Question};
use crate::model::part::Audience;
use crate::model::record::{Entry, Speaker};
use crate::model::request::{Reply, Status};
use crate::model::{Alias, Body, Contact, EndpointId, FeedId, LinkTarget, Message, Participant, Seq};
use serde::{Deserialize, Serialize};

/// One thing to do, after the batch that decided it is stored. All are for one endpoint, whose mailbox keeps them bounded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Answers a report.
    Settle(EndpointId, Settlement),
    /// The links to publish; sent when an endpoint opens, and again when they change.
    Advertise(EndpointId, Vec<LinkTarget>),
    /// Deliver a transcript to a contact from now on; replaces a feed of the same number on this endpoint.
    Feed(EndpointId, Feed),
    /// Deliver no more of it.
    Unfeed(EndpointId, FeedId),
    /// There is more to deliver.
    Wake(EndpointId, FeedId),
    /// A presence; the newest for a watcher and presentity replaces those before.
    Show(EndpointId, Showing),
    /// A roster; the newest for a contact replaces those before.
    Roster(EndpointId, Roster),
    /// An offer.
    Offer(EndpointId, Offer),
    /// An order; `withdraw-offer` takes back an offer that was not handed over yet.
    Direct(EndpointId, Directive),
    /// Sends a contact elsewhere.
    Redirect(EndpointId, Redirection),
    /// A hint; may be dropped.
    Hint(EndpointId, Hint),
    /// Words of the centre that belong to no transcript (an answer to a command).
    Notice(EndpointId, Notice),
    /// Answers a switch's call.
    Reply(EndpointId, Reply),
    /// How a request stands now, for the switchboard.
    Request(EndpointId, Status),
    /// A rule's or a dialog's question to the world.
    Consult(EndpointId, Question),
    /// A dialog's question to the store.
    Excerpt(EndpointId, Excerpt),
}

impl Effect {
    /// Whose mailbox it goes to.
    pub fn endpoint(&self) -> EndpointId {
        match self {
            Self::Settle(e, _)
            | Self::Advertise(e, _)
            | Self::Feed(e, _)
            | Self::Unfeed(e, _)
            | Self::Wake(e, _)
            | Self::Show(e, _)
            | Self::Roster(e, _)
            | Self::Offer(e, _)
            | Self::Direct(e, _)
            | Self::Redirect(e, _)
            | Self::Hint(e, _)
            | Self::Notice(e, _)
            | Self::Reply(e, _)
            | Self::Request(e, _)
            | Self::Consult(e, _)
            | Self::Excerpt(e, _) => *e,
        }
    }
}

/// Words of the centre for one contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// For whom.
    pub contact: Contact,
    /// From which name; empty: the centre itself.
    pub from: Alias,
    /// What.
    pub message: Message,
}

/// How one participant is delivered a transcript: made from the binding, and all an endpoint may know of it (I6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// Which.
    pub id: FeedId,
    /// The device.
    pub contact: Contact,
    /// The other side of the conversation, as this contact knows it.
    pub alias: Alias,
    /// Messages up to and with this one are delivered already.
    pub after: Seq,
    /// Messages up to and with this one were said before the participant came: shown as replayed, whoever said them.
    pub joined_after: Seq,
}

impl Feed {
    /// An entry as this participant is delivered it; `None` where it is not for the participant, and passed over.
    ///
    /// To a customer everybody else is the link; one who has joined has his outside name in front. To an agent the customer is the
    /// session's alias, and what anybody else said (another agent, the centre) is shown in the same conversation with that speaker's
    /// outside name in front, and with a mark where the customer does not hear it.
    pub fn render(&self, entry: &Entry) -> Option<Message> {
        if !entry.is_for(self.id.participant) {
            return None;
        }
        let body = match (&entry.body, self.mark(entry)) {
            (Body::Text(text), Some(mark)) => Body::Text(format!("{}{mark}: {text}", entry.name)),
            (body, _) => body.clone(),
        };
        Some(Message {
            id: message_id(self.id, entry.seq),
            sender: self.alias.clone(),
            sender_name: entry.name.clone(),
            sent_at: entry.at,
            body,
            language: entry.language.clone(),
            attributes: Vec::new(),
        })
    }

    /// What follows the speaker's name in front of the words; absent: neither name nor mark.
    fn mark(&self, entry: &Entry) -> Option<&'static str> {
        let from_customer = entry.speaker == Speaker::Participant(Participant::CUSTOMER);
        match entry.audience {
            _ if from_customer || entry.name.is_empty() => None,
            Audience::Inside => Some(" (inside)"),
            Audience::Everybody if self.id.participant == Participant::CUSTOMER => None,
            Audience::Everybody | Audience::Named => Some(""),
        }
    }

    /// Whether an entry is shown as said before.
    pub fn is_replay(&self, entry: &Entry) -> bool {
        entry.seq <= self.joined_after
    }
}

/// The identifier of a message towards a participant: the same at every resend, so that software that knows it drops a duplicate.
pub fn message_id(feed: FeedId, seq: Seq) -> String {
    format!("{}-{}-{}", feed.session.0, feed.participant.0, seq.0)
}

/// The message behind an identifier that [`message_id`] made.
pub fn parse_message_id(id: &str) -> Option<(FeedId, Seq)> {
    use crate::model::SessionId;
    let mut parts = id.splitn(3, '-');
    let session = SessionId(parts.next()?.parse().ok()?);
    let participant = Participant(parts.next()?.parse().ok()?);
    let seq = Seq(parts.next()?.parse().ok()?);
    Some((FeedId { session, participant }, seq))
}
