//! What a client of RFC 6120 and 6121 expects of a server, and the extensions that we promise.

use crate::Scenario;
use crate::rig::{BILLING, Client, Host, Login, Need, fact, joe};
use serde_json::{Value, json};

pub(crate) const ALL: &[Scenario] = &[
    Scenario { name: "the links are discovered as a tree", needs: &[Need::Slixmpp], run: discovery },
    Scenario { name: "the roster holds the links", needs: &[Need::Slixmpp], run: roster },
    Scenario {
        name: "the links' presence says whether anybody is there",
        needs: &[Need::Slixmpp],
        run: presence_of_links,
    },
    Scenario { name: "the software of a customer is asked for and recorded", needs: &[Need::Slixmpp], run: software },
    Scenario { name: "stanzas are acknowledged by stream management", needs: &[Need::Slixmpp], run: acknowledgements },
    Scenario {
        name: "a ping is answered, and so is the question for the version",
        needs: &[Need::Slixmpp],
        run: ping_and_version,
    },
];

const LINKS: [&str; 3] = ["billing@localhost", "sales@localhost", "support@localhost"];

fn jids(list: &Value) -> Vec<&str> {
    let mut jids: Vec<&str> = list.as_array().into_iter().flatten().map(|entry| fact(entry, "jid")).collect();
    jids.sort_unstable();
    jids
}

fn discovery() {
    let host = Host::start();
    let mut customer = joe(&host);
    customer.order(&json!({ "do": "info", "to": "localhost" }));
    let info = customer.expect("info", "what the domain is", |info| fact(info, "of") == "localhost");
    assert!(
        info["features"].to_string().contains("disco#items") && info["identities"].to_string().contains("server"),
        "{info}"
    );
    customer.order(&json!({ "do": "items", "to": "localhost" }));
    let items = customer.expect("items", "the links", |items| fact(items, "of") == "localhost");
    assert_eq!(jids(&items["items"]), LINKS, "{items}");
    customer.order(&json!({ "do": "items", "to": BILLING }));
    let below = customer.expect("items", "what stands below a link", |items| fact(items, "of") == BILLING);
    assert!(jids(&below["items"]).is_empty(), "the demo's links have none below: {below}");
    customer.order(&json!({ "do": "info", "to": BILLING }));
    let info = customer.expect("info", "what a link is", |info| fact(info, "of") == BILLING);
    assert!(info["identities"].to_string().contains("Billing"), "{info}");
}

fn roster() {
    let host = Host::start();
    let mut customer = Client::sign_in(&Login::new("joe@localhost/x", "joe", host.customers()));
    customer.order(&json!({ "do": "roster" }));
    let roster = customer.expect("roster", "the roster", |_| true);
    assert_eq!(jids(&roster["entries"]), LINKS, "{roster}");
    assert!(
        roster["entries"].as_array().into_iter().flatten().all(|entry| fact(entry, "subscription") == "both"),
        "{roster}"
    );
}

fn presence_of_links() {
    let host = Host::start();
    let mut customer = joe(&host);
    let from_billing = |presence: &Value| fact(presence, "sender").starts_with(BILLING);
    let nobody = customer.expect("presence", "billing without agents", from_billing);
    assert_ne!(fact(&nobody, "type"), "available", "{nobody}");
    let mut agent = crate::rig::jim(&host);
    customer.expect("presence", "billing with an agent", |presence| {
        from_billing(presence) && fact(presence, "type") == "available"
    });
    agent.order(&json!({ "do": "leave" }));
    customer.expect("presence", "billing without agents again", |presence| {
        from_billing(presence) && fact(presence, "type") != "available"
    });
}

fn software() {
    let host = Host::start();
    let mut customer = joe(&host);
    customer.say(BILLING, "c1", "Hello");
    let sessions = host.look_until("sessions", &["Cordboard's test"]);
    assert!(sessions.to_string().contains("7.5"), "{sessions}");
}

fn acknowledgements() {
    let host = Host::start();
    let mut login = Login::new("joe@localhost/x", "joe", host.customers());
    login.acks = true;
    let mut customer = Client::online(&login);
    customer.expect("acks-enabled", "stream management", |_| true);
    customer.say(BILLING, "acked-1", "Is this kept?");
    host.look_until("sessions", &["billing"]);
    // slixmpp asks for acknowledgements after some stanzas; a few more make it ask.
    for id in 0..6 {
        customer.order(&json!({ "do": "ping", "to": "localhost", "number": id }));
        customer.expect("pong", "an answer", |_| true);
    }
    customer.expect("acked", "the acknowledgement of the message", |acked| fact(acked, "id") == "acked-1");
}

fn ping_and_version() {
    let host = Host::start();
    let mut customer = joe(&host);
    for address in ["localhost", BILLING] {
        customer.order(&json!({ "do": "ping", "to": address }));
        customer.expect("pong", "an answer", |_| true);
    }
    customer.order(&json!({ "do": "version", "to": "localhost" }));
    let version = customer.expect("version", "an answer", |_| true);
    assert_eq!(
        (fact(&version, "name"), fact(&version, "version")),
        ("Cordboard", env!("CARGO_PKG_VERSION")),
        "{version}"
    );
}
