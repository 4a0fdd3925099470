//! How connections end, and what survives.

use super::*;
use std::os::unix::fs::PermissionsExt;
use tokio::io::AsyncReadExt;

#[tokio::test]
async fn the_last_words_are_read_though_the_peer_floods() {
    let mut scene = Scene::new(|_| {});
    let mut client = scene.connect_joe().await;
    let flood = format!("quit\n{}\n", "z".repeat(200_000));
    client.stream.write_all(flood.as_bytes()).await.unwrap();
    assert_eq!(client.hear().await, "bye");
    assert_eq!(client.hear().await, "", "the stream has ended");
    drop(client);
    assert_eq!(scene.gone().await, "quit");
}

#[tokio::test]
async fn a_slow_reader_is_closed_and_nobody_else() {
    let mut scene = Scene::new(|listener| {
        listener.limits.idle_ms = 300;
        listener.limits.output_bytes = 8 * 1024 * 1024;
        listener.limits.unsent_bytes = 32 * 1024 * 1024;
    });
    let mut slow = scene.connect_joe().await;
    let mut other = scene.connect().await;
    // More than the system's buffers take.
    for _ in 0..4 {
        slow.say("flood 7000000").await;
    }
    let reason = scene.gone().await;
    assert_eq!(reason, "slow reader: what was sent on channel 1 was not read within 300 ms");
    other.say("user ann secret").await;
    assert_eq!(other.hear().await, "welcome ann");
    drop(slow);
}

#[tokio::test]
async fn who_does_not_sign_in_is_closed() {
    let mut scene = Scene::new(|listener| listener.limits.authenticate_ms = 1);
    let mut client = scene.connect().await;
    assert_eq!(client.hear().await, "");
    drop(client);
    assert_eq!(scene.gone().await, "not authenticated within 1 ms");
}

#[tokio::test]
async fn draining_says_goodbye_and_takes_no_more() {
    let mut scene = Scene::new(|_| {});
    let mut joe = scene.connect_joe().await;
    scene.drain.send(true).unwrap();
    assert_eq!(joe.hear().await, "closing time");
    assert_eq!(joe.hear().await, "");
    drop(joe);
    assert_eq!(scene.gone().await, "drained");
    timeout(SOON, &mut scene.served).await.expect("it still serves").unwrap();
    assert!(TcpStream::connect(scene.address).await.is_err());
}

#[tokio::test]
async fn a_reset_of_the_shard_closes_the_connection() {
    let mut scene = Scene::new(|_| {});
    let mut joe = scene.connect_joe().await;
    scene.centre.posts.lock().unwrap()[&EndpointId(1)].reset();
    assert_eq!(joe.hear().await, "");
    drop(joe);
    assert_eq!(scene.gone().await, "the centre has started anew");
}

#[tokio::test]
async fn a_centre_that_has_stopped_closes_the_connection() {
    let mut scene = Scene::new(|_| {});
    let mut joe = scene.connect_joe().await;
    scene.centre.stopped.store(true, Ordering::Relaxed);
    joe.say("say billing hello").await;
    assert_eq!(joe.hear().await, "");
}

#[tokio::test]
async fn a_check_that_panics_costs_its_connection() {
    let mut scene = Scene::new(|_| {});
    let mut client = scene.connect().await;
    client.say("user joe panic").await;
    assert_eq!(client.hear().await, "");
    drop(client);
    assert_eq!(scene.gone().await, "an error of our own");
}

#[tokio::test]
async fn a_poison_input_is_kept_for_the_developer_and_the_conversation_goes_on() {
    let mut scene = Scene::new(|_| {});
    let mut joe = scene.connect_joe().await;
    joe.say("boom \u{e4}").await;
    assert_eq!(joe.hear().await, "skipped");
    joe.say("say billing hello").await;
    scene.report(|event| matches!(event, Event::Said(_))).await;
    let folder = scene.folder.path().join("poison");
    let file = loop {
        match std::fs::read_dir(&folder).ok().and_then(|mut files| files.next()) {
            Some(file) => break file.unwrap(),
            None => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let mut text = String::new();
    while !text.ends_with("\n\n") && !text.contains("boom") {
        text = std::fs::read_to_string(file.path()).unwrap();
    }
    assert!(text.starts_with("provider: customers\nendpoint: e1\ncontact: joe/line\nat: "), "{text}");
    let rest = "received on channel 1:\nbind\\nboom \\xc3\\xa4\\n\n";
    assert!(text.ends_with(rest) && text.contains("failure: trapped: boom at line.rs:1\nbacktrace\n\n"), "{text}");
    let [kept] = &kept(&folder).unwrap()[..] else { panic!("one file") };
    assert_eq!((kept.provider.as_str(), kept.contact.as_str()), ("customers", "joe/line"));
    assert_eq!((&kept.file, kept.failure.as_str()), (&file.path(), "trapped: boom at line.rs:1"));
}

#[tokio::test]
async fn half_open_connections_hold_no_more_than_a_place() {
    let mut scene = Scene::new(|listener| listener.limits.connections_per_source = 2);
    let first = scene.connect().await;
    let _second = scene.connect().await;
    scene.input().await;
    scene.input().await;
    let mut third = scene.connect().await;
    assert_eq!(third.stream.read(&mut [0; 1]).await.unwrap(), 0, "the third is refused");
    drop(first);
    scene.gone().await;
    let mut fourth = scene.connect_when_free().await;
    fourth.say("nonsense").await;
    assert_eq!(fourth.hear().await, "what?");
}

impl Scene {
    /// The place is given back just after the centre was told.
    async fn connect_when_free(&self) -> Client<TcpStream> {
        loop {
            let mut client = self.connect().await;
            let refused = timeout(Duration::from_millis(100), client.stream.read(&mut [0; 1])).await;
            if refused.is_err() {
                return client;
            }
        }
    }
}
