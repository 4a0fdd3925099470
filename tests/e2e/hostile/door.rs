//! Strangers who never come in: silence, guessing, words in the wrong order, words behind `<starttls/>`, more connections than one may have.

use crate::Scenario;
use crate::rig::{Bystanders, CENTER, Centre, Client, Host, Login, Need, Raw, header, plain, until};
use std::time::{Duration, Instant};

pub(crate) const ALL: &[Scenario] = &[
    Scenario { name: "connections that stay silent are closed in time", needs: &[], run: silence },
    Scenario { name: "what was said in the clear behind <starttls/> is never acted upon", needs: &[], run: pipelined },
    Scenario { name: "abuse of SASL ends the stream, and guessing is limited", needs: &[], run: sasl },
    Scenario {
        name: "a flood of connections of one address leaves those that are there alone",
        needs: &[Need::Slixmpp],
        run: connections,
    },
];

fn silence() {
    let host = Host::serve(Centre::in_the_clear(&[("authenticate_ms = 30000", "authenticate_ms = 2000")]));
    host.people(&[("jim", 3)], &["joe", "sue"]);
    let mut bystanders = Bystanders::at(&host);
    let begun = Instant::now();
    let mut silent: Vec<Raw> = (0..20).map(|_| Raw::connect(host.customers())).collect();
    for (number, words) in
        [(5, header(CENTER)), (6, header(CENTER) + &plain("sue", "wrong")), (7, "<stream:stre".into())]
    {
        silent[number].send(&words);
    }
    // Who has signed in and binds nothing is as silent.
    let mut sue = Raw::connect(host.customers());
    sue.authenticate("sue", CENTER, "sue");
    silent.push(sue);
    bystanders.round_trip();
    for peer in &mut silent {
        let answer = peer.until_closed();
        let condition = answer.contains("<connection-timeout xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>");
        assert!(condition && answer.ends_with("</stream:stream>"), "{answer}");
    }
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(2) && took < Duration::from_secs(8), "it took {took:?}");
    bystanders.round_trip();
}

