//! The shell around exchanges: clock, randomness, delays, threads for what takes long.
//!
//! Invariant: a refusal is counted as soon as it is known and before it is delayed, so that many connections at once win no more
//! guesses than there are processors.

use super::accounts::{AccountError, Accounts, account_name};
use super::entrance::{Entrance, Mechanism};
use super::exchange::{Exchange, Fresh};
use super::refusals::Refusals;
use crate::model::adapter::{Authentication, ProofStep};
use crate::model::identity::{Account, Verifiers};
use crate::model::limits::Limits;
use crate::model::record::AgentProfile;
use crate::model::{Failure, MemberProfile, Reference, Side, Timestamp, attribute};
use crate::storage::Store;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Where a peer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The address it comes from.
    pub source: IpAddr,
    /// Whether its channel has TLS.
    pub secured: bool,
}

/// The sign-in of one endpoint, if one is under way. A new reference forgets the old one.
#[derive(Default)]
pub struct ExchangeSlot(Option<(Reference, Exchange)>);

impl fmt::Debug for ExchangeSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ExchangeSlot").field(&self.0.as_ref().map(|(reference, _)| reference)).finish()
    }
}

/// Accounts, sign-ins and their limits. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    accounts: Accounts,
    refusals: Mutex<Refusals>,
    refused_delay: Duration,
    started: Instant,
    /// PLAIN costs the host as much as it costs a client: no more of them at once than there are processors.
    derivations: Arc<Semaphore>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

