//! `[plugins]`: whose are let in, and what they may reach.

use super::*;
use crate::trust::{Key, KeySource};

/// The example with these lines below `[plugins]`.
fn plugins_with(lines: &str) -> String {
    example_with("trust = \"any\"", lines)
}

#[test]
fn whose_plugins_are_let_in_is_as_written() {
    let config =
        |lines: &str| Config::parse("f", &plugins_with(lines), Path::new("/etc/cordboard")).expect("it is valid");
    let digest = "ab".repeat(32);
    assert_eq!(config("").trust, PluginTrust::Any);
    assert_eq!(
        config(&format!("trust = \"digests\"\ndigests = [\"sha256:{digest}\"]")).trust,
        PluginTrust::Digests([crate::model::Digest([0xab; 32])].into())
    );
    let key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    let PluginTrust::Signatures(keys) =
        config(&format!("trust = \"signatures\"\nkeys = [\"{key}\", {{ file = \"v.pub\" }}]")).trust
    else {
        panic!("not signatures")
    };
    assert_eq!(keys, [KeySource::Key(Key::parse(key).unwrap()), KeySource::File("/etc/cordboard/v.pub".into())]);
    let grants = config("grants = { crm = { hosts = [\"api.example\"] } }").grants;
    assert_eq!(grants.plugins().collect::<Vec<_>>(), ["crm"]);
    assert_eq!(config("").grants, Grants::Only(BTreeMap::new()), "nothing is granted by saying nothing");
}

