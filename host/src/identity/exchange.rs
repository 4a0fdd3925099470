//! One sign-in: which mechanisms, in which order, against which accounts. Pure but for the accounts it is lent: what is random is
//! an argument.
//!
//! ```text
//! begin ─► First ─(SCRAM)─► Final ─► Over
//!             └─(PLAIN, ANONYMOUS)──►┘
//! ```
//!
//! It ends at one peer's exchange; limits per source and delays are `sign_in`'s.
//!
//! Invariant: a refusal says the same, and takes the same work, whether the account is unknown or the password wrong.

use super::accounts::{Accounts, account_name};
use super::entrance::{Entrance, Mechanism};
use super::scram::{Failed, First, Pending};
use super::verifiers::Hash;
use crate::model::adapter::{Principal, ProofStep};
use crate::model::identity::Account;
use crate::model::{Alias, Attribute, Failure, Side};
use data_encoding::{BASE32_NOPAD, BASE64};
use std::sync::Arc;

/// Bytes of one message of a peer.
const DATA_BYTES: usize = 4_096;

/// Random bytes for one step.
#[derive(Clone, Copy)]
pub(super) struct Fresh {
    pub(super) nonce: [u8; 18],
    pub(super) guest: [u8; 8],
}

impl Fresh {
    /// Of the system.
    pub(super) fn of_system() -> Result<Self, Failure> {
        let mut fresh = Self { nonce: [0; 18], guest: [0; 8] };
        getrandom::fill(&mut fresh.nonce)
            .and_then(|()| getrandom::fill(&mut fresh.guest))
            .map_err(|_| Failure::new("busy", "the system gives no random bytes; try again"))?;
        Ok(fresh)
    }
}

/// A sign-in as far as it has got.
pub(super) struct Exchange {
    mechanism: Mechanism,
    stage: Stage,
}

enum Stage {
    First,
    Final { pending: Box<Pending>, who: Claim },
    Over,
}

/// Who a peer says to be.
struct Claim {
    account: Option<Arc<Account>>,
    authzid: Option<String>,
}

impl Exchange {
    pub(super) fn begin(mechanism: Mechanism) -> Self {
        Self { mechanism, stage: Stage::First }
    }

    pub(super) fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// Takes the peer's next message; `None` where it began without one. Once over, all that follows is malformed.
    pub(super) fn step(
        &mut self,
        accounts: &Accounts,
        entrance: &Entrance,
        data: Option<&[u8]>,
        fresh: &Fresh,
    ) -> ProofStep {
        let stage = std::mem::replace(&mut self.stage, Stage::Over);
        let answer = match (stage, data) {
            (_, Some(data)) if data.len() > DATA_BYTES => Err(malformed(&format!("more than {DATA_BYTES} bytes"))),
            (Stage::First, None) if self.mechanism != Mechanism::Anonymous => {
                self.stage = Stage::First;
                Ok(ProofStep::Challenge(Vec::new()))
            }
            (Stage::First, data) => self.first(accounts, entrance, data.unwrap_or_default(), fresh),
            (Stage::Final { pending, who }, data) => pending
                .finish(data.unwrap_or_default())
                .map_err(failure)
                .and_then(|last| who.proven(entrance, last).map(ProofStep::Success)),
            (Stage::Over, _) => Err(malformed("the exchange is over; begin a new one")),
        };
        answer.unwrap_or_else(ProofStep::Refused)
    }

    fn first(
        &mut self,
        accounts: &Accounts,
        entrance: &Entrance,
        data: &[u8],
        fresh: &Fresh,
    ) -> Result<ProofStep, Failure> {
        match self.mechanism {
            Mechanism::ScramSha256 => self.scram(Hash::Sha256, accounts, entrance, data, fresh),
            Mechanism::ScramSha1 => self.scram(Hash::Sha1, accounts, entrance, data, fresh),
            Mechanism::Plain => plain(accounts, entrance, data).map(ProofStep::Success),
            Mechanism::Anonymous => Ok(ProofStep::Success(guest(fresh))),
        }
    }

