//! What a simulation is made with: settings, accounts, the adapter, and what is planted.

use super::client::Client;
use super::guests::{Defect, Notes, Version, Watched};
use super::power::Power;
use crate::build;
use crate::engine::Engine;
use crate::model::adapter::{AdapterFactory, Setup};
use crate::model::limits::Limits;
use crate::model::record::AgentProfile;
use crate::model::rule::Skill;
use crate::model::settings::{Link, Pool, Queue, Settings};
use crate::model::{Attribute, Side, Timestamp};
use crate::plugin::{AdapterComponent, AdapterPlugin, AnyPlugin, Loader};
use crate::text;
use crate::transport::Bans;
use crate::transport::endpoint::EndpointConfig;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// How agents are shown to customers, by account: nothing of the account may be seen in it.
const SHOWN_AS: [(&str, &str); 2] = [("agent-4711", "Jim"), ("agent-0815", "Ann")];

/// How long a guest that has gone over may be put back at most.
const PROBATION_MS: u64 = 60_000;

/// See the module.
pub(super) struct Stage {
    pub(super) profiles: Vec<AgentProfile>,
    pub(super) settings: Settings,
    pub(super) defect: Option<Defect>,
    /// Effects don't wait for their batch.
    pub(super) is_hasty: bool,
    /// Every so many steps another version of the adapter is put in service.
    pub(super) steps_per_swap: Option<usize>,
    /// All that guests of customers were given.
    pub(super) customer_notes: Arc<Notes>,
}

impl Stage {
    /// With accounts for the agents among them.
    pub(super) fn new(cast: &[Client]) -> Self {
        let agents = cast.iter().filter(|client| client.side == Side::Agent);
        Self {
            profiles: agents.map(|client| profile(client.name)).collect(),
            settings: settings(),
            defect: None,
            is_hasty: false,
            steps_per_swap: None,
            customer_notes: Arc::default(),
        }
    }

    /// What the guests of a side are made by.
    pub(super) fn factory(
        &self,
        side: Side,
        power: &Arc<Power>,
        version: Version,
        now: Timestamp,
    ) -> Arc<dyn AdapterFactory> {
        let notes = if side == Side::Customer { Arc::clone(&self.customer_notes) } else { Arc::default() };
        let (power, defect) = (Arc::clone(power), self.defect);
        let (until, proof) = (now.plus_ms(PROBATION_MS), Arc::default());
        Arc::new(Watched { version, until, proof, inner: component(), power, notes, defect })
    }

    /// What all endpoints of a side have in common.
    pub(super) fn config(&self, side: Side) -> Arc<EndpointConfig> {
        Arc::new(EndpointConfig {
            setup: setup(side),
            provider: format!("{}s", side.as_str()),
            protocol: "xmpp".to_owned(),
            own_accounts: true,
            tls: false,
            contacts: 4,
            traps: 1,
            state_bytes: self.settings.limits.saved_state_bytes,
            bans: Arc::new(Bans::new(&self.settings.limits)),
            lasting: false,
            limits: self.settings.limits.clone(),
        })
    }
}

fn setup(side: Side) -> Setup {
    let attribute = |name: &str, value: &str| Attribute { name: name.to_owned(), value: value.to_owned() };
    Setup {
        side,
        role: "server".to_owned(),
        domain: domain(side).to_owned(),
        settings: "{}".to_owned(),
        seed: Vec::new(),
        attributes: vec![
            attribute("mechanisms", "PLAIN"),
            attribute("mechanisms-clear", "PLAIN"),
            attribute("tls", "none"),
            attribute("software-version", "0.1.0"),
            attribute("name", "The Centre"),
        ],
    }
}

/// The name of the centre towards a side.
pub(super) fn domain(side: Side) -> &'static str {
    match side {
        Side::Customer => "center.example",
        Side::Agent => "desk.inside.example",
    }
}

/// The real adapter, compiled once.
fn component() -> Arc<dyn AdapterFactory> {
    static COMPILED: OnceLock<Arc<AdapterComponent>> = OnceLock::new();
    let compile = || {
        let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/plugins/compiled");
        let loader = Loader::new(Engine::new(Some(&cache)).unwrap(), &Limits::default(), text::prepare);
        let path = build::for_tests().join("xmpp.wasm");
        let plugin = loader.load(&path, &std::fs::read(&path).unwrap()).unwrap();
        let AnyPlugin::Adapter(plugin) = plugin else { panic!("xmpp is an adapter") };
        plugin
    };
    Arc::new(AdapterPlugin::new(COMPILED.get_or_init(compile), "{}"))
}

fn profile(name: &str) -> AgentProfile {
    let shown_as =
        SHOWN_AS.iter().find(|(account, _)| *account == name).map_or("Somebody", |(_, shown)| *shown).to_owned();
    let skills = vec![Skill { name: "billing".to_owned(), level: 5 }];
    AgentProfile { shown_as, skills, ..AgentProfile::of(name, ["billing"], 1) }
}

fn settings() -> Settings {
    let queue = Queue { label: "Billing".to_owned(), max_waiting: 100, ..Queue::new("billing", "main") };
    let links = vec![Link { greeting: "Welcome.".to_owned(), ..Link::to(&queue) }];
    let usual = Settings::of("The Centre", vec![Pool::new("main", Vec::new())], vec![queue]);
    Settings { links, max_hold_ms: 60_000, wrap_up_ms: 2_000, missed_offers: 0, ..usual }
}
