//! The XMPP adapter in its sandbox, given anything.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cordboard::fuzzing::guest(data));
