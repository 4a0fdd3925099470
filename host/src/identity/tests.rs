//! Sign-ins as a client sees them: with rsasl's client, which we did not write, and by hand where no client would do it.

pub(super) mod memory_store;

use super::profile::Description;
use super::{Door, Entrance, ExchangeSlot, Identity, Peer};
use crate::model::adapter::{Authentication, Principal, ProofStep};
use crate::model::identity::Verifiers;
use crate::model::limits::Limits;
use crate::model::{Attribute, Failure, Side};
use crate::transport::{self, Verifier};
use memory_store::MemoryStore;
use rsasl::prelude::{Mechname, SASLClient, SASLConfig};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

const PEER: Peer = Peer { source: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), secured: true };
const CLEAR: Peer = Peer { secured: false, ..PEER };
const MECHANISMS: [&str; 3] = ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"];

/// A host with the customer joe and the agent jim, both with the name as password.
fn host() -> Identity {
    let identity = Identity::load(Arc::new(MemoryStore::default()), &Limits::default()).unwrap();
    identity.add_customer("Joe", Verifiers::from_password("joe").unwrap()).unwrap();
    identity.add_agent("jim", Verifiers::from_password("jim").unwrap(), Description::default()).unwrap();
    identity
}

fn customers() -> Entrance {
    Entrance { guests: true, ..Entrance::new(Side::Customer, "localhost") }
}

fn agents() -> Entrance {
    Entrance { guests: true, ..Entrance::new(Side::Agent, "desk.localhost") }
}

fn asked(reference: u64, scheme: &str, data: &[u8]) -> Authentication {
    let attributes = vec![Attribute::new("initial", "yes")];
    Authentication {
        reference,
        channel: Some(0),
        scheme: scheme.into(),
        secret: String::new(),
        data: data.into(),
        attributes,
    }
}

async fn once(host: &Identity, entrance: &Entrance, peer: Peer, scheme: &str, data: &[u8]) -> ProofStep {
    host.step(entrance, peer, &mut ExchangeSlot::default(), &asked(1, scheme, data)).await
}

/// Signs in with rsasl, which checks the server's signature as well.
async fn sign_in(
    host: &Identity,
    entrance: &Entrance,
    scheme: &str,
    authzid: Option<&str>,
    name: &str,
    password: &str,
) -> Result<Principal, Failure> {
    let config = SASLConfig::with_credentials(authzid.map(str::to_owned), name.into(), password.into()).unwrap();
    let mechanism = Mechname::parse(scheme.as_bytes()).unwrap();
    let mut client = SASLClient::new(config).start_suggested(&[mechanism]).unwrap();
    let (mut slot, mut data, mut answer) = (ExchangeSlot::default(), Vec::new(), None::<Vec<u8>>);
    loop {
        data.clear();
        client.step(answer.as_deref(), &mut data).unwrap();
        match host.step(entrance, PEER, &mut slot, &asked(7, scheme, &data)).await {
            ProofStep::Challenge(challenge) => answer = Some(challenge),
            ProofStep::Success(principal) => {
                if !principal.data.is_empty() {
                    client.step(Some(&principal.data), &mut Vec::new()).unwrap();
                }
                return Ok(principal);
            }
            ProofStep::Refused(failure) => return Err(failure),
            ProofStep::Response(_) => unreachable!("only for prove"),
        }
    }
}

fn code(step: &ProofStep) -> &str {
    match step {
        ProofStep::Refused(failure) => &failure.code,
        ProofStep::Challenge(_) => "challenge",
        ProofStep::Success(_) => "success",
        ProofStep::Response(_) => "response",
    }
}

