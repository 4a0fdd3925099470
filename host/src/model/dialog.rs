//! What a dialog is told and answers: `cordboard:dialog` of `wit/`, whose comments say what each means.
//!
//! A [`Dialog`] is stateless between calls: the host keeps each conversation's [`SavedState`] in its session's record ([`Talk`]) and
//! hands it in again, so that one warm sandbox serves many conversations and a crash loses none.

use super::adapter::{GuestFailure, Timer};
use super::{
    Alias, Attribute, Body, Digest, Extension, Failure, Form, HttpRequest, HttpResponse, Message, Presence,
    QueueStatus, Reference, SavedState, Seq, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a conversation is opened and restored with, beside the settings, which the dialog has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// 32 bytes that nobody can guess; those of a conversation stay the same.
    pub seed: Vec<u8>,
    /// Facts.
    pub attributes: Vec<Attribute>,
}

/// Whom it talks to, and what for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// `interview`, `agent`, `callback`, `alert`.
    pub purpose: String,
    /// The session's alias.
    pub session: Alias,
    /// The link that was used.
    pub link: Option<Alias>,
    /// `chat`, ...
    pub medium: String,
    /// The customer's provider.
    pub provider: String,
    /// The customer's software.
    pub software: String,
    /// Its version.
    pub software_version: String,
    /// BCP 47, or empty.
    pub language: String,
    /// The member; absent for a guest.
    pub member: Option<String>,
    /// Profile, preferences and what earlier dialogs set.
    pub attributes: Vec<Attribute>,
    /// What the customer's endpoint can do.
    pub features: Vec<String>,
}

/// Answers to a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The form's name in [`Asking`].
    pub form: String,
    /// Answers.
    pub values: Vec<Attribute>,
}

/// The answer to a [`Fetching`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetched {
    /// Of the question.
    pub reference: Reference,
    /// What came.
    pub reply: Result<HttpResponse, Failure>,
}

/// The answer to a [`LookUp`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Of the question.
    pub reference: Reference,
    /// Rows of facts.
    pub rows: Result<Vec<Vec<Attribute>>, Failure>,
}

/// What became of a [`Amendment`] or an [`Alert`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Of the order.
    pub reference: Reference,
    /// Done, or not and why.
    pub outcome: Result<(), Failure>,
}

/// What happened to a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// It begins.
    Started(Context),
    /// The person said something.
    Said(Message),
    /// The person answered a form.
    Answered(Answered),
    /// The person's reachability changed.
    Presence(Presence),
    /// A timer is due.
    Timer(u32),
    /// An HTTP response.
    Fetched(Fetched),
    /// Host data.
    Found(Found),
    /// The queues, as they are now.
    Status(Vec<QueueStatus>),
    /// An order is done.
    Done(Done),
    /// `agent-joined`, `agent-left`, `customer-left`, `customer-back`, `returned`.
    Turned(String),
    /// What 1.0 did not know.
    Other(Extension),
}

/// A form to ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    /// Comes back in the answer.
    pub name: String,
    /// The questions.
    pub form: Form,
}

/// An HTTP request; carried out at least once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetching {
    /// Comes back in the answer.
    pub reference: Reference,
    /// What to ask.
    pub request: HttpRequest,
    /// For how long.
    pub timeout_ms: u32,
}

/// A question for host data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookUp {
    /// Comes back in the answer.
    pub reference: Reference,
    /// `profile`, `transcript`, `status`, `history`, `callbacks`, or a configured source.
    pub source: String,
    /// What to look for.
    pub query: Vec<Attribute>,
}

/// A change of host data: `change` of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amendment {
    /// Comes back when done.
    pub reference: Reference,
    /// As in [`LookUp`].
    pub source: String,
    /// The new facts.
    pub values: Vec<Attribute>,
}

/// Sends the session to a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enqueuing {
    /// Which.
    pub queue: String,
    /// Added to the session's priority.
    pub priority: i32,
    /// `chat`, ...
    pub medium: String,
    /// Facts for the rules.
    pub attributes: Vec<Attribute>,
}

