//! Signing in, speaking, being delivered to, in the clear and under TLS.

use super::*;
use crate::centre::Feed;
use crate::model::record::Speaker;
use crate::model::{Body, Contact, FeedId, Participant, Timestamp};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

#[tokio::test]
async fn a_person_says_something_and_hears_once_it_is_stored() {
    let mut scene = Scene::new(|_| {});
    let mut joe = scene.connect_joe().await;
    joe.say("say billing hello").await;
    let (endpoint, reference) = scene.report(|event| matches!(event, Event::Said(_))).await;
    // Nothing is told before the centre says so: the next line answers first.
    joe.say("nonsense").await;
    assert_eq!(joe.hear().await, "what?");
    scene.settle(endpoint, reference);
    assert_eq!(joe.hear().await, "settled 3");
}

#[tokio::test]
async fn the_centre_is_told_where_the_person_is_and_when_the_person_goes() {
    let mut scene = Scene::new(|_| {});
    let client = scene.connect().await;
    let local = client.stream.get_ref().local_addr().unwrap();
    let Input::Opened(opened) = scene.input().await else { panic!("not opened") };
    assert_eq!((opened.provider.as_str(), opened.protocol.as_str(), opened.own_accounts), ("customers", "line", true));
    assert_eq!(opened.address, local.to_string());
    drop(client);
    assert_eq!(scene.gone().await, "the peer closed the connection");
    for _ in 0..100 {
        if scene.centre.posts.lock().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(scene.centre.posts.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_another_try_is_free() {
    let scene = Scene::new(|_| {});
    let mut client = scene.connect().await;
    client.say("user joe wrong").await;
    assert_eq!(client.hear().await, "refused not-authorized");
    client.say("user joe secret").await;
    assert_eq!(client.hear().await, "welcome joe");
}

#[tokio::test]
async fn an_exchange_is_kept_from_challenge_to_challenge_and_no_longer() {
    let scene = Scene::new(|_| {});
    let mut client = scene.connect().await;
    for _ in 0..2 {
        client.say("user joe challenge\nnonsense").await;
        assert_eq!(client.hear().await, "what?");
        assert_eq!(client.hear().await, "go on");
        client.say("user joe challenge").await;
        assert_eq!(client.hear().await, "go on");
        client.say("user joe challenge").await;
        assert_eq!(client.hear().await, "refused malformed");
    }
}

#[tokio::test]
async fn a_transcript_is_pulled_and_delivered_in_order() {
    let mut scene = Scene::new(|_| {});
    let mut joe = scene.connect_joe().await;
    let session = SessionId(5);
    let entry = |seq| Entry {
        session,
        seq: Seq(seq),
        at: Timestamp(0),
        speaker: Speaker::Centre,
        name: String::new(),
        body: Body::Text(format!("m{seq}")),
        origin: None,
        language: None,
        audience: crate::model::part::Audience::default(),
    };
    scene.centre.transcript.lock().unwrap().extend((1..=40).map(entry));
    let id = FeedId { session, participant: Participant::CUSTOMER };
    let (contact, alias) = (Contact::new("joe/line"), Alias::new("billing"));
    scene.post(Effect::Feed(EndpointId(1), Feed { id, contact, alias, after: Seq(2), joined_after: Seq(0) }));
    for seq in 3..=40 {
        assert_eq!(joe.hear().await, format!("message 5-0-{seq} from billing: m{seq}"));
    }
    let mut cursor = Seq(2);
    while cursor < Seq(40) {
        let Input::Delivered { through, outcome, .. } = scene.input().await else { panic!("not a cursor") };
        assert!(through > cursor && outcome.is_ok());
        cursor = through;
    }
}

/// The client's end of TLS, with what it makes of the channel binding.
pub(super) async fn secure(scene: &Scene, plain: TcpStream) -> std::io::Result<(Client<TlsStream<TcpStream>>, String)> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&scene.certificate.certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = timeout(SOON, TlsConnector::from(Arc::new(config)).connect(name, plain)).await.unwrap()?;
    let session = stream.get_ref().1;
    let exporter = session.export_keying_material(vec![0; 32], b"EXPORTER-Channel-Binding", Some(b"")).unwrap();
    Ok((Client { stream: BufReader::new(stream) }, data_encoding::HEXLOWER.encode(&exporter)))
}

#[tokio::test]
async fn tls_is_started_in_place_and_both_ends_bind_to_the_same_channel() {
    let scene = Scene::new(|_| {});
    let mut client = scene.connect().await;
    client.say("starttls").await;
    assert_eq!(client.hear().await, "proceed");
    let (mut client, exporter) = secure(&scene, client.stream.into_inner()).await.unwrap();
    assert_eq!(client.hear().await, format!("secured TLSv1.3 {exporter}"));
    client.say("user joe secret").await;
    assert_eq!(client.hear().await, "welcome joe");
    let seen = scene.verifier.seen.lock().unwrap().clone();
    assert!(matches!(&seen[..], [peer] if peer.secured && peer.source.is_loopback() && peer.side == Side::Customer));
}

#[tokio::test]
async fn many_bytes_get_through_tls_both_ways() {
    let scene = Scene::new(|_| {});
    let mut client = scene.connect().await;
    client.say("starttls").await;
    client.hear().await;
    let (mut client, _) = secure(&scene, client.stream.into_inner()).await.unwrap();
    client.hear().await;
    client.say(&format!("flood 300000\n{}\nflood 200000", "y".repeat(100_000))).await;
    assert_eq!(client.hear().await.len(), 299_999);
    assert_eq!(client.hear().await, "what?");
    assert_eq!(client.hear().await.len(), 199_999);
}

#[tokio::test]
async fn what_is_pipelined_in_the_clear_behind_starttls_is_thrown_away() {
    let scene = Scene::new(|_| {});
    let mut client = scene.connect().await;
    client.say("starttls\nuser joe secret\nbind").await;
    assert_eq!(client.hear().await, "proceed");
    let (mut client, exporter) = secure(&scene, client.stream.into_inner()).await.unwrap();
    assert_eq!(client.hear().await, format!("secured TLSv1.3 {exporter}"));
    client.say("nonsense").await;
    assert_eq!(client.hear().await, "what?");
    assert!(scene.verifier.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_arrives_in_the_clear_during_the_handshake_breaks_it() {
    let mut scene = Scene::new(|_| {});
    let mut client = scene.connect().await;
    client.say("starttls").await;
    assert_eq!(client.hear().await, "proceed");
    client.say("user joe secret").await;
    assert!(secure(&scene, client.stream.into_inner()).await.is_err());
    let reason = scene.gone().await;
    assert!(reason.starts_with("no TLS: "), "{reason}");
    assert!(scene.verifier.seen.lock().unwrap().is_empty());
}
