//! The sandbox with components written by hand: what no guest of the SDK would do.

use super::{Allowance, Engine, Guest, GuestLog, Sandbox};
use crate::model::Digest;
use crate::model::adapter::GuestFailure;
use expect_test::expect;
use std::sync::Arc;
use wasmtime::component::{Instance, Linker};

const ALLOWANCE: Allowance = Allowance { fuel: 100_000, output_bytes: 1024 };

/// A component whose `run: func() -> string` is this core function, which answers with the address of pointer and length.
fn running(memory: &str, body: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
            (core module $m
                (memory (export "memory") {memory})
                (func $helper (param i32) (result i32) {body})
                (func (export "run") (result i32) (call $helper (i32.const 0))))
            (core instance $i (instantiate $m))
            (func (export "run") (result string) (canon lift (core func $i "run") (memory $i "memory"))))"#
    );
    wat::parse_str(text).unwrap()
}

fn started(component: &[u8]) -> Result<(Sandbox, Instance), GuestFailure> {
    let engine = Engine::new(None).unwrap();
    let component = engine.compile(component).unwrap();
    let linker = Linker::<Guest>::new(engine.wasm());
    let log = Arc::new(GuestLog::new("hand-made", Digest([0; 32])));
    let guest = Guest::new(1024 * 1024, log, |_, value| Ok(value.to_owned()));
    let mut sandbox = Sandbox::new(&engine, guest, &Arc::default());
    let instance = sandbox.enter(ALLOWANCE, |store| linker.instantiate(store, &component))?;
    Ok((sandbox, instance))
}

fn run(sandbox: &mut Sandbox, instance: Instance) -> Result<String, GuestFailure> {
    sandbox.enter(ALLOWANCE, |store| {
        let run = instance.get_typed_func::<(), (String,)>(&mut *store, "run")?;
        Ok(run.call(store, ())?.0)
    })
}

fn failure(memory: &str, body: &str) -> String {
    let (mut sandbox, instance) = started(&running(memory, body)).unwrap();
    let failure = run(&mut sandbox, instance).unwrap_err();
    assert!(!sandbox.is_alive());
    assert_eq!(run(&mut sandbox, instance).unwrap_err(), failure, "a dead sandbox says what it died of");
    failure.to_string()
}

#[test]
fn an_answer_comes_out_and_its_fuel_is_counted() {
    let body = "(i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 2))
        (i32.store8 (i32.const 16) (i32.const 104)) (i32.store8 (i32.const 17) (i32.const 105)) (i32.const 0)";
    let (mut sandbox, instance) = started(&running("1", body)).unwrap();
    assert_eq!(run(&mut sandbox, instance).unwrap(), "hi");
    let used = sandbox.fuel_used();
    assert_eq!(run(&mut sandbox, instance).unwrap(), "hi");
    assert_eq!(sandbox.fuel_used(), used, "fuel is deterministic");
    assert!(used > 0 && used < 100, "{used}");
    assert_eq!(sandbox.memory_bytes(), 64 * 1024);
}

#[test]
fn a_loop_runs_out_of_fuel() {
    expect!["used all its fuel (100000); an endless loop, or more work than a call may do"]
        .assert_eq(&failure("1", "(loop (br 0)) (i32.const 0)"));
}

#[test]
fn a_trap_names_its_functions() {
    expect!["trapped: wasm trap: wasm `unreachable` instruction executed; in helper < function 1"]
        .assert_eq(&failure("1", "unreachable"));
}

#[test]
fn endless_recursion_is_a_trap() {
    expect!["trapped: wasm trap: call stack exhausted; in helper < helper < helper < helper < helper < helper < helper < helper < helper < helper < helper < helper"].assert_eq(&failure("1", "(call $helper (local.get 0))"));
}

#[test]
fn an_answer_out_of_bounds_breaks_the_contract() {
    let body = "(i32.store (i32.const 0) (i32.const 65530)) (i32.store (i32.const 4) (i32.const 100)) (i32.const 0)";
    expect!["broke the contract: string pointer/length out of bounds of memory"].assert_eq(&failure("1", body));
}

#[test]
fn an_answer_that_is_no_text_breaks_the_contract() {
    let body = "(i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 1))
        (i32.store8 (i32.const 16) (i32.const 255)) (i32.const 0)";
    expect!["broke the contract: invalid utf-8 sequence of 1 bytes from index 0"].assert_eq(&failure("1", body));
}

#[test]
fn an_answer_too_large_meets_its_limit() {
    let body = "(i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 1025)) (i32.const 0)";
    expect!["exceeded a limit: handed over more than 1024 bytes at once"].assert_eq(&failure("1", body));
}

#[test]
fn refused_memory_is_named_even_if_the_guest_traps_for_it() {
    let body = "(if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable)) (i32.const 0)";
    expect!["exceeded a limit: wanted 1114112 bytes of memory and may have 1048576"].assert_eq(&failure("1", body));
}

#[test]
fn too_much_memory_at_the_start_is_a_limit() {
    let failure = started(&running("17", "(i32.const 0)")).unwrap_err();
    expect!["exceeded a limit: wanted 1114112 bytes of memory and may have 1048576"].assert_eq(&failure.to_string());
}

#[test]
fn compiled_components_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let component = running("1", "(i32.const 0)");
    let cold = Engine::new(Some(folder.path())).unwrap();
    cold.compile(&component).unwrap();
    assert_eq!(cold.cache_hits(), 0);
    let warm = Engine::new(Some(folder.path())).unwrap();
    warm.compile(&component).unwrap();
    assert_eq!(warm.cache_hits(), 1);
}

#[test]
fn a_cache_that_is_no_folder_is_told() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let told = Engine::new(Some(file.path())).unwrap_err().to_string();
    assert!(told.contains(&file.path().display().to_string()) && told.contains("`cache`"), "{told}");
}
