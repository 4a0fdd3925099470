//! What adapters are told of their listeners, and accounts as operators make them.

use super::accounts::Accounts;
use super::listeners::{entrance_of, setup_of};
use super::plugins;
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

/// The example, with this workspace's own plugins and some lines replaced.
fn example(replaced: &[(&str, &str)]) -> Config {
    let folder = crate::build::for_tests();
    let mut text = include_str!("../../cordboard.example.toml").replacen(
        "folder = \"plugins\"",
        &format!("folder = {:?}", folder.display().to_string()),
        1,
    );
    for (line, instead) in replaced {
        assert!(text.contains(line), "{line} does not stand in the example");
        text = text.replacen(line, instead, 1);
    }
    Config::parse("cordboard.toml", &text, Path::new("")).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn settings_that_do_not_fit_are_told_before_a_guest_sees_them() {
    let config = example(&[
        ("[rules.longest-idle]", "[rules.least-busy]\nmedium = 3\n[rules.longest-idle]\nafter_s = 30"),
        ("settings = {}", "settings = { max_stanza_byte = 1 }"),
    ]);
    let (set, refused) = plugins::load(&config, None).unwrap();
    assert!(refused.is_empty(), "{refused:?}");
    let errors = plugins::assemble(&config, &set).unwrap_err();
    let told: Vec<_> = errors.iter().map(|error| error.to_string().lines().next().unwrap().to_owned()).collect();
    assert_eq!(
        told,
        [
            "error: [rules.least-busy]: `medium` is not what the plugin expects",
            "error: [rules.longest-idle] has no setting `after_s`",
            "error: `settings` of [[listener]] `customers` has no setting `max_stanza_byte`",
        ]
    );
}

#[test]
fn an_operators_policy_holds_for_the_folder() {
    let pair = crate::trust::KeyPair::generate(None).unwrap();
    let keys = format!("trust = \"signatures\"\nkeys = [\"{}\"]", pair.public);
    let (set, refused) = plugins::load(&example(&[("trust = \"any\"", &keys)]), None).unwrap();
    assert_eq!((set.iter().count(), refused.is_empty()), (0, false));
    let keys = "trust = \"signatures\"\nkeys = [{ file = \"nowhere.pub\" }]";
    let error = plugins::load(&example(&[("trust = \"any\"", keys)]), None).unwrap_err().to_string();
    assert!(error.starts_with("[plugins]: one of the `keys` can't be used: nowhere.pub: can't be read"), "{error}");
}
