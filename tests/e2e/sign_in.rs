//! Who is let in, how, and what happens to those who guess.

use crate::Scenario;
use crate::rig::{Client, Host, Login, Need, Raw, fact, header};
use std::time::{Duration, Instant};

pub(crate) const ALL: &[Scenario] = &[
    Scenario { name: "members and agents sign in with every mechanism", needs: &[Need::Slixmpp], run: every_mechanism },
    Scenario {
        name: "a guest comes in at the customers' listener and not at the agents'",
        needs: &[Need::Slixmpp],
        run: guests,
    },
    Scenario { name: "an account of one side is unknown on the other", needs: &[Need::Slixmpp], run: sides },
    Scenario { name: "PLAIN is refused without TLS", needs: &[], run: plain_without_tls },
    Scenario {
        name: "a wrong password is refused late, and who keeps guessing is limited",
        needs: &[Need::Slixmpp],
        run: guessing,
    },
];

fn every_mechanism() {
    let host = Host::start();
    for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"] {
        for (jid, password, port) in
            [("joe@localhost/x", "joe", host.customers()), ("jim@desk.localhost/x", "jim", host.agents())]
        {
            let mut login = Login::new(jid, password, port);
            login.mechanism = Some(mechanism);
            let peer = Client::sign_in(&login);
            assert_eq!(peer.jid, jid, "{mechanism}");
        }
    }
}

fn guests() {
    let host = Host::start();
    let mut login = Login::new("localhost", "", host.customers());
    login.mechanism = Some("ANONYMOUS");
    let guests = [Client::sign_in(&login), Client::sign_in(&login)];
    let names: Vec<&str> = guests.iter().map(|guest| guest.jid.split('@').next().unwrap_or_default()).collect();
    assert!(names.iter().all(|name| name.starts_with("guest-") && name.len() == 18), "{names:?}");
    assert_ne!(names[0], names[1]);
    let mut at_the_desk = Login::new("desk.localhost", "", host.agents());
    at_the_desk.mechanism = Some("ANONYMOUS");
    Client::try_sign_in(&at_the_desk).expect("refused-all", "a refusal", |_| true);
}

fn sides() {
    let host = Host::start();
    for (jid, password, port) in
        [("jim@localhost/x", "jim", host.customers()), ("joe@desk.localhost/x", "joe", host.agents())]
    {
        let mut login = Login::new(jid, password, port);
        login.mechanism = Some("SCRAM-SHA-256");
        let refused = Client::try_sign_in(&login).expect("refused", "a refusal", |_| true);
        assert_eq!(fact(&refused, "condition"), "not-authorized", "{jid}");
    }
}

fn plain_without_tls() {
    let host = Host::start();
    for (domain, port) in [("localhost", host.customers()), ("desk.localhost", host.agents())] {
        let mut peer = Raw::connect(port);
        peer.send(&header(domain));
        let features = peer.until("</stream:features>").clone();
        assert!(features.contains("<starttls") && !features.contains("<mechanism>PLAIN"), "{features}");
        // NUL joe NUL joe
        peer.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGpvZQBqb2U=</auth>");
        let answer = peer.until("failure>");
        assert!(answer.contains("<encryption-required") && !answer.contains("<success"), "{answer}");
    }
}

fn guessing() {
    let host = Host::start();
    let mut login = Login::new("joe@localhost/x", "secret-guess", host.customers());
    login.mechanism = Some("PLAIN");
    let begun = Instant::now();
    let refused = Client::try_sign_in(&login).expect("refused", "a refusal", |_| true);
    assert_eq!(fact(&refused, "condition"), "not-authorized");
    assert!(begun.elapsed() >= Duration::from_secs(1), "a refusal takes a second, this took {:?}", begun.elapsed());
    let more: Vec<Client> = (0..11).map(|_| Client::try_sign_in(&login)).collect();
    let conditions: Vec<String> = more
        .into_iter()
        .map(|mut peer| fact(&peer.expect("refused", "a refusal", |_| true), "condition").to_owned())
        .collect();
    assert!(conditions.contains(&"temporary-auth-failure".to_owned()), "who keeps guessing is limited: {conditions:?}");
    login.password = "joe";
    let refused = Client::try_sign_in(&login).expect("refused", "a refusal", |_| true);
    assert_eq!(fact(&refused, "condition"), "temporary-auth-failure", "even the right password is not looked at");
    assert!(!host.log().contains("secret-guess"), "no password in the log");
}
