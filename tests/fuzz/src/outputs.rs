//! The endpoint machine, with a guest that answers anything.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cordboard::fuzzing::outputs(data));
