//! Too much and too slow: readers who don't read, writers who don't stop, and machines that grew.

use super::many;
use crate::Scenario;
use crate::rig::{Bystanders, CENTER_BILLING, CENTER_BILLING_QUEUE, Centre, Host, Raw, accept_raw, until};
use std::time::{Duration, Instant};

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "a customer who never reads is dropped, and nobody else notices",
        needs: &[],
        run: customer_never_reads,
    },
    Scenario { name: "a flood of one client slows nobody else down, and none of it is lost", needs: &[], run: flood },
    Scenario { name: "a machine that grew is moved to a fresh store", needs: &[], run: grown },
];

/// Messages of an agent in a torrent, 12 MB in all.
const TORRENT: usize = 400;

/// The agent says so much; gives what the host's memory grew by meanwhile, in KiB.
fn torrent(host: &Host, agent: &mut Raw, alias: &str, bystanders: &mut Bystanders) -> u64 {
    let (_, most_before) = host.memory_kib();
    let words = "x".repeat(30_000);
    for number in 0..TORRENT {
        agent.say(alias, &format!("a{number}"), &format!("{number}. {words}"));
        if number % 40 == 0 {
            bystanders.round_trip();
        }
    }
    agent.send("<iq type='get' id='said' to='desk.center.example'><ping xmlns='urn:xmpp:ping'/></iq>");
    agent.take("id='said'");
    host.memory_kib().1.saturating_sub(most_before)
}

fn customer_never_reads() {
    let host = Host::serve(Centre::in_the_clear(&[("idle_ms = 150000", "idle_ms = 10000")]));
    host.people(&[("jim", 1), ("ann", 1)], &["joe", "sue"]);
    let mut bystanders = Bystanders::at(&host);
    let mut ann = Raw::online(host.agents(), "ann@desk.center.example/desk", "ann");
    host.look_until("agents", &["ann", "available"]);
    let mut sue = Raw::online(host.customers(), "sue@center.example/x", "sue");
    sue.say(CENTER_BILLING, "c1", "At first I read");
    let alias = accept_raw(&mut ann, "At first I read");
    let reading = std::thread::spawn(move || drop(sue.take(&format!("<body>{}. x", TORRENT - 1))));
    let when_read = torrent(&host, &mut ann, &alias, &mut bystanders);
    reading.join().expect("she has heard all of it");

    let mut sue = Raw::connect_narrow(host.customers(), 8 * 1024);
    sue.sign_in("sue@center.example/x", "sue");
    sue.say(CENTER_BILLING, "c2", "Now I shall read nothing");
    ann.take("Now I shall read nothing");
    let when_not = torrent(&host, &mut ann, &alias, &mut bystanders);
    until("who never reads is dropped", || host.log().contains("slow reader"));
    bystanders.round_trip();
    println!("12 MB that are read: {when_read} KiB more; that are not: {when_not} KiB more");
    assert!(when_not < when_read + 8 * 1024, "{when_read} KiB more when read, {when_not} KiB more when not");

    // Who comes back and reads gets the rest, in order, and what she says arrives.
    let mut sue = Raw::online(host.customers(), "sue@center.example/x", "sue");
    sue.take(&format!("<body>{}. x", TORRENT - 1));
    let heard = sue.all();
    let number = |body: &str| body.split_once(". x").and_then(|(number, _)| number.parse::<usize>().ok());
    let numbers: Vec<usize> = heard.split("<body>").skip(1).filter_map(number).collect();
    let first = numbers.first().copied().unwrap_or_default();
    assert!(numbers.iter().copied().eq(first..TORRENT) && numbers.len() > 200, "the rest and no gap: {numbers:?}");
    sue.say(CENTER_BILLING, "c3", "Now I have read it");
    ann.take("Now I have read it");
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() - 1) * percent / 100]
}

