//! For tests: a machine with a peer and a host played by hand, and its outputs as readable lines.

use crate::Xmpp;
use cordboard_sdk::adapter::*;
use cordboard_sdk::model::*;
use std::fmt::Write;

pub(crate) const NOW: Timestamp = 1_784_021_400_000;
pub(crate) const HEADER: &str = "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' \
                                 xmlns:stream='http://etherx.jabber.org/streams'>";

pub(crate) fn attribute(name: &str, value: &str) -> Attribute {
    Attribute { name: name.into(), value: value.into() }
}

pub(crate) fn setup(tls: &str, clear: &str) -> Setup {
    Setup {
        side: "customer".into(),
        role: "server".into(),
        domain: "localhost".into(),
        settings: "{}".into(),
        seed: (0..32).collect(),
        attributes: vec![
            attribute("mechanisms", "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN ANONYMOUS"),
            attribute("mechanisms-clear", clear),
            attribute("tls", tls),
            attribute("software-version", "0.1.0"),
            attribute("name", "Example Bank"),
            attribute("max-message", "64"),
            attribute("authenticate-ms", "30000"),
            attribute("idle-ms", "60000"),
        ],
    }
}

pub(crate) fn opening(secured: bool) -> Opening {
    let tls = Tls { version: "TLSv1.3".into(), server_name: None, client_identity: None, exporter: vec![] };
    Opening {
        channel: 7,
        transport: "stream".into(),
        direction: "accepted".into(),
        dial: None,
        local: "127.0.0.1:5222".into(),
        remote: "127.0.0.1:40000".into(),
        tls: secured.then_some(tls),
        attributes: vec![],
    }
}

pub(crate) fn bytes(data: &[u8]) -> Input {
    Input::Received(Chunk { channel: 7, data: data.to_vec(), text: false })
}

pub(crate) fn settled(reference: u64) -> Input {
    Input::Settled(Settlement { ref_: reference, outcome: Ok(()) })
}

pub(crate) fn failed(reference: u64, code: &str, text: &str) -> Input {
    Input::Settled(Settlement { ref_: reference, outcome: Err(Failure { code: code.into(), text: text.into() }) })
}

pub(crate) fn proof(reference: u64, step: ProofStep) -> Input {
    Input::Proof(Proof { ref_: reference, step })
}

pub(crate) fn success(alias: &str, data: &[u8]) -> ProofStep {
    let (kind, data) = ("member".into(), data.to_vec());
    ProofStep::Success(Principal {
        alias: alias.into(),
        kind,
        data,
        attributes: vec![Attribute::new("name", "Joe Bloggs")],
    })
}

pub(crate) fn refused(code: &str) -> ProofStep {
    ProofStep::Refused(Failure { code: code.into(), text: String::new() })
}

pub(crate) fn links() -> Input {
    let link = |alias: &str, label: &str, parent: Option<&str>| LinkTarget {
        alias: alias.into(),
        label: label.into(),
        parent: parent.map(str::to_owned),
    };
    Input::Command(Command::Advertise(vec![
        link("billing", "Billing", None),
        link("refunds", "Refunds & returns", Some("billing")),
        link("sales", "Sales", None),
    ]))
}

pub(crate) const JOE: &str = "joe@localhost/phone";

pub(crate) fn delivery(id: &str, text: &str, replay: bool) -> Input {
    let message = Message {
        id: id.into(),
        sender: "billing".into(),
        sender_name: "Billing".into(),
        sent_at: NOW - 60_000,
        body: Body::Text(text.into()),
        language: None,
        attributes: vec![],
    };
    Input::Command(Command::Deliver(Delivery {
        id: id.into(),
        contact: JOE.into(),
        to: "billing".into(),
        message,
        replay,
    }))
}

pub(crate) fn direct(name: &str, attributes: Vec<Attribute>) -> Input {
    Input::Command(Command::Direct(Directive { contact: JOE.into(), name: name.into(), attributes }))
}

/// The people at a provider, as the host knows them.
pub(crate) const ANN: &str = "ann@provider.example";
pub(crate) const BOB: &str = "bob@provider.example";
/// What the provider's server begins its stream with.
pub(crate) const SERVER_HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' id='3BF96D32' \
                                        xmlns:stream='http://etherx.jabber.org/streams' from='support.example'>";

/// A component of somebody's server.
pub(crate) fn link_setup() -> Setup {
    let attributes = vec![
        attribute("secret", "prosody"),
        attribute("software-version", "0.1.0"),
        attribute("name", "Example Bank"),
        attribute("max-message", "64"),
        attribute("authenticate-ms", "30000"),
        attribute("idle-ms", "60000"),
    ];
    Setup { role: "component".into(), domain: "support.example".into(), attributes, ..setup("none", "") }
}

