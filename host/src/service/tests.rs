//! What adapters are told of their listeners, and accounts as operators make them.

use super::accounts::Accounts;
use super::in_force::InForce;
use super::listeners::{entrance_of, setup_of};
use super::{plugins, providers, secret_of};
use crate::config::{Config, Json, Provider, Role, Secret, Tls};
use crate::control::{NamedAddress, NewAgent, NewCustomer, Password};
use crate::identity::Identity;
use crate::identity::profile::{parse_address, parse_skills};
use crate::model::{Address, Side, attribute};
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
    let identity = Identity::load(store, &config.settings.limits).unwrap();
    let config = Config { providers: ["corp", "prosody"].map(provider).to_vec(), ..config };
    Accounts::new(identity, InForce::new(config))
}

fn jim(skills: &str, queues: Option<&[&str]>) -> NewAgent {
    NewAgent {
        name: "jim".to_owned(),
        shown_as: Some("Jim".to_owned()),
        skills: parse_skills(skills).unwrap(),
        queues: queues.map(|queues| queues.iter().map(|queue| (*queue).to_owned()).collect()),
        capacity: [("chat".to_owned(), 3)].into(),
        units: None,
        addresses: Vec::new(),
        reached_at: std::collections::BTreeMap::new(),
        supervisor: false,
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
        addresses: Vec::new(),
        attributes: Vec::new(),
        password: Some(Password::new("secret")),
        replace: false,
    };
    assert_eq!(accounts.add_customer(joe).unwrap().alias.as_str(), "joe");
    assert_eq!(accounts.list(Side::Customer)[0].shown_as, "Joe");
    accounts.remove(Side::Customer, "joe").unwrap();
    let again = accounts.remove(Side::Customer, "joe").unwrap_err();
    assert_eq!(
        again.message,
        "there is no customer's account \"joe\"; `cordboard customer list` shows those there are"
    );
}

fn at(written: &str) -> Address {
    parse_address(written).unwrap()
}

fn named(side: Side, name: &str, address: &str) -> NamedAddress {
    NamedAddress { side, name: name.to_owned(), address: at(address) }
}

#[test]
fn an_address_is_one_persons_and_of_a_provider_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(folder.path());
    let at_corp = |name: &str| NewAgent {
        name: name.to_owned(),
        addresses: vec![at("corp:Jim@Corp.example/desk")],
        ..jim("billing:7", None)
    };
    assert_eq!(accounts.add_agent(at_corp("jim")).unwrap().addresses, [at("corp:jim@corp.example")]);
    assert_eq!(
        accounts.add_agent(at_corp("ann")).unwrap_err().message,
        "corp:jim@corp.example is the address of the agent's account \"jim\" already; \
         `cordboard agent address remove jim corp:jim@corp.example` frees it"
    );
    let joe = NewCustomer {
        name: "joe".to_owned(),
        shown_as: None,
        addresses: vec![at("corp:jim@corp.example")],
        attributes: Vec::new(),
        password: Some(Password::new("secret")),
        replace: false,
    };
    assert!(accounts.add_customer(joe.clone()).unwrap_err().message.contains("the agent's account \"jim\""));
    assert!(accounts.list(Side::Customer).is_empty(), "all of the account or nothing");
    let elsewhere = NewCustomer { addresses: vec![at("libera:joe")], ..joe };
    assert_eq!(
        accounts.add_customer(elsewhere).unwrap_err().message,
        "libera:joe: there is no provider \"libera\"; there are corp, prosody"
    );
}

#[test]
fn addresses_come_and_go_and_are_kept_when_an_account_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = accounts(folder.path());
    let joe = NewCustomer {
        name: "joe".to_owned(),
        shown_as: None,
        addresses: Vec::new(),
        attributes: Vec::new(),
        password: Some(Password::new("secret")),
        replace: false,
    };
    assert!(accounts.add_customer(joe.clone()).unwrap().addresses.is_empty());
    let home = named(Side::Customer, "Joe", "prosody:joe@home.example");
    let here = [home.address.clone()];
    for _ in 0..2 {
        assert_eq!(accounts.change_address(&home, true).unwrap().addresses, here);
    }
    let replaced = accounts.add_customer(NewCustomer { replace: true, password: None, ..joe }).unwrap();
    assert_eq!(replaced.addresses, here);
    assert_eq!(accounts.list(Side::Customer)[0].addresses, here);
    assert!(accounts.change_address(&home, false).unwrap().addresses.is_empty());
    assert_eq!(
        accounts.change_address(&home, false).unwrap_err().message,
        "joe does not have the address prosody:joe@home.example; there are: none"
    );
    let nobody = named(Side::Customer, "eve", "prosody:eve@home.example");
    assert!(accounts.change_address(&nobody, true).unwrap_err().message.contains("there is no customer's account"));
    for number in 0..16 {
        let more = named(Side::Customer, "joe", &format!("prosody:joe{number}@home.example"));
        accounts.change_address(&more, true).unwrap();
    }
    assert_eq!(
        accounts.change_address(&home, true).unwrap_err().message,
        "17 addresses are named; an account has at most 16"
    );
}

fn prosody(secret: Secret) -> Provider {
    Provider { secret, ..provider("prosody") }
}

fn provider(name: &str) -> Provider {
    Provider {
        name: name.to_owned(),
        protocol: "xmpp".to_owned(),
        side: Side::Customer,
        role: Role::Component,
        address: "127.0.0.1:5347".to_owned(),
        domain: "support.example".to_owned(),
        secret: Secret::Variable("SECRET".to_owned()),
        redirect: None,
        settings: Json::new(),
    }
}

#[test]
fn a_providers_adapter_is_told_the_name_of_the_secret_and_not_the_secret() {
    let setup = providers::setup_of(&demo(), &prosody(Secret::Variable("HUSH".to_owned())), vec![0; 32]);
    assert_eq!((setup.role.as_str(), setup.domain.as_str()), ("component", "support.example"));
    assert_eq!(attribute(&setup.attributes, "secret"), Some("prosody"));
    assert_eq!(attribute(&setup.attributes, "idle-ms"), Some("150000"));
    assert_eq!(attribute(&setup.attributes, "mechanisms"), None, "nobody signs in there");
}

#[test]
fn a_secret_that_is_not_there_is_said_with_the_fix() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prosody.secret");
    let provider = prosody(Secret::File(file.clone()));
    let told = |provider: &Provider| {
        let error = secret_of(provider).unwrap_err().to_string();
        error.replace(&folder.path().display().to_string(), "FOLDER")
    };
    assert_eq!(
        told(&provider),
        "its secret can't be read from FOLDER/prosody.secret: No such file or directory (os error 2); write the secret agreed on with the server there, readable by cordboard's user"
    );
    std::fs::write(&file, "\n").unwrap();
    assert_eq!(
        told(&provider),
        "its secret is empty; write the secret agreed on with the server to FOLDER/prosody.secret"
    );
    std::fs::write(&file, "x".repeat(5_000)).unwrap();
    assert_eq!(told(&provider), "its secret has more than 4096 bytes; is FOLDER/prosody.secret the right one?");
    std::fs::write(&file, "hush\r\n").unwrap();
    assert!(secret_of(&provider).is_ok());
    let unset = prosody(Secret::Variable("CORDBOARD_NO_SUCH_VARIABLE".to_owned()));
    assert_eq!(
        told(&unset),
        "its secret is not in the environment: CORDBOARD_NO_SUCH_VARIABLE is not set, or is no text; set it where cordboard is started, or name a file with `secret = { file = \"FILE\" }`"
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
