//! Adapters: one store each, and what becomes of a bad one.

use super::components;
use crate::model::adapter::{Adapter, AdapterFactory, Chunk, GuestFailure, Input, Output, Setup};
use crate::model::limits::Limits;
use crate::model::{SavedState, Side, Timestamp};
use crate::plugin::AdapterPlugin;
use std::time::{Duration, Instant};

const NOW: Timestamp = Timestamp(1_000);

fn factory_of(name: &str, limits: &Limits) -> AdapterPlugin {
    AdapterPlugin::new(&components::adapter(name, limits), "")
}

/// Of one without a vice.
fn factory(limits: &Limits) -> AdapterPlugin {
    factory_of("echoes", limits)
}

fn machine(name: &str) -> Box<dyn Adapter> {
    open(&factory_of(name, &Limits::default()))
}

fn setup(settings: &str) -> Setup {
    Setup {
        side: Side::Customer,
        role: "server".to_owned(),
        domain: "localhost".to_owned(),
        settings: settings.to_owned(),
        seed: vec![7; 32],
        attributes: Vec::new(),
    }
}

fn open(factory: &AdapterPlugin) -> Box<dyn Adapter> {
    factory.open(NOW, &setup("")).unwrap()
}

fn say(machine: &mut dyn Adapter, words: &str) -> Result<Vec<Output>, GuestFailure> {
    machine.handle(NOW, &Input::Received(Chunk { channel: 3, data: words.as_bytes().to_vec(), text: false }))
}

fn answer(machine: &mut dyn Adapter, words: &str) -> String {
    match say(machine, words).unwrap().as_slice() {
        [Output::Send(Chunk { channel: 3, data, text: false })] => String::from_utf8(data.clone()).unwrap(),
        other => panic!("expected one answer, got {other:?}"),
    }
}

/// What becomes of these words; the machine is dead then, and says the same again.
fn failure(name: &str, words: &str) -> GuestFailure {
    let mut machine = machine(name);
    let failure = say(&mut *machine, words).unwrap_err();
    assert_eq!(say(&mut *machine, "hello").unwrap_err(), failure);
    failure
}

fn limit(failure: &GuestFailure) -> &str {
    let GuestFailure::Limit(words) = failure else { panic!("expected a limit, got {failure}") };
    words
}

#[test]
fn an_endpoint_answers_and_keeps_its_state_over_save_and_restore() {
    let factory = factory(&Limits::default());
    let mut machine = open(&factory);
    assert_eq!(answer(&mut *machine, "hello"), "1 hello");
    assert_eq!(answer(&mut *machine, "again"), "2 again");
    let state = machine.save().unwrap();
    let mut restored = factory.restore(&setup(""), &state).unwrap();
    assert_eq!(answer(&mut *restored, "back"), "3 back");
    assert_eq!(answer(&mut *machine, "still here"), "3 still here");
    assert!(restored.memory_bytes() >= 64 * 1024);
}

#[test]
fn a_trap_tells_the_panic_its_line_and_the_way_to_it() {
    let told = failure("traps-adapter", "trap").to_string();
    assert!(told.starts_with("trapped: panicked at tests/bad_plugins/traps_adapter/src/lib.rs:"), "{told}");
    let (panic, frames) = told.split_once("; in ").unwrap();
    assert!(panic.ends_with(": a stanza that traps"), "{told}");
    assert!(frames.contains("cordboard_bad_traps_adapter") && frames.contains("endpoint.handle"), "{told}");
    assert!(!frames.contains("panicking"), "{told}");
}

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    assert_eq!(failure("loops-adapter", "loop"), GuestFailure::Fuel { fuel: 5_008_000 });
}

#[test]
fn a_memory_bomb_meets_its_limit() {
    let failure = failure("allocates-adapter", "allocate");
    assert!(limit(&failure).ends_with("bytes of memory and may have 2097152"), "{failure}");
}

#[test]
fn too_deep_a_recursion_is_a_trap() {
    let mut machine = machine("recurses");
    let failure = say(&mut *machine, "recurse").unwrap_err().to_string();
    assert!(failure.starts_with("trapped: "), "{failure}");
}

#[test]
fn a_flood_of_outputs_meets_their_limit() {
    assert_eq!(limit(&failure("floods-adapter", "flood 1025")), "answered with 1025 outputs and may with 1024");
    let mut machine = machine("floods-adapter");
    assert_eq!(say(&mut *machine, "flood 1024").unwrap().len(), 1024);
}

#[test]
fn an_output_too_large_meets_its_limit() {
    let limits = Limits { output_bytes: 100_000, ..Limits::default() };
    let mut small = open(&factory_of("shouts-adapter", &limits));
    let failure = say(&mut *small, "shout 100001").unwrap_err();
    assert_eq!(limit(&failure), "handed over more than 100000 bytes at once");
    let mut machine = machine("shouts-adapter");
    assert_eq!(answer(&mut *machine, "shout 500000").len(), 500_000);
}

#[test]
fn a_flood_of_log_lines_is_stopped() {
    let failure = failure("chatters", "log 100000");
    assert!(limit(&failure).starts_with("asked the host more than 4096 times"), "{failure}");
    let mut machine = machine("chatters");
    assert_eq!(say(&mut *machine, "log 4000").unwrap(), []);
}

