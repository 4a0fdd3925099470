//! What a server's users may ask us, and what no answer may tell: every kind of stanza, in both modes.

use super::user;
use crate::Scenario;
use crate::rig::{CENTER, CENTER_BILLING, Centre, Host, Need, Raw, Server, Side, Whose, accept_raw, bare, fact};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "users of Prosody discover, ping, ask for versions and watch links",
        needs: &[Need::Prosody, Need::Slixmpp],
        run: || asked(Whose::Prosody),
    },
    Scenario {
        name: "users of ejabberd discover, ping, ask for versions and watch links",
        needs: &[Need::Ejabberd, Need::Slixmpp],
        run: || asked(Whose::Ejabberd),
    },
    Scenario {
        name: "the agent can't tell a user of Prosody or ejabberd from one of our own",
        needs: &[Need::Prosody, Need::Ejabberd],
        run: looks_the_same,
    },
    Scenario {
        name: "no stanza of any kind tells a customer anything from inside",
        needs: &[Need::Prosody, Need::Ejabberd],
        run: nothing_leaks,
    },
];

fn asked(whose: Whose) {
    let server = Server::start(whose, &["joe"]);
    let host = Host::serve(Centre::adapted(&[]).at(&server, Side::Customer, &[]));
    host.people(&[("jim", 3)], &[]);
    host.look_until("status", &["\"up\""]);
    let mut joe = user(&server, "joe");
    let domain = server.component(Side::Customer);
    let billing = server.link(Side::Customer, "billing");
    joe.order(&json!({ "do": "items", "to": domain }));
    let items = joe.expect("items", "the links", |items| fact(items, "of") == domain);
    for link in ["billing", "sales"] {
        assert!(items.to_string().contains(&format!("{link}@{domain}")), "{items}");
    }
    joe.order(&json!({ "do": "info", "to": billing }));
    let info = joe.expect("info", "what a link is", |info| fact(info, "of") == billing);
    assert!(info["identities"].to_string().contains("Billing"), "{info}");
    for address in [&domain, &billing] {
        joe.order(&json!({ "do": "ping", "to": address }));
        joe.expect("pong", "an answer", |_| true);
        joe.order(&json!({ "do": "version", "to": address }));
        let version = joe.expect("version", "an answer", |_| true);
        assert_eq!(fact(&version, "name"), "Cordboard", "{version}");
    }
    let of_billing =
        |presence: &Value, kind: &str| bare(fact(presence, "sender")) == billing && fact(presence, "type") == kind;
    joe.watch(&billing);
    joe.expect("presence", "that nobody is there", |presence| of_billing(presence, "away"));
    let agent = super::jim(&host);
    joe.expect("presence", "that somebody is there", |presence| of_billing(presence, "available"));
    drop(agent);
    joe.expect("presence", "that nobody is there any more", |presence| of_billing(presence, "away"));
    joe.say(&format!("billng@{domain}"), "typo", "Hello");
    let refused = joe.expect("message", "a refusal", |message| fact(message, "id") == "typo");
    assert_eq!((fact(&refused, "type"), fact(&refused, "error")), ("error", "item-not-found"), "{refused}");
    joe.order(&json!({ "do": "raw", "xml": format!("<presence to='{billing}' type='unsubscribe'/>") }));
    joe.expect("roster", "that it is not watched any more", |roster| {
        let mut entries = roster["entries"].as_array().into_iter().flatten();
        entries.any(|entry| fact(entry, "jid") == billing && fact(entry, "subscription") == "from")
    });
    let _agent = super::jim(&host);
    joe.never("presence", "what is not watched any more", Duration::from_secs(2), |presence| {
        of_billing(presence, "available")
    });
}