/// CVE-2011-0411 and its kin: TLS must begin with an empty stream.
fn pipelined() {
    let host = Host::start();
    let starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
    // NUL joe NUL joe, then a resource and a word to a link.
    let injected = [
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGpvZQBqb2U=</auth>".to_owned(),
        header("localhost") + "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGpvZQBqb2U=</auth>",
        "<message to='billing@localhost' id='injected'><body>injected words</body></message>".to_owned(),
        "</stream:stream>".to_owned(),
    ];
    for words in injected {
        let mut peer = Raw::connect(host.customers());
        peer.send(&header("localhost"));
        peer.take("</stream:features>");
        peer.send(&format!("{starttls}{words}"));
        peer.take("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        // The words are forgotten, or they spoil the handshake; under no circumstances are they heard behind it.
        let Some(mut peer) = peer.secured() else { continue };
        peer.send(&header("localhost"));
        let answer = peer.until("</stream:features>");
        let begins_anew = answer.starts_with("<?xml version='1.0'?><stream:stream ") && answer.contains("<mechanisms ");
        assert!(begins_anew && answer.matches("<stream:features>").count() == 1, "{words}: {answer}");
        assert!(!answer.contains("<success") && !answer.contains("<failure"), "{words}: {answer}");
        peer.send("<iq type='get' id='probe'><ping xmlns='urn:xmpp:ping'/></iq>");
        let answer = peer.until_closed();
        assert!(answer.contains("<not-authorized"), "nobody has signed in: {answer}");
    }
    assert!(!host.look("sessions").to_string().contains("billing"), "nobody's words began a session");
    assert!(!host.log().contains("injected words"));
}

fn sasl() {
    let window = ("refused_window_ms = 60000", "refused_window_ms = 4000");
    let host = Host::serve(Centre::in_the_clear(&[window, ("refused_delay_ms = 1000", "refused_delay_ms = 20")]));
    host.people(&[("jim", 3)], &["joe", "sue"]);
    let mut bystanders = Bystanders::at(&host);
    let sasl = |name: &str, words: &str| format!("<{name} xmlns='urn:ietf:params:xml:ns:xmpp-sasl'{words}</{name}>");
    let table = [
        ("<malformed-request/>", sasl("response", ">AAAA")),
        ("<malformed-request/>", sasl("challenge", ">AAAA")),
        ("<malformed-request/>", sasl("success", ">AAAA")),
        ("<aborted/>", sasl("abort", ">")),
        ("<incorrect-encoding/>", sasl("auth", " mechanism='PLAIN'>???")),
        ("<invalid-mechanism/>", sasl("auth", " mechanism='EXTERNAL'>=")),
        ("<invalid-mechanism/>", sasl("auth", ">=")),
        ("<malformed-request/>", sasl("auth", " mechanism='PLAIN'>AAAA")),
        ("<malformed-request/>", sasl("auth", " mechanism='SCRAM-SHA-1'>bm90IHNjcmFt")),
    ];
    for (condition, words) in &table {
        let mut peer = Raw::connect(host.customers());
        peer.send(&format!("{}{words}", header(CENTER)));
        let answer = peer.until("</failure>");
        assert!(answer.contains(condition) && !answer.contains("<success"), "{words}: {answer}");
    }
    let mut long = Raw::connect(host.customers());
    long.send(&format!("{}{}", header(CENTER), sasl("auth", &format!(" mechanism='PLAIN'>{}", "A".repeat(100_000)))));
    let answer = long.until_closed();
    assert!(answer.contains("<policy-violation"), "{answer}");
    // An exchange is one's own: what another stream was asked can't be answered here.
    let mut crossed = Raw::connect(host.customers());
    crossed.send(&format!("{}{}", header(CENTER), sasl("auth", " mechanism='SCRAM-SHA-1'>biwsbj1zdWUscj1hYmM=")));
    crossed.take("<challenge");
    crossed.send(&plain("sue", "sue"));
    crossed.take("<success");
    bystanders.round_trip();
    hundred_attempts(&host);
    bystanders.round_trip();
    // Once the window has passed, who knows the password comes in.
    until("sue comes in", || {
        let mut peer = Raw::connect(host.customers());
        peer.send(&header(CENTER));
        peer.take("</stream:features>");
        peer.send(&plain("sue", "sue"));
        peer.take(" xmlns='urn:ietf:params:xml:ns:xmpp-sasl'").contains("<success")
    });
}

/// Guesses, five a connection and then the stream ends; beyond the limit the answers say nothing about the password.
fn hundred_attempts(host: &Host) {
    let (mut wrong, mut limited) = (0, 0);
    for _ in 0..20 {
        let mut peer = Raw::connect(host.customers());
        peer.send(&header(CENTER));
        peer.take("</stream:features>");
        for _ in 0..5 {
            peer.send(&plain("sue", "a guess"));
            let answer = peer.take("</failure>");
            wrong += usize::from(answer.contains("<not-authorized/>"));
            limited += usize::from(answer.contains("<temporary-auth-failure/>"));
        }
        let end = peer.until_closed();
        assert!(end.contains("<policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"), "{end}");
    }
    assert_eq!(wrong + limited, 100);
    assert!(limited >= 80, "{wrong} of 100 guesses were looked at");
}

fn connections() {
    const PLACES: usize = 20;
    let limit = ("connections_per_source = 10000", "connections_per_source = 20");
    let host = Host::serve(Centre::in_the_clear(&[limit]));
    host.people(&[("jim", 3)], &["joe", "sue"]);
    let mut bystanders = Bystanders::at(&host);
    let mut flood: Vec<Raw> = (0..200).map(|_| Raw::connect(host.customers())).collect();
    let taken = flood.iter_mut().filter_map(|peer| {
        peer.send(&header(CENTER));
        peer.until("</stream:features>").contains("</stream:features>").then_some(())
    });
    assert_eq!(taken.count(), PLACES - 1, "one of the places is the bystander's");
    bystanders.round_trip();
    let told = host.log().matches("a connection is refused").count();
    assert!((1..=10).contains(&told), "a flood does not flood the log: {told} lines");
    drop(flood);
    let mut sue = None;
    until("there is a place again", || {
        let mut peer = Raw::connect(host.customers());
        peer.send(&header(CENTER));
        sue = peer.until("</stream:features>").contains("</stream:features>").then_some(());
        sue.is_some()
    });
    Client::online(&Login::new("sue@center.example/x", "sue", host.customers()).in_the_clear());
    bystanders.round_trip();
}
