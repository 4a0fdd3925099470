//! XML that nobody would write for another: too big, too deep, too much, forbidden, of other people's namespaces.

use super::many;
use crate::Scenario;
use crate::rig::{Bystanders, CENTER, CENTER_BILLING, Centre, Host, Raw, header};
use std::io::Write as _;

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "a stanza of 10 MB ends its stream, and the host keeps nothing of it",
        needs: &[],
        run: ten_megabytes,
    },
    Scenario { name: "XML too deep, too wide or forbidden ends its stream and no other", needs: &[], run: too_much },
    Scenario { name: "entities are not expanded", needs: &[], run: entities },
    Scenario { name: "elements of wrong namespaces end their stream and no other", needs: &[], run: namespaces },
];

/// What the memory of the host may grow by, whatever one peer sends.
const GROWTH_KIB: u64 = 6 * 1024;

fn host() -> Host {
    let host = Host::serve(Centre::in_the_clear(&[]));
    host.people(&[("jim", 3)], &["joe", "sue"]);
    host
}

/// Signed in, and what comes behind that until the host closes.
fn answer_to_sue(host: &Host, text: &str) -> String {
    let mut sue = Raw::online(host.customers(), "sue@center.example/x", "sue");
    let before = sue.all().len();
    sue.send(text);
    sue.until_closed()[before..].to_owned()
}

/// The same before she has signed in.
fn answer_to_stranger(host: &Host, text: &str) -> String {
    let mut stranger = Raw::connect(host.customers());
    stranger.send(text);
    stranger.until_closed()
}

fn is_stream_error(answer: &str, condition: &str) -> bool {
    let condition = format!("<stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'");
    answer.contains(&condition) && answer.ends_with("</stream:stream>")
}

fn ten_megabytes() {
    let host = host();
    let mut bystanders = Bystanders::at(&host);
    bystanders.round_trip();
    let (_, most_before) = host.memory_kib();
    for kind in ["message", "iq", "presence"] {
        let mut sue = Raw::online(host.customers(), "sue@center.example/x", "sue");
        let mut writer = sue.writer();
        let head = format!("<{kind} to='{CENTER_BILLING}' id='big'><body>");
        let sender = std::thread::spawn(move || {
            let chunk = "0123456789abcdef".repeat(4096);
            // The host closes long before the end.
            let mut going = writer.write_all(head.as_bytes()).is_ok();
            for _ in 0..10 * 1024 * 1024 / chunk.len() {
                going = going && writer.write_all(chunk.as_bytes()).is_ok();
            }
            going
        });
        let answer = sue.until_closed();
        assert!(is_stream_error(&answer, "policy-violation"), "{kind}: {answer}");
        assert!(!sender.join().expect("the sender ends"), "{kind}: the host has read all 10 MB");
        bystanders.round_trip();
    }
    let (_, most) = host.memory_kib();
    assert!(most.saturating_sub(most_before) < GROWTH_KIB, "the host grew from {most_before} KiB to {most} KiB");
}

fn too_much() {
    let host = host();
    let mut bystanders = Bystanders::at(&host);
    bystanders.round_trip();
    let (_, most_before) = host.memory_kib();
    let attributes: String = many(100_000, |number| format!(" a{number}='x'"));
    let siblings = "<b/>".repeat(20_000);
    let long_name = "n".repeat(100_000);
    let table = [
        ("policy-violation", format!("<message>{}", "<a>".repeat(10_000))),
        ("policy-violation", format!("<message{attributes}/>")),
        ("policy-violation", format!("<message><x{attributes}/></message>")),
        ("policy-violation", format!("<message>{siblings}</message>")),
        ("policy-violation", format!("<{long_name}/>")),
        ("policy-violation", format!("<message to='{long_name}'/>")),
        ("restricted-xml", "<message><body>a<!-- b -->c</body></message>".to_owned()),
        ("restricted-xml", "<?xml-stylesheet href='http://127.0.0.1/'?>".to_owned()),
        ("restricted-xml", "<message><?php phpinfo() ?></message>".to_owned()),
        ("not-well-formed", "<message id='1' id='2'/>".to_owned()),
        ("not-well-formed", "<message><body>\u{1}</body></message>".to_owned()),
        ("not-well-formed", "<message><body></message></body>".to_owned()),
        ("bad-format", "words between stanzas".to_owned()),
    ];
    for (condition, text) in &table {
        let shown = &text[..text.len().min(60)];
        let answer = answer_to_sue(&host, text);
        assert!(is_stream_error(&answer, condition), "{shown}: {condition}: {answer}");
        let answer = answer_to_stranger(&host, &format!("{}{text}", header(CENTER)));
        assert!(is_stream_error(&answer, condition), "{shown} of a stranger: {condition}: {answer}");
        bystanders.round_trip();
    }
    let (_, most) = host.memory_kib();
    assert!(most.saturating_sub(most_before) < GROWTH_KIB, "the host grew from {most_before} KiB to {most} KiB");
}

