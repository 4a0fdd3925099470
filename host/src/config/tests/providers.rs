//! Providers, their secrets, and where customers are sent.

use super::*;

/// The example with the provider that stands in it as a comment.
fn example_with_provider() -> String {
    let (before, rest) = EXAMPLE.split_once("# [[provider]]\n").expect("the example shows a provider");
    let (block, after) = rest.split_once("\n\n").expect("a blank line behind it");
    let block: Vec<&str> = block.lines().map(|line| line.strip_prefix("# ").expect("all of it is a comment")).collect();
    let block = block.join(
        "
",
    );
    format!("{before}[[provider]]\n{block}\n\n{after}")
}

/// The same with one line of it replaced.
fn provider_with(line: &str, instead: &str) -> String {
    let text = example_with_provider();
    assert_eq!(text.matches(&format!("\n{line}\n")).count(), 1, "the provider has the line {line:?} once");
    text.replacen(&format!("\n{line}\n"), &format!("\n{instead}\n"), 1)
}

#[test]
fn the_examples_provider_is_valid_and_says_what_it_says() {
    let text = example_with_provider();
    let config = Config::parse("example", &text, Path::new("/etc/cordboard")).expect("it is valid");
    let expected = Provider {
        name: "prosody".to_owned(),
        protocol: "xmpp".to_owned(),
        side: Side::Customer,
        role: Role::Component,
        address: "127.0.0.1:5347".to_owned(),
        domain: "support.example".to_owned(),
        secret: Secret::File(PathBuf::from("/etc/cordboard/prosody.secret")),
        redirect: Some("center.example".to_owned()),
        settings: Json::new(),
    };
    assert_eq!(config.providers, [expected]);
    let redirects: Vec<_> =
        config.settings.redirects.iter().map(|to| (to.provider.as_str(), to.target.as_str())).collect();
    assert_eq!(redirects, [("prosody", "center.example")]);
}

#[test]
fn the_example_names_every_key_of_a_provider() {
    let problems =
        Config::parse("f", &provider_with("role = \"component\"", "not-a-key = 1"), Path::new("")).unwrap_err();
    let [problem] = &problems.list[..] else { panic!("{problems}") };
    for key in problem.expected.strip_prefix("one of ").unwrap().split(", ") {
        assert!(EXAMPLE.lines().any(|line| line.starts_with(&format!("# {key} ="))), "{key}");
    }
}