#[tokio::test(start_paused = true)]
async fn members_and_agents_sign_in_with_every_mechanism_at_their_own_listener_only() {
    let host = host();
    for scheme in MECHANISMS {
        let joe = sign_in(&host, &customers(), scheme, None, "joe", "joe").await.unwrap();
        assert_eq!((joe.alias.as_str(), joe.kind.as_str()), ("joe", "member"), "{scheme}");
        assert_eq!(joe.attributes, [Attribute::new("name", "Joe")]);
        let jim = sign_in(&host, &agents(), scheme, None, "JIM", "jim").await.unwrap();
        assert_eq!((jim.alias.as_str(), jim.kind.as_str()), ("jim", "agent"), "{scheme}");
        let wrong_door = [
            sign_in(&host, &customers(), scheme, None, "jim", "jim").await,
            sign_in(&host, &agents(), scheme, None, "joe", "joe").await,
        ];
        assert!(
            wrong_door.iter().all(|refused| refused.as_ref().is_err_and(|failure| failure.code == "not-authorized")),
            "{scheme}"
        );
        tokio::time::advance(Duration::from_mins(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_an_unknown_name_and_no_name_are_refused_alike() {
    let host = host();
    for scheme in MECHANISMS {
        tokio::time::advance(Duration::from_mins(1)).await;
        let mut refusals = Vec::new();
        for (name, password) in [("joe", "Joe"), ("nobody", "joe"), ("no name", "joe"), ("joe@localhost", "joe")] {
            refusals.push(sign_in(&host, &customers(), scheme, None, name, password).await.unwrap_err());
        }
        assert!(
            refusals
                .iter()
                .all(|refusal| *refusal == Failure::new("not-authorized", "the name or the password is wrong")),
            "{scheme}: {refusals:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_name_has_a_salt_that_stays() {
    let host = host();
    let mut challenges = Vec::new();
    for _ in 0..2 {
        let step = once(&host, &customers(), PEER, "SCRAM-SHA-256", b"n,,n=nobody,r=abc").await;
        let ProofStep::Challenge(challenge) = step else { panic!("{step:?}") };
        let text = String::from_utf8(challenge).unwrap();
        let (nonce, salt) = text.split_once(",s=").unwrap();
        assert!(nonce.starts_with("r=abc") && nonce.len() > 24 && salt.ends_with(",i=10000"), "{text}");
        challenges.push((nonce.to_owned(), salt.to_owned()));
    }
    assert_ne!(challenges[0].0, challenges[1].0, "the nonce is fresh");
    assert_eq!(challenges[0].1, challenges[1].1, "the salt is not");
}

#[tokio::test(start_paused = true)]
async fn an_authorization_identity_must_be_oneself() {
    let host = host();
    for scheme in MECHANISMS {
        for own in ["joe", "JOE", "joe@localhost", "joe@LOCALHOST"] {
            assert!(sign_in(&host, &customers(), scheme, Some(own), "joe", "joe").await.is_ok(), "{scheme} {own}");
        }
        for other in ["ann", "joe@desk.localhost"] {
            let refused = sign_in(&host, &customers(), scheme, Some(other), "joe", "joe").await.unwrap_err();
            assert_eq!(refused.code, "not-authorized", "{scheme} {other}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn guests_come_in_where_they_may_and_each_is_another() {
    let host = host();
    let mut aliases = Vec::new();
    for data in [&b""[..], b"trace"] {
        let ProofStep::Success(guest) = once(&host, &customers(), PEER, "ANONYMOUS", data).await else {
            panic!("refused")
        };
        assert_eq!(guest.kind, "guest");
        let random = guest.alias.as_str().strip_prefix("guest-").unwrap().to_owned();
        assert!(
            random.len() == 12 && random.bytes().all(|byte| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte)),
            "{random}"
        );
        aliases.push(random);
    }
    assert_ne!(aliases[0], aliases[1]);
    let none = Entrance { guests: false, ..customers() };
    for (entrance, peer) in [(&none, PEER), (&agents(), PEER), (&customers(), CLEAR)] {
        assert_eq!(code(&once(&host, entrance, peer, "ANONYMOUS", b"").await), "not-allowed");
    }
}

#[tokio::test(start_paused = true)]
async fn mechanisms_depend_on_side_and_tls() {
    let host = host();
    let clear = Entrance { scram_in_clear: true, ..customers() };
    assert_eq!(customers().mechanism_names(true), "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN ANONYMOUS");
    assert_eq!(agents().mechanism_names(true), "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN");
    assert_eq!(customers().mechanism_names(false), "");
    assert_eq!(Entrance { guests: false, ..clear.clone() }.mechanism_names(false), "SCRAM-SHA-256 SCRAM-SHA-1");
    let plain = b"\0joe\0joe";
    let step = once(&host, &clear, CLEAR, "PLAIN", plain).await;
    assert_eq!(step, ProofStep::Refused(Failure::new("not-allowed", "PLAIN is served under TLS only")));
    assert_eq!(
        code(&once(&host, &Entrance { plain_in_clear: true, ..clear.clone() }, CLEAR, "PLAIN", plain).await),
        "success"
    );
    assert_eq!(code(&once(&host, &clear, CLEAR, "SCRAM-SHA-1", b"n,,n=joe,r=x").await), "challenge");
    assert_eq!(code(&once(&host, &customers(), CLEAR, "SCRAM-SHA-1", b"n,,n=joe,r=x").await), "not-allowed");
    for unknown in ["DIGEST-MD5", "SCRAM-SHA-256-PLUS", "plain", ""] {
        assert_eq!(code(&once(&host, &customers(), PEER, unknown, b"").await), "unsupported", "{unknown}");
    }
}

#[tokio::test(start_paused = true)]
async fn bad_data_is_malformed() {
    let host =
        Identity::load(Arc::new(MemoryStore::default()), &Limits { refused_per_source: 100, ..Limits::default() })
            .unwrap();
    let long = [b'x'; 5_000];
    let table: [(&str, &[u8]); 9] = [
        ("PLAIN", b""),
        ("PLAIN", b"joe\0joe"),
        ("PLAIN", b"\0joe\0joe\0"),
        ("PLAIN", b"\0\0joe"),
        ("PLAIN", b"\0joe\0"),
        ("PLAIN", b"\0joe\0\xFF"),
        ("SCRAM-SHA-1", b"n,x,n"),
        ("SCRAM-SHA-256", b"n,,n=a=b,r=c"),
        ("ANONYMOUS", &long),
    ];
    for (scheme, data) in table {
        assert_eq!(code(&once(&host, &customers(), PEER, scheme, data).await), "malformed", "{scheme} {data:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_initial_message_one_is_asked_for() {
    let (host, mut slot) = (host(), ExchangeSlot::default());
    let none = Authentication { attributes: vec![], ..asked(3, "PLAIN", b"") };
    assert_eq!(host.step(&customers(), PEER, &mut slot, &none).await, ProofStep::Challenge(vec![]));
    let answer = Authentication { attributes: vec![], ..asked(3, "PLAIN", b"\0joe\0joe") };
    assert_eq!(code(&host.step(&customers(), PEER, &mut slot, &answer).await), "success");
}

#[tokio::test(start_paused = true)]
async fn a_new_reference_forgets_the_old_exchange_and_a_finished_one_is_over() {
    let (host, mut slot) = (host(), ExchangeSlot::default());
    let first = asked(1, "SCRAM-SHA-1", b"n,,n=joe,r=x");
    assert_eq!(code(&host.step(&customers(), PEER, &mut slot, &first).await), "challenge");
    assert_eq!(code(&host.step(&customers(), PEER, &mut slot, &asked(2, "PLAIN", b"\0joe\0joe")).await), "success");
    // The first exchange is gone: its final message is read as a first one.
    assert_eq!(
        code(&host.step(&customers(), PEER, &mut slot, &asked(1, "SCRAM-SHA-1", b"c=biws,r=x,p=AAAA")).await),
        "malformed"
    );
    assert_eq!(code(&host.step(&customers(), PEER, &mut slot, &first).await), "challenge");
    assert_eq!(code(&host.step(&customers(), PEER, &mut slot, &asked(1, "PLAIN", b"\0joe\0joe")).await), "malformed");
}

#[tokio::test(start_paused = true)]
async fn refusals_are_delayed_and_limited_by_source() {
    let identity = host();
    let wrong = b"\0joe\0guess";
    for _ in 0..10 {
        let begun = Instant::now();
        assert_eq!(code(&once(&identity, &customers(), PEER, "PLAIN", wrong).await), "not-authorized");
        assert!(begun.elapsed() >= Duration::from_secs(1));
    }
    let begun = Instant::now();
    assert_eq!(
        code(&once(&identity, &customers(), PEER, "PLAIN", b"\0joe\0joe").await),
        "too-many",
        "not even looked at"
    );
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(code(&once(&identity, &customers(), PEER, "ANONYMOUS", b"").await), "too-many");
    let other = Peer { source: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)), ..PEER };
    let begun = Instant::now();
    assert_eq!(code(&once(&identity, &customers(), other, "PLAIN", b"\0joe\0joe").await), "success");
    assert!(begun.elapsed() < Duration::from_secs(1), "who is let in does not wait");
}

#[tokio::test(start_paused = true)]
async fn guesses_made_at_once_are_counted_before_they_are_delayed() {
    let identity = host();
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let identity = identity.clone();
        guesses.spawn(
            async move { code(&once(&identity, &customers(), PEER, "PLAIN", b"\0joe\0guess").await).to_owned() },
        );
    }
    let answers = guesses.join_all().await;
    let looked_at = answers.iter().filter(|answer| *answer == "not-authorized").count();
    // Those under way when the tenth is counted are as many as there are processors.
    let processors = std::thread::available_parallelism().unwrap().get();
    assert!((10..10 + processors).contains(&looked_at), "{looked_at} of 40");
    assert!(answers.iter().all(|answer| answer == "not-authorized" || answer == "too-many"));
}

#[tokio::test(start_paused = true)]
async fn policy_is_no_guess() {
    let identity = host();
    for _ in 0..12 {
        assert_eq!(code(&once(&identity, &customers(), CLEAR, "PLAIN", b"\0joe\0joe").await), "not-allowed");
        assert_eq!(code(&once(&identity, &customers(), PEER, "X", b"").await), "unsupported");
    }
    assert_eq!(code(&once(&identity, &customers(), PEER, "PLAIN", b"\0joe\0joe").await), "success");
}

#[tokio::test(start_paused = true)]
async fn nothing_secret_is_shown() {
    let identity = host();
    let mut slot = ExchangeSlot::default();
    let request = asked(1, "PLAIN", b"\0joe\0hunter2\x01");
    let step = identity.step(&customers(), PEER, &mut slot, &request).await;
    let account = identity.find(Side::Customer, "joe").unwrap();
    let salt = format!("{:?}", account.verifiers.sha256.salt);
    let key = format!("{:?}", account.verifiers.sha256.stored_key);
    for shown in [
        format!("{identity:?} {slot:?} {request:?} {step:?}"),
        format!("{account:?}"),
        format!("{:?}", identity.list(Side::Customer)),
    ] {
        assert!(!shown.contains("hunter2") && !shown.contains(&salt) && !shown.contains(&key), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_door_is_of_one_side() {
    let door = Door::new(host(), customers());
    let peer = |side| transport::Peer { source: PEER.source, side, secured: true };
    let mut slot = ExchangeSlot::default();
    let first = asked(1, "SCRAM-SHA-1", b"n,,n=joe,r=x");
    assert_eq!(code(&door.step(peer(Side::Customer), &mut slot, &first).await), "challenge");
    let last = asked(1, "SCRAM-SHA-1", b"c=biws,r=x,p=AAAA");
    assert_eq!(
        code(&door.step(peer(Side::Customer), &mut slot, &last).await),
        "not-authorized",
        "the slot keeps the exchange"
    );
    let plain = asked(2, "PLAIN", b"\0joe\0joe");
    assert_eq!(code(&door.step(peer(Side::Agent), &mut slot, &plain).await), "not-allowed");
}
