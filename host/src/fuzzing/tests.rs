//! Both targets, for a moment.

#[path = "../../../tests/fuzz/mutations.rs"]
mod mutations;

fn run(target: &str, count: usize, run: fn(&[u8])) {
    let corpus = mutations::corpus(target);
    for input in corpus.iter().cloned().chain(mutations::mutations(&corpus, count)) {
        let failed = std::panic::catch_unwind(|| run(&input)).is_err();
        assert!(!failed, "{target} fails with {}", input.escape_ascii());
    }
}

#[test]
fn a_real_adapter_takes_anything() {
    run("guest", 2_000, super::guest);
}

#[test]
fn an_endpoint_takes_any_answer() {
    run("outputs", 10_000, super::outputs);
}
