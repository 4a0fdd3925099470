//! Writes a transcript's answers anew.
//!
//! Invariant: only lines that begin with `<` change.

use super::text::Trial;

/// `played` has the opening's answers first, then those of each call.
pub(super) fn bless(text: &str, trial: &Trial, played: &[Vec<String>]) -> String {
    let places = std::iter::once(trial.head_line).chain(trial.calls.iter().map(|call| call.line));
    let mut answers = places.zip(played).peekable();
    let mut blessed = String::with_capacity(text.len());
    for (line, number) in text.lines().zip(1..) {
        if !is_answer(line) {
            blessed.push_str(line);
            blessed.push('\n');
        }
        while let Some((_, lines)) = answers.next_if(|(place, _)| *place <= number) {
            for line in lines {
                blessed.push_str("< ");
                blessed.push_str(line);
                blessed.push('\n');
            }
        }
    }
    blessed
}

fn is_answer(line: &str) -> bool {
    let line = line.trim_start();
    line == "<" || line.starts_with("< ") || line.starts_with("<\t")
}
