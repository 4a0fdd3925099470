//! Properties of the whole machine: however bytes are cut, whenever it is saved, whatever comes.

use crate::Xmpp;
use crate::scenario::*;
use cordboard_sdk::adapter::*;
use cordboard_sdk::model::{Extension, LinkTarget, SavedState};
use expect_test::expect;
use proptest::prelude::*;

/// A conversation with something of everything, of bytes and of the host's inputs.
fn conversation() -> Vec<Input> {
    let entry = |alias: &str, name: &str| RosterEntry {
        alias: alias.into(),
        name: name.into(),
        groups: vec!["Bank".into()],
        attributes: vec![],
    };
    let roster = |entries| Input::Command(Command::Roster(Roster { contact: JOE.into(), entries }));
    let seen = Seen { to: "billing".into(), id: "o1".into(), state: "delivered".into() };
    let mut inputs = vec![Input::Opened(opening(false))];
    inputs.extend(sign_in());
    inputs.extend([
        bytes(b"<enable xmlns='urn:xmpp:sm:3'/><iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>"),
        roster(vec![entry("billing", "Billing"), entry("sales", "Sales")]),
        settled(3),
        bytes(b"<presence><status>gr\xC3\xBC\xC3\x9Fe</status></presence> \n<iq type='get' id='d' to='localhost'>"),
        bytes(b"<query xmlns='http://jabber.org/protocol/disco#items'/></iq>"),
        settled(4),
        bytes(b"<iq type='result' id='version-1'><query xmlns='jabber:iq:version'><name>Gajim</name></query></iq>"),
        settled(5),
        bytes(
            b"<message id='m1' to='billing@localhost' type='chat'><body>hi &lt;you&gt;</body>\
              <active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/>\
              <origin-id xmlns='urn:xmpp:sid:0' id='o1'/></message><r xmlns='urn:xmpp:sm:3'/>",
        ),
        settled(6),
        Input::Command(Command::Hint(Hint { contact: JOE.into(), seen, sender: "billing".into() })),
        delivery("1-0-1", "hello", true),
        bytes(b"<a xmlns='urn:xmpp:sm:3' h='5'/><message to='nobody@localhost' id='m2'><body>x</body></message>"),
        failed(7, "not-found", "There is no nobody here."),
        Input::Timer(2),
        bytes(b"<presence to='sales@localhost' type='subscribe'/>"),
        settled(8),
        roster(vec![entry("billing", "Bills")]),
        delivery("1-0-2", "bye", false),
        bytes(b"<message to='billing@localhost'><body>bye</body></message></stream:stream>"),
        settled(9),
    ]);
    inputs
}

fn open() -> Xmpp {
    Xmpp::open(NOW, setup("none", "PLAIN")).unwrap()
}

/// What was sent, and what else came out.
fn sort(outputs: Vec<Output>) -> (String, Vec<Output>) {
    let mut sent = Vec::new();
    let mut rest = Vec::new();
    for output in outputs {
        match output {
            Output::Send(chunk) => sent.extend(chunk.data),
            other => rest.push(other),
        }
    }
    (String::from_utf8(sent).unwrap(), rest)
}

