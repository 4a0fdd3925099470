//! What is heard as a name.

use super::names;

#[test]
fn a_name_stands_in_front_of_please() {
    let first = |text: &str| names(text).next().unwrap_or_default();
    assert_eq!(first("Jim, please"), "jim");
    assert_eq!(first("jim please!"), "jim");
    assert_eq!(first("  JIM ,  Please. "), "jim");
    assert_eq!(first("Hello! Jim Smith, please. It is about a bill."), "jim smith");
    assert_eq!(first("Dr. Smith, please"), "dr. smith");
    for nothing in ["please", ", please", "pleased to meet you", "unplease", "please help me", "", "jim"] {
        assert_eq!(first(nothing), "", "{nothing:?}");
    }
    assert_eq!(first(&format!("{}, please", "x".repeat(65))), "");
    assert_eq!(first(&format!("{} jim, please", "ä".repeat(600))), "", "only the beginning is looked at");
}
