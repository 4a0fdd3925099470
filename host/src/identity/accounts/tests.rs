//! Accounts outlive the process, memory never runs ahead of the store, names are addresses.

use super::{AccountError, Accounts, account_name};
use crate::identity::tests::memory_store::{Fault, MemoryStore};
use crate::model::Side;
use crate::model::identity::{Account, Verifiers};
use std::sync::Arc;

fn account(name: &str) -> Account {
    let verifiers = Verifiers::with_salts("secret", &[[1; 16], [2; 16]]).unwrap();
    let (name, addresses) = (name.to_owned(), Vec::new());
    Account {
        side: Side::Customer,
        shown_as: name.clone(),
        name,
        verifiers,
        agent: None,
        addresses,
        attributes: Vec::new(),
    }
}

fn open() -> (Arc<MemoryStore>, Accounts) {
    let store = Arc::new(MemoryStore::default());
    let accounts = Accounts::load(store.clone()).unwrap();
    (store, accounts)
}

fn names(accounts: &Accounts) -> Vec<String> {
    accounts.list(Side::Customer).iter().map(|account| account.name.clone()).collect()
}

#[test]
fn what_is_added_is_there_after_a_restart_and_what_is_removed_is_not() {
    let (store, accounts) = open();
    accounts.add(account("joe")).unwrap();
    accounts.add(account("ada")).unwrap();
    assert!(accounts.remove(Side::Customer, "ADA").unwrap());
    assert!(!accounts.remove(Side::Customer, "ada").unwrap());
    assert!(!accounts.remove(Side::Agent, "joe").unwrap(), "a name of the other side is another account");
    let changed = Account { shown_as: "Joe".into(), ..account("joe") };
    accounts.replace(changed.clone()).unwrap();
    let again = Accounts::load(store).unwrap();
    assert_eq!(names(&again), ["joe"]);
    assert_eq!(*again.find(Side::Customer, "Joe").unwrap(), changed);
    assert!(again.find(Side::Agent, "joe").is_none());
}

#[test]
fn a_second_of_the_same_name_is_refused() {
    let (_store, accounts) = open();
    accounts.add(account("joe")).unwrap();
    let refusal = accounts.add(account("joe")).unwrap_err();
    assert_eq!(refusal.to_string(), "there is an account \"joe\" on the customer side already; remove or replace it");
}

#[test]
fn decoys_are_stable_over_restarts_and_look_like_accounts() {
    let (store, accounts) = open();
    let decoy = accounts.decoy(Side::Customer, "nobody");
    let real = account("joe").verifiers;
    assert!(
        decoy == Accounts::load(store).unwrap().decoy(Side::Customer, "NOBODY"),
        "stable, and the same for the same name"
    );
    assert!(decoy != accounts.decoy(Side::Agent, "nobody") && decoy != accounts.decoy(Side::Customer, "nobody2"));
    assert!(decoy != open().1.decoy(Side::Customer, "nobody"), "another host's are others");
    for (decoy, real) in [(&decoy.sha1, &real.sha1), (&decoy.sha256, &real.sha256)] {
        assert_eq!((decoy.salt.len(), decoy.iterations), (real.salt.len(), real.iterations));
        assert_eq!((decoy.stored_key.len(), decoy.server_key.len()), (real.stored_key.len(), real.server_key.len()));
    }
}

#[test]
fn a_failed_change_changes_nothing() {
    let (store, accounts) = open();
    store.fail_next(Fault::Busy);
    assert!(matches!(accounts.add(account("joe")), Err(AccountError::Store(_))));
    assert!(names(&accounts).is_empty());
    accounts.add(account("joe")).unwrap();
}

#[test]
fn after_an_unknown_outcome_the_store_is_right() {
    let (store, accounts) = open();
    store.fail_next(Fault::StoredButUnknown);
    assert!(accounts.add(account("joe")).is_err());
    assert_eq!(names(&accounts), ["joe"]);
    store.fail_next(Fault::LostAndUnknown);
    assert!(accounts.remove(Side::Customer, "joe").is_err());
    assert_eq!(names(&accounts), ["joe"]);
    accounts.add(account("ada")).unwrap();
    assert_eq!(names(&Accounts::load(store).unwrap()), ["ada", "joe"]);
}

#[test]
fn a_newer_owner_fences_the_older() {
    let (store, accounts) = open();
    let newer = Accounts::load(store).unwrap();
    assert!(matches!(accounts.add(account("joe")), Err(AccountError::Fenced)));
    assert!(names(&accounts).is_empty());
    newer.add(account("joe")).unwrap();
}

#[test]
fn names_are_those_of_addresses() {
    for (name, kept) in [
        ("Joe", "joe"),
        ("ｊｉｍ", "jim"),
        ("søren", "søren"),
        ("s0", "s0"),
        ("sam-1", "sam-1"),
        ("s-x", "s-x"),
        ("guest", "guest"),
    ] {
        assert_eq!(account_name(name).as_deref(), Ok(kept));
    }
    for name in ["", "a b", "a@b", "a/b", "it's", "<a>", "guest-1", "s0-abc", "s12-", "a\u{7}", &"x".repeat(129)] {
        assert!(account_name(name).is_err(), "{name}");
    }
    let (_store, accounts) = open();
    let refusal = accounts.add(account("Joe")).unwrap_err().to_string();
    assert_eq!(refusal, "\"Joe\" can't be an account's name: it is written joe");
}

#[test]
fn an_agent_has_a_profile_and_a_customer_has_none() {
    let (_store, accounts) = open();
    let refusal = accounts.add(Account { side: Side::Agent, ..account("jim") }).unwrap_err().to_string();
    assert_eq!(
        refusal,
        "the account \"jim\" is of the agent side: it must have a profile of skills, queues and capacity"
    );
    let profile = crate::identity::profile::Description::default().into_profile("jim");
    assert!(accounts.add(Account { agent: Some(profile.clone()), ..account("jim") }).is_err());
    assert!(accounts.add(Account { side: Side::Agent, agent: Some(profile.clone()), ..account("ann") }).is_err());
    accounts.add(Account { side: Side::Agent, agent: Some(profile.clone()), ..account("jim") }).unwrap();
    assert_eq!(accounts.profiles(), [profile]);
}
