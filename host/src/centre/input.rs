//! What the centre is told. Inputs are journaled: with the seed and the rules' answers they determine every output (I8).

use crate::model::adapter::Report;
use crate::model::consult::{Consulted, Excerpted};
use crate::model::record::AgentProfile;
use crate::model::request::Call;
use crate::model::settings::Settings;
use crate::model::{AgentName, Alias, EndpointId, Failure, FeedId, Lane, MemberProfile, Seq, SessionId, Side};
use serde::{Deserialize, Serialize};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// An endpoint exists. Nothing of it was reported before.
    Opened(Opened),
    /// An endpoint is gone, and every contact on it.
    Gone {
        /// Which.
        endpoint: EndpointId,
        /// Why, in words.
        reason: String,
    },
    /// Something a person did; answered by exactly one [`Effect::Settle`](super::Effect::Settle).
    Report {
        /// Where.
        endpoint: EndpointId,
        /// What.
        report: Report,
    },
    /// A participant has been given the transcript up to and with `through`; `outcome` is of the last message of it.
    Delivered {
        /// Where.
        endpoint: EndpointId,
        /// Which participant.
        feed: FeedId,
        /// Up to where.
        through: Seq,
        /// Delivered, or reported undelivered and why.
        outcome: Result<(), Failure>,
    },
    /// An agent's account is new or changed.
    Agent(AgentProfile),
    /// An agent's account is gone: what the agent has goes back to its queues.
    AgentRemoved(AgentName),
    /// A customer's account is new or changed. Rules learn of attributes at once; persons who are here stay who they are until they
    /// come again.
    Member(MemberProfile),
    /// A customer's account is gone.
    MemberRemoved(Alias),
    /// The operator's settings have changed.
    Settings(Box<Settings>),
    /// The operator ends a session.
    Close {
        /// Which.
        session: SessionId,
        /// Why, for both sides.
        reason: String,
    },
    /// A rule was replaced or rebuilt: it is fed everything again.
    RuleReplaced {
        /// Of which pool.
        pool: String,
        /// In which of its chains.
        #[serde(default)]
        lane: Lane,
        /// Its place in that chain.
        rule: usize,
    },
    /// The operator takes back the quarantine of a rule, in every pool: it is rebuilt and asked again.
    RuleReleased {
        /// Its name.
        rule: String,
    },
    /// Another component has taken a dialog's place: nothing is held against it.
    DialogReplaced {
        /// The dialog's name.
        dialog: String,
    },
    /// The operator takes back the quarantine of a plugin's dialogs.
    DialogReleased {
        /// The plugin's name.
        plugin: String,
    },
    /// The endpoint by which switches are told how their requests stand is there, instead of one before.
    SwitchboardOpened(EndpointId),
    /// A switch asks or says something; answered by exactly one [`Effect::Reply`](super::Effect::Reply).
    Call(Box<Call>),
    /// The endpoint that carries out plugins' questions is there, instead of one before.
    ConsultantOpened(EndpointId),
    /// What came of a question to the world.
    Consulted(Box<Consulted>),
    /// What came of a question to the store.
    Excerpted(Box<Excerpted>),
    /// The service stops: what was learnt of waits since it was stored last is stored.
    Stopping,
    /// Time has passed: do what is due.
    Tick,
}

/// See [`Input::Opened`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Its number.
    pub endpoint: EndpointId,
    /// The side it serves.
    pub side: Side,
    /// The listener's or provider's name in the operator's file.
    pub provider: String,
    /// `xmpp`, ...
    pub protocol: String,
    /// Whether persons on it are our own accounts (a listener) or somebody else's (a provider).
    pub own_accounts: bool,
    /// The peer's IP address and port, as seen: an inside fact, for the address table only.
    pub address: String,
}
