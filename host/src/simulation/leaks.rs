//! I6 in its stronger form: no inside fact in anything that a customer's guest was given, and so none in a byte that a customer was sent.
//!
//! Customers and agents send every kind of stanza that clients send. What is searched for: agents' accounts, resources, domain, network
//! addresses and notes, sessions' aliases, and for each customer the other customers' names.

use super::client::Client;
use super::guests::{Note, Notes};
use super::laws::{self, Stored};
use super::script::Deed::{Answers, Connects, Drops, Says, Sends};
use super::script::When::{After, Dropped, Heard, Now, Said};
use super::script::{Deed, When};
use super::stage::Stage;
use super::stories::{ANN, JIM};
use super::world::World;
use crate::model::Side;
use std::sync::Arc;

const KIM: &str = "kim.customer";
const LOU: &str = "lou.customer";
/// What an agent's software tells of the agent.
const NOTE: &str = "auditing the safe";
/// Inside facts that are the same in every run. The agents' addresses are those of the simulation's lines.
const FACTS: [&str; 7] = [JIM, ANN, "workstation-7", "inside.example", "10.77.0.", "s0-", NOTE];

/// What a customer's client sends beside words.
const OF_CUSTOMERS: [&str; 31] = [
    "<presence><show>away</show><status>at lunch</status></presence>",
    "<presence><show>xa</show></presence>",
    "<presence><show>dnd</show><priority>-1</priority></presence>",
    "<presence><show>chat</show><priority>5</priority></presence>",
    "<presence to='billing@center.example'/>",
    "<presence to='billing@center.example' type='probe'/>",
    "<presence to='billing@center.example' type='subscribe'/>",
    "<presence to='billing@center.example' type='subscribed'/>",
    "<presence to='billing@center.example' type='unsubscribe'/>",
    "<presence to='billing@center.example' type='unavailable'/>",
    "<presence to='nobody@center.example' type='subscribe'/>",
    "<iq type='get' id='i1' to='center.example'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
    "<iq type='get' id='i2' to='center.example'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
    "<iq type='get' id='i3' to='billing@center.example'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
    "<iq type='get' id='i4' to='billing@center.example/cordboard'><query xmlns='jabber:iq:version'/></iq>",
    "<iq type='get' id='i5' to='billing@center.example'><ping xmlns='urn:xmpp:ping'/></iq>",
    "<iq type='get' id='i6' to='billing@center.example'><vCard xmlns='vcard-temp'/></iq>",
    "<iq type='get' id='i7'><vCard xmlns='vcard-temp'/></iq>",
    "<iq type='get' id='i8'><query xmlns='jabber:iq:roster'/></iq>",
    "<iq type='set' id='i9'><query xmlns='jabber:iq:roster'><item jid='sales@center.example'/></query></iq>",
    "<iq type='get' id='i10'><query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query></iq>",
    "<iq type='get' id='i11' to='nobody@center.example'><query xmlns='jabber:iq:last'/></iq>",
    "<message type='chat' to='billing@center.example'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>",
    "<message type='chat' to='billing@center.example'><paused xmlns='http://jabber.org/protocol/chatstates'/></message>",
    "<message to='billing@center.example'><received xmlns='urn:xmpp:receipts' id='1-0-3'/></message>",
    "<message to='billing@center.example'><displayed xmlns='urn:xmpp:chat-markers:0' id='1-0-3'/></message>",
    "<message type='error' id='1-0-3' to='billing@center.example'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>",
    "<message type='groupchat' to='billing@center.example'><body>all</body></message>",
    "<message id='x1' to='nobody@center.example'><body>hello</body></message>",
    "<message id='x2' to='joe@elsewhere.example'><body>hello</body></message>",
    "<message id='x3' to='billing@center.example'><body xml:lang='de'>wer?</body><subject>who</subject></message>",
];

/// What an agent's client sends beside words, while in a conversation.
const OF_AGENTS: [&str; 14] = [
    "<presence><show>chat</show><status>auditing the safe</status></presence>",
    "<presence to='{conversation}@desk.inside.example'><status>auditing the safe</status></presence>",
    "<presence to='{conversation}@desk.inside.example' type='subscribe'/>",
    "<presence to='{conversation}@desk.inside.example' type='probe'/>",
    "<message type='chat' to='{conversation}@desk.inside.example'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>",
    "<message type='chat' to='{conversation}@desk.inside.example'><gone xmlns='http://jabber.org/protocol/chatstates'/></message>",
    "<message to='{conversation}@desk.inside.example'><received xmlns='urn:xmpp:receipts' id='1-1-1'/></message>",
    "<message to='{conversation}@desk.inside.example'><displayed xmlns='urn:xmpp:chat-markers:0' id='1-1-1'/></message>",
    "<message type='error' id='1-1-1' to='{conversation}@desk.inside.example'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>",
    "<iq type='get' id='a1' to='{conversation}@desk.inside.example'><query xmlns='jabber:iq:version'/></iq>",
    "<iq type='get' id='a2' to='{conversation}@desk.inside.example'><vCard xmlns='vcard-temp'/></iq>",
    "<iq type='get' id='a3' to='{conversation}@desk.inside.example'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
    "<iq type='set' id='a4' to='{conversation}@desk.inside.example'><query xmlns='jabber:iq:unknown'/></iq>",
    "<presence><show>dnd</show><status>auditing the safe</status></presence>",
];