fn flood() {
    const SECONDS: u64 = 4;
    // Not held back by the pace that people have, but by what the centre can take.
    let host = Host::serve(Centre::in_the_clear(&[("messages_per_second = 50", "messages_per_second = 10000")]));
    host.people(&[("jim", 1), ("ann", 1)], &["joe", "sue"]);
    let mut bystanders = Bystanders::at(&host);
    bystanders.round_trips(Duration::from_millis(500));
    let quiet = bystanders.round_trips(Duration::from_secs(1));
    let mut sue = Raw::online(host.customers(), "sue@center.example/x", "sue");
    sue.send("<enable xmlns='urn:xmpp:sm:3'/>");
    sue.take("<enabled");
    let mut writer = sue.writer();
    let flooding = std::thread::spawn(move || {
        use std::io::Write as _;
        let begun = Instant::now();
        let mut sent = 0_u32;
        // A transcript holds 100,000 messages.
        while begun.elapsed() < Duration::from_secs(SECONDS) && sent < 90_000 {
            let message =
                format!("<message to='{CENTER_BILLING}' id='f{sent}' type='chat'><body>Flood {sent}.</body></message>");
            if let Err(error) = writer.write_all(message.as_bytes()) {
                panic!("a flood is read in its turn, not cut off after {sent} messages: {error}");
            }
            sent += 1;
        }
        writer.write_all(b"<r xmlns='urn:xmpp:sm:3'/>").expect("a flood is read in its turn");
        sent
    });
    let busy = bystanders.round_trips(Duration::from_secs(SECONDS));
    let (quiet, busy) = (percentile(&quiet, 95), percentile(&busy, 95));
    assert!(busy < (quiet * 10).max(Duration::from_millis(250)), "p95 is {busy:?} in the flood, {quiet:?} without");
    let sent = flooding.join().unwrap_or_else(|_| panic!("the flood was cut off: {}", sue.until_closed()));
    println!("flood: {sent} messages in {SECONDS} s; p95 of a round trip {quiet:?} without it, {busy:?} in it");
    sue.wait_for(Duration::from_mins(2));
    sue.take(&format!("<a xmlns='urn:xmpp:sm:3' h='{sent}'/>"));
    // All of it was acknowledged, so all of it is in the transcript.
    let mut ann = Raw::online(host.agents(), "ann@desk.center.example/desk", "ann");
    ann.take("Say `accept");
    ann.say(CENTER_BILLING_QUEUE, "accept", "accept");
    for number in 0..sent {
        ann.take("<body>Flood ");
        assert_eq!(ann.take("."), format!("{number}."), "in order and without a gap");
    }
    bystanders.round_trip();
}

/// Linear memory never shrinks: what 100 clients with big stanzas made of their machines is given back when they rest.
fn grown() {
    const CLIENTS: usize = 100;
    let host = Host::serve(Centre::in_the_clear(&[]));
    host.people(&[("jim", 3)], &["joe", "sue"]);
    let mut bystanders = Bystanders::at(&host);
    let mut clients: Vec<Raw> = (0..CLIENTS)
        .map(|number| Raw::online(host.customers(), &format!("sue@center.example/{number}"), "sue"))
        .collect();
    std::thread::sleep(Duration::from_secs(3));
    let (small, _) = host.memory_kib();
    // 900 elements in 60 KB: as much as one stanza may make of a machine.
    let payload: String = many(900, |number| format!("<e{number} a='{}'/>", "v".repeat(45)));
    for client in &mut clients {
        client.send(&format!(
            "<iq type='set' id='big' to='center.example'><x xmlns='urn:example:big'>{payload}</x></iq>"
        ));
    }
    for client in &mut clients {
        client.take("id='big'");
    }
    let (_, grown) = host.memory_kib();
    // They rest after five seconds of silence.
    std::thread::sleep(Duration::from_secs(8));
    let (rested, _) = host.memory_kib();
    println!("{CLIENTS} machines: {small} KiB before, at most {grown} KiB, {rested} KiB at rest");
    assert!(grown > small + 20_000, "machines grow: from {small} KiB to {grown} KiB");
    assert!(rested < small + (grown - small) / 4, "{small} KiB before, at most {grown} KiB, {rested} KiB at rest");
    for client in &mut clients {
        client.send("<iq type='get' id='alive' to='center.example'><ping xmlns='urn:xmpp:ping'/></iq>");
        client.take("id='alive'");
    }
    bystanders.round_trip();
}