    fn scram(
        &mut self,
        hash: Hash,
        accounts: &Accounts,
        entrance: &Entrance,
        data: &[u8],
        fresh: &Fresh,
    ) -> Result<ProofStep, Failure> {
        let first = First::parse(data).map_err(failure)?;
        let name = first.name().map_err(failure)?;
        let authzid = first.authzid().map_err(failure)?;
        let account = accounts.find(entrance.side, &name);
        let decoy = accounts.decoy(entrance.side, &name);
        let verifiers = account.as_ref().map_or(decoy, |account| account.verifiers.clone());
        let verifier = match hash {
            Hash::Sha1 => verifiers.sha1,
            Hash::Sha256 => verifiers.sha256,
        };
        let (pending, challenge) = Pending::new(hash, &first, verifier, &BASE64.encode(&fresh.nonce));
        self.stage = Stage::Final { pending: Box::new(pending), who: Claim { account, authzid } };
        Ok(ProofStep::Challenge(challenge))
    }
}

/// RFC 4616: `authzid NUL authcid NUL password`.
fn plain(accounts: &Accounts, entrance: &Entrance, data: &[u8]) -> Result<Principal, Failure> {
    let text = std::str::from_utf8(data).map_err(|_| malformed("not UTF-8"))?;
    let fields: Vec<&str> = text.split('\0').collect();
    let [authzid, name, password] = fields[..] else {
        return Err(malformed("PLAIN has three fields with a NUL between"));
    };
    if name.is_empty() || password.is_empty() {
        return Err(malformed("a name and a password are needed"));
    }
    let account = accounts.find(entrance.side, name);
    let decoy = accounts.decoy(entrance.side, name);
    let verifiers = account.as_ref().map_or(&decoy, |account| &account.verifiers);
    if !verifiers.matches(password) {
        return Err(wrong());
    }
    let authzid = (!authzid.is_empty()).then(|| authzid.to_owned());
    Claim { account, authzid }.proven(entrance, Vec::new())
}

fn guest(fresh: &Fresh) -> Principal {
    let mut name = BASE32_NOPAD.encode(&fresh.guest).to_lowercase();
    name.truncate(12);
    Principal {
        alias: Alias::new(format!("guest-{name}")),
        kind: "guest".to_owned(),
        data: Vec::new(),
        attributes: vec![Attribute::new("name", "Guest")],
    }
}

impl Claim {
    /// The principal, once the password is proven: only now may it matter whether the account exists.
    fn proven(self, entrance: &Entrance, last: Vec<u8>) -> Result<Principal, Failure> {
        let account = self.account.ok_or_else(wrong)?;
        if self.authzid.is_some_and(|authzid| !is_self(&authzid, &account.name, &entrance.domain)) {
            return Err(Failure::new("not-authorized", "nobody may act as somebody else here"));
        }
        let kind = match account.side {
            Side::Customer => "member",
            Side::Agent => "agent",
        };
        Ok(Principal {
            alias: Alias::new(account.name.as_str()),
            kind: kind.to_owned(),
            data: last,
            attributes: vec![Attribute::new("name", account.shown_as.as_str())],
        })
    }
}

/// `joe` or `joe@<domain>` (RFC 6120, 6.3.8).
fn is_self(authzid: &str, name: &str, domain: &str) -> bool {
    let local = match authzid.split_once('@') {
        Some((local, of)) if of.eq_ignore_ascii_case(domain) => local,
        Some(_) => return false,
        None => authzid,
    };
    account_name(local).is_ok_and(|local| local == name)
}

fn failure(failed: Failed) -> Failure {
    match failed {
        Failed::Malformed(why) => malformed(why),
        Failed::Wrong => wrong(),
    }
}

fn malformed(why: &str) -> Failure {
    Failure::new("malformed", format!("the sign-in can't be read: {why}"))
}

fn wrong() -> Failure {
    Failure::new("not-authorized", "the name or the password is wrong")
}
