//! What answers [`prepare`](super::prepare) in native tests: right for ASCII, lower-casing alone for the rest, until a test puts
//! something better in its place.

use std::cell::RefCell;

/// An implementation: profile and value to the prepared value or an error.
pub type Prepare = fn(&str, &str) -> Result<String, String>;

thread_local! {
    static PREPARE: RefCell<Prepare> = const { RefCell::new(approximate) };
}

/// Lets `prepare` answer on this thread.
pub fn replace(prepare: Prepare) {
    PREPARE.set(prepare);
}

pub(super) fn prepare(profile: &str, value: &str) -> Result<String, String> {
    PREPARE.with_borrow(|prepare| prepare(profile, value))
}

/// Right for ASCII; of other letters it knows only the lower case.
pub fn approximate(profile: &str, value: &str) -> Result<String, String> {
    if let Some(found) = value.chars().find(|c| c.is_control()) {
        return Err(format!("{found:?} is not allowed"));
    }
    match profile {
        "nodeprep" | "username-case-mapped" => lower(value, |c| " \"&'/:<>@".contains(c)),
        "nameprep" | "idna-ascii" | "idna-unicode" => {
            lower(value, |c| c.is_ascii() && !(c.is_ascii_alphanumeric() || c == '-' || c == '.'))
        }
        "resourceprep" | "opaque-string" => Ok(value.to_owned()),
        "nickname" => Ok(value.split_whitespace().collect::<Vec<_>>().join(" ")),
        _ => Err(format!("there is no profile {profile}")),
    }
}

fn lower(value: &str, forbidden: impl Fn(char) -> bool) -> Result<String, String> {
    match value.chars().find(|c| forbidden(*c)) {
        Some(found) => Err(format!("{found:?} is not allowed")),
        None => Ok(value.to_lowercase()),
    }
}
