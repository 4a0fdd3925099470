//! Clients that have signed in and break the rules of the stream: binding twice, the same resource twice, false acknowledgements.

use crate::Scenario;
use crate::rig::{Bystanders, CENTER_BILLING, Centre, Client, Host, Login, Need, Raw, bind, fact};

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "a second resource on one stream is refused, and the first goes on",
        needs: &[],
        run: second_bind,
    },
    Scenario {
        name: "of two streams with one resource the older ends with conflict",
        needs: &[Need::Slixmpp],
        run: conflict,
    },
    Scenario { name: "false acknowledgements end the stream and no other", needs: &[], run: acknowledgements },
    Scenario { name: "nobody speaks in another's name", needs: &[], run: impostor },
];

fn host() -> (Host, Bystanders) {
    let host = Host::serve(Centre::in_the_clear(&[]));
    host.people(&[("jim", 1)], &["joe", "sue"]);
    let bystanders = Bystanders::at(&host);
    (host, bystanders)
}

fn sue(host: &Host) -> Raw {
    Raw::online(host.customers(), "sue@center.example/x", "sue")
}

fn second_bind() {
    let (host, mut bystanders) = host();
    let mut sue = sue(&host);
    for resource in ["y", "x"] {
        sue.send(&bind(resource));
        sue.take(&format!("id='bind-{resource}'"));
        let answer = sue.take("</iq>");
        assert!(answer.contains("<not-allowed"), "{answer}");
    }
    sue.send("<iq type='get' id='alive' to='center.example'><ping xmlns='urn:xmpp:ping'/></iq>");
    sue.take("id='alive'");
    // A resource that can't be one, before any is bound.
    let mut other = Raw::connect(host.customers());
    other.authenticate("sue", "center.example", "sue");
    other.send("<iq type='set' id='long'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>");
    other.send(&format!("{}</resource></bind></iq>", "r".repeat(1024)));
    let answer = other.take("</iq>");
    assert!(answer.contains("<bad-request"), "{answer}");
    other.send(&bind("fine"));
    assert!(other.take("</jid>").contains("sue@center.example/fine"));
    bystanders.round_trip();
}

fn conflict() {
    let (host, mut bystanders) = host();
    let login = Login::new("sue@center.example/phone", "sue", host.customers()).in_the_clear();
    let mut older = Client::online(&login);
    older.say(CENTER_BILLING, "c1", "One of two");
    host.look_until("status", &["\"waiting\":1"]);
    let mut newer = Raw::online(host.customers(), "sue@center.example/phone", "sue");
    older.expect("stream-error", "the end of the older stream", |error| fact(error, "condition") == "conflict");
    newer.say(CENTER_BILLING, "c2", "Two of two");
    newer.send("<iq type='get' id='alive' to='center.example'><ping xmlns='urn:xmpp:ping'/></iq>");
    newer.take("id='alive'");
    // And the other way round, many times, as two clients do that both reconnect.
    let mut last = newer;
    for _ in 0..10 {
        let mut next = Raw::online(host.customers(), "sue@center.example/phone", "sue");
        let end = last.until_closed();
        assert!(end.contains("<stream:error><conflict "), "{end}");
        next.send("<iq type='get' id='alive' to='center.example'><ping xmlns='urn:xmpp:ping'/></iq>");
        next.take("id='alive'");
        last = next;
    }
    host.look_until("status", &["\"waiting\":1", "\"active\":1"]);
    bystanders.round_trip();
}

fn acknowledgements() {
    let (host, mut bystanders) = host();
    let sm = |words: &str| format!("<{words} xmlns='urn:xmpp:sm:3'/>");
    let fatal = [
        ("<policy-violation ", sm("r")),
        ("<policy-violation ", sm("a h='0'")),
        ("<handled-count-too-high ", sm("enable") + &sm("a h='1000'")),
        ("<bad-format ", sm("enable") + &sm("a h='-1'")),
        ("<bad-format ", sm("enable") + &sm("a")),
        ("<unsupported-stanza-type ", sm("enabled")),
    ];
    for (condition, words) in fatal {
        let mut sue = sue(&host);
        sue.send(&words);
        let answer = sue.until_closed();
        assert!(answer.contains("<stream:error>") && answer.contains(condition), "{words}: {answer}");
        bystanders.round_trip();
    }
    let mut sue = sue(&host);
    sue.send(&sm("enable"));
    sue.take("<enabled");
    for (condition, words) in
        [("<unexpected-request", sm("enable")), ("<feature-not-implemented", sm("resume h='0' previd='x'"))]
    {
        sue.send(&words);
        let answer = sue.take("</failed>");
        assert!(answer.contains(condition), "{answer}");
    }
    sue.send(&sm("r"));
    sue.take("<a xmlns='urn:xmpp:sm:3' h='0'/>");
    sue.say(CENTER_BILLING, "c1", "Is this counted?");
    sue.send(&sm("r"));
    sue.take("<a xmlns='urn:xmpp:sm:3' h='1'/>");
    bystanders.round_trip();
}

fn impostor() {
    let (host, mut bystanders) = host();
    for from in ["joe@center.example", "joe@center.example/phone", "sue@elsewhere.example", "billing@center.example"] {
        let mut sue = sue(&host);
        sue.send(&format!("<message from='{from}' to='{CENTER_BILLING}' id='i'><body>I am another</body></message>"));
        let answer = sue.until_closed();
        assert!(answer.contains("<stream:error><invalid-from "), "{from}: {answer}");
    }
    assert!(!host.look("sessions").to_string().contains("sue"), "no word of hers has begun a session");
    bystanders.round_trip();
}