impl Identity {
    /// Takes the store's directory and loads the accounts. Blocks.
    pub fn load(store: Arc<dyn Store>, limits: &Limits) -> Result<Self, AccountError> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self(Arc::new(Inner {
            accounts: Accounts::load(store)?,
            refusals: Mutex::new(Refusals::new(limits.refused_per_source, limits.refused_window_ms)),
            refused_delay: Duration::from_millis(limits.refused_delay_ms),
            started: Instant::now(),
            derivations: Arc::new(Semaphore::new(processors)),
        })))
    }

    /// Adds a customer's account. `name` may be spelled in any way that means the same; it is shown as given. Blocks until it is stored.
    pub fn add_customer(&self, name: &str, verifiers: Verifiers) -> Result<(), AccountError> {
        let account = new_customer(name, verifiers)?;
        self.0.accounts.add(account)
    }

    /// Adds an agent's account. Blocks until it is stored.
    pub fn add_agent(
        &self,
        name: &str,
        verifiers: Verifiers,
        description: super::profile::Description,
    ) -> Result<(), AccountError> {
        let account = agent(name, verifiers, description)?;
        self.0.accounts.add(account)
    }

    /// Adds an account, which must not be there. Blocks until it is stored.
    pub fn add(&self, account: Account) -> Result<(), AccountError> {
        self.0.accounts.add(account)
    }

    /// Replaces an account, or adds it. Blocks until it is stored.
    pub fn replace(&self, account: Account) -> Result<(), AccountError> {
        self.0.accounts.replace(account)
    }

    /// Removes an account; tells whether it was there. Blocks until it is stored.
    pub fn remove(&self, side: Side, name: &str) -> Result<bool, AccountError> {
        self.0.accounts.remove(side, name)
    }

    /// The account of that name, however it is spelled.
    pub fn find(&self, side: Side, name: &str) -> Option<Arc<Account>> {
        self.0.accounts.find(side, name)
    }

    /// The accounts of a side, by name.
    pub fn list(&self, side: Side) -> Vec<Arc<Account>> {
        self.0.accounts.list(side)
    }

    /// The profiles of all agents, by name.
    pub fn profiles(&self) -> Vec<AgentProfile> {
        self.0.accounts.profiles()
    }

    /// The members who have addresses at providers or attributes, by name.
    pub fn members(&self) -> Vec<MemberProfile> {
        self.0.accounts.members()
    }

    /// Takes a peer one step further: `scheme` is a mechanism, `data` the peer's message, and the attribute `initial` = `yes` says that
    /// an empty one was sent rather than none. A reference that the slot does not know begins anew.
    ///
    /// Refusals come after a delay. Their codes: `not-authorized`, `malformed`, `not-allowed` (not served here, or under TLS only),
    /// `unsupported` (no such mechanism), `too-many` (this source was refused too often, nothing was looked at).
    ///
    /// May be dropped at any moment; the exchange is then as good as forgotten.
    pub async fn step(
        &self,
        entrance: &Entrance,
        peer: Peer,
        slot: &mut ExchangeSlot,
        asked: &Authentication,
    ) -> ProofStep {
        let step = self.answer(entrance, peer, slot, asked).await;
        if let ProofStep::Refused(failure) = &step {
            slot.0 = None;
            // What the peer sent is not logged: a password typed into the field of the name would be in it.
            tracing::info!(source = %peer.source, side = entrance.side.as_str(), code = %failure.code, "sign-in refused");
            tokio::time::sleep(self.0.refused_delay).await;
        }
        step
    }

    async fn answer(
        &self,
        entrance: &Entrance,
        peer: Peer,
        slot: &mut ExchangeSlot,
        asked: &Authentication,
    ) -> ProofStep {
        let begun = slot.0.take().filter(|(reference, _)| *reference == asked.reference).map(|(_, exchange)| exchange);
        let first = begun.is_none();
        let begun = begun.map_or_else(|| entrance.admit(&asked.scheme, peer.secured).map(Exchange::begin), Ok);
        let exchange = match begun {
            Ok(exchange) if exchange.mechanism().as_str() == asked.scheme => exchange,
            Ok(_) => {
                return ProofStep::Refused(Failure::new("malformed", "the mechanism has changed within one sign-in"));
            }
            Err(failure) => return ProofStep::Refused(failure),
        };
        let none = first && asked.data.is_empty() && attribute(&asked.attributes, "initial") != Some("yes");
        let data = (!none).then(|| asked.data.clone());
        let (exchange, step) = self.take_turn(exchange, entrance, peer.source, data).await;
        if let (Some(exchange), ProofStep::Challenge(_)) = (exchange, &step) {
            slot.0 = Some((asked.reference, exchange));
        }
        step
    }

    /// One step, if the source is not limited: at once, or in its turn and on a thread for long work where a key is derived.
    async fn take_turn(
        &self,
        exchange: Exchange,
        entrance: &Entrance,
        source: IpAddr,
        data: Option<Vec<u8>>,
    ) -> (Option<Exchange>, ProofStep) {
        if exchange.mechanism() != Mechanism::Plain {
            return self.check(exchange, entrance, source, data.as_deref());
        }
        // Held by the work itself, which goes on though this future be dropped.
        let turn = Arc::clone(&self.0.derivations).acquire_owned().await;
        let (this, entrance) = (self.clone(), entrance.clone());
        let work = move || {
            let checked = this.check(exchange, &entrance, source, data.as_deref());
            drop(turn);
            checked
        };
        let failed =
            |_| (None, ProofStep::Refused(Failure::new("busy", "the sign-in could not be checked; try again")));
        tokio::task::spawn_blocking(work).await.unwrap_or_else(failed)
    }

    /// Looks whether the source is limited, takes the step, and counts a refusal: all at once, so that of many guesses that wait for
    /// their turn only so many are looked at.
    fn check(
        &self,
        mut exchange: Exchange,
        entrance: &Entrance,
        source: IpAddr,
        data: Option<&[u8]>,
    ) -> (Option<Exchange>, ProofStep) {
        if self.refusals().limited(source, self.now()) {
            return (None, ProofStep::Refused(too_many()));
        }
        let step = match Fresh::of_system() {
            Ok(fresh) => exchange.step(&self.0.accounts, entrance, data, &fresh),
            Err(failure) => ProofStep::Refused(failure),
        };
        if matches!(&step, ProofStep::Refused(failure) if matches!(failure.code.as_str(), "not-authorized" | "malformed"))
        {
            self.refusals().count(source, self.now());
        }
        (Some(exchange), step)
    }

    fn refusals(&self) -> MutexGuard<'_, Refusals> {
        self.0.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Milliseconds since the start: this clock only measures windows.
    fn now(&self) -> Timestamp {
        Timestamp(u64::try_from(self.0.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

fn too_many() -> Failure {
    Failure::new("too-many", "too many sign-ins from this address were refused; wait a minute")
}

/// A customer's account, not stored yet. `name` may be spelled in any way that means the same; it is shown as given.
pub fn new_customer(name: &str, verifiers: Verifiers) -> Result<Account, AccountError> {
    let prepared = named(name)?;
    Ok(Account {
        side: Side::Customer,
        name: prepared,
        shown_as: name.to_owned(),
        verifiers,
        agent: None,
        addresses: Vec::new(),
        attributes: Vec::new(),
    })
}

fn agent(name: &str, verifiers: Verifiers, description: super::profile::Description) -> Result<Account, AccountError> {
    let prepared = named(name)?;
    let profile = description.into_profile(&prepared);
    let shown_as = name.to_owned();
    Ok(Account {
        side: Side::Agent,
        name: prepared,
        shown_as,
        verifiers,
        agent: Some(profile),
        addresses: Vec::new(),
        attributes: Vec::new(),
    })
}

fn named(name: &str) -> Result<String, AccountError> {
    account_name(name).map_err(|why| AccountError::Name { name: name.to_owned(), why })
}