fn sends(stanzas: &[&'static str]) -> impl Iterator<Item = (When, Deed)> {
    stanzas.iter().copied().map(|stanza| (Now, Sends(stanza)))
}

/// A customer who is handed from one agent to another, one who waits meanwhile, and the agents.
fn cast() -> Vec<Client> {
    let script = |deeds: &[(When, Deed)], stanzas: &[&'static str], rest: &[(When, Deed)]| {
        deeds.iter().copied().chain(sends(stanzas)).chain(rest.iter().copied()).collect()
    };
    let kim = script(
        &[(Now, Connects), (Now, Says("billing", "k1")), (Heard("a1"), Says("billing", "k2"))],
        &OF_CUSTOMERS,
        &[(Heard("a2"), Drops), (After(1_000), Connects), (Heard("b1"), Says("billing", "k3"))],
    );
    let lou = script(&[(Now, Connects), (Said(KIM, "k2"), Says("billing", "l1"))], &OF_CUSTOMERS, &[]);
    let jim = script(
        &[(Now, Connects), (Heard("k1"), Answers("a1")), (Heard("k2"), Says("billing", "status"))],
        &OF_AGENTS,
        &[(Now, Answers("a2")), (Dropped(KIM, 1), Says("billing", "away")), (After(2_000), Drops)],
    );
    let ann = script(
        &[(Dropped(JIM, 1), Connects), (Heard("k2"), Answers("b1"))],
        &OF_AGENTS,
        &[
            (Heard("k3"), Answers("end")),
            (Heard("l1"), Sends("<presence type='unavailable'><status>auditing the safe</status></presence>")),
        ],
    );
    vec![
        Client::new(KIM, Side::Customer, kim),
        Client::new(LOU, Side::Customer, lou),
        Client::new(JIM, Side::Agent, jim),
        Client::new(ANN, Side::Agent, ann),
    ]
}

fn run(seed: u64) -> World {
    let cast = cast();
    let mut stage = Stage::new(&cast);
    stage.customer_notes = Arc::new(Notes::kept());
    // The second agent serves both customers: the first one's session comes back while she has the other.
    for profile in stage.profiles.iter_mut().filter(|profile| profile.name.as_str() == ANN) {
        profile.capacity.insert("chat".to_owned(), 2);
    }
    let mut world = World::new(stage, cast, seed, None);
    let rest = world.run();
    if let Err(violation) = laws::check(&world).and(rest) {
        panic!("seed {seed}: {violation}\n{}", world.account());
    }
    world
}

/// Whose endpoint it is: whom a proof named there.
fn owner(notes: &[Note], endpoint: &[u8]) -> Option<&'static str> {
    let is_of = |name: &str| {
        let proven = format!("Alias({name:?}), kind");
        notes.iter().any(|note| note.endpoint == endpoint && note.words.contains(&proven))
    };
    [KIM, LOU].into_iter().find(|name| is_of(name))
}

/// The inside facts in a text, from the point of view of one customer.
fn found<'a>(text: &str, of: Option<&str>, aliases: &'a [String]) -> Vec<&'a str> {
    let others = [KIM, LOU].into_iter().filter(|name| of != Some(name));
    let facts = FACTS.into_iter().chain(others).chain(aliases.iter().map(String::as_str));
    facts.filter(|fact| text.contains(fact)).collect()
}

#[test]
fn no_inside_fact_reaches_a_customers_endpoint() {
    for seed in 0..40 {
        let world = run(seed);
        let notes = world.stage.customer_notes.all();
        let aliases: Vec<String> = Stored::of(&world).sessions().map(|session| session.alias.to_string()).collect();
        assert!(aliases.len() >= 2, "seed {seed}: both were served");
        for note in &notes {
            let found = found(&note.words, owner(&notes, &note.endpoint), &aliases);
            assert!(found.is_empty(), "seed {seed}: {found:?} in {}", note.words);
        }
        for client in world.cast.iter().filter(|client| client.side == Side::Customer) {
            let bytes = String::from_utf8_lossy(&client.bytes);
            let found = found(&bytes, Some(client.name), &aliases);
            assert!(found.is_empty(), "seed {seed}: {found:?} were sent to {}: {bytes}", client.name);
        }
    }
}

#[test]
fn what_is_searched_for_is_there_to_be_found() {
    let world = run(0);
    let aliases: Vec<String> = Stored::of(&world).sessions().map(|session| session.alias.to_string()).collect();
    let said: String = world.stage.customer_notes.all().into_iter().map(|note| note.words).collect();
    for kind in ["Deliver(", "Show(", "Roster(", "Hint(", "Settled(", "Advertise(", "Received <presence", "a1", "b1"] {
        assert!(said.contains(kind), "no guest of a customer was given {kind}");
    }
    assert!(said.contains(KIM) && said.contains(LOU) && said.contains("198.51.100.1"));
    let jim = world.cast.iter().find(|client| client.name == JIM).expect("he is in the cast");
    let told = String::from_utf8_lossy(&jim.bytes);
    assert!(found(&told, None, &aliases).len() >= 5, "an agent is told what a customer is not: {told}");
}
