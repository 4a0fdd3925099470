//! What `check` finds of rules and their settings, with place and fix.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

use super::futile;
use crate::config::Config;
use crate::plugin::PluginSet;
use crate::service::plugins::{assemble, load};
use expect_test::{Expect, expect};
use std::path::Path;
use std::sync::OnceLock;

/// The example with these rules and these sections in place of its own.
fn config(rules: &str, sections: &str) -> Config {
    let folder = format!("folder = {:?}", crate::build::for_tests().display().to_string());
    let text = include_str!("../../../cordboard.example.toml")
        .replacen("folder = \"plugins\"", &folder, 1)
        .replacen("rules = [\"least-busy\", \"longest-idle\"]", &format!("rules = {rules}"), 1)
        .replacen("[rules.longest-idle]", sections, 1);
    Config::parse("cordboard.toml", &text, Path::new("")).unwrap_or_else(|problems| panic!("{problems}"))
}

fn told(rules: &str, sections: &str) -> String {
    static PLUGINS: OnceLock<PluginSet> = OnceLock::new();
    let config = config(rules, sections);
    let set = PLUGINS.get_or_init(|| load(&config, None).unwrap().0);
    let mut told: Vec<String> =
        assemble(&config, set).err().unwrap_or_default().iter().map(ToString::to_string).collect();
    told.extend(futile(&config, set).map(|problems| problems.to_string()));
    told.join("\n")
}

#[track_caller]
fn check(rules: &str, sections: &str, expected: &Expect) {
    let told = told(rules, sections);
    let lines: Vec<&str> = told.lines().filter(|line| !line.contains("--> ") && !line.ends_with(" |")).collect();
    // Without numbers of lines, so that a change of the example changes nothing here.
    let numberless = |line: &&str| line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').to_owned();
    expected.assert_eq(&(lines.iter().map(numberless).collect::<Vec<_>>().join("\n") + "\n"));
}

