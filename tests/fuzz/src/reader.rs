//!  arbitrary bytes, cut anywhere.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cordboard_adapter_xmpp::read_in_pieces:The XML reader(data));