#[test]
fn the_conversation_reaches_its_end() {
    let mut xmpp = open();
    let outputs: Vec<_> = conversation().into_iter().flat_map(|input| xmpp.handle(NOW, input)).collect();
    let (sent, rest) = sort(outputs);
    assert!(sent.ends_with("<a xmlns='urn:xmpp:sm:3' h='8'/></stream:stream>"), "{sent}");
    expect![[r#"
        timer 1 in 30000 ms
        verify 1 PLAIN "\0joe\0joe" initial=yes
        timer 1 off
        timer 2 in 60000 ms
        report 2 joe@localhost/phone arrived Some("joe") as "Joe Bloggs" aliases typing receipts presence roster resource=phone
        report 3 joe@localhost/phone asked for the roster
        report 4 joe@localhost/phone published phone open=true available Some("grüße") 0
        report 5 joe@localhost/phone software "Gajim" "" 
        report 6 joe@localhost/phone [o1] said to "billing": "hi <you>"
        receipt 1-0-1
        report 7 joe@localhost/phone [m2] said to "nobody": "x"
        timer 2 in 60000 ms
        report 8 joe@localhost/phone subscribed to "sales"
        report 9 joe@localhost/phone said to "billing": "bye"
        report 10 joe@localhost/phone left: the stream was ended
        close: the peer has ended the stream
    "#]]
    .assert_eq(&render(&rest));
}

#[test]
fn bytes_one_at_a_time_say_the_same() {
    let (mut whole, mut bytewise) = (open(), open());
    for input in conversation() {
        let expected = sort(whole.handle(NOW, input.clone()));
        let outputs = match input {
            Input::Received(chunk) => {
                chunk.data.iter().flat_map(|byte| bytewise.handle(NOW, bytes(&[*byte]))).collect()
            }
            input => bytewise.handle(NOW, input),
        };
        assert_eq!(sort(outputs), expected);
    }
}

#[test]
fn a_machine_restored_between_any_two_inputs_says_the_same() {
    let (mut kept, mut restored) = (open(), open());
    for input in conversation() {
        let steps = match input {
            Input::Received(chunk) => chunk.data.iter().map(|byte| bytes(&[*byte])).collect(),
            input => vec![input],
        };
        for step in steps {
            assert_eq!(kept.handle(NOW, step.clone()), restored.handle(NOW, step));
            let fresh_seed = Setup { seed: vec![99; 32], ..setup("none", "PLAIN") };
            restored = Xmpp::restore(fresh_seed, restored.save()).unwrap();
        }
    }
}

#[test]
fn a_saved_state_is_small() {
    let mut xmpp = open();
    let mut largest = 0;
    for input in conversation() {
        xmpp.handle(NOW, input);
        largest = largest.max(xmpp.save().bytes.len());
    }
    assert!(largest < 4096, "{largest} bytes");
}

#[test]
fn a_state_of_another_format_is_refused() {
    let state = SavedState { format: 9, bytes: vec![] };
    let error = Xmpp::restore(setup("none", "PLAIN"), state).err().unwrap();
    expect!["the saved state has format 9, this version reads 1"].assert_eq(&error);
}

#[test]
fn settings_that_cant_be() {
    let mut text = String::new();
    let mut check = |setup: Setup| text += &format!("{}\n", Xmpp::open(NOW, setup).err().unwrap());
    check(Setup { role: "bot".into(), ..setup("none", "") });
    check(Setup { domain: ".".into(), ..setup("none", "") });
    check(setup("sometimes", ""));
    check(Setup { settings: r#"{"max_stanza_bytes": 1}"#.into(), ..setup("none", "") });
    check(Setup { settings: r#"{"colour": 1}"#.into(), ..setup("none", "") });
    let attributes = vec![attribute("idle-ms", "soon")];
    check(Setup { attributes, ..setup("none", "") });
    expect![[r#"
        the role "bot" is unknown here; known are "server" and "component"
        the domain is empty; an XMPP server needs one, such as "im.example"
        the attribute tls is "sometimes"; it must be "required", "offered" or "none"
        max_stanza_bytes is 1; it must be from 10000 to 262144
        the settings are {"colour": 1}; expected a table in which "max_stanza_bytes" and "max_contacts" may stand, each a whole number
        the attribute idle-ms is "soon"; it must be a whole number
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_flood_is_put_off_until_it_is_settled() {
    let mut scene = Scene::known();
    let mut reports = scene.peer(&"<presence/>".repeat(1000)).lines().count();
    assert_eq!(reports, 64);
    for reference in 5..1005 {
        reports += scene.host(settled(reference)).lines().count();
    }
    assert_eq!(reports, 1000);
}

#[test]
fn bytes_that_were_put_off_are_used_a_stanza_at_a_time() {
    let mut scene = Scene::known();
    scene.peer(&"<presence/>".repeat(65));
    scene.peer(&"<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>".repeat(200));
    scene.host(settled(5));
    let mut steps = Vec::new();
    let mut step = settled(6);
    loop {
        let (sent, rest) = sort(scene.xmpp.handle(NOW, step));
        steps.push(sent.matches("<iq ").count());
        let [Output::SetTimer(timer)] = rest.as_slice() else { break };
        step = Input::Timer(timer.id);
    }
    assert_eq!(steps, [1; 200]);
}

#[test]
fn answers_that_grow_large_are_put_off() {
    let mut scene = Scene::known();
    let links = (0..1000).map(|number| LinkTarget {
        alias: format!("link{number}"),
        label: "A link with a rather long name".into(),
        parent: None,
    });
    scene.command(Command::Advertise(links.collect()));
    let question = "<iq type='get' id='d' to='localhost'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>";
    let mut answers = 0;
    let mut step = bytes(question.repeat(50).as_bytes());
    loop {
        let outputs = scene.xmpp.handle(NOW, step);
        let (sent, rest) = sort(outputs);
        assert!(sent.len() < 256 * 1024);
        answers += sent.matches("<iq ").count();
        match rest.as_slice() {
            [] => break,
            [Output::SetTimer(timer)] => step = Input::Timer(timer.id),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(answers, 50);
}

#[test]
fn who_does_not_wait_is_given_up() {
    let mut scene = Scene::known();
    scene.peer(&"<presence/>".repeat(65));
    let text = scene.peer(&"<presence/>".repeat(6000));
    assert!(text.ends_with("close: policy-violation: You send faster than you can be answered.\n"), "{text}");
}

#[test]
fn inputs_of_nobody_are_nothing() {
    let mut closed = open();
    for input in conversation().into_iter().skip(1) {
        let expected = usize::from(matches!(input, Input::Command(Command::Deliver(_))));
        assert_eq!(closed.handle(NOW, input).len(), expected);
    }
    let mut scene = Scene::known();
    for input in [
        settled(99),
        proof(99, success("ann", b"")),
        Input::Timer(99),
        Input::Received(Chunk { channel: 8, data: b"<".to_vec(), text: false }),
        Input::Closed(Ending { channel: 8, reason: String::new() }),
        Input::Other(Extension { name: "news".into(), value: vec![] }),
        Input::Command(Command::Other(Extension { name: "news".into(), value: vec![] })),
        Input::Closed(Ending { channel: 7, reason: "reset".into() }),
        bytes(b"<presence/>"),
    ] {
        assert_eq!(scene.host(input), "");
    }
}

/// Pieces of what clients say, so that what is made of them gets somewhere.
const PIECES: &[&str] = &[
    "<message to='billing@localhost'>",
    "</message>",
    "<body>",
    "</body>",
    "<presence",
    " type='",
    "subscribe'",
    "/>",
    ">",
    "<iq type='get' id='1'>",
    "</iq>",
    "<query xmlns='jabber:iq:roster'/>",
    "<r xmlns='urn:xmpp:sm:3'/>",
    "<enable xmlns='urn:xmpp:sm:3'/>",
    "<a xmlns='urn:xmpp:sm:3' h='1'/>",
    "&amp;",
    "&#10;",
    "<![CDATA[",
    "]]>",
    "]]",
    "\r",
    "\n",
    " ",
    "\u{e9}",
    "<",
    "&",
    "'",
    "=",
    "xmlns='",
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>",
    "</auth>",
    "<presence/>",
    "</stream:stream>",
    HEADER,
];

fn input() -> impl Strategy<Value = Input> {
    let piece = prop_oneof![
        9 => proptest::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
    ];
    let data = proptest::collection::vec(piece, 0..12).prop_map(|pieces| bytes(&pieces.concat()));
    let reference = 0_u64..12;
    prop_oneof![
        12 => data,
        4 => reference.clone().prop_map(settled),
        1 => reference.clone().prop_map(|reference| failed(reference, "gone", "")),
        1 => reference.prop_map(|reference| proof(reference, success("joe", b""))),
        1 => (0_u32..5).prop_map(Input::Timer),
        2 => Just(delivery("1-0-1", "hello", true)),
        1 => Just(links()),
        1 => Just(Input::Secured(opening(true))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn nothing_makes_it_panic_and_saving_changes_nothing(bound: bool, inputs in proptest::collection::vec(input(), 1..30)) {
        let mut kept = if bound { Scene::bound() } else { Scene::with(setup("offered", "PLAIN"), false) };
        let mut restored = if bound { Scene::bound() } else { Scene::with(setup("offered", "PLAIN"), false) };
        let setup = if bound { setup("none", "PLAIN") } else { setup("offered", "PLAIN") };
        for input in inputs {
            prop_assert_eq!(kept.xmpp.handle(NOW, input.clone()), restored.xmpp.handle(NOW, input));
            restored.xmpp = Xmpp::restore(setup.clone(), restored.xmpp.save()).unwrap();
        }
    }

    #[test]
    fn any_cut_of_any_bytes_says_the_same(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 1..40), cut in 1_usize..50) {
        let data = pieces.concat();
        let (mut whole, mut cut_up) = (Scene::known(), Scene::known());
        let expected = sort(whole.xmpp.handle(NOW, bytes(data.as_bytes())));
        let outputs = data.as_bytes().chunks(cut).flat_map(|part| cut_up.xmpp.handle(NOW, bytes(part))).collect();
        prop_assert_eq!(sort(outputs), expected);
    }

    #[test]
    fn nothing_is_called_handled_before_it_is_settled(messages in 1_usize..20, settle in proptest::collection::vec(0_u64..20, 0..20)) {
        let mut scene = Scene::known();
        scene.peer("<enable xmlns='urn:xmpp:sm:3'/>");
        let mut text = scene.peer(&"<message to='billing@localhost'><body>hi</body></message>".repeat(messages));
        let mut done = std::collections::BTreeSet::new();
        for number in settle {
            text += &scene.host(settled(5 + number));
            done.insert(number);
            text += &scene.peer("<r xmlns='urn:xmpp:sm:3'/>");
            text += &scene.peer("<r xmlns='urn:xmpp:sm:3'/>");
            let stored = (0..messages as u64).take_while(|number| done.contains(number)).count();
            let claimed = text.rsplit_once(" h='").map_or(0, |(_, rest)| rest.split('\'').next().unwrap().parse().unwrap());
            prop_assert_eq!(stored, claimed);
        }
    }
}
