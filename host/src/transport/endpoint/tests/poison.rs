//! Messages that break the guest: what is lost, who is told, who is kept out.

use super::link::{Link, link};
use super::*;
use crate::model::adapter::Output;

const BOOM: &str = "poison: trapped: boom at line.rs:1";
const BOOM_AS: &str = "poison: trapped: boom at line.rs:2";

/// What a chunk comes to on a link with joe and ann.
#[track_caller]
fn check(chunks: &[&str], expected: &[&str]) {
    let mut link = Link::up(link(|_| {}));
    link.line("join ann");
    let mut done = Vec::new();
    for chunk in chunks {
        done.extend(link.bytes(chunk));
    }
    assert_eq!(done, expected);
}

#[test]
fn one_poison_costs_its_sender_that_message_and_nobody_anything_else() {
    check(
        &["as joe one\nas ann boom\nas joe two\nas ann three\n"],
        &["report 4 said joe", BOOM_AS, "send skipped", "report 5 said joe", "report 6 said ann"],
    );
}

#[test]
fn two_poisons_in_one_chunk() {
    check(
        &["as ann boom\nas joe one\nas joe boom\nas ann two\n"],
        &[BOOM_AS, "send skipped", "report 4 said joe", BOOM_AS, "send skipped", "report 5 said ann"],
    );
}

#[test]
fn a_poison_over_the_border_of_two_chunks() {
    check(
        &["as joe one\nas ann bo", "om\nas joe two\n"],
        &["report 4 said joe", BOOM_AS, "send skipped", "report 5 said joe"],
    );
    check(&["as ann boom", "\n", "as joe two\n"], &[BOOM_AS, "send skipped", "report 4 said joe"]);
}

#[test]
fn a_poison_in_bytes_that_the_guest_has_put_off() {
    let mut link = Link::up(link(|_| {}));
    link.line("join ann");
    assert_eq!(link.line("wait 500\nas joe one\nas ann boom\nas joe two"), [""; 0]);
    assert_eq!(link.bench.after_ms(500), ["report 4 said joe"]);
    assert_eq!(link.bench.after_ms(10), [BOOM_AS, "send skipped"]);
    assert_eq!(link.bench.after_ms(10), ["report 5 said joe"]);
    assert_eq!(link.line("as ann three"), ["report 6 said ann"], "nothing else is skipped");
}

#[test]
fn an_input_that_breaks_the_guest_by_itself_is_left_out_and_no_message_is() {
    let mut link = Link::up(link(|_| {}));
    link.feed();
    let done = link.bench.pulled(vec![entry(1, None, "boom"), entry(2, None, "fine")]);
    assert_eq!(done[0], "poison: trapped: boom at delivery");
    assert_eq!(done[1..], ["send message 5-0-2 from billing: fine", "through 1: unsupported", "through 2: delivered"]);
    assert_eq!(link.line("as joe one"), ["report 3 said joe"]);
}

#[test]
fn what_is_kept_says_whose_it_was_and_ends_with_the_poison() {
    let mut link = Link::up(link(|_| {}));
    link.line("join ann");
    link.bytes("as joe one\nas ann bo");
    let data = b"om\nas joe two\n".to_vec();
    let actions = link.bench.endpoint.handle(link.bench.now, Event::Received { channel: 1, data });
    let kept = actions.into_iter().find_map(|action| match action {
        Action::Poison { contact, input: Some(input), .. } => Some((contact, *input)),
        _ => None,
    });
    let Some((contact, Input::Received(chunk))) = kept else { panic!("{kept:?}") };
    assert_eq!(contact, Some(Contact::new("ann")));
    let text = String::from_utf8(chunk.data).unwrap();
    assert!(text.ends_with("as joe one\nas ann boom\n"), "{text}");
}

#[test]
fn the_third_poison_of_a_contact_bans_the_contact_and_nobody_else() {
    let mut link = Link::up(link(|_| {}));
    link.line("join ann");
    let until = link.bench.now.plus_ms(600_000).0;
    let done = link.bytes("as ann boom\nas joe boom\nas ann boom\nas joe boom\nas ann boom\nas joe one\n");
    let banned = [format!("banned until {until}"), format!("send ban ann until {until}")];
    assert_eq!(done.iter().filter(|done| *done == "send skipped").count(), 5);
    assert_eq!(done[done.len() - 3..done.len() - 1], banned);
    assert_eq!(done.last().unwrap(), "report 4 said joe");
}

#[test]
fn a_link_that_is_opened_anew_is_told_who_is_banned() {
    let config = link(|_| {});
    config.bans.add("customers", "ann", 60_000);
    config.bans.add("elsewhere", "joe", 60_000);
    let mut link = Link::new(config.clone());
    link.sign_in_only();
    let ready = link.line("welcome");
    assert!(ready[0] == "ready 1" && ready[1].starts_with("send ban ann until ") && ready.len() == 2, "{ready:?}");
    assert_eq!(link.bench.event(Event::Due), [""; 0], "once");
    config.bans.revoke(None, "ann");
    let lifted = link.bench.event(Event::Due);
    assert!(matches!(&lifted[..], [ban] if ban.starts_with("send ban ann until ")), "{lifted:?}");
}

#[test]
fn a_person_with_an_account_is_kept_out_at_the_third_poison() {
    let config = config(|c| c.traps = 3);
    let mut bench = Bench::with_joe(config.clone());
    for _ in 0..2 {
        assert_eq!(bench.line("boom"), [BOOM, "send skipped"]);
    }
    let done = bench.line("boom");
    assert_eq!(
        (&done[..2], &done[3..]),
        (&[BOOM.to_owned(), "send skipped".to_owned()][..], &["send disconnect".to_owned()][..])
    );
    assert_eq!(bench.after_ms(10_000), ["close: not finished within 10000 ms"]);
    let mut again = Bench::new(config.clone());
    assert_eq!(again.line("user joe secret"), ["verify 1"]);
    assert_eq!(again.prove(1, "joe"), ["send refused too-many"]);
    assert_eq!(config.bans.revoke(Some("customers"), "joe"), 0, "by the clock of this test it is long over");
}

#[test]
fn an_operator_keeps_out_who_is_here_already() {
    let config = config(|_| {});
    let mut bench = Bench::with_joe(config.clone());
    bench.now = config.bans.now();
    config.bans.add("customers", "joe", 60_000);
    assert_eq!(bench.line("say billing hello")[1..], ["send disconnect"]);
}

#[test]
fn a_guest_cannot_ban_anybody_by_itself() {
    let mut link = Link::up(link(|_| {}));
    for _ in 0..5 {
        link.bench.endpoint.carry_out(link.bench.now, vec![Output::Skipped(Contact::new("ann"))]);
    }
    assert_eq!(link.line("as joe one"), ["report 3 said joe"]);
}

#[test]
fn a_guest_that_cannot_skip_is_ended_rather_than_fed_a_torn_stream() {
    let unable = LineFactory { cannot_skip: true, ..LineFactory::default() };
    let mut link = Link::up_of(Arc::new(unable), link(|_| {}));
    let lost = "close: the adapter failed and could not go on: trapped: boom at line.rs:1";
    assert_eq!(link.line("as joe one\nboom\nas joe two"), ["report 3 said joe", BOOM, lost]);
}