#[test]
fn a_trap_in_one_endpoint_leaves_the_others_alone() {
    let factory = factory_of("traps-adapter", &Limits::default());
    let (mut one, mut other) = (open(&factory), open(&factory));
    assert_eq!(answer(&mut *one, "hello"), "1 hello");
    assert_eq!(answer(&mut *other, "hello"), "1 hello");
    say(&mut *one, "trap").unwrap_err();
    assert_eq!(answer(&mut *other, "hello"), "2 hello");
    let mut fresh = open(&factory);
    assert_eq!(answer(&mut *fresh, "hello"), "1 hello");
}

#[test]
fn an_endpoint_may_say_no() {
    let factory = factory(&Limits::default());
    let refused = factory.open(NOW, &setup("refuse")).err().unwrap();
    assert_eq!(refused, GuestFailure::Refused("these settings say refuse".to_owned()));
    let foreign = SavedState { format: 9, bytes: Vec::new() };
    let refused = factory.restore(&setup(""), &foreign).err().unwrap();
    assert_eq!(
        refused,
        GuestFailure::Refused("the state has format 9, the plugin's manifest says that it reads [1]".to_owned())
    );
}

#[test]
fn a_trap_in_open_is_a_failure_like_any_other() {
    let failure = factory_of("traps-adapter", &Limits::default()).open(NOW, &setup("trap")).err().unwrap();
    assert!(matches!(&failure, GuestFailure::Trapped(words) if words.contains("these settings say trap")), "{failure}");
}

#[test]
fn names_are_prepared_by_the_host() {
    let mut machine = open(&factory(&Limits::default()));
    assert_eq!(answer(&mut *machine, "prepare JOE"), "joe");
    let long = "A".repeat(5000);
    assert_eq!(answer(&mut *machine, &format!("prepare {long}")), "refused: longer than 4096 bytes");
}

/// What becomes of a machine that is to be saved, after a word.
fn save(name: &str, word: &str) -> GuestFailure {
    let mut machine = open(&factory_of(name, &Limits { saved_state_bytes: 500_000, ..Limits::default() }));
    say(&mut *machine, word).unwrap();
    let failure = machine.save().unwrap_err();
    assert_eq!(machine.save().unwrap_err(), failure);
    failure
}

#[test]
fn a_save_that_traps_loops_lies_or_is_too_large_is_a_failure() {
    let trap = save("save-traps", "hello");
    assert!(matches!(&trap, GuestFailure::Trapped(words) if words.contains("a state that traps")), "{trap}");
    assert!(matches!(save("loops-adapter", "loop-at-save"), GuestFailure::Fuel { .. }));
    assert_eq!(limit(&save("shouts-adapter", "shout-at-save")), "saved 500001 bytes and may save 500000");
    let lie = GuestFailure::Contract("saved format 2, its manifest says that it writes 1".to_owned());
    assert_eq!(save("save-lies", "hello"), lie);
}

/// One after another what it is given back, and what it answers then.
fn restored(name: &str) -> Result<String, GuestFailure> {
    let factory = factory_of(name, &Limits::default());
    let mut machine = open(&factory);
    answer(&mut *machine, "hello");
    let state = machine.save().unwrap();
    let answered = factory.restore(&setup(""), &state).map(|mut restored| answer(&mut *restored, "again"));
    assert_eq!(answer(&mut *machine, "still here"), "2 still here", "the old one goes on");
    answered
}

#[test]
fn a_restore_that_refuses_or_lies_leaves_the_old_machine_alone() {
    let refused = restored("restore-refuses").unwrap_err();
    assert!(matches!(&refused, GuestFailure::Refused(words) if words.ends_with("are not to my liking")), "{refused}");
    assert_eq!(restored("restore-lies").unwrap(), "1 again", "nothing here can know that it forgot");
    assert_eq!(restored("echoes").unwrap(), "2 again");
}

#[test]
fn a_start_that_takes_five_seconds_is_ended_before() {
    let factory = factory_of("slow-start", &Limits::default());
    let began = Instant::now();
    assert_eq!(factory.open(NOW, &setup("")).err().unwrap(), GuestFailure::Fuel { fuel: 5_000_000 });
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[test]
fn fuel_grows_with_the_input() {
    let limits = Limits { adapter_fuel: 100_000, adapter_fuel_per_byte: 0, ..Limits::default() };
    let words = "a".repeat(16 * 1024);
    let mut poor = open(&factory(&limits));
    assert_eq!(say(&mut *poor, &words).unwrap_err(), GuestFailure::Fuel { fuel: 100_000 });
    let mut rich = open(&factory(&Limits { adapter_fuel_per_byte: 2_000, ..limits }));
    assert_eq!(answer(&mut *rich, &words).len(), words.len() + 2);
}

#[test]
fn datagrams_are_sorted_in_a_store_of_their_own() {
    let mut sorter = factory_of("traps-adapter", &Limits::default()).sorter();
    assert_eq!(sorter.key(b"joe").unwrap(), "joe");
    assert!(matches!(sorter.key(b"trap").unwrap_err(), GuestFailure::Trapped(_)));
    assert_eq!(sorter.key(b"jim").unwrap(), "jim");
}

#[test]
fn the_digest_is_of_component_and_settings() {
    let plugin = components::adapter("echoes", &Limits::default());
    let digest = |settings| AdapterPlugin::new(&plugin, settings).digest();
    assert_eq!(digest("{}"), digest("{}"));
    assert_ne!(digest("{}"), digest("{\"a\":1}"));
    assert_ne!(digest(""), plugin.about().digest);
}
