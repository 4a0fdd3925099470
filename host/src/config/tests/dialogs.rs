//! Dialogs, and links that lead to them.

use super::{check, example_with};
use crate::config::Config;
use crate::model::settings::{Dialog, Fallback};
use expect_test::expect;
use std::path::Path;

/// The example with a link's dialog and these sections.
fn with(link: &str, sections: &str) -> String {
    let text = example_with("# dialog = \"greeting\"", link);
    format!("{text}\n{sections}")
}

#[test]
fn a_dialog_is_called_as_its_plugin_unless_the_file_says_otherwise() {
    let sections = "[[dialog]]\nname = \"questions\"\n\
        [[dialog]]\nname = \"survey\"\nplugin = \"questions\"\nlabel = \"Cordelia\"\nsilence_s = 60\nfallback = \"close\"\n\
        settings = { thanks = \"Bye\" }\n";
    let config =
        Config::parse("cordboard.toml", &with("dialog = \"survey\"", sections), Path::new("/")).expect("it is valid");
    let survey = Dialog {
        label: "Cordelia".to_owned(),
        plugin: "questions".to_owned(),
        silence_ms: 60_000,
        fallback: Fallback::Close,
        ..Dialog::new("survey")
    };
    assert_eq!(config.settings.dialogs, [Dialog::new("questions"), survey]);
    assert_eq!(config.dialogs["survey"]["thanks"], "Bye");
    assert!(config.dialogs["questions"].is_empty());
    assert_eq!(config.settings.links[0].dialog.as_deref(), Some("survey"));
}

#[test]
fn mistakes_of_dialogs_are_told_with_place_and_fix() {
    let sections = "[[dialog]]\nname = \"billing\"\nfallback = \"agent\"\nsilence_s = 1\n\
        [[dialog]]\nname = \"greeting\"\ncolour = \"red\"\n[[dialog]]\nname = \"greeting\"\n";
    check(
        &with("dialog = \"greting\"", sections),
        expect![[r#"
        error: [[link]] `billing`: there is no [[dialog]] `greting`
           --> cordboard.toml:191:10
            |
        191 | dialog = "greting"
            |          ^^^^^^^^^
            = expected: one of "billing", "greeting", "greeting"
            = found: "greting"
            = fix: did you mean `dialog = "greeting"`? If not, add a `[[dialog]]` of this name

        error: [[dialog]] `billing`: a [[queue]] is called the same
           --> cordboard.toml:319:8
            |
        319 | name = "billing"
            |        ^^^^^^^^^
            = expected: every `name` once among queues and dialogs
            = found: "billing" again
            = fix: give one of them another `name`

        error: [[dialog]] `billing`: `fallback` is none of the words it knows
           --> cordboard.toml:320:12
            |
        320 | fallback = "agent"
            |            ^^^^^^^
            = expected: one of "queue", "close"
            = found: "agent"
            = fix: write one of the words above for `fallback`

        error: [[dialog]] `billing`: `silence_s` is out of range
           --> cordboard.toml:321:13
            |
        321 | silence_s = 1
            |             ^
            = expected: a whole number from 10 to 604800
            = found: 1
            = fix: write `silence_s = 600`, which is the default, or leave the line out

        error: [[dialog]] `greeting` has no setting `colour`
           --> cordboard.toml:324:1
            |
        324 | colour = "red"
            | ^^^^^^
            = expected: one of name, plugin, label, silence_s, fallback, settings
            = found: `colour`
            = fix: take the line out, or move it to the section it belongs to

        error: [[dialog]] `greeting` stands here a second time
           --> cordboard.toml:326:8
            |
        326 | name = "greeting"
            |        ^^^^^^^^^^
            = expected: every `name` once
            = found: "greeting" again
            = fix: give this one another `name`, or take it out

        6 problems in cordboard.toml"#]],
    );
}
