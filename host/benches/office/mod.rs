//! A centre without sockets or store: people arrive and speak, a batch at a time, and each batch is timed.

use cordboard::build;
use cordboard::centre::{Centre, Components, Effect, Input, Opened, Output};
use cordboard::engine::Engine;
use cordboard::model::adapter::{Arrival, Event, Published, Report, Said};
use cordboard::model::limits::Limits;
use cordboard::model::rule::Rule;
use cordboard::model::settings::{Pool, Queue, Settings};
use cordboard::model::{Alias, Contact, EndpointId, Message, PresenceTuple, Side, Timestamp, attribute};
use cordboard::plugin::{Loader, PluginSet, RulePlugin};
use std::time::{Duration, Instant};

/// See the module.
pub(crate) struct Office {
    pub(crate) centre: Centre,
    pub(crate) now: Timestamp,
    /// Of the last batch.
    pub(crate) output: Output,
    /// Batches so far.
    batches: u64,
    reference: u64,
}

impl Office {
    /// With the rules of each pool in their sandboxes.
    pub(crate) fn new(settings: Settings, plugins: &PluginSet) -> Self {
        let open = |name: &String| -> Box<dyn Rule> {
            let component = plugins.rule(name).expect("it is among the plugins");
            Box::new(RulePlugin::open(component, name, "{}", None).expect("its settings are the default"))
        };
        let chain = |pool: &Pool| (pool.name.clone(), pool.rules.iter().map(open).collect());
        let rules: Components = settings.pools.iter().map(chain).collect();
        let centre = Centre::new(settings, rules);
        Self { centre, now: Timestamp(1_784_021_400_000), output: Output::default(), batches: 0, reference: 0 }
    }

    /// Handles a batch; gives the time it took.
    pub(crate) fn batch(&mut self, inputs: &[Input]) -> Duration {
        self.batches += 1;
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&self.batches.to_le_bytes());
        let began = Instant::now();
        self.centre.begin(self.now, seed);
        for input in inputs {
            self.centre.handle(input);
        }
        self.output = self.centre.finish();
        began.elapsed()
    }

    fn report(&mut self, endpoint: EndpointId, event: Event) -> Input {
        self.reference += 1;
        let contact = Contact::new(format!("contact-{endpoint}"));
        Input::Report { endpoint, report: Report { reference: self.reference, contact, origin: None, event } }
    }

    /// What is told of somebody who comes in.
    pub(crate) fn arrival(&mut self, endpoint: EndpointId, side: Side, name: &str) -> [Input; 3] {
        let opened = Input::Opened(Opened {
            endpoint,
            side,
            provider: "bench".to_owned(),
            protocol: "xmpp".to_owned(),
            own_accounts: true,
            address: "127.0.0.1:40000".to_owned(),
        });
        let arrival = Arrival {
            principal: Some(Alias::new(name)),
            name: name.to_owned(),
            features: vec!["presence".to_owned()],
            attributes: Vec::new(),
        };
        let arrived = self.report(endpoint, Event::Arrived(arrival));
        let published = self.report(
            endpoint,
            Event::Published(Published { expires: None, tuples: vec![PresenceTuple::of("desk", "available")] }),
        );
        [opened, arrived, published]
    }

    /// Somebody says something.
    pub(crate) fn said(&mut self, endpoint: EndpointId, to: &str, text: &str) -> Input {
        self.report(endpoint, Event::Said(Said { to: Alias::new(to), message: Message::text(text) }))
    }

    /// The offers of the last batch: to whom, of which queue, and their numbers.
    pub(crate) fn offers(&self) -> Vec<(EndpointId, String, String)> {
        let offer = |effect: &Effect| match effect {
            Effect::Offer(endpoint, offer) => {
                let fact = |name| attribute(&offer.form.attributes, name).unwrap_or_default().to_owned();
                Some((*endpoint, fact("queue"), fact("number")))
            }
            _ => None,
        };
        self.output.effects.iter().filter_map(offer).collect()
    }
}

/// The rules of the repository as components.
pub(crate) fn plugins() -> PluginSet {
    let engine = Engine::new(None).expect("this machine runs wasmtime");
    let loader = Loader::new(engine, &Limits::default(), |_, value| Ok(value.to_lowercase()));
    let (plugins, refused) = PluginSet::load(&loader, &build::for_tests());
    assert!(refused.is_empty(), "{refused:?}");
    plugins
}

/// Settings with nothing in them that gets in the way of a measurement.
pub(crate) fn settings(pools: Vec<Pool>, queues: Vec<Queue>) -> Settings {
    let limits = Limits { software_wait_ms: 1, sessions: 1_000_000, ..Limits::default() };
    Settings { offer_ms: 20_000_000, missed_offers: 0, limits, ..Settings::of("Bench", pools, queues) }
}
