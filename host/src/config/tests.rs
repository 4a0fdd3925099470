//! The example file, and tables of mistakes with what the operator is told.

mod plugins;
mod providers;

use super::*;
use crate::model::{Alias, Lane};
use expect_test::{Expect, expect};
use std::fmt::Write as _;

const EXAMPLE: &str = include_str!("../../cordboard.example.toml");

#[expect(clippy::needless_pass_by_value, reason = "a table's line reads better without `&`")]
fn check(text: &str, expected: Expect) {
    let shown = match Config::parse("cordboard.toml", text, Path::new("/etc/cordboard")) {
        Ok(_) => "fine".to_owned(),
        Err(problems) => problems.to_string(),
    };
    expected.assert_eq(&shown);
}

/// The example with one line replaced.
fn example_with(line: &str, instead: &str) -> String {
    assert_eq!(EXAMPLE.matches(line).count(), 1, "the example has the line {line:?} once");
    EXAMPLE.replacen(line, instead, 1)
}

#[test]
fn the_example_is_valid_and_says_what_it_says() {
    let config = Config::parse("cordboard.example.toml", EXAMPLE, Path::new("/etc/cordboard")).expect("it is valid");
    assert_eq!(config.data, Path::new("/etc/cordboard/data"));
    assert_eq!(config.control, Path::new("/etc/cordboard/data/control.sock"));
    assert_eq!(config.settings.wrap_up_ms, 30_000);
    let links: Vec<_> = config
        .settings
        .links
        .iter()
        .map(|link| (link.alias.as_str(), link.parent.as_ref().map(Alias::as_str)))
        .collect();
    assert_eq!(links, [("billing", None), ("sales", None), ("refunds", Some("billing"))], "parents before children");
    assert!(config.listeners[1].require_tls, "a certificate is meant to be used");
    assert_eq!(
        config.settings.limits,
        crate::model::limits::Limits::default(),
        "the defaults it names are the defaults"
    );
}

/// Every section is asked for its keys by way of a key that none has.
#[test]
fn the_example_names_every_key() {
    let mut text = String::new();
    for line in EXAMPLE.lines() {
        writeln!(text, "{line}").unwrap();
        if line.starts_with('[') && !line.starts_with("[rules") {
            text.push_str("not-a-key = 1\n");
        }
    }
    let text = format!("not-a-key = 1\n{text}");
    let problems = Config::parse("example", &text, Path::new("")).expect_err("unknown keys are refused");
    let mut sections = 0;
    for problem in &problems.list {
        let keys = problem.expected.strip_prefix("one of ").expect("nothing but unknown keys");
        sections += 1;
        for key in keys.split(", ") {
            let named = EXAMPLE.lines().any(|line| {
                // What most centres don't have stands there as a comment.
                let line = line.trim_start_matches("# ").trim_start_matches('[').trim_start_matches('[');
                line.starts_with(&format!("{key} ="))
                    || line.starts_with(&format!("{key}]"))
                    || line.starts_with(&format!("{key}."))
            });
            assert!(named, "{}: the example does not name {key}", problem.what);
        }
    }
    assert_eq!(
        sections,
        EXAMPLE.lines().filter(|line| line.starts_with('[') && !line.starts_with("[rules")).count() + 1
    );
}

