//! Pools and the candidates beside their rules in service.

use super::{check, example_with};
use crate::config::Config;
use crate::model::Lane;
use expect_test::expect;
use std::path::Path;

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