fn entities() {
    let host = host();
    let mut bystanders = Bystanders::at(&host);
    let mut laughs = "<!ENTITY l0 'ha'>".to_owned();
    for level in 1..20 {
        let laugh = format!("&l{};", level - 1).repeat(10);
        let entity = format!("<!ENTITY l{level} '{laugh}'>");
        laughs += &entity;
    }
    let table = [
        format!("<?xml version='1.0'?><!DOCTYPE laughs [{laughs}]><stream:stream to='{CENTER}'>&l19;"),
        "<!DOCTYPE stream SYSTEM 'file:///etc/passwd'>".to_owned(),
        format!("{}<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>", header(CENTER)),
        format!("{}<message><body>&b;</body></message>", header(CENTER)),
        header("&b;"),
    ];
    let (_, most_before) = host.memory_kib();
    for text in table {
        let answer = answer_to_stranger(&host, &text);
        assert!(is_stream_error(&answer, "restricted-xml"), "{text}: {answer}");
    }
    let answer = answer_to_sue(&host, "<message to='billing@center.example'><body>&laugh;</body></message>");
    assert!(is_stream_error(&answer, "restricted-xml"), "{answer}");
    bystanders.round_trip();
    let (_, most) = host.memory_kib();
    assert!(most.saturating_sub(most_before) < GROWTH_KIB, "the host grew from {most_before} KiB to {most} KiB");
}

fn namespaces() {
    let host = host();
    let mut bystanders = Bystanders::at(&host);
    let stream = |default: &str, prefix: &str| {
        format!("<stream:stream xmlns='{default}' xmlns:stream='{prefix}' to='{CENTER}' version='1.0'>")
    };
    let streams = "http://etherx.jabber.org/streams";
    let headers = [
        ("invalid-namespace", stream("jabber:client", "http://example.org/streams")),
        ("invalid-namespace", stream("jabber:server", streams)),
        ("invalid-namespace", stream("jabber:component:accept", streams)),
        ("invalid-namespace", stream("", streams)),
        ("not-well-formed", format!("<stream:stream xmlns='jabber:client' to='{CENTER}' version='1.0'>")),
        ("unsupported-version", stream("jabber:client", streams).replace("1.0", "0.9")),
    ];
    for (condition, text) in headers {
        let answer = answer_to_stranger(&host, &text);
        assert!(is_stream_error(&answer, condition), "{text}: {answer}");
    }
    let stanzas = [
        ("not-well-formed", "<x:message/>"),
        ("invalid-namespace", "<message xmlns=''/>"),
        ("unsupported-stanza-type", "<message xmlns='jabber:server' to='billing@center.example'/>"),
        ("unsupported-stanza-type", "<letter/>"),
        ("unsupported-stanza-type", "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>"),
        ("unsupported-stanza-type", "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
    ];
    for (condition, text) in stanzas {
        let answer = answer_to_sue(&host, text);
        assert!(is_stream_error(&answer, condition), "{text}: {answer}");
        bystanders.round_trip();
    }
    // What stands inside a stanza is anybody's: it is passed over, and the conversation goes on.
    let mut sue = Raw::online(host.customers(), "sue@center.example/x", "sue");
    sue.send("<message to='sue@center.example' xml:lang='en'><x xmlns='urn:example:nobody' xmlns:y='urn:example:other' y:z='1'><y:w/></x></message>");
    sue.send("<iq type='get' id='alive' to='center.example'><ping xmlns='urn:xmpp:ping'/></iq>");
    sue.take("id='alive'");
}
