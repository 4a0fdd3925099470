//! Vectors of the RFCs, bounds, and the properties that every profile has.

use super::{MAX_BYTES, PROFILES, prepare};
use proptest::prelude::*;

/// Each line: a text and what it becomes.
fn becomes(profile: &str, table: &[(&str, &str)]) {
    for (value, expected) in table {
        assert_eq!(prepare(profile, value).as_deref(), Ok(*expected), "{profile} of {value:?}");
    }
}

fn refused(profile: &str, table: &[&str]) {
    for value in table {
        let refusal = prepare(profile, value);
        assert!(refusal.is_err(), "{profile} of {value:?} gave {refusal:?}");
    }
}

#[test]
fn nodeprep_folds_case_and_refuses_what_stands_in_addresses() {
    becomes(
        "nodeprep",
        &[
            ("Joe", "joe"),
            ("fußball", "fussball"),
            ("Σ", "σ"),
            ("I\u{00AD}X", "ix"),
            ("\u{2168}", "ix"),
            ("agent.7", "agent.7"),
        ],
    );
    refused(
        "nodeprep",
        &["foo bar", "a@b", "a/b", "a:b", "it's", "\"", "a&b", "<a>", "a\u{7}", "\u{627}1", "\u{E000}"],
    );
}

#[test]
fn resourceprep_keeps_case_and_spaces() {
    becomes("resourceprep", &[("Gajim 1.8@home", "Gajim 1.8@home"), ("\u{2168}", "IX"), ("a\u{00AD}b", "ab")]);
    refused("resourceprep", &["tab\there", "\u{FFFD}", "a\u{202E}b"]);
}

/// Cases of draft-josefsson-idn-test-vectors, which RFC 3491 was tested with.
#[test]
fn nameprep_vectors() {
    becomes(
        "nameprep",
        &[
            ("foo\u{AD}\u{34F}\u{1806}\u{180B}bar\u{200B}\u{2060}baz\u{FE00}\u{FE08}\u{FE0F}\u{FEFF}", "foobarbaz"),
            ("CAFE", "cafe"),
            ("\u{DF}", "ss"),
            ("\u{130}", "i\u{307}"),
            ("\u{143}\u{37A}", "\u{144} \u{3B9}"),
            ("j\u{30C}\u{A0}\u{AA}", "\u{1F0} a"),
            ("\u{1FB7}", "\u{1FB6}\u{3B9}"),
        ],
    );
    refused(
        "nameprep",
        &[
            "\u{1680}",
            "\u{85}",
            "\u{180E}",
            "\u{E000}",
            "\u{FFFD}",
            "\u{200E}",
            "\u{E0001}",
            "\u{627}\u{31}",
            "foo\u{5D0}bar",
        ],
    );
}

/// RFC 8265, 3.5, tables 1 and 2, without the spaces between user parts, which an address can't have.
#[test]
fn username_case_mapped_vectors() {
    becomes(
        "username-case-mapped",
        &[
            ("juliet@example.com", "juliet@example.com"),
            ("fussball", "fussball"),
            ("fußball", "fußball"),
            ("π", "π"),
            ("Σ", "σ"),
            ("σ", "σ"),
            ("ς", "ς"),
            ("JIM", "jim"),
            ("ｊｉｍ", "jim"),
            ("e\u{301}", "\u{e9}"),
        ],
    );
    refused("username-case-mapped", &["foo bar", "", "henry\u{2163}", "\u{221E}", "a\u{7}", "\u{5D0}a"]);
}

/// RFC 8265, 4.3, tables 3 and 4.
#[test]
fn opaque_string_vectors() {
    becomes(
        "opaque-string",
        &[
            ("correct horse battery staple", "correct horse battery staple"),
            ("Correct Horse Battery Staple", "Correct Horse Battery Staple"),
            ("πßå", "πßå"),
            ("Jack of \u{2666}s", "Jack of \u{2666}s"),
            ("foo\u{1680}bar", "foo bar"),
        ],
    );
    refused("opaque-string", &["", "my cat is a \u{9}by"]);
}