#[test]
fn a_named_rule_is_tried_with_its_own_settings_whether_a_pool_uses_it_or_not() {
    let rule = |name: &str, plugin: &str, rest: &str| {
        format!("[[rule]]\nname = \"{name}\"\nplugin = \"{plugin}\"\nsettings = {{ {rest} }}\n")
    };
    let sections = [
        rule("strict", "skill-level", "queues = { billing = { required = { tax = 11 } } }"),
        rule("longest-idle", "least-busy", ""),
        rule("away", "overflow", "paths = [{ after_s = 1, target = \"queue:nowhere\" }]"),
        rule("fine", "skill-level", ""),
    ];
    check(
        r#"["strict", "fine"]"#,
        &sections.concat(),
        &expect![[r#"
        error: `settings` of [[rule]] `away`: there is no [[queue]] `nowhere`
        | settings = { paths = [{ after_s = 1, target = "queue:nowhere" }] }
        |                                               ^^^^^^^^^^^^^^^
        = expected: one of billing, sales
        = found: "nowhere"
        = fix: add a `[[queue]]` of this name, or name another

        problem in cordboard.toml
        error: [[rule]] `longest-idle`: a rule of the plugin folder is called the same
        | name = "longest-idle"
        |        ^^^^^^^^^^^^^^
        = expected: a name that no rule's plugin has
        = found: "longest-idle"
        = fix: give it another `name`, here and in the pools' chains

        problem in cordboard.toml
        error: `settings` of [[rule]] `strict`: `queues.billing.required.tax` is not what the plugin expects
        | settings = { queues = { billing = { required = { tax = 11 } } } }
        |                                                        ^^
        = expected: a whole number from 1 to 10
        = found: the number 11
        = fix: give `queues.billing.required.tax` a whole number from 1 to 10

        problem in cordboard.toml
    "#]],
    );
    check(
        r#"["picky"]"#,
        &rule("picky", "script", "keep = \"false\""),
        &expect![[r#"
        error: [[pool]] `main`: its rules can keep nobody
        | rules = ["picky"]
        |         ^^^^^^^^^
        = expected: rules that keep somebody for some session
        = found: the rule picky leaves none of 5 agents of every skill for any of 30 sessions, which were made up for this
        = fix: correct `settings` of [[rule]] `picky`, or take it out of the pool's `rules`

        problem in cordboard.toml
    "#]],
    );
}

#[test]
fn what_a_rule_refuses_is_told_with_its_place() {
    let hours = "[rules.business-hours]\nhours = { mon-fri = [\"08:00-17:00\"] }\n";
    check(
        r#"["business-hours"]"#,
        &format!("{hours}holidays = [\"12-25\", \"13-45\"]"),
        &expect![[r#"
        error: [rules.business-hours]: `holidays.1` is not what the plugin expects
        | holidays = ["12-25", "13-45"]
        |                      ^^^^^^^
        = expected: a text in quotes that matches `^([0-9]{4}-)?[01][0-9]-[0-3][0-9]( [0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9])?$`
        = found: the text "13-45"
        = fix: give `holidays.1` a text in quotes that matches `^([0-9]{4}-)?[01][0-9]-[0-3][0-9]( [0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9])?$`

        problem in cordboard.toml
    "#]],
    );
    check(
        r#"["business-hours"]"#,
        &format!("{hours}holidays = [\"12-25\", \"02-30\"]"),
        &expect![[r#"
        error: [rules.business-hours]: the rule refuses `holidays`
        | holidays = ["12-25", "02-30"]
        |                      ^^^^^^^
        = expected: `MM-DD` or `YYYY-MM-DD`, and maybe hours such as `09:00-12:00`
        = found: "02-30"
        = fix: correct it; the rule's own documentation says what it takes

        problem in cordboard.toml
    "#]],
    );
    check(
        r#"["skill-level"]"#,
        "[rules.skill-level.queues.billing]\nrequired = { billing = 11 }",
        &expect![[r#"
            error: [rules.skill-level]: `queues.billing.required.billing` is not what the plugin expects
            | required = { billing = 11 }
            |                        ^^
            = expected: a whole number from 1 to 10
            = found: the number 11
            = fix: give `queues.billing.required.billing` a whole number from 1 to 10

            problem in cordboard.toml
        "#]],
    );
    check(
        r#"["script"]"#,
        "[rules.script]\nkeep = \"agnet.kind == 'person'\"",
        &expect![[r#"
        error: [rules.script]: the rule refuses `keep`
        | keep = "agnet.kind == 'person'"
        |         ^^^^^
        = expected: one of session, waited_s, now_s, agent, idle_s
        = found: `agnet`
        = fix: correct it; the rule's own documentation says what it takes

        problem in cordboard.toml
    "#]],
    );
    check(
        r#"["script"]"#,
        "[rules.script]\nkeep = \"agent.queues.exists(q, q == session.queue) && session.q == 'night'\"",
        &expect![[r#"
            error: [rules.script]: the rule refuses `keep`
            | keep = "agent.queues.exists(q, q == session.queue) && session.q == 'night'"
            |                                                       ^^^^^^^^^
            = expected: one of queue, medium, provider, software, software_version, language, member, priority, passed_over, attributes inside `session`
            = found: `session.q`
            = fix: correct it; the rule's own documentation says what it takes

            problem in cordboard.toml
        "#]],
    );
    check(
        r#"["script"]"#,
        "[rules.script]\nkeep = \"size(agent.name) > 3 && agent.name.matches('j.*')\"",
        &expect![[r#"
            error: [rules.script]: the rule refuses `keep`
            | keep = "size(agent.name) > 3 && agent.name.matches('j.*')"
            |                                            ^^^^^^^
            = expected: one of contains(x), endsWith(x), hasValue(), or(x), orValue(x), size(), startsWith(x), value(), all(x, p), exists(x, p), exists_one(x, p), filter(x, p), map(x, e), map(x, p, e)
            = found: `matches`
            = fix: correct it; the rule's own documentation says what it takes

            problem in cordboard.toml
        "#]],
    );
}

#[test]
fn levels_that_there_are_not_are_refused_with_their_place() {
    let ring = "rings = [{ after_s = 0, level = 11 }]";
    for (rule, section, path, expected) in [
        ("language", "least_level = 0", "least_level", "1 to 10"),
        (
            "skill-level",
            "queues = { billing = { preferred = { tax = 0 } } }",
            "queues.billing.preferred.tax",
            "1 to 10",
        ),
        ("skill-relaxation", ring, "rings.0.level", "0 to 10"),
        ("skill-relaxation", &format!("queues = {{ sales = {{ {ring} }} }}"), "queues.sales.rings.0.level", "0 to 10"),
    ] {
        let told = told(&format!("[{rule:?}]"), &format!("[rules.{rule}]\n{section}"));
        for part in [
            format!("[rules.{rule}]: `{path}` is not what the plugin expects"),
            format!(" | {section}"),
            format!("= expected: a whole number from {expected}"),
            "= fix: ".to_owned(),
        ] {
            assert!(told.contains(&part), "{part}: {told}");
        }
    }
}

#[test]
fn whom_a_rule_asks_must_be_granted() {
    check(
        r#"["remote"]"#,
        "[rules.remote]\nurl = \"http://b.example:8080\"\nauthorization = \"Bearer {secret:token}\"",
        &expect![[r#"
            error: [rules.remote]: the plugin is not granted the host b.example
            | url = "http://b.example:8080"
            |       ^^^^^^^^^^^^^^^^^^^^^^^
            = expected: a host that is granted; there is none
            = found: "b.example"
            = fix: if it may ask there, write below [plugins.grants.remote] `hosts = ["b.example"]`

            error: [rules.remote]: the plugin is not granted the secret token
            | authorization = "Bearer {secret:token}"
            |                 ^^^^^^^^^^^^^^^^^^^^^^^
            = expected: a secret that is granted; there is none
            = found: "token"
            = fix: write below [plugins.grants.remote] `secrets = { token = { file = "remote.secret" } }`

            problems in cordboard.toml
        "#]],
    );
    check(
        r#"["remote"]"#,
        "[rules.remote]\nurl = \"b.example\"\nauthorization = \"Bearer cbt_hush\"",
        &expect![[r#"
            error: [rules.remote]: `url` is not what the plugin expects
            | url = "b.example"
            |       ^^^^^^^^^^^
            = expected: a text in quotes that matches `^https?://[^/?#@ ]+$` (The other server, without a path: `http://routing.example:8080`. Its host has to be granted.)
            = found: the text "b.example"
            = fix: give `url` a text in quotes that matches `^https?://[^/?#@ ]+$` (The other server, without a path: `http://routing.example:8080`. Its host has to be granted.)

            error: [rules.remote]: `authorization` is not what the plugin expects
            | authorization = *****************
            |                 ^^^^^^^^^^^^^^^^^
            = expected: a text in quotes of at most 200 characters that matches `\{secret:[a-z0-9-]+\}` (The header of that name, as `Bearer {secret:token}`: the host puts the granted secret in its place. Absent: none is sent…)
            = found: something that is not shown here
            = fix: give `authorization` a text in quotes of at most 200 characters that matches `\{secret:[a-z0-9-]+\}` (The header of that name, as `Bearer {secret:token}`: the host puts the granted secret in its place. Absent: none is sent…)

            problems in cordboard.toml
        "#]],
    );
}

#[test]
fn queues_and_links_that_settings_name_must_be_there() {
    check(
        r#"["overflow"]"#,
        "[rules.overflow]\npaths = [{ after_s = 60, target = \"queue:sale\" }, { after_s = 90, target = \"link:refunds\" }]",
        &expect![[r#"
            error: [rules.overflow]: there is no [[queue]] `sale`
            | paths = [{ after_s = 60, target = "queue:sale" }, { after_s = 90, target = "link:refunds" }]
            |                                   ^^^^^^^^^^^^
            = expected: one of billing, sales
            = found: "sale"
            = fix: did you mean "sales"?

            problem in cordboard.toml
        "#]],
    );
    check(
        r#"["business-hours"]"#,
        "[rules.business-hours]\nhours = { mon-fri = [\"08:00-17:00\"] }\nqueues = { biling = { zone = \"UTC\" } }",
        &expect![[r#"
            error: [rules.business-hours]: there is no [[queue]] `biling`
            | queues = { biling = { zone = "UTC" } }
            |            ^^^^^^
            = expected: one of billing, sales
            = found: "biling"
            = fix: did you mean "billing"?

            problem in cordboard.toml
        "#]],
    );
}

#[test]
fn rules_that_can_keep_nobody_are_told() {
    check(
        r#"["least-busy", "script"]"#,
        "[rules.script]\nkeep = \"false\"",
        &expect![[r#"
        error: [[pool]] `main`: its rules can keep nobody
        | rules = ["least-busy", "script"]
        |         ^^^^^^^^^^^^^^^^^^^^^^^^
        = expected: rules that keep somebody for some session
        = found: the rule script leaves none of 5 agents of every skill for any of 30 sessions, which were made up for this
        = fix: correct [rules.script], or take it out of the pool's `rules`

        problem in cordboard.toml
    "#]],
    );
    check(
        r#"["script"]"#,
        "[rules.script]\nkeep = \"agent.kind == 'person' && agent.kind == 'automated'\"",
        &expect![[r#"
            error: [[pool]] `main`: its rules can keep nobody
            | rules = ["script"]
            |         ^^^^^^^^^^
            = expected: rules that keep somebody for some session
            = found: the rule script leaves none of 9 agents of every skill for any of 54 sessions, which were made up for this
            = fix: correct [rules.script], or take it out of the pool's `rules`

            problem in cordboard.toml
        "#]],
    );
}

#[test]
fn candidates_that_can_keep_nobody_or_do_not_exist_are_told() {
    let script = "[rules.script]\nkeep = \"false\"";
    check(
        "[\"longest-idle\"]\nshadow = [\"script\"]\ncanary = { rules = [\"least-busy\", \"script\"], share = 0.5 }",
        script,
        &expect![[r#"
            error: [[pool]] `main`: the rules of its `shadow` can keep nobody
            | shadow = ["script"]
            |          ^^^^^^^^^^
            = expected: rules that keep somebody for some session
            = found: the rule script leaves none of 5 agents of every skill for any of 30 sessions, which were made up for this
            = fix: correct [rules.script], or take it out of the pool's `shadow`

            error: [[pool]] `main`: the rules of its `canary` can keep nobody
            | canary = { rules = ["least-busy", "script"], share = 0.5 }
            |                    ^^^^^^^^^^^^^^^^^^^^^^^^
            = expected: rules that keep somebody for some session
            = found: the rule script leaves none of 5 agents of every skill for any of 30 sessions, which were made up for this
            = fix: correct [rules.script], or take it out of the pool's `canary`

            problems in cordboard.toml
        "#]],
    );
    let unknown = told("[\"longest-idle\"]\ncanary = { rules = [\"vipp\"], share = 0.5 }", "");
    for part in [
        "error: [[pool]] `main`: there is no rule \"vipp\" in ",
        "canary = { rules = [\"vipp\"], share = 0.5 }\n    |                     ^^^^^^",
        "vip, weighted-random",
        "= fix: put vipp.wasm there, or correct the name",
    ] {
        assert!(unknown.contains(part), "{part}: {unknown}");
    }
}

/// However narrow rules are, somebody could please them.
#[test]
fn narrow_rules_are_fine() {
    for (rules, sections) in [
        (r#"["script"]"#, "[rules.script]\nkeep = \"agent.name == 'jim'\""),
        (r#"["script"]"#, "[rules.script]\nkeep = \"agent.attributes.team == 'red' && session.language == 'de'\""),
        (r#"["script"]"#, "[rules.script]\nkeep = \"'fr' in agent.skills && waited_s > 60\""),
        (r#"["language", "skill-level"]"#, "[rules.skill-level.queues.billing]\nrequired = { billing = 10 }"),
        (r#"["business-hours"]"#, "[rules.business-hours]\nhours = { sun = [\"03:00-04:00\"] }"),
        (r#"["vip", "requested-agent", "sticky-agent", "longest-idle"]"#, "[rules.vip]\nskill = \"vip\""),
    ] {
        assert_eq!(told(rules, sections), "", "{rules} {sections}");
    }
}
