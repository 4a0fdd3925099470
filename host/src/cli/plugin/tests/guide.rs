//! The guide for authors, `guest-sdk/README.md`: every block of it is compiled, parsed or compared. Those in Rust are documentation tests of
//! the SDK, what the commands do is tested beside this.

use crate::cli::arguments::{Arguments, Command, Plugin};
use crate::plugin::Manifest;
use clap::Parser as _;
use std::fs;

/// The blocks between fences, each with the word behind its first fence.
fn blocks() -> Vec<(String, String)> {
    let guide = fs::read_to_string(super::root().join("guest-sdk/README.md")).unwrap();
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in guide.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(""), Some(block)) => blocks.push(block),
            (Some(word), None) => open = Some((word.to_owned(), String::new())),
            (Some(word), Some(_)) => panic!("a block begins in a block: {word}"),
            (None, Some((word, text))) => open = Some((word, text + line + "\n")),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "the last block has an end");
    blocks
}

fn of(word: &str) -> Vec<String> {
    blocks().into_iter().filter(|(found, _)| found == word).map(|(_, text)| text).collect()
}

#[test]
fn every_block_is_of_a_sort_that_is_tested() {
    let blocks = blocks();
    assert!(blocks.len() >= 8, "{} blocks", blocks.len());
    for (word, text) in blocks {
        assert!(["rust", "toml", "sh", "trial"].contains(&word.as_str()), "```{word}\n{text}");
    }
}

#[test]
fn its_commands_can_be_typed() {
    let mut kinds = Vec::new();
    for line in of("sh").iter().flat_map(|block| block.lines()) {
        let typed = Arguments::try_parse_from(line.split_whitespace());
        let typed = typed.unwrap_or_else(|error| panic!("{line}\n{error}"));
        if let Command::Plugin(Plugin::New { kind, .. }) = typed.command {
            kinds.push(kind.as_str());
        }
    }
    assert_eq!(kinds, ["rule", "adapter", "dialog"], "it leads through each kind");
}

#[test]
fn its_manifests_are_valid() {
    for manifest in of("toml") {
        Manifest::parse(&manifest).unwrap_or_else(|error| panic!("{manifest}\n{error}"));
    }
}

#[test]
fn its_transcript_is_the_one_of_the_template() {
    let template =
        fs::read_to_string(super::root().join("guest-sdk/templates/rule/trials/skilled-first.trial")).unwrap();
    assert_eq!(of("trial"), [template]);
}
