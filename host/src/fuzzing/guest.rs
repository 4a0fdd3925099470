//! The XMPP adapter in its sandbox, given anything that a peer and a host may give it, in either role.

use super::boundary::Boundary;
use super::program::Program;
use crate::build;
use crate::engine::Engine;
use crate::model::limits::Limits;
use crate::plugin::{AdapterComponent, AdapterPlugin, AnyPlugin, Loader};
use crate::text;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Events of one run.
const EVENTS: usize = 64;
/// What good peers send, so that a program gets far in a few bytes.
const WORDS: [&str; 16] = [
    "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
    "<stream:stream from='localhost' id='1' xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>",
    "<handshake/>",
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGpvZQBqb2U=</auth>",
    "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>phone</resource></bind></iq>",
    "<enable xmlns='urn:xmpp:sm:3'/>",
    "<r xmlns='urn:xmpp:sm:3'/>",
    "<a xmlns='urn:xmpp:sm:3' h='1'/>",
    "<presence from='joe@elsewhere/x' to='billing@localhost'/>",
    "<message from='joe@elsewhere/x' id='1' to='billing@localhost'><body>hello</body><active xmlns='http://jabber.org/protocol/chatstates'/></message>",
    "<presence/><presence type='subscribe' to='billing@localhost'/><presence type='unavailable'/>",
    "<message id='2' to='billing@localhost'><body>one</body></message><message id='3' to='billing@localhost'><body>two</body><request xmlns='urn:xmpp:receipts'/></message>",
    "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>",
    "<iq type='get' id='d' to='localhost'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
    "<message type='error' id='1-0-1' to='billing@localhost'><error/></message>",
    "</stream:stream>",
];

/// Runs a program against the adapter.
///
/// # Panics
/// When the host does not hold its limits, or the adapter fails: it should take anything.
pub fn guest(data: &[u8]) {
    let mut program = Program::new(data);
    let lasting = program.yes();
    let Some(mut boundary) = Boundary::open(Arc::new(factory()), lasting, true) else { return };
    for _ in 0..EVENTS {
        if program.is_over() || boundary.is_gone() {
            return;
        }
        match program.number(3) {
            0 => {
                let words = program.pick(&WORDS).unwrap_or_default();
                boundary.receive(words.as_bytes());
            }
            _ => boundary.step(&mut program),
        }
    }
}

fn factory() -> AdapterPlugin {
    static COMPILED: OnceLock<Arc<AdapterComponent>> = OnceLock::new();
    let compile = || {
        let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/plugins/compiled");
        let engine = Engine::new(Some(&cache)).expect("the sandbox can be made");
        let loader = Loader::new(engine, &Limits::default(), text::prepare);
        let path = build::for_tests().join("xmpp.wasm");
        let bytes = std::fs::read(&path).expect("it was built just now");
        match loader.load(&path, &bytes) {
            Ok(AnyPlugin::Adapter(plugin)) => plugin,
            other => panic!("xmpp is an adapter: {other:?}"),
        }
    };
    AdapterPlugin::new(COMPILED.get_or_init(compile), "{}")
}