#[test]
fn a_side_may_have_a_provider_instead_of_a_listener() {
    let text = example_with_provider();
    let (before, rest) = text.split_once("[[listener]]").unwrap();
    let agents = rest.split_once("[[listener]]").unwrap().1;
    let text = format!("{before}[[listener]]{agents}").replace("redirect = \"center.example\"\n", "");
    let config = Config::parse("f", &text, Path::new("")).expect("agents connect, customers are at the provider");
    assert_eq!((config.listeners.len(), config.providers.len()), (1, 1));
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    let text = provider_with("secret = { file = \"prosody.secret\" }", "secret = \"hush\"");
    check(
        &text,
        expect![[r#"
            error: [[provider]] `prosody` has its secret in this file
              --> cordboard.toml:97:10
               |
            97 | secret = ******
               |          ^^^^^^
               = expected: { file = "FILE" } or { env = "VARIABLE" }, where the secret stands
               = found: a text in quotes
               = fix: write the secret to a file that only cordboard's user can read, and here `secret = { file = "provider.secret" }`

            1 problem in cordboard.toml"#]],
    );
}

#[test]
fn a_secret_has_one_place() {
    check(
        &provider_with("secret = { file = \"prosody.secret\" }", "secret = {}"),
        expect![[r#"
            error: [[provider]] `prosody` has no `secret`
              --> cordboard.toml:97:10
               |
            97 | secret = {}
               |          ^^
               = expected: { file = "FILE" } or { env = "VARIABLE" }, where the secret stands
               = found: neither `file` nor `env`
               = fix: write the secret to a file that only cordboard's user can read, and here `secret = { file = "provider.secret" }`

            1 problem in cordboard.toml"#]],
    );
    let two = "secret = { file = \"a\", env = \"B\" }";
    check(
        &provider_with("secret = { file = \"prosody.secret\" }", two),
        expect![[r#"
            error: [[provider]] `prosody` has two secrets
              --> cordboard.toml:97:10
               |
            97 | secret = { file = "a", env = "B" }
               |          ^^^^^^^^^^^^^^^^^^^^^^^^^
               = expected: { file = "FILE" } or { env = "VARIABLE" }, where the secret stands
               = found: both `file` and `env`
               = fix: write the secret to a file that only cordboard's user can read, and here `secret = { file = "provider.secret" }`

            1 problem in cordboard.toml"#]],
    );
    check(
        &provider_with("secret = { file = \"prosody.secret\" }", ""),
        expect![[r#"
            error: [[provider]] `prosody` has no `secret`
              --> cordboard.toml:82:1
               |
            82 | [[provider]]
               | ^^^^^^^^^^^^
               = expected: { file = "FILE" } or { env = "VARIABLE" }, where the secret stands
               = found: nothing
               = fix: write the secret to a file that only cordboard's user can read, and here `secret = { file = "provider.secret" }`

            1 problem in cordboard.toml"#]],
    );
    let text = provider_with("secret = { file = \"prosody.secret\" }", "secret = { env = \"PROSODY_SECRET\" }");
    let config = Config::parse("f", &text, Path::new("")).unwrap();
    assert_eq!(config.providers[0].secret, Secret::Variable("PROSODY_SECRET".to_owned()));
}

#[test]
fn an_address_and_a_redirect_are_hosts() {
    let text = provider_with("address = \"127.0.0.1:5347\"", "address = \"127.0.0.1\"")
        .replace("\nredirect = \"center.example\"", "\nredirect = \"xmpp:center.example\"");
    check(
        &text,
        expect![[r#"
            error: [[provider]] `prosody`: this can't be an `address`
              --> cordboard.toml:93:11
               |
            93 | address = "127.0.0.1"
               |           ^^^^^^^^^^^
               = expected: a host and a port, as "127.0.0.1:5347" or "xmpp.example:5347"
               = found: "127.0.0.1"
               = fix: write `address = "127.0.0.1:5347"`, where the provider's server takes components

            error: [[provider]] `prosody`: this can't be a `redirect`
              --> cordboard.toml:99:12
               |
            99 | redirect = "xmpp:center.example"
               |            ^^^^^^^^^^^^^^^^^^^^^
               = expected: a host, or a host and a port, as "center.example" or "center.example:5222"
               = found: "xmpp:center.example"
               = fix: write `redirect = "center.example"`, or take the line out

            2 problems in cordboard.toml"#]],
    );
    for address in ["[::1]:5347", "localhost:5347", "xmpp.example:1"] {
        let text = provider_with("address = \"127.0.0.1:5347\"", &format!("address = {address:?}"));
        assert!(Config::parse("f", &text, Path::new("")).is_ok(), "{address}");
    }
}

#[test]
fn a_redirect_leads_somewhere_else() {
    let text = provider_with("redirect = \"center.example\"", "redirect = \"support.example\"")
        .replace("# redirect = \"chat.center.example\"", "redirect = \"center.example\"")
        .replace("domain = \"desk.center.example\"\n", "domain = \"desk.center.example\"\nredirect = \"x.example\"\n");
    check(
        &text,
        expect![[r#"
            error: [[listener]] `customers`: its customers are sent to where they are
              --> cordboard.toml:67:12
               |
            67 | redirect = "center.example"
               |            ^^^^^^^^^^^^^^^^
               = expected: another host than "center.example"
               = found: "center.example"
               = fix: name another host, or take the line out

            error: [[listener]] `agents`: agents can't be sent elsewhere
              --> cordboard.toml:77:12
               |
            77 | redirect = "x.example"
               |            ^^^^^^^^^^^
               = expected: redirect only with side = "customer"
               = found: "x.example"
               = fix: take the line out

            error: [[provider]] `prosody`: its customers are sent to where they are
               --> cordboard.toml:100:12
                |
            100 | redirect = "support.example"
                |            ^^^^^^^^^^^^^^^^^
                = expected: another host than "support.example"
                = found: "support.example"
                = fix: name another host, or take the line out

            3 problems in cordboard.toml"#]],
    );
}

#[test]
fn names_and_domains_of_providers_are_checked_with_those_of_listeners() {
    let text = provider_with("name = \"prosody\"", "name = \"customers\"")
        .replace("domain = \"support.example\"", "domain = \"desk.center.example\"")
        .replace("role = \"component\"", "role = \"bot\"");
    check(
        &text,
        expect![[r#"
            error: [[provider]] `customers`: a [[listener]] is called the same
              --> cordboard.toml:84:8
               |
            84 | name = "customers"
               |        ^^^^^^^^^^^
               = expected: every `name` once among listeners and providers
               = found: "customers" again
               = fix: give one of them another `name`

            error: [[provider]] `customers`: `role` is none of the words it knows
              --> cordboard.toml:91:8
               |
            91 | role = "bot"
               |        ^^^^^
               = expected: one of "component"
               = found: "bot"
               = fix: write one of the words above for `role`

            error: [[provider]] `customers`: the domain "desk.center.example" is used on both sides
              --> cordboard.toml:95:10
               |
            95 | domain = "desk.center.example"
               |          ^^^^^^^^^^^^^^^^^^^^^
               = expected: a domain for customers and another for agents, so that an address belongs to one side
               = found: "desk.center.example" on the side of customers too
               = fix: write `domain = "desk.desk.center.example"` for the agents

            3 problems in cordboard.toml"#]],
    );
}
