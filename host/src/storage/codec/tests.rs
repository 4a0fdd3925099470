//! Reading and refusing; the bytes of every record in the present format.

use super::*;
use crate::model::SessionId;
use crate::model::record::Entry;
use crate::storage::samples;
use data_encoding::HEXLOWER;
use expect_test::expect_file;

#[test]
fn what_is_written_is_read() {
    for record in samples::records() {
        let bytes = encode("a record", &record).unwrap();
        assert_eq!(decode::<crate::model::record::Record>("a record", &bytes).unwrap(), record);
    }
    for entry in samples::entries(SessionId(1)) {
        let bytes = encode("an entry", &entry).unwrap();
        assert_eq!(decode::<Entry>("an entry", &bytes).unwrap(), entry);
    }
}

/// The file holds what this release writes. Where a field is added, the file gets another name, and the old one stays beside it, read
/// by a test like those that follow.
#[test]
fn bytes_of_version_1_are_pinned() {
    let records = samples::records().into_iter().map(|record| encode("a record", &record).unwrap());
    let entries = samples::entries(SessionId(1)).into_iter().map(|entry| encode("an entry", &entry).unwrap());
    let lines: Vec<String> = records.chain(entries).map(|bytes| HEXLOWER.encode(&bytes) + "\n").collect();
    expect_file!["./version-1-queues.hex"].assert_eq(&lines.concat());
}

#[test]
fn bytes_of_version_1_are_read() {
    check_read(include_str!("version-1-queues.hex"), &samples::records());
}

/// Before agents had units, customers attributes, and sessions what their queues say of software and whom customers ask for.
#[test]
fn bytes_of_version_1_without_settings_of_queues_are_read() {
    check_read(include_str!("version-1-addresses.hex"), &samples::second_records());
}

/// Before accounts had addresses, sessions codes, rows principals, and contacts at providers subscriptions.
#[test]
fn bytes_of_version_1_as_first_written_are_read() {
    check_read(include_str!("version-1.hex"), &samples::first_records());
}

/// What came with transfers and with agents who join, by itself: in the file above none of it is set.
#[test]
fn bytes_of_transfers_and_of_who_has_joined_are_pinned() {
    let (transfers, joined) = samples::parts();
    let transfers = transfers.iter().map(|transfer| encode("a transfer", transfer).unwrap());
    let joined = joined.iter().map(|joined| encode("who has joined", joined).unwrap());
    let entries = samples::audiences(SessionId(7)).into_iter().map(|entry| encode("an entry", &entry).unwrap());
    let lines: Vec<String> =
        transfers.chain(joined).chain(entries).map(|bytes| HEXLOWER.encode(&bytes) + "\n").collect();
    expect_file!["./version-1-joined.hex"].assert_eq(&lines.concat());
}

#[test]
fn transfers_and_who_has_joined_are_read() {
    let session = samples::session_with_parts();
    let bytes = encode("a record", &session).unwrap();
    assert_eq!(decode::<crate::model::record::Record>("a record", &bytes).unwrap(), session);
    let stored = include_str!("version-1-joined.hex").lines().map(|line| HEXLOWER.decode(line.as_bytes()).unwrap());
    let stored: Vec<Vec<u8>> = stored.collect();
    let (transfers, joined) = samples::parts();
    let entries = samples::audiences(SessionId(7));
    assert_eq!(stored.len(), transfers.len() + joined.len() + entries.len());
    let (of_transfers, rest) = stored.split_at(transfers.len());
    let (of_joined, of_entries) = rest.split_at(joined.len());
    for (bytes, transfer) in of_transfers.iter().zip(&transfers) {
        assert_eq!(decode::<crate::model::part::Transfer>("a transfer", bytes).unwrap(), *transfer);
    }
    for (bytes, joined) in of_joined.iter().zip(&joined) {
        assert_eq!(decode::<crate::model::part::Joined>("who has joined", bytes).unwrap(), *joined);
    }
    for (bytes, entry) in of_entries.iter().zip(&entries) {
        assert_eq!(decode::<Entry>("an entry", bytes).unwrap(), *entry);
    }
}

