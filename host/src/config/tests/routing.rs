//! Pools and their rules, queues, media and compatibility.

use super::*;
use crate::model::Lane;

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

/// The example, whose pool has a shadow, with these sections.
fn with_rules(shadow: &str, sections: &str) -> String {
    let text = example_with("ageing_s = 0", &format!("ageing_s = 0\nshadow = [{shadow}]"));
    format!("{text}\n{sections}")
}

#[test]
fn a_rule_of_a_name_of_its_own_is_a_plugin_with_other_settings() {
    let sections = "[[rule]]\nname = \"busy-chat\"\nplugin = \"least-busy\"\nsettings = { media = [\"chat\"] }\n\
        [[rule]]\nname = \"for-later\"\nplugin = \"vip\"\n";
    let text = with_rules("\"busy-chat\"", sections);
    let config = Config::parse("f", &text, Path::new("/")).expect("it is valid");
    assert_eq!(config.settings.pools[0].shadow.as_deref(), Some(["busy-chat".to_owned()].as_slice()));
    let plugins = ["busy-chat", "for-later", "least-busy"].map(|rule| config.plugin_of(rule).to_owned());
    assert_eq!(plugins, ["least-busy", "vip", "least-busy"]);
    assert_eq!(config.rules["busy-chat"]["media"][0], "chat");
    assert!(config.rules["for-later"].is_empty());
    assert_eq!(config.rules_of("least-busy").into_iter().collect::<Vec<_>>(), ["busy-chat", "least-busy"]);
    assert!(config.rules_of("vip").is_empty(), "no pool uses it yet");
}

#[test]
fn mistakes_of_named_rules_are_told_with_place_and_fix() {
    let sections = "[[rule]]\nname = \"vip\"\nplugin = \"vip\"\n[[rule]]\nname = \"b\"\nplugin = \"vip\"\n\
        [[rule]]\nname = \"b\"\nplugin = \"language\"\n[[rule]]\nname = \"c\"\n[rules.b]\nskill = \"gold\"\n";
    check(
        &with_rules("\"b\"", sections),
        expect![[r#"
        error: [[rule]] `vip` is called as its plugin
           --> cordboard.toml:320:8
            |
        320 | name = "vip"
            |        ^^^^^
            = expected: a name of its own
            = found: "vip"
            = fix: give it another `name`, or write its settings below [rules.vip]

        error: [[rule]] `b` stands here a second time
           --> cordboard.toml:326:8
            |
        326 | name = "b"
            |        ^^^
            = expected: every `name` once
            = found: "b" again
            = fix: give this one another `name`, or take it out

        error: [[rule]] `c` has no `plugin`
           --> cordboard.toml:328:1
            |
        328 | [[rule]]
            | ^^^^^^^^
            = expected: a text in quotes
            = found: nothing
            = fix: add a line such as `plugin = "vip"`

        error: [rules.b]: [[rule]] `b` has settings of its own
           --> cordboard.toml:330:1
            |
        330 | [rules.b]
            | ^^^^^^^^^
            = expected: the settings of a rule once
            = found: b
            = fix: write them as the `settings` of the [[rule]], and take the section out

        4 problems in cordboard.toml"#]],
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
               --> cordboard.toml:142:10
                |
            142 | medium = "Chat!"
                |          ^^^^^^^
                = expected: 1 to 48 of the characters a-z 0-9 . _ - (not `guest-…`, and not `s` with a number and `-`, which Cordboard gives itself)
                = found: "Chat!"
                = fix: write `medium = "chat"`, "voice", "e-mail" or whatever agents' capacity is counted in

            error: [[queue]] `billing`: the skill "billing" has a level that there is not
               --> cordboard.toml:157:22
                |
            157 | skills = { billing = 30, "Old German" = 2, tax = "x" }
                |                      ^^
                = expected: a level from 1 to 10, which is best
                = found: 30
                = fix: write `skills = { billing = 10 }`

            error: [[queue]] `billing`: the skill "Old German" can't exist
               --> cordboard.toml:157:41
                |
            157 | skills = { billing = 30, "Old German" = 2, tax = "x" }
                |                                         ^
                = expected: 1 to 48 of the characters a-z 0-9 . _ - (not `guest-…`, and not `s` with a number and `-`, which Cordboard gives itself)
                = found: "Old German"
                = fix: name it as `cordboard agent add --skills` does

            error: `skills` of [[queue]] `billing`: `tax` is not what it should be
               --> cordboard.toml:157:50
                |
            157 | skills = { billing = 30, "Old German" = 2, tax = "x" }
                |                                                  ^^^
                = expected: a whole number
                = found: the text "x"
                = fix: make `tax` a whole number

            error: [[queue]] `billing`: `software` is none of the words it knows
               --> cordboard.toml:158:12
                |
            158 | software = "owned"
                |            ^^^^^^^
                = expected: one of "translated", "own"
                = found: "owned"
                = fix: did you mean `software = "own"`?

            error: [[queue]] `billing`: `offer_s` is out of range
               --> cordboard.toml:159:11
                |
            159 | offer_s = 0
                |           ^
                = expected: a whole number from 1 to 3600
                = found: 0
                = fix: write `offer_s = 20`, which is the default, or leave the line out

            error: [[medium]] `voice`: `weight` is out of range
               --> cordboard.toml:172:10
                |
            172 | weight = -1
                |          ^^
                = expected: a whole number from 0 to 10000
                = found: -1
                = fix: write `weight = 0`, which is the default, or leave the line out

            error: [compatibility]: "XMPP" can't be a protocol
               --> cordboard.toml:180:8
                |
            180 | XMPP = ["irc"]
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