/// The host has connected to the provider.
pub(crate) fn dialled(channel: Channel) -> Input {
    Input::Opened(Opening { channel, direction: "dialled".into(), ..opening(false) })
}

/// The host's proof.
pub(crate) fn response(reference: u64) -> Input {
    proof(reference, ProofStep::Response(b"aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e".to_vec()))
}

/// The same input for another contact.
pub(crate) fn for_contact(contact: &str, input: Input) -> Input {
    let Input::Command(mut command) = input else { panic!("no command: {input:?}") };
    match &mut command {
        Command::Deliver(delivery) => contact.clone_into(&mut delivery.contact),
        Command::Direct(directive) => contact.clone_into(&mut directive.contact),
        _ => panic!("for nobody: {command:?}"),
    }
    Input::Command(command)
}

/// A name shown as available.
pub(crate) fn shown(contact: &str, alias: &str) -> Command {
    let tuple = PresenceTuple {
        id: "cordboard".into(),
        open: true,
        activity: "available".into(),
        medium: "chat".into(),
        contact: None,
        note: None,
        priority: 0,
        since: NOW,
        attributes: vec![],
    };
    let presence = Presence { presentity: alias.into(), tuples: vec![tuple] };
    Command::Show(Showing { contact: contact.into(), presence })
}

/// One machine, with the time.
pub(crate) struct Scene {
    pub(crate) xmpp: Xmpp,
    pub(crate) now: Timestamp,
}

impl Scene {
    /// A connection in the clear, TLS required.
    pub(crate) fn connected() -> Self {
        Self::with(setup("required", ""), false)
    }

    /// A connection on which TLS stands, after the features.
    pub(crate) fn secured() -> Self {
        let mut scene = Self::with(setup("required", ""), true);
        scene.peer(HEADER);
        scene
    }

    /// joe on his phone, links known, nothing outstanding.
    pub(crate) fn bound() -> Self {
        let mut scene = Self::with(setup("none", "PLAIN"), false);
        for input in sign_in() {
            scene.xmpp.handle(NOW, input);
        }
        scene
    }

    /// The same with the question after the software behind it, as the next reference is 3.
    pub(crate) fn known() -> Self {
        let mut scene = Self::bound();
        scene.peer("<presence/><iq type='error' id='version-1'/>");
        scene.host(settled(3));
        scene.host(settled(4));
        scene
    }

    /// A link that is up on channel 7, nobody known; the next reference is 2.
    pub(crate) fn linked() -> Self {
        Self::linked_with(link_setup())
    }

    pub(crate) fn linked_with(setup: Setup) -> Self {
        let mut scene = Self { xmpp: Xmpp::open(NOW, setup).unwrap(), now: NOW };
        scene.link_up(7);
        scene
    }

    /// The host connects to the provider, as channel number `channel`.
    pub(crate) fn link_up(&mut self, channel: Channel) -> String {
        let reference = self.xmpp.state.ledger.next_reference();
        shake_hands(channel, reference).into_iter().map(|input| self.host(input)).collect()
    }

    /// The same with ann, who has said something from her phone; the next reference is 5.
    pub(crate) fn acquainted() -> Self {
        let mut scene = Self::linked();
        scene.peer(&by("ann", "phone", "<message id='m1' to='billing@support.example'><body>hi</body></message>"));
        scene.peer(&by("ann", "phone", "<iq type='error' id='version-1' to='support.example'/>"));
        (2..=5).for_each(|reference| drop(scene.host(settled(reference))));
        scene
    }

    pub(crate) fn with(setup: Setup, secured: bool) -> Self {
        let mut scene = Self { xmpp: Xmpp::open(NOW, setup).unwrap(), now: NOW };
        scene.host(Input::Opened(opening(secured)));
        scene
    }

    pub(crate) fn peer(&mut self, xml: &str) -> String {
        self.host(bytes(xml.as_bytes()))
    }

    pub(crate) fn host(&mut self, input: Input) -> String {
        render(&self.xmpp.handle(self.now, input))
    }

    pub(crate) fn command(&mut self, command: Command) -> String {
        self.host(Input::Command(command))
    }
}

