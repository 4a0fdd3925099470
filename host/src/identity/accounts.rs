//! The accounts: in memory for reading, in the store's directory shard for good.
//!
//! It ends at records; checking a password is `exchange`'s. Calls that change something block until it is durable.
//!
//! Invariant: what is in memory has been stored. A change whose outcome is unknown is settled by loading again.

use super::verifiers::{Hash, SALT_BYTES, SHA1_ITERATIONS, SHA256_ITERATIONS};
use crate::model::identity::{Account, Scram, Verifiers};
use crate::model::record::{AgentProfile, Batch, Memory, Op, Record, RecordKey, Shard};
use crate::model::{Address, MemberProfile, SavedState, Side};
use crate::storage::{Committed, Lease, Store, StoreError};
use crate::text;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

#[cfg(test)]
mod tests;

/// Accounts of both sides together.
const MOST_ACCOUNTS: usize = 200_000;
/// Bytes of an account's name.
const NAME_BYTES: usize = 128;
/// Where the secret behind decoys is kept: the directory has no rules, so the place is free.
const SECRET: (&str, &str) = ("identity", "decoys");
const SECRET_FORMAT: u32 = 1;

/// Why accounts could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The name can't be one.
    #[error("\"{name}\" can't be an account's name: {why}")]
    Name {
        /// As given.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// It is there already.
    #[error("there is an account \"{name}\" on the {side} side already; remove or replace it", side = side.as_str())]
    Exists {
        /// Whose.
        side: Side,
        /// Which.
        name: String,
    },
    /// An agent's account has a profile, a customer's has none.
    #[error("the account \"{name}\" is of the {side} side: {expected}", side = side.as_str())]
    Profile {
        /// Whose.
        side: Side,
        /// Which.
        name: String,
        /// What was expected.
        expected: &'static str,
    },
    /// An address is one person's.
    #[error("{address} is the address of the {side}'s account \"{holder}\" already; `cordboard {side} address remove {holder} {address}` frees it", side = side.as_str())]
    Taken {
        /// Which.
        address: Address,
        /// Whose side.
        side: Side,
        /// Whose.
        holder: String,
    },
    /// No more.
    #[error("there are {MOST_ACCOUNTS} accounts, and no more are allowed; remove some")]
    TooMany,
    /// Another process owns the directory.
    #[error("another cordboard has taken over the directory of accounts; nothing was changed. Make the change there")]
    Fenced,
    /// The system has no randomness.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Accounts by side and name.
type Book = BTreeMap<(Side, String), Arc<Account>>;

/// See the module.
pub(super) struct Accounts {
    store: Arc<dyn Store>,
    /// Held over a whole change, so that changes follow each other.
    lease: Mutex<Lease>,
    book: RwLock<Book>,
    secret: [u8; 32],
}

impl Accounts {
    /// Takes the directory, loads it, and makes the secret behind decoys if there is none.
    pub(super) fn load(store: Arc<dyn Store>) -> Result<Self, AccountError> {
        let lease = store.acquire(Shard::Directory)?;
        let records = store.load(&lease)?;
        let secret = match records.iter().find_map(secret_of) {
            Some(secret) => secret,
            None => new_secret(store.as_ref(), lease)?,
        };
        Ok(Self { store, lease: Mutex::new(lease), book: RwLock::new(book_of(records)), secret })
    }

    /// Adds an account, which must not be there.
    pub(super) fn add(&self, account: Account) -> Result<(), AccountError> {
        check(&account)?;
        let mut lease = lock(&self.lease);
        let key = (account.side, account.name.clone());
        if self.read(|book| book.contains_key(&key)) {
            return Err(AccountError::Exists { side: key.0, name: key.1 });
        }
        if self.read(Book::len) >= MOST_ACCOUNTS {
            return Err(AccountError::TooMany);
        }
        self.check_addresses(&account)?;
        self.put(&mut lease, account)
    }

    /// Replaces an account, or adds it.
    pub(super) fn replace(&self, account: Account) -> Result<(), AccountError> {
        check(&account)?;
        let mut lease = lock(&self.lease);
        let key = (account.side, account.name.clone());
        if self.read(|book| !book.contains_key(&key) && book.len() >= MOST_ACCOUNTS) {
            return Err(AccountError::TooMany);
        }
        self.check_addresses(&account)?;
        self.put(&mut lease, account)
    }

    /// Removes an account; tells whether it was there.
    pub(super) fn remove(&self, side: Side, name: &str) -> Result<bool, AccountError> {
        let Ok(name) = account_name(name) else { return Ok(false) };
        let mut lease = lock(&self.lease);
        let key = (side, name);
        if !self.read(|book| book.contains_key(&key)) {
            return Ok(false);
        }
        self.commit(&mut lease, Op::Delete(RecordKey::Account(side, key.1.clone())))?;
        self.write(|book| book.remove(&key));
        Ok(true)
    }

    /// The accounts of a side, by name.
    pub(super) fn list(&self, side: Side) -> Vec<Arc<Account>> {
        self.read(|book| book.values().filter(|account| account.side == side).cloned().collect())
    }

    /// The profiles of all agents, by name.
    pub(super) fn profiles(&self) -> Vec<AgentProfile> {
        self.read(|book| book.values().filter_map(|account| account.agent.clone()).collect())
    }

    /// The members of whom more is known than the name: addresses at providers, or attributes; by name.
    pub(super) fn members(&self) -> Vec<MemberProfile> {
        let says_more = |member: &MemberProfile| !member.addresses.is_empty() || !member.attributes.is_empty();
        let known = |account: &Arc<Account>| account.member().filter(says_more);
        self.read(|book| book.values().filter_map(known).collect())
    }

    /// The account of that name, however it is spelled.
    pub(super) fn find(&self, side: Side, name: &str) -> Option<Arc<Account>> {
        let name = account_name(name).ok()?;
        self.read(|book| book.get(&(side, name)).cloned())
    }

    /// What a password for that name is checked against when there is no such account: always the same for a name, like the
    /// real ones in shape, and matched by no password that anybody could find.
    pub(super) fn decoy(&self, side: Side, name: &str) -> Verifiers {
        let name = account_name(name).unwrap_or_else(|_| name.to_owned());
        let derive =
            |what: &str| Hash::Sha256.hmac(&self.secret, format!("{}\0{what}\0{name}", side.as_str()).as_bytes());
        let scram = |what: &str, key_bytes: usize, iterations: u32| {
            let salt = derive(&format!("{what} salt"))[..SALT_BYTES].to_vec();
            let [stored_key, server_key] =
                ["stored", "server"].map(|key| derive(&format!("{what} {key}"))[..key_bytes].to_vec());
            Scram { salt, iterations, stored_key, server_key }
        };
        Verifiers { sha1: scram("sha1", 20, SHA1_ITERATIONS), sha256: scram("sha256", 32, SHA256_ITERATIONS) }
    }

    /// Whether nobody else has one of the account's addresses.
    fn check_addresses(&self, account: &Account) -> Result<(), AccountError> {
        let another = |other: &&Arc<Account>| (other.side, &other.name) != (account.side, &account.name);
        self.read(|book| {
            for other in book.values().filter(another) {
                if let Some(address) = other.addresses().iter().find(|address| account.addresses().contains(address)) {
                    let (address, holder) = (address.clone(), other.name.clone());
                    return Err(AccountError::Taken { address, side: other.side, holder });
                }
            }
            Ok(())
        })
    }

    fn put(&self, lease: &mut Lease, account: Account) -> Result<(), AccountError> {
        self.commit(lease, Op::Put(Record::Account(account.clone())))?;
        self.write(|book| book.insert((account.side, account.name.clone()), Arc::new(account)));
        Ok(())
    }

    fn commit(&self, lease: &mut Lease, op: Op) -> Result<(), AccountError> {
        let batch = Batch { ops: vec![op], ..Batch::default() };
        match self.store.commit(lease, &batch) {
            Ok(Committed::Stored) => Ok(()),
            Ok(Committed::Fenced) => Err(AccountError::Fenced),
            Err(error @ StoreError::Unknown(_)) => {
                self.reload(lease)?;
                Err(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// After a change whose outcome is unknown: what the store has is what counts.
    fn reload(&self, lease: &mut Lease) -> Result<(), AccountError> {
        *lease = self.store.acquire(Shard::Directory)?;
        let book = book_of(self.store.load(lease)?);
        self.write(|old| *old = book);
        Ok(())
    }

    fn read<T>(&self, look: impl FnOnce(&Book) -> T) -> T {
        look(&self.book.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Book) -> T) -> T {
        change(&mut self.book.write().unwrap_or_else(PoisonError::into_inner))
    }
}

fn lock(lease: &Mutex<Lease>) -> MutexGuard<'_, Lease> {
    lease.lock().unwrap_or_else(PoisonError::into_inner)
}

fn book_of(records: Vec<Record>) -> Book {
    let accounts = records.into_iter().filter_map(|record| match record {
        Record::Account(account) => Some(((account.side, account.name.clone()), Arc::new(account))),
        _ => None,
    });
    accounts.collect()
}

fn secret_of(record: &Record) -> Option<[u8; 32]> {
    match record {
        Record::Memory(memory) if (memory.pool.as_str(), memory.rule.as_str()) == SECRET => {
            memory.state.bytes.as_slice().try_into().ok()
        }
        _ => None,
    }
}

fn new_secret(store: &dyn Store, lease: Lease) -> Result<[u8; 32], AccountError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| AccountError::Random(error.to_string()))?;
    let state = SavedState { format: SECRET_FORMAT, bytes: secret.to_vec() };
    let memory = Memory { pool: SECRET.0.to_owned(), rule: SECRET.1.to_owned(), state };
    let batch = Batch { ops: vec![Op::Put(Record::Memory(memory))], ..Batch::default() };
    match store.commit(&lease, &batch)? {
        Committed::Stored => Ok(secret),
        Committed::Fenced => Err(AccountError::Fenced),
    }
}

/// The name of an account as it is kept, or what is wrong with it: RFC 8265 `UsernameCaseMapped`, without the characters that RFC
/// 7622, 3.3.1 keeps out of addresses, and not like the names that the centre gives (`guest-...`, `s0-...`).
pub(super) fn account_name(name: &str) -> Result<String, String> {
    let name = text::prepare("username-case-mapped", name)?;
    if let Some(sign) = name.chars().find(|sign| "\"&'/:<>@".contains(*sign)) {
        return Err(format!("it has the character {sign}, which an address can't have"));
    }
    if name.len() > NAME_BYTES {
        return Err(format!("it has {} bytes; at most {NAME_BYTES} are allowed", name.len()));
    }
    let after_s = name.strip_prefix('s').unwrap_or_default().trim_start_matches(|sign: char| sign.is_ascii_digit());
    let like_session = name.starts_with('s') && after_s.starts_with('-') && after_s.len() + 1 < name.len();
    if name.starts_with("guest-") || like_session {
        return Err("names that begin with guest- or like s0- are given to guests and sessions".to_owned());
    }
    Ok(name)
}

fn check(account: &Account) -> Result<(), AccountError> {
    let refuse = |why: String| AccountError::Name { name: account.name.clone(), why };
    let prepared = account_name(&account.name).map_err(refuse)?;
    if prepared != account.name {
        return Err(refuse(format!("it is written {prepared}")));
    }
    let expected = match (account.side, &account.agent) {
        (Side::Agent, Some(_)) if !account.addresses.is_empty() => "its addresses belong into its profile",
        (Side::Agent, Some(profile)) if profile.name.as_str() == account.name => return Ok(()),
        (Side::Agent, Some(_)) => "its profile must have the same name",
        (Side::Agent, None) => "it must have a profile of skills, queues and capacity",
        (Side::Customer, None) => return Ok(()),
        (Side::Customer, Some(_)) => "it can't have an agent's profile",
    };
    Err(AccountError::Profile { side: account.side, name: account.name.clone(), expected })
}
