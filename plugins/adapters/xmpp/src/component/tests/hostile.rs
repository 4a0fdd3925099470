//! What a provider's user may get the server to forward, and what of it may not harm anybody else.

use crate::scenario::*;
use cordboard_sdk::adapter::*;
use cordboard_sdk::model::LinkTarget;
use expect_test::{Expect, expect};
use proptest::prelude::*;

const PING: &str = "<iq type='get' id='q' to='support.example'><ping xmlns='urn:xmpp:ping'/></iq>";

fn message(content: &str) -> String {
    by("ann", "phone", &format!("<message id='m' to='billing@support.example'>{content}</message>"))
}

/// The stanza costs its sender the stanza: refused, and somebody else is served.
#[track_caller]
fn check(xml: &str, expected: Expect) {
    let text = |chunk: usize| {
        let mut scene = Scene::linked();
        let text: String = xml.as_bytes().chunks(chunk).map(|part| scene.host(bytes(part))).collect();
        let served = scene.peer(&by("bob", "desk", PING));
        assert!(served.contains("type='result' id='q'"), "{text}{served}");
        text
    };
    let whole = text(xml.len());
    for chunk in [16 * 1024, 999, 7] {
        assert_eq!(whole, text(chunk));
    }
    expected.assert_eq(&whole);
}

