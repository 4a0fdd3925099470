//! What adapters are told of their listeners, and accounts as operators make them.

use super::accounts::Accounts;
use super::listeners::{entrance_of, setup_of};
use crate::config::{Config, Tls};
use crate::control::{NewAgent, NewCustomer, Password};
use crate::identity::Identity;
use crate::identity::profile::parse_skills;
use crate::model::{Side, attribute};
use crate::storage::{RedbOptions, RedbStore};
use std::path::Path;
use std::sync::Arc;

fn demo() -> Config {
    Config::dev(Path::new("data"), 0, Path::new("plugins")).unwrap()
}

#[test]
fn an_adapter_is_told_what_its_listener_allows() {
    let mut config = demo();
    let told = |config: &Config, name: &str| {
        let setup = setup_of(config, &config.listeners[0], vec![0; 32]);
        attribute(&setup.attributes, name).unwrap().to_owned()
    };
    assert_eq!(told(&config, "tls"), "offered");
    assert_eq!(told(&config, "mechanisms"), "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN ANONYMOUS");
    assert_eq!(told(&config, "mechanisms-clear"), "SCRAM-SHA-256 SCRAM-SHA-1 ANONYMOUS", "no password in the clear");
    config.listeners[0].require_tls = true;
    config.listeners[0].plain_without_tls = true;
    assert_eq!((told(&config, "tls").as_str(), told(&config, "mechanisms-clear").as_str()), ("required", ""));
    config.listeners[0].require_tls = false;
    config.listeners[0].tls = Tls::None;
    assert_eq!(told(&config, "tls"), "none");
    assert!(told(&config, "mechanisms-clear").contains("PLAIN"), "the operator allowed it");
    assert_eq!(told(&config, "max-message"), "32768");
}

#[test]
fn agents_are_never_guests() {
    let config = demo();
    assert!(!entrance_of(&config.listeners[1]).mechanism_names(true).contains("ANONYMOUS"));
}

fn accounts(folder: &Path) -> Accounts {
    let config = demo();
    let store = Arc::new(RedbStore::open(folder, RedbOptions::default()).unwrap());
    Accounts::new(Identity::load(store, &config.settings.limits).unwrap(), &config.settings)
}

fn jim(skills: &str, queues: Option<&[&str]>) -> NewAgent {
    NewAgent {
        name: "jim".to_owned(),
        shown_as: Some("Jim".to_owned()),
        skills: parse_skills(skills).unwrap(),
        queues: queues.map(|queues| queues.iter().map(|queue| (*queue).to_owned()).collect()),
        capacity: [("chat".to_owned(), 3)].into(),
        password: Some(Password::new("secret")),
        replace: false,
    }
}

#[test]
fn an_agent_serves_the_queues_that_skills_are_named_for() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(folder.path());
    let profile = accounts.add_agent(jim("billing:7,german:9,sales:3", None)).unwrap();
    assert_eq!(profile.queues, ["billing", "sales"]);
    assert_eq!(accounts.list(Side::Agent)[0].shown_as, "Jim");
    assert!(accounts.list(Side::Customer).is_empty(), "an account is of one side");
}

#[test]
fn an_agent_without_a_queue_is_refused_with_the_fix() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(folder.path());
    let unknown = accounts.add_agent(jim("billing:7", Some(&["biling"]))).unwrap_err();
    assert_eq!(unknown.message, "--queues: there is no queue \"biling\"; there are billing, sales, support");
    let none = accounts.add_agent(jim("german:9", None)).unwrap_err();
    assert_eq!(
        none.message,
        "the agent would serve no queue, as no skill is named for one; name some with --queues (there are billing, sales, support)"
    );
    assert!(accounts.list(Side::Agent).is_empty());
}

#[test]
fn an_account_is_replaced_only_when_asked_and_keeps_its_password_then() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(folder.path());
    accounts.add_agent(jim("billing:7", None)).unwrap();
    assert!(accounts.add_agent(jim("sales:1", None)).unwrap_err().message.contains("already"));
    let changed = NewAgent { password: None, replace: true, ..jim("sales:1", None) };
    assert_eq!(accounts.add_agent(changed).unwrap().queues, ["sales"]);
    let new = NewAgent { name: "ann".to_owned(), password: None, replace: true, ..jim("sales:1", None) };
    assert!(accounts.add_agent(new).unwrap_err().message.contains("give a password"));
}

#[test]
fn a_customer_comes_and_goes() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(folder.path());
    let joe = NewCustomer {
        name: "joe".to_owned(),
        shown_as: Some("Joe".to_owned()),
        password: Some(Password::new("secret")),
        replace: false,
    };
    assert_eq!(accounts.add_customer(joe).unwrap(), "joe");
    assert_eq!(accounts.list(Side::Customer)[0].shown_as, "Joe");
    accounts.remove(Side::Customer, "joe").unwrap();
    let again = accounts.remove(Side::Customer, "joe").unwrap_err();
    assert_eq!(
        again.message,
        "there is no customer's account \"joe\"; `cordboard customer list` shows those there are"
    );
}
