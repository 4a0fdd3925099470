//! Addresses, good and bad (RFC 7622).

use super::{is_own, target};
use expect_test::{Expect, expect};

#[track_caller]
fn check(to: &str, expected: Expect) {
    expected.assert_eq(&format!("{:?}", target(Some(to), "im.example")));
}

#[test]
fn targets() {
    check("im.example", expect![[r#"Alias("")"#]]);
    check("IM.Example./x", expect![[r#"Alias("")"#]]);
    check("billing@im.example", expect![[r#"Alias("billing")"#]]);
    check("Billing@im.example/a@b/c", expect![[r#"Alias("billing")"#]]);
    check("joe@other.example", expect!["Elsewhere"]);
    check("JÖRG@im.example", expect![[r#"Alias("jörg")"#]]);
    check("@im.example", expect!["Malformed"]);
    check("joe@", expect!["Malformed"]);
    check("", expect!["Malformed"]);
    check("a b@im.example", expect!["Malformed"]);
    check(&format!("{}@im.example", "a".repeat(1024)), expect!["Malformed"]);
    expect!["Account"].assert_eq(&format!("{:?}", target(None, "im.example")));
}

#[test]
fn a_stanza_comes_from_its_sender() {
    let contact = "joe@im.example/phone";
    for own in ["joe@im.example", "joe@im.example/phone", "Joe@IM.example/phone", "joe@im.example."] {
        assert!(is_own(own, contact, "im.example"), "{own}");
    }
    for foreign in ["jim@im.example", "joe@im.example/desk", "joe@other.example", "im.example", "", "joe@im.example/"] {
        assert!(!is_own(foreign, contact, "im.example"), "{foreign}");
    }
}
