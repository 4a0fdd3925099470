//! A saved state comes back, and a foreign one is refused.

use super::{read, write};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct First {
    name: String,
    seed: [u8; 32],
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Second {
    name: String,
    #[serde(default)]
    window: Option<u32>,
}

fn first() -> First {
    First { name: "joe".into(), seed: [7; 32] }
}

#[test]
fn what_is_written_is_read() {
    assert_eq!(read::<First>(&write(1, &first()), 1), Ok(first()));
}

#[test]
fn a_later_version_may_add_a_field() {
    assert_eq!(read::<Second>(&write(1, &first()), 1), Ok(Second { name: "joe".into(), window: None }));
}

#[test]
fn another_format_is_refused_by_number() {
    let error = read::<First>(&write(3, &first()), 1).unwrap_err();
    assert_eq!(error, "the saved state has format 3, this version reads 1");
}

#[test]
fn broken_bytes_are_an_error() {
    let mut state = write(1, &first());
    state.bytes.truncate(10);
    assert!(read::<First>(&state, 1).unwrap_err().starts_with("the saved state of format 1 can't be read: "));
}