fn check_read(file: &str, records: &[crate::model::record::Record]) {
    let lines: Vec<Vec<u8>> = file.lines().map(|line| HEXLOWER.decode(line.as_bytes()).unwrap()).collect();
    let entries = samples::entries(SessionId(1));
    assert_eq!(lines.len(), records.len() + entries.len());
    for (bytes, record) in lines.iter().zip(records) {
        assert_eq!(decode::<crate::model::record::Record>("a record", bytes).unwrap(), *record);
    }
    for (bytes, entry) in lines[records.len()..].iter().zip(&entries) {
        assert_eq!(decode::<Entry>("an entry", bytes).unwrap(), *entry);
    }
}

/// Beside those files, which have what was there before requests of switches.
#[test]
fn bytes_of_requests_are_pinned_and_read() {
    let records = [samples::requests(), samples::keyed_requests()].concat();
    let encoded = records.iter().map(|record| HEXLOWER.encode(&encode("a record", record).unwrap()) + "\n");
    expect_file!["./version-1-requests.hex"].assert_eq(&encoded.collect::<String>());
    let stored = include_str!("version-1-requests.hex").lines().map(|line| HEXLOWER.decode(line.as_bytes()).unwrap());
    for (bytes, record) in stored.zip(&records) {
        assert_eq!(decode::<crate::model::record::Record>("a record", &bytes).unwrap(), *record);
    }
}

#[test]
fn bytes_of_conversations_with_dialogs_are_pinned_and_read() {
    let records = [samples::talk(), samples::recounting_talk()];
    let encoded = records.iter().map(|record| HEXLOWER.encode(&encode("a record", record).unwrap()) + "\n");
    expect_file!["./version-1-talk.hex"].assert_eq(&encoded.collect::<String>());
    let stored = include_str!("version-1-talk.hex").lines().map(|line| HEXLOWER.decode(line.as_bytes()).unwrap());
    for (bytes, record) in stored.zip(&records) {
        assert_eq!(decode::<crate::model::record::Record>("a record", &bytes).unwrap(), *record);
    }
}

#[test]
fn bytes_of_quarantines_are_pinned_and_read() {
    let records = samples::quarantines();
    let encoded = records.iter().map(|record| HEXLOWER.encode(&encode("a record", record).unwrap()) + "\n");
    expect_file!["./version-1-quarantines.hex"].assert_eq(&encoded.collect::<String>());
    let stored =
        include_str!("version-1-quarantines.hex").lines().map(|line| HEXLOWER.decode(line.as_bytes()).unwrap());
    let read = stored.map(|bytes| decode::<crate::model::record::Record>("a record", &bytes).unwrap());
    assert_eq!(read.collect::<Vec<_>>(), records);
}

#[test]
fn bytes_of_waits_are_pinned_and_read() {
    let record = samples::waits();
    let encoded = HEXLOWER.encode(&encode("a record", &record).unwrap()) + "\n";
    expect_file!["./version-1-waits.hex"].assert_eq(&encoded);
    let stored = HEXLOWER.decode(include_str!("version-1-waits.hex").trim_end().as_bytes()).unwrap();
    assert_eq!(decode::<crate::model::record::Record>("a record", &stored).unwrap(), record);
}

/// So that a release can be taken back after it added a field.
#[test]
fn a_field_that_is_not_known_is_passed_over() {
    #[derive(Serialize)]
    struct Newer {
        last_session: u64,
        last_offer: u32,
        last_now: u64,
        colour: &'static str,
    }
    let newer = Newer { last_session: 1, last_offer: 2, last_now: 3, colour: "blue" };
    let bytes = encode("the counters", &newer).unwrap();
    assert_eq!(decode::<crate::model::record::Meta>("the counters", &bytes).unwrap().last_session, SessionId(1));
}

#[test]
fn what_cannot_be_read_is_named() {
    let error =
        |bytes: &[u8]| decode::<crate::model::record::Meta>("the counters of Pool(0)", bytes).unwrap_err().to_string();
    assert_eq!(
        error(&[]),
        "a stored value can't be read (the counters of Pool(0)): it is empty; expected at least the version byte 1; \
         restore a back-up, or ask for help with this message"
    );
    assert_eq!(
        error(&[9, 0]),
        "a stored value can't be read (the counters of Pool(0)): its version is 9, this cordboard reads up to 1; \
         a newer cordboard may have written it; restore a back-up, or ask for help with this message"
    );
    assert!(error(&[1, 0x80]).contains("missing field `last_session`"), "{}", error(&[1, 0x80]));
    assert!(error(&[1, 0xc1]).starts_with("a stored value can't be read (the counters of Pool(0)): "));
}