/// What is exchanged until joe is bound to his phone; the next reference is 3.
pub(crate) fn sign_in() -> Vec<Input> {
    let bind =
        "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>phone</resource></bind></iq>";
    vec![
        links(),
        bytes(HEADER.as_bytes()),
        bytes(b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGpvZQBqb2U=</auth>"),
        proof(1, success("joe", b"")),
        bytes(HEADER.as_bytes()),
        bytes(bind.as_bytes()),
        settled(2),
    ]
}

/// What is exchanged until a link is up.
pub(crate) fn shake_hands(channel: Channel, reference: u64) -> Vec<Input> {
    let received = |data: &str| Input::Received(Chunk { channel, data: data.as_bytes().to_vec(), text: false });
    vec![dialled(channel), links(), received(SERVER_HEADER), response(reference), received("<handshake/>")]
}

/// A stanza as the provider's server gives it: with who has sent it.
pub(crate) fn by(local: &str, resource: &str, stanza: &str) -> String {
    let end = stanza.find([' ', '>', '/']).unwrap();
    format!("{} from='{local}@provider.example/{resource}'{}", &stanza[..end], &stanza[end..])
}

/// Outputs, a line each.
pub(crate) fn render(outputs: &[Output]) -> String {
    let mut text = String::new();
    for output in outputs {
        line(&mut text, output);
        text.push('\n');
    }
    text
}

fn line(text: &mut String, output: &Output) {
    let written = match output {
        Output::Send(chunk) => write!(text, "send {}", String::from_utf8_lossy(&chunk.data)),
        Output::StartTls(_) => write!(text, "start TLS"),
        Output::Verify(step) => write!(
            text,
            "verify {} {} {:?}{}",
            step.ref_,
            step.scheme,
            String::from_utf8_lossy(&step.data),
            facts(&step.attributes)
        ),
        Output::Prove(step) => {
            let data = String::from_utf8_lossy(&step.data);
            write!(text, "prove {} {} {:?} of {:?}", step.ref_, step.scheme, data, step.secret)
        }
        Output::Ready(channel) => write!(text, "ready {channel}"),
        Output::Skipped(contact) => write!(text, "skipped {contact:?}"),
        Output::SetTimer(timer) => match timer.at {
            Some(at) => write!(text, "timer {} in {} ms", timer.id, at - NOW),
            None => write!(text, "timer {} off", timer.id),
        },
        Output::Receipt(receipt) => match &receipt.outcome {
            Ok(()) => write!(text, "receipt {}", receipt.id),
            Err(failure) => write!(text, "receipt {}: {} {:?}", receipt.id, failure.code, failure.text),
        },
        Output::Close(ending) => write!(text, "close: {}", ending.reason),
        Output::Report(report) => {
            let origin = report.origin.as_ref().map(|origin| format!(" [{origin}]")).unwrap_or_default();
            write!(text, "report {} {}{origin} {}", report.ref_, report.contact, event(&report.event))
        }
        other => write!(text, "{other:?}"),
    };
    written.unwrap();
}

fn event(event: &Event) -> String {
    match event {
        Event::Arrived(arrival) => {
            let is_named = arrival.principal.as_ref() != Some(&arrival.name);
            let name = if is_named { format!("as {:?} ", arrival.name) } else { String::new() };
            format!(
                "arrived {:?} {name}{}{}",
                arrival.principal,
                arrival.features.join(" "),
                facts(&arrival.attributes)
            )
        }
        Event::Left(reason) => format!("left: {reason}"),
        Event::Software(software) => {
            format!("software {:?} {:?} {}", software.name, software.version, software.features.join(" "))
        }
        Event::Said(said) => {
            let Body::Text(text) = &said.message.body else { panic!("not a text: {said:?}") };
            let language = said.message.language.as_deref().map(|l| format!(" in {l}")).unwrap_or_default();
            format!("said to {:?}: {text:?}{language}{}", said.to, facts(&said.message.attributes))
        }
        Event::Seen(seen) => format!("seen to {:?}: {} {}", seen.to, seen.state, seen.id),
        Event::Published(published) => published.tuples.iter().fold("published".into(), |text, tuple| {
            let PresenceTuple { id, open, activity, note, priority, .. } = tuple;
            format!("{text} {id} open={open} {activity} {note:?} {priority}{}", facts(&tuple.attributes))
        }),
        Event::Subscribed(subscription) => format!("subscribed to {:?}", subscription.presentity),
        Event::Unsubscribed(alias) => format!("unsubscribed from {alias:?}"),
        Event::Probed(alias) => format!("probed {alias:?}"),
        Event::AskedRoster => "asked for the roster".into(),
        other => format!("{other:?}"),
    }
}

fn facts(attributes: &[Attribute]) -> String {
    attributes.iter().map(|attribute| format!(" {}={}", attribute.name, attribute.value)).collect()
}