/// The same conversation as an agent sees it: stanzas with names, numbers and times taken out.
fn seen_by_the_agent(host: &Host, mut customer: Raw, link: &str) -> Vec<String> {
    let mut agent = Raw::online(host.agents(), "jim@desk.center.example/desk", "jim");
    agent.send("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
    agent.take("id='roster'");
    host.look_until("agents", &["jim", "available"]);
    if !link.ends_with(CENTER) {
        // At our own listener links are on everybody's roster.
        customer.send(&format!("<presence to='{link}' type='subscribe'/>"));
        customer.take("type='subscribe'");
        customer.send(&format!("<presence to='{link}' type='subscribed'/>"));
    }
    let says = |customer: &mut Raw, id: &str, words: &str| {
        // Servers add their own language where a message has none.
        let message =
            format!("<message to='{link}' id='{id}' type='chat' xml:lang='en'><body>{words}</body></message>");
        customer.send(&message);
    };
    says(&mut customer, "c1", "Hello there");
    let from = agent.all().len();
    let alias = accept_raw(&mut agent, "Hello there");
    agent.say(&alias, "a1", "Good day");
    customer.take("<body>Good day</body>");
    customer.send(&format!(
        "<message to='{link}' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>"
    ));
    says(&mut customer, "c2", "My bill is wrong");
    agent.take("<body>My bill is wrong</body>");
    customer.send("<presence><show>away</show><status>at lunch</status></presence>");
    agent.take("<status>at lunch</status>");
    agent.say(&alias, "e", "end");
    customer.take("has ended");
    // In whatever order.
    agent.until("subscription='remove'/></query></iq>");
    agent.until("Write again to start another.</body>");
    agent.send("<iq type='get' id='end' to='desk.center.example'><ping xmlns='urn:xmpp:ping'/></iq>");
    agent.take("id='end'");
    let all = agent.all();
    let text = all[from..].replace(bare(&alias), "WINDOW");
    stanzas(&text)
}

/// One each, without what differs from one conversation to the next; sorted, as presence comes when it comes.
fn stanzas(text: &str) -> Vec<String> {
    let mut stanzas: Vec<String> = Vec::new();
    let ends = ["</message>", "</presence>", "</iq>"];
    let parts = ends
        .iter()
        .fold(vec![text], |parts, end| parts.into_iter().flat_map(|part| part.split_inclusive(end)).collect());
    for part in parts {
        let mut stanza = part.trim().to_owned();
        for name in ["id", "stamp", "to"] {
            while let Some(at) = stanza.find(&format!(" {name}='")) {
                let value = at + name.len() + 3;
                let end = value + stanza[value..].find('\'').map_or(0, |end| end + 1);
                stanza.replace_range(at..end, "");
            }
        }
        // Who the customer is, and where: that much an offer says.
        for part in [" (member)", " at prosody", " at ejabberd"] {
            stanza = stanza.replace(part, "");
        }
        let digits = |text: String| text.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect::<String>();
        // What the centre itself says comes from the window, with or without the device that is there at the moment.
        stanzas.push(digits(stanza).replace("WINDOW/device-#", "WINDOW"));
    }
    stanzas.sort();
    stanzas.dedup();
    stanzas
}

fn looks_the_same() {
    let servers = [Server::start(Whose::Prosody, &["joe"]), Server::start(Whose::Ejabberd, &["joe"])];
    let mut views = Vec::new();
    for server in &servers {
        let host =
            Host::serve(Centre::in_the_clear(&[("wrap_up_s = 30", "wrap_up_s = 0")]).at(server, Side::Customer, &[]));
        host.people(&[("jim", 1)], &[]);
        host.look_until("status", &["\"up\""]);
        let joe = Raw::online(server.clients(), &(server.jid("joe") + "/phone"), "joe");
        views.push(seen_by_the_agent(&host, joe, &server.link(Side::Customer, "billing")));
    }
    let host = Host::serve(Centre::in_the_clear(&[("wrap_up_s = 30", "wrap_up_s = 0")]));
    host.people(&[("jim", 1)], &["joe"]);
    let joe = Raw::online(host.customers(), "joe@center.example/phone", "joe");
    let own = seen_by_the_agent(&host, joe, CENTER_BILLING);
    for view in views {
        assert_eq!(view.join("\n"), own.join("\n"));
    }
}

/// All kinds of stanzas that a client may send to us, and to addresses that it can only guess.
fn every_kind(to: &str) -> Vec<String> {
    let mut all: Vec<String> = ["disco#info", "disco#items"]
        .iter()
        .map(|kind| {
            format!("<iq type='get' id='{kind}' to='{to}'><query xmlns='http://jabber.org/protocol/{kind}'/></iq>")
        })
        .collect();
    for (number, payload) in [
        "<query xmlns='jabber:iq:version'/>",
        "<query xmlns='jabber:iq:last'/>",
        "<time xmlns='urn:xmpp:time'/>",
        "<ping xmlns='urn:xmpp:ping'/>",
        "<vCard xmlns='vcard-temp'/>",
        "<query xmlns='jabber:iq:roster'/>",
        "<query xmlns='jabber:iq:private'/>",
        "<query xmlns='jabber:iq:register'/>",
        "<query xmlns='jabber:iq:search'/>",
        "<query xmlns='urn:xmpp:mam:2'/>",
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:avatar:metadata'/></pubsub>",
        "<nobody xmlns='urn:example:nobody'/>",
    ]
    .iter()
    .enumerate()
    {
        for kind in ["get", "set"] {
            all.push(format!("<iq type='{kind}' id='{kind}-{number}' to='{to}'>{payload}</iq>"));
        }
    }
    all.push(format!("<iq type='result' id='r' to='{to}'/>"));
    for kind in ["subscribe", "subscribed", "probe", "unsubscribe", "unsubscribed", "unavailable", "error"] {
        all.push(format!("<presence type='{kind}' to='{to}'/>"));
    }
    all.push(format!("<presence to='{to}'/>"));
    for kind in ["chat", "normal", "headline", "groupchat", "error"] {
        all.push(format!("<message type='{kind}' id='m-{kind}' to='{to}'><body>Words to nobody</body></message>"));
    }
    all.push(format!(
        "<message to='{to}' id='m-x'><received xmlns='urn:xmpp:receipts' id='x'/><composing xmlns='http://jabber.org/protocol/chatstates'/></message>"
    ));
    all
}

/// A customer in a conversation sends all of it to all addresses; every byte of the answers is looked through.
fn sends_everything(host: &Host, mut customer: Raw, domain: &str) {
    let link = format!("billing@{domain}");
    let mut agent = Raw::online(host.agents(), "jim@desk.center.example/inner-resource", "jim");
    host.look_until("agents", &["jim", "available"]);
    customer.say(&link, "c1", "Hello there");
    let alias = accept_raw(&mut agent, "Hello there");
    agent.say(&alias, "a1", "Good day");
    customer.take("<body>Good day</body>");
    agent.send(&format!(
        "<message to='{alias}' id='f' type='chat' xml:lang='en'><body>All</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><replace xmlns='urn:xmpp:message-correct:0' id='a1'/><x xmlns='jabber:x:oob'><url>http://127.0.0.1/inner</url></x><nick xmlns='http://jabber.org/protocol/nick'>jim of the desk</nick><thread>inner-thread</thread></message>"
    ));
    customer.take("<body>All</body>");
    let window = alias.split('@').next().unwrap_or_default();
    let addresses =
        [domain.to_owned(), link.clone(), format!("{link}/x"), format!("jim@{domain}"), format!("{window}@{domain}")];
    for (number, to) in addresses.iter().enumerate() {
        for stanza in every_kind(to) {
            customer.send(&stanza);
        }
        customer.send(&format!("<iq type='get' id='done-{number}' to='{domain}'><ping xmlns='urn:xmpp:ping'/></iq>"));
        customer.take(&format!("id='done-{number}'"));
    }
    agent.send("<presence><show>dnd</show><status>inner status of jim</status></presence>");
    agent.say(&alias, "e", "end");
    customer.take("has ended");
    customer.send(&format!("<iq type='get' id='last' to='{domain}'><ping xmlns='urn:xmpp:ping'/></iq>"));
    customer.take("id='last'");
    let heard = customer.all();
    let guesses = ["jim", window];
    let mine = guesses.map(|guess| [format!("{guess}@{domain}"), format!("There is no {guess} here.")]).concat();
    // What the customer has sent comes back in answers; that is no news to him.
    let news = mine.iter().fold(heard, |heard, address| heard.replace(address, "GUESSED"));
    for inside in ["jim", "desk.center.example", "inner", window, "127.0.0.1"] {
        let at = news.find(inside).map(|at| &news[at.saturating_sub(200)..(at + 200).min(news.len())]);
        assert!(at.is_none(), "at {domain} the customer was sent {inside:?}: {at:?}");
    }
}

fn nothing_leaks() {
    for whose in [Whose::Prosody, Whose::Ejabberd] {
        let server = Server::start(whose, &["joe"]);
        let host = Host::serve(Centre::in_the_clear(&[]).at(&server, Side::Customer, &[]));
        host.people(&[("jim", 3)], &[]);
        host.look_until("status", &["\"up\""]);
        let joe = Raw::online(server.clients(), &(server.jid("joe") + "/phone"), "joe");
        sends_everything(&host, joe, &server.component(Side::Customer));
    }
    let host = Host::serve(Centre::in_the_clear(&[]));
    host.people(&[("jim", 3)], &["joe"]);
    let joe = Raw::online(host.customers(), "joe@center.example/phone", "joe");
    sends_everything(&host, joe, CENTER);
}
