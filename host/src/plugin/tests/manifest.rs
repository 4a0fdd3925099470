//! `plugin.toml`, as authors get it wrong.

use crate::plugin::{Kind, Manifest, SECTION, embed, extract};
use expect_test::{Expect, expect};

const GOOD: &str = r#"name = "sip"
version = "1.2.3-rc.1"
kind = "adapter"
description = "Speaks SIP"
hosts = ["api.example.com", "*.example.org"]

[limits]
memory_bytes = 1048576

[state]
writes = 2
reads = [1, 2]

[settings]
type = "object"
"#;

#[test]
fn a_whole_manifest_is_read() {
    let manifest = Manifest::parse(GOOD).unwrap();
    assert_eq!((manifest.name.as_str(), manifest.kind), ("sip", Kind::Adapter));
    assert_eq!(manifest.hosts, ["api.example.com", "*.example.org"]);
    assert_eq!(manifest.limits.memory_bytes, Some(1_048_576));
    assert_eq!((manifest.state.writes, manifest.state.reads), (2, vec![1, 2]));
    assert!(manifest.settings.is_some());
}

fn check(from: &str, to: &str, expected: &Expect) {
    assert!(GOOD.contains(from), "{from} does not stand in the good manifest");
    expected.assert_eq(&Manifest::parse(&GOOD.replace(from, to)).unwrap_err().to_string());
}

#[test]
fn what_is_wrong_is_said() {
    check(
        "kind = \"adapter\"",
        "kind = \"robot\"",
        &expect![[r#"
        TOML parse error at line 3, column 8
          |
        3 | kind = "robot"
          |        ^^^^^^^
        unknown variant `robot`, expected one of `rule`, `adapter`, `dialog`"#]],
    );
    check(
        "kind = \"adapter\"\n",
        "",
        &expect![[r#"
        TOML parse error at line 1, column 1
          |
        1 | name = "sip"
          | ^
        missing field `kind`"#]],
    );
    check(
        "hosts =",
        "host =",
        &expect![[r#"
        TOML parse error at line 5, column 1
          |
        5 | host = ["api.example.com", "*.example.org"]
          | ^^^^
        unknown field `host`, expected one of `name`, `version`, `kind`, `description`, `hosts`, `limits`, `state`, `settings`"#]],
    );
    check(
        "\"sip\"",
        "\"SIP trunk\"",
        &expect![[
            r#"`name` is "SIP trunk", expected lower-case letters, digits and hyphens, beginning with a letter"#
        ]],
    );
    check("1.2.3-rc.1", "1.2", &expect![[r#"`version` is "1.2", expected three numbers, as in 1.2.3"#]]);
    check(
        "Speaks SIP",
        " ",
        &expect![[r#"`description` is " ", expected a sentence for the operator, of at most 1000 bytes"#]],
    );
    check(
        "*.example.org",
        "https://example.org/",
        &expect![[
            r#"`hosts` is "https://example.org/", expected names of hosts, as in api.example.com or *.example.com"#
        ]],
    );
    check(
        "reads = [1, 2]",
        "reads = [1]",
        &expect![[r#"`state.reads` is "[1]", expected a list with `state.writes` among it"#]],
    );
    check(
        "type = \"object\"",
        "port = 5060",
        &expect![[r#"`settings.type` is "absent", expected "object": `settings` is a JSON Schema"#]],
    );
    check(
        "name = \"sip\"",
        &format!("name = \"sip\"\n#{}", "a".repeat(70_000)),
        &expect![[r#"`plugin.toml` is "70223 bytes", expected at most 64 KiB"#]],
    );
}

#[test]
fn a_manifest_goes_into_a_component_and_comes_out_of_it() {
    let component = wat::parse_str("(component (core module (@custom \"cordboard:manifest\" \"inner\")))").unwrap();
    assert_eq!(extract(&component), None, "a nested module can't speak for its component");
    let with = embed(&component, GOOD).unwrap();
    assert_eq!(extract(&with), Some(GOOD.as_bytes()));
    let other = GOOD.replace("Speaks SIP", "Speaks SIP and more");
    let again = embed(&with, &other).unwrap();
    assert_eq!(extract(&again), Some(other.as_bytes()));
    assert_eq!(again, embed(&component, &other).unwrap(), "the old one is gone");
    assert_eq!(SECTION, "cordboard:manifest");
}

#[test]
fn a_manifest_goes_into_nothing_else() {
    let refused = |bytes: &[u8]| embed(bytes, GOOD).unwrap_err().to_string();
    expect!["it can't be put into this file: it is a core module, not a component"]
        .assert_eq(&refused(&wat::parse_str("(module)").unwrap()));
    expect!["it can't be put into this file: it is not WebAssembly"].assert_eq(&refused(b"hello"));
}
