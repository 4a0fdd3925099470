//! Moments as XEP-0082 writes them.

use super::stamp;
use expect_test::{Expect, expect};

#[track_caller]
fn check(at: u64, expected: Expect) {
    expected.assert_eq(&stamp(at));
}

#[test]
fn stamps() {
    check(0, expect!["1970-01-01T00:00:00Z"]);
    check(951_782_399_999, expect!["2000-02-28T23:59:59.999Z"]);
    check(951_782_400_000, expect!["2000-02-29T00:00:00Z"]);
    check(1_784_021_400_250, expect!["2026-07-14T09:30:00.250Z"]);
    check(4_107_542_399_001, expect!["2100-02-28T23:59:59.001Z"]);
}