/// Leaves a call-back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// For which queue.
    pub queue: String,
    /// By which medium.
    pub medium: String,
    /// Where; absent: where the person is.
    pub contact: Option<String>,
    /// Not earlier than this.
    pub not_before: Option<Timestamp>,
    /// Facts.
    pub attributes: Vec<Attribute>,
}

/// Tells the person when something holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Comes back when done.
    pub reference: Reference,
    /// See `alert` in `wit/dialog/dialog.wit`.
    pub condition: String,
    /// Where; absent: where the person is.
    pub contact: Option<String>,
}

/// What a dialog wants done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Say this.
    Say(Body),
    /// Ask this.
    Ask(Asking),
    /// A fact for routing and for the agent's screen.
    Set(Attribute),
    /// An HTTP request.
    Fetch(Fetching),
    /// Host data.
    LookUp(LookUp),
    /// Change host data.
    Change(Amendment),
    /// A timer.
    SetTimer(Timer),
    /// To a queue.
    Enqueue(Enqueuing),
    /// Elsewhere.
    Divert(String),
    /// A call-back.
    Callback(Callback),
    /// An alert.
    Watch(Alert),
    /// `transfer`, `invite-agent`, `wait-for-software`, ...
    Direct(Extension),
    /// Words for the customer, then the session is over.
    Close(String),
    /// What 1.0 did not know.
    Other(Extension),
}

/// The answer to one event: the actions, and the conversation after it. Both are stored in one batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Carried out in order.
    pub actions: Vec<Action>,
    /// At most [`Limits::saved_state_bytes`](super::limits::Limits).
    pub state: SavedState,
}

/// A talker as the centre knows it; `plugin` implements it over WebAssembly, tests natively. After a failure the next call has a
/// fresh sandbox; the conversation is where its last [`Turn`] left it.
pub trait Dialog: Send {
    /// As the operator's file names it.
    fn name(&self) -> &str;
    /// Of component and settings.
    fn digest(&self) -> Digest;
    /// A new conversation, before its first event.
    fn open(&mut self, now: Timestamp, setup: &Setup) -> Result<SavedState, GuestFailure>;
    /// One event of the conversation that was saved as `state`.
    fn handle(
        &mut self,
        now: Timestamp,
        setup: &Setup,
        state: &SavedState,
        event: &Event,
    ) -> Result<Turn, GuestFailure>;
}

/// From where a session has come to a dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// A customer has just come.
    Arrival,
    /// A rule has sent it there from its queue.
    Queue,
    /// An agent has passed it on.
    Agent,
}

impl Origin {
    /// The purpose that a dialog is told.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Arrival | Self::Queue => "interview",
            Self::Agent => "agent",
        }
    }
}

/// A session's conversation with a dialog, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// As the operator's file names it.
    pub dialog: String,
    /// From where the session came.
    pub origin: Origin,
    /// See [`Setup::seed`].
    pub seed: Vec<u8>,
    /// Where the last [`Turn`] left it.
    pub state: SavedState,
    /// Since when.
    pub since: Timestamp,
    /// When the person spoke last, or came.
    pub heard_at: Timestamp,
    /// Events so far.
    pub turns: u32,
    /// What is to be told it when, by the dialog's own numbers.
    pub timers: BTreeMap<u32, Timestamp>,
    /// What it has asked the world and has no answer to.
    pub fetches: Vec<Fetch>,
    /// What it wants to know of the transcript and was not told yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recounts: Vec<Recount>,
}

/// A look-up of the transcript under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recount {
    /// Counted in the session.
    pub number: u32,
    /// Comes back in the answer.
    pub reference: Reference,
    /// From the message behind this one on.
    pub after: Seq,
    /// When it counts as lost.
    pub until: Timestamp,
}

/// A request under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    /// Counted in the session.
    pub number: u32,
    /// In which of the conversation's turns it was asked: part of the key by which a server knows a request that comes twice.
    pub turn: u32,
    /// What the dialog wants.
    pub fetching: Fetching,
    /// When it counts as lost.
    pub until: Timestamp,
}
