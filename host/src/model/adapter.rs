//! What an adapter is given and answers: `cordboard:adapter` of `wit/`, whose comments say what each means.
//!
//! [`Input`] and [`Output`] are complete, so that one converter serves every transport.

mod report;

pub use report::{Acted, Arrival, Event, Published, Report, Said, Seen, Subscription};

use super::{
    Alias, Attribute, Contact, Digest, Extension, Failure, Form, HttpRequest, HttpResponse, LinkTarget, Message,
    Presence, Reference, SavedState, Side, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A socket, datagram listener, WebSocket or HTTP service of an endpoint.
pub type Channel = u32;

/// What a machine is opened with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Which side it serves.
    pub side: Side,
    /// `server`, `component`, `client`, `bot`.
    pub role: String,
    /// The outside name of this centre on this protocol.
    pub domain: String,
    /// JSON.
    pub settings: String,
    /// 32 bytes from the system.
    pub seed: Vec<u8>,
    /// See `setup` in `wit/adapter/adapter.wit`.
    pub attributes: Vec<Attribute>,
}

/// What TLS agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    /// `TLSv1.3`, ...
    pub version: String,
    /// SNI.
    pub server_name: Option<String>,
    /// Of a client certificate.
    pub client_identity: Option<String>,
    /// RFC 9266 channel binding.
    pub exporter: Vec<u8>,
}

/// A channel as it is opened, and again as it is secured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Its number in the endpoint.
    pub channel: Channel,
    /// `stream`, `datagram`, `websocket`, `http`.
    pub transport: String,
    /// `accepted` or `dialled`.
    pub direction: String,
    /// The `dial` it answers.
    pub dial: Option<Reference>,
    /// Address and port.
    pub local: String,
    /// Address and port.
    pub remote: String,
    /// Present once secured.
    pub tls: Option<Tls>,
    /// WebSocket: path, subprotocol, headers.
    pub attributes: Vec<Attribute>,
}

/// Bytes of a stream, or one message of a WebSocket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Of or for which channel.
    pub channel: Channel,
    /// The bytes.
    pub data: Vec<u8>,
    /// A WebSocket's text message.
    pub text: bool,
}

/// One datagram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Datagram {
    /// Of or for which channel.
    pub channel: Channel,
    /// The peer's address and port.
    pub remote: String,
    /// The bytes.
    pub data: Vec<u8>,
}

/// Sets or (without a time) clears a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// The guest's number.
    pub id: u32,
    /// When.
    pub at: Option<Timestamp>,
}

/// An inbound HTTP request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Of which channel.
    pub channel: Channel,
    /// Comes back in the response.
    pub reference: Reference,
    /// The peer's address and port.
    pub remote: String,
    /// What is asked.
    pub request: HttpRequest,
}

/// The answer to an outbound HTTP request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replied {
    /// Of the request.
    pub reference: Reference,
    /// What came.
    pub reply: Result<HttpResponse, Failure>,
}

/// A step of checking a peer or proving ourselves.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// The same over all steps of one exchange.
    pub reference: Reference,
    /// On which channel the peer stands.
    pub channel: Option<Channel>,
    /// `SCRAM-SHA-256`, `SCRAM-SHA-1`, `PLAIN`, `ANONYMOUS`, ...
    pub scheme: String,
    /// For `prove`: the name of a secret or account.
    pub secret: String,
    /// The peer's bytes.
    pub data: Vec<u8>,
    /// Facts.
    pub attributes: Vec<Attribute>,
}

impl fmt::Debug for Authentication {
    /// Without the data, which may be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication")
            .field("reference", &self.reference)
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}

/// The host's answer to a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Of the exchange.
    pub reference: Reference,
    /// What next.
    pub step: ProofStep,
}

/// See [`Proof`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProofStep {
    /// Send this and bring back the answer.
    Challenge(Vec<u8>),
    /// Proven.
    Success(Principal),
    /// For `prove`: send this.
    Response(Vec<u8>),
    /// Not proven.
    Refused(Failure),
}

