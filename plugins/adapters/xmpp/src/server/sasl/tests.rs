//! Signing in, for each mechanism, and what can go wrong.

use crate::scenario::*;
use cordboard_sdk::adapter::{Input, ProofStep};
use expect_test::{Expect, expect};

const SASL: &str = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";

fn auth(mechanism: &str, text: &str) -> String {
    format!("<auth {SASL} mechanism='{mechanism}'>{text}</auth>")
}

#[track_caller]
fn check(steps: impl FnOnce(&mut Scene) -> String, expected: Expect) {
    expected.assert_eq(&steps(&mut Scene::secured()));
}

#[test]
fn the_whole_way_over_starttls_and_scram() {
    let mut scene = Scene::connected();
    let mut text = scene.peer(HEADER);
    text += &scene.peer("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    text += &scene.host(Input::Secured(opening(true)));
    text += &scene.peer(HEADER);
    text += &scene.peer(&auth("SCRAM-SHA-1", "biwsbj1qb2Uscj1jbGllbnQ="));
    text += &scene.host(proof(1, ProofStep::Challenge(b"r=clientserver,s=c2FsdA==,i=4096".to_vec())));
    text += &scene.peer(&format!("<response {SASL}>Yz1iaXdzLHI9Y2xpZW50c2VydmVyLHA9cA==</response>"));
    text += &scene.host(proof(1, success("joe", b"v=signature")));
    text += &scene.peer(HEADER);
    expect![[r#"
        send <?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en' id='0001020304050607' from='localhost'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>
        send <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
        start TLS
        send <?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en' id='08090a0b0c0d0e0f' from='localhost'><stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-256</mechanism><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism><mechanism>ANONYMOUS</mechanism></mechanisms></stream:features>
        verify 1 SCRAM-SHA-1 "n,,n=joe,r=client" initial=yes
        send <challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>cj1jbGllbnRzZXJ2ZXIscz1jMkZzZEE9PSxpPTQwOTY=</challenge>
        verify 1 SCRAM-SHA-1 "c=biws,r=clientserver,p=p"
        send <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>dj1zaWduYXR1cmU=</success>
        send <?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en' id='1011121314151617' from='localhost'><stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session><sm xmlns='urn:xmpp:sm:3'/></stream:features>
    "#]].assert_eq(&text);
}

#[test]
fn plain() {
    check(
        |scene| scene.peer(&auth("PLAIN", "AGpvZQBqb2U=")) + &scene.host(proof(1, success("joe", b""))),
        expect![[r#"
            verify 1 PLAIN "\0joe\0joe" initial=yes
            send <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
        "#]],
    );
}

#[test]
fn plain_without_an_initial_response() {
    check(
        |scene| {
            scene.peer(&format!("<auth {SASL} mechanism='PLAIN'/>"))
                + &scene.host(proof(1, ProofStep::Challenge(vec![])))
                + &scene.peer(&format!("<response {SASL}>AGpvZQBqb2U=</response>"))
                + &scene.host(proof(1, success("joe", b"")))
        },
        expect![[r#"
            verify 1 PLAIN ""
            send <challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
            verify 1 PLAIN "\0joe\0joe"
            send <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
        "#]],
    );
}

#[test]
fn anonymous_and_an_initial_response_of_no_bytes() {
    check(
        |scene| {
            scene.peer(&auth("ANONYMOUS", ""))
                + &scene.host(proof(1, refused("busy")))
                + &scene.peer(&auth("ANONYMOUS", "="))
        },
        expect![[r#"
            verify 1 ANONYMOUS ""
            send <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><temporary-auth-failure/></failure>
            verify 2 ANONYMOUS "" initial=yes
        "#]],
    );
}

#[test]
fn refusals_have_conditions() {
    for (code, expected) in [
        (
            "not-authorized",
            expect![[r#"
            send <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>
        "#]],
        ),
        (
            "malformed",
            expect![[r#"
            send <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><malformed-request/></failure>
        "#]],
        ),
        (
            "not-allowed",
            expect![[r#"
            send <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><invalid-mechanism/></failure>
        "#]],
        ),
        (
            "too-many",
            expect![[r#"
            send <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><temporary-auth-failure/></failure>
        "#]],
        ),
        (
            "unsupported",
            expect![[r#"
            send <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><invalid-mechanism/></failure>
        "#]],
        ),
        (
            "disabled",
            expect![[r#"
            send <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><account-disabled/></failure>
        "#]],
        ),
    ] {
        let mut scene = Scene::secured();
        scene.peer(&auth("PLAIN", "AGpvZQBqb2U="));
        expected.assert_eq(&scene.host(proof(1, refused(code))));
    }
}

#[test]
fn a_mechanism_that_needs_tls_and_one_nobody_knows() {
    let mut scene = Scene::connected();
    scene.peer(HEADER);
    let text = scene.peer(&auth("PLAIN", "AGpvZQBqb2U=")) + &scene.peer(&auth("X-MAGIC", ""));
    expect![[r#"
        send <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><encryption-required/></failure>
        send <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><invalid-mechanism/></failure>
    "#]]
    .assert_eq(&text);
}

#[test]
fn words_out_of_order() {
    check(
        |scene| {
            scene.peer(&format!("<response {SASL}>AA==</response>"))
                + &scene.peer(&auth("PLAIN", "not base64!"))
                + &scene.peer(&format!("<abort {SASL}/>"))
                + &scene.peer(&format!("<sing {SASL}/>"))
                + &scene.peer(&auth("PLAIN", "AGpvZQBqb2U="))
                + &scene.host(proof(1, refused("not-authorized")))
                + &scene.peer(&auth("PLAIN", "AGpvZQBqb2U="))
        },
        expect![[r#"
            send <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><malformed-request/><text xml:lang='en'>Nothing was asked.</text></failure>
            send <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><incorrect-encoding/></failure>
            send <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><aborted/></failure>
            send <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><malformed-request/></failure>
            verify 1 PLAIN "\0joe\0joe" initial=yes
            send <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure><stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>Too many attempts to sign in.</text></stream:error></stream:stream>
            close: policy-violation: Too many attempts to sign in.
        "#]],
    );
}

#[test]
fn an_abort_forgets_the_exchange() {
    check(
        |scene| {
            scene.peer(&auth("SCRAM-SHA-256", "biws"));
            scene.host(proof(1, ProofStep::Challenge(b"r=x".to_vec())));
            scene.peer(&format!("<abort {SASL}/>"))
                + &scene.host(proof(1, success("joe", b"")))
                + &scene.peer(&auth("SCRAM-SHA-256", "biws"))
                + &scene.host(proof(1, success("joe", b"")))
        },
        expect![[r#"
            send <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><aborted/></failure>
            verify 2 SCRAM-SHA-256 "n,," initial=yes
        "#]],
    );
}

#[test]
fn what_is_sent_while_the_host_thinks_is_put_off() {
    check(
        |scene| {
            scene.peer(
                &(auth("PLAIN", "AGpvZQBqb2U=") + HEADER + "<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>"),
            ) + "--- proven\n"
                + &scene.host(proof(1, success("joe", b"")))
                + &scene.host(Input::Timer(3))
        },
        expect![[r#"
            verify 1 PLAIN "\0joe\0joe" initial=yes
            --- proven
            timer 3 in 0 ms
            send <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/><?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en' id='08090a0b0c0d0e0f' from='localhost'><stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session><sm xmlns='urn:xmpp:sm:3'/></stream:features>
            send <iq type='result' id='p'/>
        "#]],
    );
}

#[test]
fn clear_input_behind_starttls_is_thrown_away() {
    let mut scene = Scene::connected();
    scene.peer(HEADER);
    let mut text =
        scene.peer(&format!("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>{}", auth("PLAIN", "AGEAYg==")));
    text += &scene.peer("<presence/>");
    text += &scene.host(Input::Secured(opening(true)));
    text += "--- secured\n";
    text += &scene.peer(HEADER);
    expect![[r#"
        send <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
        start TLS
        --- secured
        send <?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en' id='08090a0b0c0d0e0f' from='localhost'><stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-256</mechanism><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism><mechanism>ANONYMOUS</mechanism></mechanisms></stream:features>
    "#]].assert_eq(&text);
}

#[test]
fn starttls_where_there_is_none() {
    let mut scene = Scene::secured();
    expect![[r#"
        send <failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>
        close: TLS was asked for and is not offered
    "#]]
    .assert_eq(&scene.peer("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"));
}

#[test]
fn features_say_what_is_offered() {
    for (tls, clear, expected) in [
        (
            "required",
            "",
            expect![[r#"
            <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>
        "#]],
        ),
        (
            "required",
            "PLAIN",
            expect![[r#"
            <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>
        "#]],
        ),
        (
            "offered",
            "PLAIN",
            expect![[r#"
            <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'></starttls><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>
        "#]],
        ),
        (
            "none",
            "SCRAM-SHA-1 PLAIN",
            expect![[r#"
            <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></mechanisms></stream:features>
        "#]],
        ),
        (
            "none",
            "",
            expect![[r#"
            </stream:features>
        "#]],
        ),
    ] {
        let sent = Scene::with(setup(tls, clear), false).peer(HEADER);
        expected.assert_eq(sent.split_once("<stream:features>").unwrap().1);
    }
}
