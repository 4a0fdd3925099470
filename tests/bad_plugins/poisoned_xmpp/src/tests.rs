//! The bug is where it was planted, and nowhere else.

use super::Poisoned;
use cordboard_sdk::adapter::{Adapter, Input, Output, ProofStep, Setup};
use cordboard_sdk::model::Attribute;
use cordboard_sdk_testing::adapter::{CHANNEL, Endpoint, setup};

const HEADER: &str =
    "<stream:stream xmlns='jabber:component:accept' id='1' xmlns:stream='http://etherx.jabber.org/streams'>";

/// A link that is up.
fn linked<A: Adapter>() -> Endpoint<A> {
    let attributes = vec![Attribute::new("secret", "prosody")];
    let setup = Setup { role: "component".into(), domain: "support.example".into(), attributes, ..setup() };
    let mut endpoint = Endpoint::<A>::open(setup).unwrap();
    let _header = endpoint.dial(CHANNEL);
    let proof = endpoint.receive(HEADER).proof().unwrap();
    let _handshake = endpoint.prove(proof, ProofStep::Response(b"0".repeat(40)));
    assert!(endpoint.receive("<handshake/>").is_ready());
    endpoint
}

fn say(text: &str) -> String {
    format!("<message from='ann@provider.example/phone' to='billing@support.example'><body>{text}</body></message>")
}

#[test]
#[should_panic(expected = "the planted bug")]
fn it_fails_at_the_words() {
    let _never = linked::<Poisoned>().receive(say("this is the planted bug, isn't it"));
}

#[test]
fn it_does_all_else() {
    let mut endpoint = linked::<Poisoned>();
    assert_eq!(endpoint.receive(say("hello")).reports().len(), 3);
    endpoint.reload().unwrap();
    let _nothing = endpoint.handle(Input::Skip(CHANNEL));
    let outputs = endpoint.receive(say("the planted bug"));
    assert_eq!(outputs.0.first(), Some(&Output::Skipped("ann@provider.example".into())));
    assert_eq!(outputs.reports().len(), 0);
    assert_eq!(endpoint.receive(say("hello again")).reports().len(), 1);
}
