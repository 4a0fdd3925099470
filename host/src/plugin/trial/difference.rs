//! Where answers differ from what a transcript says, and how that is shown.

use super::text::{Expected, Trial};

/// Signs that are shown around the place where two lines begin to differ.
const CONTEXT: usize = 32;

/// A call whose answers are not those that are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Of the call.
    pub line: usize,
    /// The call as it is written.
    pub call: String,
    /// Answers that should have come and did not, with their lines.
    pub missing: Vec<(usize, String)>,
    /// Answers that came and should not.
    pub found: Vec<String>,
}

/// All of them, in the order of the calls. `played` has the opening's answers first.
pub(super) fn all<'a>(trial: &'a Trial, played: &'a [Vec<String>]) -> impl Iterator<Item = Difference> + 'a {
    let nothing = Vec::new();
    let opening = compare(trial.head_line, "setup", &trial.opening, played.first().unwrap_or(&nothing));
    let calls = trial.calls.iter().zip(1..).filter_map(|(call, at)| {
        compare(call.line, &call.text, &call.expected, played.get(at).map_or(&[], Vec::as_slice))
    });
    opening.into_iter().chain(calls)
}

fn compare(line: usize, call: &str, expected: &[Expected], found: &[String]) -> Option<Difference> {
    let same = |(expected, found): &(&Expected, &String)| expected.text == **found;
    let before = expected.iter().zip(found).take_while(same).count();
    let (expected, found) = (&expected[before..], &found[before..]);
    let after = expected.iter().rev().zip(found.iter().rev()).take_while(same).count();
    let missing: Vec<(usize, String)> =
        expected[..expected.len() - after].iter().map(|expected| (expected.line, expected.text.clone())).collect();
    let found = found[..found.len() - after].to_vec();
    let differs = !missing.is_empty() || !found.is_empty();
    differs.then(|| Difference { line, call: call.to_owned(), missing, found })
}

impl Difference {
    /// For a person: the call with its file and line, what is missing (`-`) and what came instead (`+`).
    pub(super) fn told(&self, trial: &str) -> String {
        let mut lines = vec![format!("trials/{trial}.trial:{}: > {}", self.line, self.call)];
        lines.extend(self.missing.iter().map(|(line, text)| format!("{line:>6} - {text}")));
        lines.extend(self.found.iter().map(|text| format!("       + {text}")));
        if let ([(_, expected)], [found]) = (&self.missing[..], &self.found[..]) {
            lines.extend(first_difference(expected, found));
        }
        lines.join("\n")
    }
}

/// Where two long lines begin to differ; short ones show it themselves.
fn first_difference(expected: &str, found: &str) -> Option<String> {
    let (expected, found): (Vec<char>, Vec<char>) = (expected.chars().collect(), found.chars().collect());
    let same = expected.iter().zip(&found).take_while(|(one, other)| one == other).count();
    if expected.len().max(found.len()) <= 3 * CONTEXT {
        return None;
    }
    let around = |line: &[char]| -> String {
        let (from, to) = (same.saturating_sub(CONTEXT), line.len().min(same + CONTEXT));
        let (open, close) = (if from > 0 { "…" } else { "" }, if to < line.len() { "…" } else { "" });
        format!("{open}{}{close}", line[from.min(to)..to].iter().collect::<String>())
    };
    Some(format!("       expected here {}\n       found         {}", around(&expected), around(&found)))
}