/// Who was proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// The outside address, without the domain.
    pub alias: Alias,
    /// `member`, `guest`, `agent`, `supervisor`, `server`.
    pub kind: String,
    /// Last bytes of the mechanism.
    pub data: Vec<u8>,
    /// Facts.
    pub attributes: Vec<Attribute>,
}

/// What became of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Of the report.
    pub reference: Reference,
    /// Stored, or refused and why.
    pub outcome: Result<(), Failure>,
}

/// A message for a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Comes back in the receipt.
    pub id: String,
    /// For whom.
    pub contact: Contact,
    /// The conversation, as the contact knows it.
    pub to: Alias,
    /// What.
    pub message: Message,
    /// Said before the contact could have seen it: show when.
    pub replay: bool,
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Of the delivery.
    pub id: String,
    /// Delivered, or not and why.
    pub outcome: Result<(), Failure>,
}

/// A presence for a watcher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Showing {
    /// The watcher.
    pub contact: Contact,
    /// What is shown.
    pub presence: Presence,
}

/// One line of a roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterEntry {
    /// Whom.
    pub alias: Alias,
    /// How to show it.
    pub name: String,
    /// Groups to show it in.
    pub groups: Vec<String>,
    /// Facts.
    pub attributes: Vec<Attribute>,
}

/// A contact's whole roster; the newest replaces all before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// Whose.
    pub contact: Contact,
    /// In the order to show.
    pub entries: Vec<RosterEntry>,
}

/// A session proposed to an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The agent's contact.
    pub contact: Contact,
    /// The session's alias; becomes a conversation once accepted.
    pub session: Alias,
    /// `text` says all of it. Attributes: `number` (of the offer), `queue` (the alias it is said from).
    pub form: Form,
    /// When it ends by itself.
    pub expires: Timestamp,
}

/// A hint for a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// For whom.
    pub contact: Contact,
    /// About what; `to` is the conversation as the contact knows it.
    pub seen: Seen,
    /// Whose hint.
    pub sender: Alias,
}

/// Sends a person's software elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirection {
    /// Whom.
    pub contact: Contact,
    /// Where to.
    pub target: String,
    /// Facts.
    pub attributes: Vec<Attribute>,
}

/// A named order about a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directive {
    /// About whom.
    pub contact: Contact,
    /// `identify-software`, `withdraw-offer` (attributes `number`, `queue`, `text`), `accept-subscription` (`alias`), `disconnect`
    /// (`reason`: `conflict`, `policy`, `shutdown`; `text`).
    pub name: String,
    /// Facts.
    pub attributes: Vec<Attribute>,
}

/// What the host wants done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// A message.
    Deliver(Delivery),
    /// A presence.
    Show(Showing),
    /// A roster.
    Roster(Roster),
    /// An offer.
    Offer(Offer),
    /// A hint.
    Hint(Hint),
    /// The links to publish; the newest list replaces all before.
    Advertise(Vec<LinkTarget>),
    /// Elsewhere.
    Redirect(Redirection),
    /// A named order.
    Direct(Directive),
    /// Finish politely.
    Drain,
    /// What 1.0 did not know.
    Other(Extension),
}

/// A channel ends or has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// Which.
    pub channel: Channel,
    /// Why, in words.
    pub reason: String,
}

/// What a machine is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// A channel is open.
    Opened(Opening),
    /// Bytes.
    Received(Chunk),
    /// A datagram.
    Datagram(Datagram),
    /// TLS is agreed on.
    Secured(Opening),
    /// An HTTP request.
    Asked(Asked),
    /// An HTTP response.
    Replied(Replied),
    /// A step of an authentication.
    Proof(Proof),
    /// A timer is due.
    Timer(u32),
    /// A report is settled.
    Settled(Settlement),
    /// A command.
    Command(Command),
    /// A channel has ended.
    Closed(Ending),
    /// The next message that becomes complete on this channel is left out: it made the guest fail.
    Skip(Channel),
    /// What 1.0 did not know.
    Other(Extension),
}