#[test]
fn every_problem_is_told_at_once() {
    let text = example_with("address = \"0.0.0.0:5222\"", "address = 5222")
        .replace("expire_s = 20", "expires_s = 20")
        .replace("queue = \"sales\"", "queue = \"sails\"")
        .replace("drain_ms = 10000", "drain_ms = -1");
    check(
        &text,
        expect![[r#"
            error: [[listener]] `customers`: `address` is not what it should be
              --> cordboard.toml:52:11
               |
            52 | address = 5222
               |           ^^^^
               = expected: an IP address and a port, as "0.0.0.0:5222" or "[::]:5222"
               = found: the number 5222
               = fix: give `address` an IP address and a port, as "0.0.0.0:5222" or "[::]:5222"

            error: [[link]] `sales`: there is no [[queue]] `sails`
               --> cordboard.toml:189:9
                |
            189 | queue = "sails"
                |         ^^^^^^^
                = expected: one of "billing", "sales"
                = found: "sails"
                = fix: did you mean `queue = "sales"`? If not, add a `[[queue]]` of this name

            error: [offers] has no setting `expires_s`
               --> cordboard.toml:195:1
                |
            195 | expires_s = 20
                | ^^^^^^^^^
                = expected: one of expire_s, missed, max_hold_s
                = found: `expires_s`
                = fix: did you mean `expire_s`?

            error: [limits]: `drain_ms` is out of range
               --> cordboard.toml:274:12
                |
            274 | drain_ms = -1
                |            ^^
                = expected: a whole number from 0 to 600000
                = found: -1
                = fix: write `drain_ms = 10000`, which is the default, or leave the line out

            4 problems in cordboard.toml"#]],
    );
}

#[test]
fn an_empty_file_is_told_all_that_is_missing() {
    check(
        "",
        expect![[r#"
            error: the file has no [storage]
             --> cordboard.toml:1:1
              |
            1 | 
              | ^
              = expected: a folder, relative to this file
              = found: nothing
              = fix: add `[storage]` and below it `folder = "..."`

            error: the file has no [plugins]
             --> cordboard.toml:1:1
              |
            1 | 
              | ^
              = expected: a folder, relative to this file
              = found: nothing
              = fix: add `[plugins]` and below it `folder = "..."`

            error: the file has no [[listener]] and no [[provider]] with `side = "customer"`
             --> cordboard.toml:1:1
              |
            1 | 
              | ^
              = expected: at least one listener or provider for each side
              = found: nothing
              = fix: add a `[[listener]]`; cordboard.example.toml shows both

            error: the file has no [[listener]] and no [[provider]] with `side = "agent"`
             --> cordboard.toml:1:1
              |
            1 | 
              | ^
              = expected: at least one listener or provider for each side
              = found: nothing
              = fix: add a `[[listener]]`; cordboard.example.toml shows both

            error: the file has no [[pool]]
             --> cordboard.toml:1:1
              |
            1 | 
              | ^
              = expected: at least one pool, which says by which rules sessions find agents
              = found: nothing
              = fix: add a `[[pool]]`; cordboard.example.toml shows one

            error: the file has no [[queue]]
             --> cordboard.toml:1:1
              |
            1 | 
              | ^
              = expected: at least one queue, where sessions wait
              = found: nothing
              = fix: add a `[[queue]]`; cordboard.example.toml shows one

            error: the file has no [[link]]
             --> cordboard.toml:1:1
              |
            1 | 
              | ^
              = expected: at least one link, an address that customers can write to
              = found: nothing
              = fix: add a `[[link]]`; cordboard.example.toml shows one

            7 problems in cordboard.toml"#]],
    );
}

#[test]
fn what_is_not_toml_is_told_with_its_place() {
    check(
        "name = \"Centre\n[storage\nfolder = data\n",
        expect![[r#"
        error: this is not TOML: invalid basic string
         --> cordboard.toml:1:15
          |
        1 | name = "Centre
          |               ^
          = expected: `"`
          = found: "the end"
          = fix: correct the line (https://toml.io says how values are written)

        error: this is not TOML: unclosed table
         --> cordboard.toml:2:9
          |
        2 | [storage
          |         ^
          = expected: `]`
          = found: "the end"
          = fix: correct the line (https://toml.io says how values are written)

        2 problems in cordboard.toml"#]],
    );
}

#[test]
fn one_mistake_is_one_message() {
    check(
        &example_with("name = \"main\"", ""),
        expect![[r#"
            error: [[pool]] has no `name`
               --> cordboard.toml:106:1
                |
            106 | [[pool]]
                | ^^^^^^^^
                = expected: a text in quotes
                = found: nothing
                = fix: add a line such as `name = "main"`

            1 problem in cordboard.toml"#]],
    );
}

#[test]
fn names_are_checked() {
    let text = example_with("alias = \"sales\"", "alias = \"Sales Desk\"")
        .replace("alias = \"refunds\"", "alias = \"s0-refunds\"")
        .replace("label = \"Sales\"\npool", "label = \"Sales\"\nmedium = \"chats\"\npool");
    check(
        &text,
        expect![[r#"
            error: [[link]] `s0-refunds`: this can't be its `alias`
               --> cordboard.toml:181:9
                |
            181 | alias = "s0-refunds"
                |         ^^^^^^^^^^^^
                = expected: 1 to 48 of the characters a-z 0-9 . _ - (not `guest-…`, and not `s` with a number and `-`, which Cordboard gives itself)
                = found: "s0-refunds"
                = fix: choose another `alias`; what people are shown is `label`

            error: [[link]] `Sales Desk`: this can't be its `alias`
               --> cordboard.toml:188:9
                |
            188 | alias = "Sales Desk"
                |         ^^^^^^^^^^^^
                = expected: 1 to 48 of the characters a-z 0-9 . _ - (not `guest-…`, and not `s` with a number and `-`, which Cordboard gives itself)
                = found: "Sales Desk"
                = fix: choose another `alias`; what people are shown is `label`

            2 problems in cordboard.toml"#]],
    );
}

#[test]
fn a_domain_belongs_to_one_side() {
    check(
        &example_with("domain = \"desk.center.example\"", "domain = \"center.example\""),
        expect![[r#"
            error: [[listener]] `agents`: the domain "center.example" is used on both sides
              --> cordboard.toml:76:10
               |
            76 | domain = "center.example"
               |          ^^^^^^^^^^^^^^^^
               = expected: a domain for customers and another for agents, so that an address belongs to one side
               = found: "center.example" on the side of agents too
               = fix: write `domain = "desk.center.example"` for the agents

            1 problem in cordboard.toml"#]],
    );
}

#[test]
fn security_that_contradicts_is_refused() {
    let text = example_with("tls = { certificate = \"center.crt\", key = \"center.key\" }\n", "tls = \"none\"\n")
        .replace("tls = { certificate = \"desk.crt\", key = \"desk.key\" }", "tls = { certificate = \"desk.crt\" }");
    check(
        &text,
        expect![[r#"
            error: [[listener]] `customers`: TLS is required and there is none
              --> cordboard.toml:59:15
               |
            59 | require_tls = true
               |               ^^^^
               = expected: require_tls = false where tls = "none"
               = found: require_tls = true
               = fix: name a certificate: `tls = { certificate = "center.crt", key = "center.key" }`

            error: `tls` of [[listener]] `agents` has no `key`
              --> cordboard.toml:77:7
               |
            77 | tls = { certificate = "desk.crt" }
               |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
               = expected: a path in quotes, relative to the folder of this file
               = found: nothing
               = fix: add a line such as `key = "center.key"`

            2 problems in cordboard.toml"#]],
    );
}

#[test]
fn guests_are_customers() {
    check(
        &example_with("side = \"agent\"", "side = \"agent\"\nguests = true"),
        expect![[r#"
            error: [[listener]] `agents`: guests can't come in where agents sign in
              --> cordboard.toml:75:10
               |
            75 | guests = true
               |          ^^^^
               = expected: guests = true only with side = "customer"
               = found: guests = true with side = "agent"
               = fix: take the line out

            1 problem in cordboard.toml"#]],
    );
}

#[test]
fn links_that_stand_under_themselves_are_refused() {
    let text = example_with("label = \"Billing\"\nqueue = \"billing\"", "parent = \"refunds\"\nqueue = \"billing\"");
    check(
        &text,
        expect![[r#"
            error: [[link]] `billing` stands under itself
               --> cordboard.toml:174:10
                |
            174 | parent = "refunds"
                |          ^^^^^^^^^
                = expected: a tree: parents that lead to a link without one
                = found: a circle by way of "refunds"
                = fix: take `parent` out of one of them

            error: [[link]] `refunds` stands under itself
               --> cordboard.toml:183:10
                |
            183 | parent = "billing"
                |          ^^^^^^^^^
                = expected: a tree: parents that lead to a link without one
                = found: a circle by way of "billing"
                = fix: take `parent` out of one of them

            2 problems in cordboard.toml"#]],
    );
}

#[test]
fn rules_are_checked() {
    let text = example_with("rules = [\"least-busy\", \"longest-idle\"]", "rules = [\"least-busy\", \"least-busy\"]")
        .replace("[rules.longest-idle]", "[rules.least-buzy]\nweight = 2");
    check(
        &text,
        expect![[r#"
            error: [[pool]] `main`: the rule "least-busy" stands in the chain twice
               --> cordboard.toml:110:24
                |
            110 | rules = ["least-busy", "least-busy"]
                |                        ^^^^^^^^^^^^
                = expected: every rule once
                = found: it again
                = fix: take it out; the first in the list is the most significant

            error: [rules.least-buzy]: no pool uses this rule
               --> cordboard.toml:122:1
                |
            122 | [rules.least-buzy]
                | ^^^^^^^^^^^^^^^^^^
                = expected: a rule that a pool uses: "least-busy"
                = found: least-buzy
                = fix: did you mean `[rules.least-busy]`?

            2 problems in cordboard.toml"#]],
    );
}

#[test]
fn candidates_are_read() {
    let text = example_with(
        "ageing_s = 0",
        "ageing_s = 0\nshadow = []\ncanary = { rules = [\"skill-level\", \"vip\"], share = 0.0525 }",
    );
    let config = Config::parse("cordboard.toml", &text, Path::new("")).unwrap();
    let pool = &config.settings.pools[0];
    assert_eq!(pool.chain(Lane::Shadow), Some([].as_slice()), "the built-in order is a candidate, too");
    assert_eq!(pool.chain(Lane::Canary), Some(["skill-level".to_owned(), "vip".to_owned()].as_slice()));
    assert_eq!(pool.canary.as_ref().map(|canary| canary.share_ppm), Some(52_500));
    for (share, ppm) in [("0", 0), ("1", 1_000_000), ("1.0", 1_000_000), ("5e-2", 50_000)] {
        let text = example_with("ageing_s = 0", &format!("canary = {{ rules = [], share = {share} }}"));
        let config = Config::parse("cordboard.toml", &text, Path::new("")).unwrap();
        assert_eq!(config.settings.pools[0].canary.as_ref().map(|canary| canary.share_ppm), Some(ppm), "{share}");
    }
}

#[test]
fn candidates_are_checked() {
    let candidates =
        "shadow = [\"least-busy\", \"longest-idle\"]\ncanary = { rules = [\"vip\", \"VIP\", \"vip\"], share = 0.5 }";
    check(
        &example_with("ageing_s = 0", candidates),
        expect![[r#"
        error: [[pool]] `main`: its `shadow` has the very rules that are in service
           --> cordboard.toml:113:10
            |
        113 | shadow = ["least-busy", "longest-idle"]
            |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            = expected: a chain of other rules, or of the same in another order
            = found: ["least-busy", "longest-idle"], as in `rules`
            = fix: name the rules that are to be tried, or leave `shadow` out

        error: [[pool]] `main`: the rule "VIP" can't exist
           --> cordboard.toml:114:28
            |
        114 | canary = { rules = ["vip", "VIP", "vip"], share = 0.5 }
            |                            ^^^^^
            = expected: 1 to 48 of the characters a-z 0-9 . _ - (not `guest-…`, and not `s` with a number and `-`, which Cordboard gives itself)
            = found: "VIP"
            = fix: write the plugin's name, which is its file's without `.wasm`

        error: [[pool]] `main`: the rule "vip" stands in the chain of `canary` twice
           --> cordboard.toml:114:35
            |
        114 | canary = { rules = ["vip", "VIP", "vip"], share = 0.5 }
            |                                   ^^^^^
            = expected: every rule once
            = found: it again
            = fix: take it out; the first in the list is the most significant

        3 problems in cordboard.toml"#]],
    );
    let canary = |canary: &str| example_with("ageing_s = 0", &format!("canary = {canary}"));
    check(
        &canary("{ rules = [\"vip\"], share = 1.5 }"),
        expect![[r#"
            error: `canary` of [[pool]] `main`: `share` is not what it should be
               --> cordboard.toml:113:37
                |
            113 | canary = { rules = ["vip"], share = 1.5 }
                |                                     ^^^
                = expected: a share from 0 to 1, as 0.05
                = found: the number 1.5
                = fix: give `share` a share from 0 to 1, as 0.05

            1 problem in cordboard.toml"#]],
    );
    check(
        &canary("{ rules = [\"vip\"] }"),
        expect![[r#"
            error: `canary` of [[pool]] `main` has no `share`
               --> cordboard.toml:113:10
                |
            113 | canary = { rules = ["vip"] }
                |          ^^^^^^^^^^^^^^^^^^^
                = expected: a share from 0 to 1, as 0.05
                = found: nothing
                = fix: add a line such as `share = 0.05`

            1 problem in cordboard.toml"#]],
    );
    check(
        &canary("0.05"),
        expect![[r#"
            error: `canary` of [[pool]] `main` is not what it should be
               --> cordboard.toml:113:10
                |
            113 | canary = 0.05
                |          ^^^^
                = expected: a table of rules and a share, as { rules = ["least-busy"], share = 0.05 }
                = found: the number 0.05
                = fix: write `canary = { rules = ["least-busy"], share = 0.05 }`, or leave the line out

            1 problem in cordboard.toml"#]],
    );
    for share in ["-0.1", "2", "\"much\"", "nan"] {
        let text = canary(&format!("{{ rules = [\"vip\"], share = {share} }}"));
        let problems = Config::parse("cordboard.toml", &text, Path::new("")).expect_err(share).to_string();
        assert!(problems.contains("expected: a share from 0 to 1"), "{problems}");
    }
}

#[test]
fn a_name_used_twice_is_refused() {
    let text = example_with("name = \"agents\"", "name = \"customers\"").replace("0.0.0.0:5232", "0.0.0.0:5222");
    check(
        &text,
        expect![[r#"
            error: [[listener]] `customers` stands here a second time
              --> cordboard.toml:72:8
               |
            72 | name = "customers"
               |        ^^^^^^^^^^^
               = expected: every `name` once
               = found: "customers" again
               = fix: give this one another `name`, or take it out

            error: [[listener]] `customers`: the address is taken by `customers`
              --> cordboard.toml:75:11
               |
            75 | address = "0.0.0.0:5222"
               |           ^^^^^^^^^^^^^^
               = expected: every address once
               = found: 0.0.0.0:5222
               = fix: choose another port

            2 problems in cordboard.toml"#]],
    );
}

#[test]
fn a_log_filter_is_checked() {
    check(
        &example_with("level = \"info\"", "level = \"cordboard=loud\""),
        expect![[r#"
            error: [log]: `level` is not a filter: error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5
               --> cordboard.toml:228:9
                |
            228 | level = "cordboard=loud"
                |         ^^^^^^^^^^^^^^^^
                = expected: error, warn, info, debug or trace, or a filter as "info,cordboard::transport=debug"
                = found: "cordboard=loud"
                = fix: write `level = "info"`

            1 problem in cordboard.toml"#]],
    );
}

#[test]
fn rule_settings_become_json() {
    let text =
        example_with("[rules.longest-idle]", "[rules.longest-idle]\nafter_s = 30\nfactors = [1.5, 2]\nnote = \"x\"");
    let config = Config::parse("f", &text, Path::new("")).expect("it is valid");
    let json = serde_json::to_string(&config.rules["longest-idle"]).unwrap();
    assert_eq!(json, r#"{"after_s":30,"factors":[1.5,2],"note":"x"}"#);
}

#[test]
fn places_count_characters() {
    assert_eq!(place("äö\nüx", "äö\nü".len()), Place { line: 2, column: 2 });
}

#[test]
fn dev_keeps_to_this_machine_and_the_ports_asked_for() {
    let config = Config::dev(Path::new("/tmp/d"), 100, Path::new("/tmp/p")).expect("ports exist");
    let listens: Vec<String> =
        config.listeners.iter().map(|l| format!("{} {} {}", l.side.as_str(), l.address, l.domain)).collect();
    assert_eq!(listens, ["customer 127.0.0.1:5322 localhost", "agent 127.0.0.1:5332 desk.localhost"]);
    assert_eq!(config.web.map(|web| web.to_string()).as_deref(), Some("127.0.0.1:8180"));
    let refused = Config::dev(Path::new("/"), 60_000, Path::new("/")).expect_err("no such port");
    expect!["--port-offset 60000 is too large: the HTTP port would be 8080 + 60000, and ports end at 65535; use at most 57455"]
        .assert_eq(&refused.to_string());
}

#[test]
fn what_a_queue_has_of_its_own_is_checked() {
    let own = "skills = { billing = 30, \"Old German\" = 2, tax = \"x\" }\nsoftware = \"owned\"\noffer_s = 0";
    let text = example_with("software = \"translated\"", own)
        .replace("medium = \"chat\"", "medium = \"Chat!\"")
        .replace("# [[medium]]\n# name = \"voice\"", "[[medium]]\nname = \"voice\"\nweight = -1")
        .replace("# [compatibility]\n# xmpp", "[compatibility]\nXMPP");
    check(
        &text,
        expect![[r#"
            error: [[queue]] `billing`: this can't be a `medium`
               --> cordboard.toml:131:10
                |
            131 | medium = "Chat!"
                |          ^^^^^^^
                = expected: 1 to 48 of the characters a-z 0-9 . _ - (not `guest-…`, and not `s` with a number and `-`, which Cordboard gives itself)
                = found: "Chat!"
                = fix: write `medium = "chat"`, "voice", "e-mail" or whatever agents' capacity is counted in

            error: [[queue]] `billing`: the skill "billing" has a level that there is not
               --> cordboard.toml:146:22
                |
            146 | skills = { billing = 30, "Old German" = 2, tax = "x" }
                |                      ^^
                = expected: a level from 1 to 10, which is best
                = found: 30
                = fix: write `skills = { billing = 10 }`

            error: [[queue]] `billing`: the skill "Old German" can't exist
               --> cordboard.toml:146:41
                |
            146 | skills = { billing = 30, "Old German" = 2, tax = "x" }
                |                                         ^
                = expected: 1 to 48 of the characters a-z 0-9 . _ - (not `guest-…`, and not `s` with a number and `-`, which Cordboard gives itself)
                = found: "Old German"
                = fix: name it as `cordboard agent add --skills` does

            error: `skills` of [[queue]] `billing`: `tax` is not what it should be
               --> cordboard.toml:146:50
                |
            146 | skills = { billing = 30, "Old German" = 2, tax = "x" }
                |                                                  ^^^
                = expected: a whole number
                = found: the text "x"
                = fix: make `tax` a whole number

            error: [[queue]] `billing`: `software` is none of the words it knows
               --> cordboard.toml:147:12
                |
            147 | software = "owned"
                |            ^^^^^^^
                = expected: one of "translated", "own"
                = found: "owned"
                = fix: did you mean `software = "own"`?

            error: [[queue]] `billing`: `offer_s` is out of range
               --> cordboard.toml:148:11
                |
            148 | offer_s = 0
                |           ^
                = expected: a whole number from 1 to 3600
                = found: 0
                = fix: write `offer_s = 20`, which is the default, or leave the line out

            error: [[medium]] `voice`: `weight` is out of range
               --> cordboard.toml:161:10
                |
            161 | weight = -1
                |          ^^
                = expected: a whole number from 0 to 10000
                = found: -1
                = fix: write `weight = 0`, which is the default, or leave the line out

            error: [compatibility]: "XMPP" can't be a protocol
               --> cordboard.toml:169:8
                |
            169 | XMPP = ["irc"]
                |        ^^^^^^^
                = expected: protocols by their adapters' names, as xmpp = ["xmpp"]
                = found: "XMPP"
                = fix: write the name of an adapter's plugin, which is its file's without `.wasm`

            8 problems in cordboard.toml"#]],
    );
}

#[test]
fn a_queue_keeps_its_own_times_and_the_others_have_those_of_all() {
    let text = example_with("software = \"translated\"", "max_hold_s = 0\nmissed_offers = 0");
    let config = Config::parse("f", &text, Path::new("")).expect("it is valid");
    let times = |queue: usize| config.settings.times(Some(&config.settings.queues[queue]));
    assert_eq!((times(0).max_hold_ms, times(0).wrap_up_ms, times(0).missed_offers), (0, 30_000, 0));
    assert_eq!((times(1).max_hold_ms, times(1).wrap_up_ms, times(1).missed_offers), (600_000, 30_000, 3));
}

#[test]
fn media_and_compatibility_are_read() {
    let text = example_with("# [[medium]]\n# name = \"voice\"", "[[medium]]\nname = \"voice\"\nweight = 50")
        .replace("# [compatibility]\n# xmpp", "[compatibility]\nxmpp");
    let settings = Config::parse("f", &text, Path::new("")).expect("it is valid").settings;
    assert_eq!((settings.weight("voice"), settings.weight("chat")), (50, 0));
    assert!(settings.speaks("irc", "xmpp") && settings.speaks("irc", "irc"), "the same always does");
    assert!(!settings.speaks("xmpp", "irc"), "one way is not the other");
}