/// RFC 8266, 3, table 1.
#[test]
fn nickname_vectors() {
    becomes(
        "nickname",
        &[
            ("Foo", "Foo"),
            ("foo", "foo"),
            ("Foo Bar", "Foo Bar"),
            ("  Foo    Bar  ", "Foo Bar"),
            ("Σ", "Σ"),
            ("ς", "ς"),
            ("\u{265A}", "\u{265A}"),
            ("Richard \u{2163}", "Richard IV"),
        ],
    );
    refused("nickname", &["", "   ", "a\u{0}b"]);
}

#[test]
fn domains_both_ways() {
    becomes(
        "idna-ascii",
        &[
            ("Center.Example", "center.example"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("faß.de", "xn--fa-hia.de"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("127.0.0.1", "127.0.0.1"),
        ],
    );
    becomes(
        "idna-unicode",
        &[
            ("xn--bcher-kva.example", "bücher.example"),
            ("BÜCHER.example", "bücher.example"),
            ("localhost", "localhost"),
        ],
    );
    let label = "a".repeat(64);
    for profile in ["idna-ascii", "idna-unicode"] {
        refused(profile, &["", "a..b", "-a.example", "a b", "a_b.example", "xn--zzzzzz99999", &label, "a/b", "[::1]"]);
    }
}

#[test]
fn bounds_hold_before_and_after() {
    let longest = "a".repeat(MAX_BYTES);
    let too_long = "a".repeat(MAX_BYTES + 1);
    // U+FDFA grows from 3 bytes to 33.
    let grows = "\u{FDFA}".repeat(100);
    assert_eq!(prepare("nodeprep", &longest).as_deref(), Ok(longest.as_str()));
    assert_eq!(prepare("nodeprep", &too_long).unwrap_err(), "it has 1024 bytes; at most 1023 are allowed");
    assert_eq!(prepare("resourceprep", &grows).unwrap_err(), "it has 3300 bytes; at most 1023 are allowed");
    assert_eq!(prepare("resourceprep", "").unwrap_err(), "it is empty");
    // All of it is mapped to nothing.
    assert_eq!(prepare("nodeprep", "\u{AD}\u{200B}").unwrap_err(), "it is empty");
}

/// `ᴬ` becomes `A` by RFC 3454, and that would become `a`: two accounts that look like one have been stolen by this before.
#[test]
fn a_name_that_would_change_again_is_refused() {
    refused("nodeprep", &["\u{1D2C}dmin", "\u{3F9}"]);
    refused("nameprep", &["\u{1D2C}dmin"]);
    refused("username-case-mapped", &["\u{13A0}"]);
    becomes("nickname", &[("\u{1D2C}dmin", "Admin")]);
}

#[test]
fn an_unknown_profile_is_named_as_such() {
    let refusal = prepare("saslprep2", "x").unwrap_err();
    assert!(refusal.starts_with("no profile of this name is known; expected one of nodeprep, "), "{refusal}");
}

#[test]
fn a_refused_password_is_not_repeated() {
    let refusal = prepare("opaque-string", "hunter2\u{7}").unwrap_err();
    assert!(!refusal.contains("hunter2") && !refusal.contains("0007"), "{refusal}");
}

proptest! {
    #[test]
    fn whatever_comes_is_answered_and_stable(value in "\\PC{0,40}|.{0,40}|[a-zA-Z0-9.-]{0,70}") {
        for profile in PROFILES {
            if let Ok(prepared) = prepare(profile, &value) {
                prop_assert!(!prepared.is_empty() && prepared.len() <= MAX_BYTES);
                prop_assert_eq!(prepare(profile, &prepared), Ok(prepared.clone()), "{} of {:?}", profile, value);
            }
        }
    }
}