/// An HTTP request to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Comes back in the reply.
    pub reference: Reference,
    /// What to ask.
    pub request: HttpRequest,
}

/// An answer to [`Asked`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// Of the question.
    pub reference: Reference,
    /// What to answer.
    pub response: HttpResponse,
}

/// A connection to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialling {
    /// Comes back in the opening.
    pub reference: Reference,
    /// Where to.
    pub url: String,
}

/// What a machine answers, carried out in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Output {
    /// Bytes.
    Send(Chunk),
    /// A datagram.
    Datagram(Datagram),
    /// An HTTP response.
    Respond(Response),
    /// An HTTP request.
    Request(Request),
    /// A connection.
    Dial(Dialling),
    /// TLS, after the sends before it.
    StartTls(Channel),
    /// Check this peer.
    Verify(Authentication),
    /// Prove ourselves.
    Prove(Authentication),
    /// A timer.
    SetTimer(Timer),
    /// Something a person did.
    Report(Report),
    /// What became of a delivery.
    Receipt(Receipt),
    /// End this channel after the sends before it.
    Close(Ending),
    /// A dialled channel is up.
    Ready(Channel),
    /// Whose message was left out; empty where that can't be told.
    Skipped(Contact),
    /// What 1.0 did not know.
    Other(Extension),
}

/// An adapter's machine as the endpoint knows it; `plugin` implements it over WebAssembly, tests natively.
pub trait Adapter: Send {
    /// One input, all its outputs.
    fn handle(&mut self, now: Timestamp, input: &Input) -> Result<Vec<Output>, GuestFailure>;
    /// All there is to restore it from.
    fn save(&mut self) -> Result<SavedState, GuestFailure>;
    /// Bytes of linear memory it holds now; zero for a native one.
    fn memory_bytes(&self) -> usize {
        0
    }
    /// The host found a fault in what it had answered.
    fn at_fault(&mut self, _failure: &GuestFailure) {}
}

/// Makes an endpoint's machines.
pub trait AdapterFactory: Send + Sync {
    /// A new machine.
    fn open(&self, now: Timestamp, setup: &Setup) -> Result<Box<dyn Adapter>, GuestFailure>;
    /// A machine as it was saved.
    fn restore(&self, setup: &Setup, state: &SavedState) -> Result<Box<dyn Adapter>, GuestFailure>;
    /// Of component and settings: machines of two factories with the same digest are the same.
    fn digest(&self) -> Digest;
    /// A machine of it failed, and somebody was served worse for it: counted against the adapter, however many calls it took to find out.
    fn strike(&self, _failure: &GuestFailure) {}
}

impl fmt::Debug for dyn AdapterFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "adapter {}", self.digest())
    }
}

/// Why a guest gave no answer. After any but `Refused` its store is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum GuestFailure {
    /// The guest said no.
    #[error("refused: {0}")]
    Refused(String),
    /// The guest trapped; the message carries its panic and backtrace.
    #[error("trapped: {0}")]
    Trapped(String),
    /// The guest ran out of fuel.
    #[error("used all its fuel ({fuel}); an endless loop, or more work than a call may do")]
    Fuel {
        /// What the call had.
        fuel: u64,
    },
    /// The guest wanted more memory than it may have, or more outputs, or larger ones.
    #[error("exceeded a limit: {0}")]
    Limit(String),
    /// The answer breaks the contract.
    #[error("broke the contract: {0}")]
    Contract(String),
}

/// Between the words of a trap and the functions that were running, and between these.
pub const IN_FUNCTION: &str = "; in ";
/// See [`IN_FUNCTION`].
pub const CALLED_BY: &str = " < ";

impl GuestFailure {
    /// What happened, and the functions that were running, the innermost first.
    pub fn told(&self) -> (String, Vec<String>) {
        let told = self.to_string();
        match told.rsplit_once(IN_FUNCTION).filter(|_| matches!(self, Self::Trapped(_))) {
            Some((what, running)) => (what.to_owned(), running.split(CALLED_BY).map(str::to_owned).collect()),
            None => (told, Vec::new()),
        }
    }
}