#[test]
fn a_lock_that_would_be_open_is_refused() {
    check(
        &plugins_with("trust = \"signed\""),
        expect![[r#"
            error: [plugins]: `trust` is none of the words it knows
              --> cordboard.toml:34:9
               |
            34 | trust = "signed"
               |         ^^^^^^^^
               = expected: one of "any", "digests", "signatures"
               = found: "signed"
               = fix: did you mean `trust = "signatures"`?

            1 problem in cordboard.toml"#]],
    );
    check(
        &plugins_with("trust = \"signatures\""),
        expect![[r#"
            error: [plugins]: `trust = "signatures"` lets nothing in without `keys`
              --> cordboard.toml:28:2
               |
            28 | [plugins]
               |  ^^^^^^^
               = expected: keys = ["RW..."], public keys of minisign, or { file = "vendor.pub" } for one in a file
               = found: nothing
               = fix: add `keys`, or write `trust = "any"` to let in whatever lies in the folder

            1 problem in cordboard.toml"#]],
    );
    check(
        &plugins_with("trust = \"digests\"\ndigests = []"),
        expect![[r#"
            error: [plugins]: `trust = "digests"` lets nothing in without `digests`
              --> cordboard.toml:28:2
               |
            28 | [plugins]
               |  ^^^^^^^
               = expected: digests = ["sha256:..."], a digest for each plugin; `sha256sum` and `cordboard check` print them
               = found: nothing
               = fix: add `digests`, or write `trust = "any"` to let in whatever lies in the folder

            1 problem in cordboard.toml"#]],
    );
    check(
        &plugins_with("keys = [\"RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\"]"),
        expect![[r#"
            error: [plugins]: nobody asks for `keys` where `trust` is "any"
              --> cordboard.toml:28:2
               |
            28 | [plugins]
               |  ^^^^^^^
               = expected: keys = ["RW..."], public keys of minisign, or { file = "vendor.pub" } for one in a file
               = found: `keys` with trust = "any"
               = fix: write `trust = "signatures"`, or take `keys` out

            1 problem in cordboard.toml"#]],
    );
}

#[test]
fn keys_digests_and_grants_are_checked() {
    let secret = crate::trust::KeyPair::generate(None).unwrap().secret_file;
    let secret = secret.lines().nth(1).unwrap().to_owned();
    check(
        &plugins_with(
            "trust = \"digests\"\ndigests = [\"sha256:abc\", \"ab\", 3]\ngrants = { crm = { hosts = [\"https://api.example/\"] }, old = {}, new = 3 }",
        ),
        expect![[r#"
            error: [plugins]: `digests` is not what it should be
              --> cordboard.toml:35:12
               |
            35 | digests = ["sha256:abc", "ab", 3]
               |            ^^^^^^^^^^^^
               = expected: "sha256:" and 64 hexadecimal digits
               = found: the text "sha256:abc"
               = fix: copy what `cordboard check` or `sha256sum` prints of the file

            error: [plugins]: `digests` is not what it should be
              --> cordboard.toml:35:26
               |
            35 | digests = ["sha256:abc", "ab", 3]
               |                          ^^^^
               = expected: "sha256:" and 64 hexadecimal digits
               = found: the text "ab"
               = fix: copy what `cordboard check` or `sha256sum` prints of the file

            error: [plugins]: `digests` is not what it should be
              --> cordboard.toml:35:32
               |
            35 | digests = ["sha256:abc", "ab", 3]
               |                                ^
               = expected: "sha256:" and 64 hexadecimal digits
               = found: the number 3
               = fix: copy what `cordboard check` or `sha256sum` prints of the file

            error: [plugins.grants] `crm`: this can't be one of its `hosts`
              --> cordboard.toml:36:29
               |
            36 | grants = { crm = { hosts = ["https://api.example/"] }, old = {}, new = 3 }
               |                             ^^^^^^^^^^^^^^^^^^^^^^
               = expected: a host's name, as "api.example.com", or "*.example.com" for all below it
               = found: "https://api.example/"
               = fix: leave out what stands before the name (https://) and behind it (a port, a path)

            error: [plugins.grants] `old` has no `hosts`
              --> cordboard.toml:36:56
               |
            36 | grants = { crm = { hosts = ["https://api.example/"] }, old = {}, new = 3 }
               |                                                        ^^^
               = expected: a list of texts, as ["first", "second"]
               = found: nothing
               = fix: add a line such as `hosts = ["api.example"]`

            error: [plugins.grants]: `new` is not what it should be
              --> cordboard.toml:36:72
               |
            36 | grants = { crm = { hosts = ["https://api.example/"] }, old = {}, new = 3 }
               |                                                                        ^
               = expected: a table, as { hosts = ["api.example"] }
               = found: the number 3
               = fix: make `new` a table, as { hosts = ["api.example"] }

            6 problems in cordboard.toml"#]],
    );
    let text = plugins_with(&format!("trust = \"signatures\"\nkeys = [\"RWQ\", {{ path = \"x\" }}, \"{secret}\"]"));
    let told = Config::parse("cordboard.toml", &text, Path::new("")).expect_err("no key").to_string();
    expect![[r#"
        error: [plugins]: `keys` is not what it should be
          --> cordboard.toml:35:9
           |
        35 | keys = ["RWQ", { path = "x" }, "SECRET"]
           |         ^^^^^
           = expected: a public key of minisign, "RW...", or { file = "vendor.pub" }
           = found: the text "RWQ"
           = fix: copy the line of the .pub file that begins with RW

        error: [plugins]: `keys` is not what it should be
          --> cordboard.toml:35:16
           |
        35 | keys = ["RWQ", { path = "x" }, "SECRET"]
           |                ^^^^^^^^^^^^^^
           = expected: a public key of minisign, "RW...", or { file = "vendor.pub" }
           = found: a table of 1
           = fix: copy the line of the .pub file that begins with RW

        error: [plugins]: `keys` is not what it should be
          --> cordboard.toml:35:32
           |
        35 | keys = ["RWQ", { path = "x" }, "SECRET"]
           |                                ^^^
           = expected: a public key of minisign, "RW...", or { file = "vendor.pub" }
           = found: a secret key
           = fix: take it out, and out of every copy of this file: whoever has it can sign plugins in your name

        3 problems in cordboard.toml"#]]
    .assert_eq(&told.replace(&secret, "SECRET").replace(&"^".repeat(secret.len() + 2), "^^^"));
}
