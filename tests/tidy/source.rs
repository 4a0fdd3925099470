//! The files of this repository, and their code without comments and strings.
//!
//! It blanks by the lexical rules of Rust that matter here (nested comments, raw strings, character literals beside lifetimes), and keeps
//! every line where it is. Invariant: what it blanks can't hide code that compiles.

use std::fs;
use std::path::{Path, PathBuf};

/// Never read: made by machines, or not ours.
const SKIPPED: [&str; 4] = ["target", "node_modules", "__pycache__", "build"];
/// Kinds of files that are read.
const KINDS: [&str; 8] = ["rs", "toml", "md", "wit", "py", "sh", "yml", "json"];

/// One file.
pub(crate) struct Source {
    /// From the root of the repository, with `/`.
    pub(crate) path: String,
    /// As it stands.
    pub(crate) text: String,
    /// Without comments and strings; of a file that is not Rust, nothing.
    pub(crate) code: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = if kind_of(path) == "rs" { blanked(text) } else { String::new() };
        Self { path: path.to_owned(), text: text.to_owned(), code }
    }

    /// `rs`, `py`, ...; empty where the name says nothing.
    pub(crate) fn kind(&self) -> &str {
        kind_of(&self.path)
    }

    /// Whether it is a unit test's file.
    pub(crate) fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// `path:line: what`, for each line of the code or text in which something is found.
    pub(crate) fn lines<'a>(
        &'a self,
        text: &'a str,
        find: impl Fn(&str) -> Option<String> + 'a,
    ) -> impl Iterator<Item = String> + 'a {
        text.lines()
            .enumerate()
            .filter_map(move |(at, line)| find(line).map(|what| format!("{}:{}: {what}", self.path, at + 1)))
    }
}

fn kind_of(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, kind)| kind)
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("host/ is in the repository").to_owned()
}

/// All files of the repository that are read.
pub(crate) fn tree() -> Vec<Source> {
    let (root, mut sources) = (root(), Vec::new());
    for top in fs::read_dir(&root).expect("the root can be read").map(|entry| entry.expect("an entry").path()) {
        let name = top.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if top.is_file() || [".ci", "wit", "host", "guest-sdk", "plugins", "tests", "docs"].contains(&name.as_str()) {
            gather(&root, &top, &mut sources);
        }
    }
    sources
}

fn gather(root: &Path, path: &Path, sources: &mut Vec<Source>) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if path.is_dir() {
        if !SKIPPED.contains(&name.as_str()) {
            let entries = fs::read_dir(path).expect("a folder can be read");
            entries.for_each(|entry| gather(root, &entry.expect("an entry").path(), sources));
        }
        return;
    }
    let kind = path.extension().unwrap_or_default().to_string_lossy().into_owned();
    if KINDS.contains(&kind.as_str()) || path.starts_with(root.join(".ci")) {
        let inside = path.strip_prefix(root).expect("it is below the root").to_string_lossy().replace('\\', "/");
        sources.push(Source::new(&inside, &fs::read_to_string(path).expect("a text file is UTF-8")));
    }
}

/// Rust without the content of comments, strings and character literals.
fn blanked(text: &str) -> String {
    let (mut code, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(first) = rest.chars().next() {
        let word_before = code.ends_with(|sign: char| sign.is_alphanumeric() || sign == '_');
        let taken = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => quoted(rest, '"'),
            'r' | 'b' | 'c' if !word_before => raw_string(rest),
            '\'' => character(rest),
            _ => 0,
        };
        let kept = if taken == 0 { first.len_utf8() } else { taken };
        if taken == 0 {
            code.push(first);
        } else {
            code.push(' ');
            code.extend(rest[..taken].chars().filter(|sign| *sign == '\n'));
        }
        rest = &rest[kept..];
    }
    code
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let (step, change) = match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        at += step;
        depth += change;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn quoted(text: &str, end: char) -> usize {
    let mut signs = text.char_indices().skip(1);
    while let Some((at, sign)) = signs.next() {
        if sign == '\\' {
            signs.next();
        } else if sign == end {
            return at + sign.len_utf8();
        }
    }
    text.len()
}

/// `r"..."`, `br#"..."#`, and `b"..."` or `c"..."`; nothing if it is only a word.
fn raw_string(text: &str) -> usize {
    let prefix = ["br", "cr", "r"].into_iter().find(|prefix| text.starts_with(prefix));
    if let Some(prefix) = prefix {
        let hashes = text[prefix.len()..].chars().take_while(|sign| *sign == '#').count();
        let open = prefix.len() + hashes;
        if text[open..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            return text[open + 1..].find(&end).map_or(text.len(), |at| open + 1 + at + end.len());
        }
    }
    if text[1..].starts_with('"') && !text.starts_with('r') { 1 + quoted(&text[1..], '"') } else { 0 }
}

/// `'x'` or `'\n'`; nothing if it is a lifetime.
fn character(text: &str) -> usize {
    let mut signs = text.char_indices().skip(1);
    match (signs.next(), signs.next()) {
        (Some((_, '\\')), _) => quoted(text, '\''),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

#[test]
fn comments_and_strings_are_blanked_and_lines_stay() {
    let table = [
        ("a // b\nc", "a  \nc"),
        ("a /* b /* c */\n d */ e", "a  \n e"),
        (r#"f("x\"y", z)"#, "f( , z)"),
        ("r#\"a\"b\"# + br\"x\" + b\"y\" + c\"z\"", "  +   +   +  "),
        ("for r in b { car(r) }", "for r in b { car(r) }"),
        ("fn f<'a>(x: &'a str) { '\\'' ; '\"'; 'x' }", "fn f<'a>(x: &'a str) {   ;  ;   }"),
        ("let r#type = 1; // x", "let r#type = 1;  "),
    ];
    for (text, expected) in table {
        assert_eq!(blanked(text), expected, "{text}");
    }
}