#[test]
fn too_big() {
    check(
        &message(&format!("<body>{}</body>", "x".repeat(300_000))),
        expect![[r#"
            send <message type='error' id='m' from='billing@support.example' to='ann@provider.example/phone'><error type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>A stanza may have at most 65536 bytes, few and not too deep elements, and only prefixes that are declared.</text></error></message>
        "#]],
    );
    check(
        &message(&format!("<![CDATA[{}]]>", "]>".repeat(40_000))),
        expect![[r#"
            send <message type='error' id='m' from='billing@support.example' to='ann@provider.example/phone'><error type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>A stanza may have at most 65536 bytes, few and not too deep elements, and only prefixes that are declared.</text></error></message>
        "#]],
    );
    check(
        &message(&format!("<a b='{}' c=\"/>'\"/>", "x".repeat(5000))),
        expect![[r#"
            send <message type='error' id='m' from='billing@support.example' to='ann@provider.example/phone'><error type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>A stanza may have at most 65536 bytes, few and not too deep elements, and only prefixes that are declared.</text></error></message>
        "#]],
    );
    check(
        &message(&format!("<{}/>", "x".repeat(5000))),
        expect![[r#"
            send <message type='error' id='m' from='billing@support.example' to='ann@provider.example/phone'><error type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>A stanza may have at most 65536 bytes, few and not too deep elements, and only prefixes that are declared.</text></error></message>
        "#]],
    );
}

#[test]
fn too_deep_or_too_many() {
    check(
        &message(&("<a>".repeat(50_000) + &"</a>".repeat(50_000))),
        expect![[r#"
            send <message type='error' id='m' from='billing@support.example' to='ann@provider.example/phone'><error type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>A stanza may have at most 65536 bytes, few and not too deep elements, and only prefixes that are declared.</text></error></message>
        "#]],
    );
    check(
        &message(&"<a/>".repeat(2000)),
        expect![[r#"
            send <message type='error' id='m' from='billing@support.example' to='ann@provider.example/phone'><error type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>A stanza may have at most 65536 bytes, few and not too deep elements, and only prefixes that are declared.</text></error></message>
        "#]],
    );
    let attributes: String = (0..100).map(|number| format!(" a{number}='{number}'")).collect();
    check(
        &message(&format!("<a{attributes}/>")),
        expect![[r#"
            send <message type='error' id='m' from='billing@support.example' to='ann@provider.example/phone'><error type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>A stanza may have at most 65536 bytes, few and not too deep elements, and only prefixes that are declared.</text></error></message>
        "#]],
    );
    check(
        &by("ann", "phone", &format!("<message id='m' to='billing@support.example'{attributes}/>")),
        expect![[r#"
            send <message type='error' id='m' from='billing@support.example' to='ann@provider.example/phone'><error type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>A stanza may have at most 65536 bytes, few and not too deep elements, and only prefixes that are declared.</text></error></message>
        "#]],
    );
}

#[test]
fn without_a_sender_in_reach_there_is_no_answer() {
    let attributes: String = (0..100).map(|number| format!(" a{number}='{number}'")).collect();
    check(&format!("<message{attributes} from='ann@provider.example'/>"), expect![[""]]);
    check(
        &message("<body/>").replace("message", "x:message").replace("<x:message", "<x:message xmlns:x='u'"),
        expect![[""]],
    );
}

#[test]
fn names_that_do_not_resolve_are_one_persons_fault() {
    check(
        &message("<p:a/>"),
        expect![[r#"
            send <message type='error' id='m' from='billing@support.example' to='ann@provider.example/phone'><error type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>A stanza may have at most 65536 bytes, few and not too deep elements, and only prefixes that are declared.</text></error></message>
        "#]],
    );
    check(
        &message("<a b='1' b='2'/>"),
        expect![[r#"
            send <message type='error' id='m' from='billing@support.example' to='ann@provider.example/phone'><error type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>A stanza may have at most 65536 bytes, few and not too deep elements, and only prefixes that are declared.</text></error></message>
        "#]],
    );
    check(
        "<p:message from='ann@provider.example/x' to='billing@support.example'><body>hi</body></p:message>",
        expect![[""]],
    );
}

#[test]
fn an_error_beyond_the_limits_is_not_answered() {
    let big = "x".repeat(70_000);
    check(
        &by("ann", "phone", &format!("<message type='error' to='billing@support.example'>{big}</message>")),
        expect![[""]],
    );
    check(
        &by("ann", "phone", &format!("<iq type='result' to='billing@support.example'><a>{big}</a></iq>")),
        expect![[""]],
    );
    check(
        &by(
            "ann",
            "phone",
            &format!("<presence type='unavailable' to='billing@support.example'><status>{big}</status></presence>"),
        ),
        expect![[""]],
    );
}

#[test]
fn foreign_namespaces_are_not_ours() {
    check(&message("<body xmlns='news'>hi</body>"), expect![[""]]);
    check(
        "<message xmlns='news' from='ann@provider.example/x' to='billing@support.example'><body>hi</body></message>",
        expect![[""]],
    );
    check(&message("<x xmlns='jabber:x:oob'><url>u</url></x>"), expect![[""]]);
}

#[test]
fn only_what_no_server_writes_ends_the_link() {
    for (xml, condition) in [
        ("<message></presence>", "not-well-formed"),
        ("<!-- -->", "restricted-xml"),
        ("<message><!ENTITY a 'b'></message>", "restricted-xml"),
        ("<message>&a;</message>", "restricted-xml"),
        ("words", "bad-format"),
        ("<message>\u{1}</message>", "not-well-formed"),
    ] {
        let text = Scene::linked().peer(xml);
        assert!(text.contains(&format!("close: {condition}")), "{xml}: {text}");
    }
    let big = "x".repeat(70_000);
    for (xml, condition) in [
        ("<a><?x?></a>", "restricted-xml"),
        ("<a><!-- --></a>", "restricted-xml"),
        ("<a b='<'/>", "not-well-formed"),
        ("<a <b/>", "not-well-formed"),
        ("<>", "not-well-formed"),
    ] {
        let text = Scene::linked().peer(&format!("<message>{big}{xml}"));
        assert!(text.contains(&format!("close: {condition}")), "{xml}: {text}");
    }
}

#[test]
fn a_stanza_that_is_left_out_is_not_kept() {
    let mut scene = Scene::linked();
    scene.peer("<message id='m' from='ann@provider.example/x' to='billing@support.example'><body>");
    let mut largest = 0;
    for _ in 0..100 {
        assert_eq!(scene.peer(&"x".repeat(16 * 1024)), "");
        largest = largest.max(scene.xmpp.save().bytes.len());
    }
    assert!(largest < 70_000, "{largest} bytes");
    assert!(scene.xmpp.save().bytes.len() < 2_000, "{} bytes at the end", scene.xmpp.save().bytes.len());
    assert!(scene.peer("</body></message>").contains("policy-violation"));
}

#[test]
fn a_flood_of_questions_does_not_end_the_link() {
    let mut scene = Scene::linked();
    let links = (0..40).map(|number| LinkTarget {
        alias: format!("link{number}"),
        label: "A link with a rather long name".into(),
        parent: None,
    });
    scene.command(Command::Advertise(links.collect()));
    let question = by(
        "ann",
        "phone",
        "<iq type='get' id='d' to='support.example'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
    );
    let (asked, mut answered) = (16 * 1024 / question.len() * 40, 0);
    for _ in 0..40 {
        let outputs = scene.xmpp.handle(NOW, bytes(question.repeat(16 * 1024 / question.len()).as_bytes()));
        for output in outputs {
            let Output::Send(chunk) = output else { continue };
            assert!(chunk.data.len() < 400_000);
            answered += String::from_utf8(chunk.data).unwrap().matches("<iq ").count();
        }
    }
    while scene.host(Input::Timer(3)).contains("<iq ") {
        answered += 1;
    }
    assert_eq!(answered, asked);
}

/// Pieces of what servers forward.
const PIECES: &[&str] = &[
    "<message from='ann@provider.example/phone' to='billing@support.example' id='1'>",
    "<message from='bob@provider.example/desk' to='billing@support.example' id='2'><body>hi</body></message>",
    "<message type='error' from='ann@provider.example/phone' to='billing@support.example' id='1-0-1'/>",
    "</message>",
    "<body>",
    "</body>",
    "<presence from='ann@provider.example/phone' to='billing@support.example'/>",
    "<presence from='ann@provider.example/phone' to='billing@support.example' type='unavailable'/>",
    "<presence from='bob@provider.example' to='billing@support.example' type='subscribe'/>",
    "<iq from='support.example' to='support.example' type='get' id='ack-1'><ping xmlns='urn:xmpp:ping'/></iq>",
    "<iq from='ann@provider.example/phone' to='support.example' type='get' id='3'>",
    "<query xmlns='http://jabber.org/protocol/disco#items'/>",
    "</iq>",
    "<p:a/>",
    "<![CDATA[",
    "]]>",
    "&amp;",
    " ",
    "\u{e9}",
    "</stream:stream>",
];

fn input() -> impl Strategy<Value = Input> {
    let big = "x".repeat(5000);
    let piece = prop_oneof![
        20 => proptest::sample::select(PIECES).prop_map(str::to_owned),
        1 => Just(format!("<a b='{big}'>")),
        1 => Just("<a>".repeat(40)),
        1 => Just("</a>".repeat(40)),
    ];
    let data = proptest::collection::vec(piece, 0..12).prop_map(|pieces| bytes(pieces.concat().as_bytes()));
    prop_oneof![
        12 => data,
        6 => (1_u64..40).prop_map(settled),
        1 => (1_u64..40).prop_map(|reference| failed(reference, "gone", "")),
        3 => (0_u32..5).prop_map(Input::Timer),
        3 => Just(for_contact(ANN, delivery("1-0-1", "hello", true))),
        1 => Just(for_contact(BOB, direct("recall", vec![]))),
        1 => Just(for_contact(BOB, direct("ban", vec![attribute("until", "1784021400001")]))),
        1 => Just(Input::Command(shown(ANN, "billing"))),
        1 => Just(Input::Skip(7)),
        1 => Just(Input::Closed(Ending { channel: 7, reason: String::new() })),
        1 => Just(dialled(7)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn nothing_makes_it_panic_and_saving_changes_nothing(inputs in proptest::collection::vec(input(), 1..30)) {
        let (mut kept, mut restored) = (Scene::acquainted(), Scene::acquainted());
        for input in inputs {
            prop_assert_eq!(kept.xmpp.handle(NOW, input.clone()), restored.xmpp.handle(NOW, input));
            restored.xmpp = crate::Xmpp::restore(link_setup(), restored.xmpp.save()).unwrap();
        }
    }

    #[test]
    fn nothing_is_said_but_in_names_of_ours(inputs in proptest::collection::vec(input(), 1..30)) {
        let mut scene = Scene::acquainted();
        for input in inputs {
            for output in scene.xmpp.handle(NOW, input) {
                let Output::Send(chunk) = output else { continue };
                let text = String::from_utf8(chunk.data).unwrap();
                for from in text.split(" from='").skip(1) {
                    let from = from.split('\'').next().unwrap();
                    prop_assert!(from == "support.example" || from.ends_with("@support.example") || from.contains("@support.example/"), "{}", text);
                }
            }
        }
    }
}
