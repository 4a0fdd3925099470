//! Connections that go over to another adapter while they are used: the line protocol, real components, TLS.

use super::conversation::secure;
use super::line::Vice;
use super::*;
use crate::build;
use crate::engine::Engine;
use crate::model::Attribute;
use crate::model::adapter::AdapterFactory;
use crate::plugin::{AdapterPlugin, AnyPlugin, Loader};
use data_encoding::BASE64;
use std::path::Path;
use wasm_encoder::{ComponentSection, CustomSection, Encode};

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    async fn send(&mut self, words: &str) {
        self.stream.write_all(words.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Everything up to these words.
    async fn hear_until(&mut self, words: &str) -> String {
        let mut heard = Vec::new();
        let listening = async {
            while !String::from_utf8_lossy(&heard).contains(words) {
                let bytes = self.stream.fill_buf().await.unwrap();
                assert!(!bytes.is_empty(), "closed before {words:?}: {}", String::from_utf8_lossy(&heard));
                heard.extend_from_slice(bytes);
                let used = bytes.len();
                self.stream.consume(used);
            }
        };
        let in_time = timeout(SOON, listening).await.is_ok();
        assert!(in_time, "no {words:?} in {}", String::from_utf8_lossy(&heard));
        String::from_utf8(heard).unwrap()
    }
}

impl Scene {
    /// The next report of this kind; others are settled.
    async fn awaited(&mut self, is_awaited: impl Fn(&Event) -> bool) -> (EndpointId, Reference) {
        loop {
            match self.input().await {
                Input::Report { endpoint, report } if is_awaited(&report.event) => return (endpoint, report.reference),
                Input::Report { endpoint, report } => self.settle(endpoint, report.reference),
                Input::Gone { reason, .. } => panic!("gone: {reason}"),
                _ => {}
            }
        }
    }
}

/// Waits until everybody has had a turn.
async fn swapped(adapter: &InService, factory: Arc<dyn AdapterFactory>) -> Progress {
    adapter.swap(factory);
    let all = async {
        while adapter.progress().waiting > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(SOON, all).await.expect("somebody has no turn");
    adapter.progress()
}

/// A component, with something in it that makes it another.
fn component(folder: &Path, name: &str, note: &str) -> Arc<AdapterPlugin> {
    let mut bytes = std::fs::read(folder.join(format!("{name}.wasm"))).unwrap();
    let section = CustomSection { name: "note".into(), data: note.as_bytes().into() };
    bytes.push(ComponentSection::id(&section));
    section.encode(&mut bytes);
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/plugins/compiled");
    let loader = Loader::new(Engine::new(Some(&cache)).unwrap(), &Limits::default(), crate::text::prepare);
    let loaded = loader.load(Path::new(name), &bytes).unwrap();
    let AnyPlugin::Adapter(plugin) = loaded else { panic!("{name} is no adapter") };
    Arc::new(AdapterPlugin::new(&plugin, "{}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_connections_go_over_one_after_the_other_and_some_are_closed_meanwhile() {
    let service = InService::new("customers", LineFactory::version(1, None));
    let scene = Scene::new(|listener| listener.adapter = service.clone());
    let mut clients = Vec::new();
    for _ in 0..40 {
        clients.push(scene.connect().await);
    }
    for client in &mut clients {
        client.say("version").await;
        assert_eq!(client.hear().await, "version 1");
    }
    service.swap(LineFactory::version(2, None));
    clients.truncate(30);
    let progress = swapped(&service, LineFactory::version(3, None)).await;
    assert!((30..=40).contains(&progress.moved) && progress.stayed == 0, "{progress:?}");
    let progress = swapped(&service, LineFactory::version(4, Some(Vice::TrapsInSave))).await;
    assert!((30..=40).contains(&progress.stayed) && progress.moved == 0, "{progress:?}");
    assert_eq!(progress.reason.as_deref(), Some("trapped: can't be saved"));
    for client in &mut clients {
        client.say("version").await;
        assert_eq!(client.hear().await, "version 3");
    }
}

#[tokio::test]
async fn a_link_that_is_dialling_goes_over_too() {
    let service = InService::new("prosody", LineFactory::version(1, None));
    let town = linking::Town::new(|link| link.adapter = service.clone()).await;
    let link = town.up().await;
    drop(link);
    town.state("down").await;
    assert_eq!(swapped(&service, LineFactory::version(2, None)).await.moved, 1);
    let mut link = town.up().await;
    link.say("version").await;
    assert_eq!(link.hear().await, "version 2");
}

/// The XMPP adapter under TLS: a stanza under way and the counters of XEP-0198 go over with the stream.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_xmpp_stream_goes_on_under_tls_and_its_counters_stay_right() {
    let version = |note: &str| component(&build::for_tests(), "xmpp", note);
    let service = InService::new("customers", version("one"));
    let mut scene = Scene::new(|listener| {
        listener.protocol = "xmpp".to_owned();
        listener.adapter = service.clone();
        let attributes = [("mechanisms", "PLAIN"), ("mechanisms-clear", ""), ("tls", "required"), ("name", "Us")];
        listener.attributes = attributes.map(|(name, value)| Attribute::new(name, value)).into();
    });
    let header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>";
    let mut joe = scene.connect().await;
    joe.send(&format!("{header}<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")).await;
    joe.hear_until("<proceed").await;
    let (mut joe, _) = secure(&scene, joe.stream.into_inner()).await.unwrap();
    let proof = BASE64.encode(b"joe\0secret");
    joe.send(&format!("{header}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{proof}</auth>")).await;
    joe.hear_until("<success").await;
    joe.send(&format!("{header}<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")).await;
    joe.hear_until("</jid>").await;
    joe.send("<enable xmlns='urn:xmpp:sm:3'/>").await;
    joe.hear_until("<enabled").await;
    joe.send("<presence/>").await;
    let (endpoint, arrived) = scene.awaited(|event| matches!(event, Event::Arrived(_))).await;
    scene.settle(endpoint, arrived);
    // Half a stanza is there, and a report is not settled.
    for number in 0..20_u32 {
        joe.send(&format!("<message to='billing@localhost' id='m{number}'><body>word {number}</body></message>")).await;
        let (_, said) = scene.awaited(|event| matches!(event, Event::InvokedLink(_) | Event::Said(_))).await;
        joe.send("<iq type='get' id='p'><ping xmlns='urn:").await;
        let progress = swapped(&service, version(["two", "three", "four"][number as usize % 3])).await;
        assert_eq!((progress.moved, progress.stayed), (1, 0), "{progress:?}");
        joe.send("xmpp:ping'/></iq>").await;
        joe.hear_until("result").await;
        scene.settle(endpoint, said);
        joe.send("<r xmlns='urn:xmpp:sm:3'/>").await;
        // Presence, and a message and a ping each time.
        let handled = 1 + 2 * (number + 1);
        joe.hear_until(&format!("h='{handled}'")).await;
    }
}

/// Adapters of `tests/bad_plugins` in service, one after the other: whoever is connected goes on as if nothing was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_adapters_disturb_nobody() {
    let bad = |name: &str| component(&build::bad_for_tests(), name, "");
    let service = InService::new("customers", bad("loops-adapter"));
    let scene = Scene::new(|listener| listener.adapter = service.clone());
    let mut clients = [scene.connect().await, scene.connect().await, scene.connect().await];
    let mut said = 1;
    // Who has heard something has an endpoint.
    for client in &mut clients {
        client.send("hello").await;
        assert_eq!(client.hear_until("hello").await, "1 hello");
    }
    // Whether it takes them over, and the word at which it fails then.
    let vices = [
        ("restore-refuses", false, "hello"),
        ("save-traps", false, "hello"),
        ("save-lies", false, "hello"),
        ("traps-adapter", true, "trap"),
        ("floods-adapter", true, "flood 100000"),
        ("allocates-adapter", true, "allocate 1000000000"),
        ("shouts-adapter", true, "shout 100000000"),
    ];
    for (name, moves, word) in vices {
        let progress = swapped(&service, bad(name)).await;
        assert_eq!((progress.moved > 0, progress.stayed > 0), (moves, !moves), "{name}: {progress:?}");
        said += 1;
        for client in &mut clients {
            client.send(word).await;
            assert_eq!(client.hear_until(word).await, format!("{said} {word}"), "{name}");
        }
        assert_eq!(service.progress().stayed, 3, "{name}");
    }
    let last = component(&build::bad_for_tests(), "traps-adapter", "of a later day");
    assert_eq!(swapped(&service, last).await.moved, 3);
}
