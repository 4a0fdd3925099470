//! Where a new account's password comes from: a pipe, a person, or nobody, who gets one made up.
//!
//! Invariant: a password that was made up is shown once, here, and nowhere again.

use crate::control::Password;
use std::io::{self, BufRead, IsTerminal};

/// Bytes of a password on standard input.
const PASSWORD_BYTES: u64 = 1024;
/// Random bytes of one that is made up: 80 bits.
const RANDOM_BYTES: usize = 10;

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub(super) enum PasswordError {
    #[error("--password-stdin: expected one line with the password on standard input, found nothing")]
    Empty,
    #[error("the two passwords differ; nothing was changed")]
    Differ,
    #[error("can't read the password: {0}")]
    Read(#[from] io::Error),
    #[error("can't make up a password: the system gave no randomness: {0}; give one with --password-stdin")]
    Random(getrandom::Error),
}

/// A password and whether it must be told because it was made up.
pub(super) struct Chosen {
    pub(super) password: Password,
    pub(super) made_up: bool,
}

/// Reads one line of standard input, asks on a terminal, or makes one up.
pub(super) fn choose(stdin: bool, account: &str) -> Result<Chosen, PasswordError> {
    if stdin {
        return first_line(io::stdin().lock()).map(|password| Chosen { password, made_up: false });
    }
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        let typed = rpassword::prompt_password(format!("password for {account} (empty: one is made up): "))?;
        if !typed.is_empty() {
            if rpassword::prompt_password("again: ")? != typed {
                return Err(PasswordError::Differ);
            }
            return Ok(Chosen { password: Password::new(typed), made_up: false });
        }
    }
    made_up().map(|password| Chosen { password, made_up: true })
}

fn first_line(input: impl BufRead) -> Result<Password, PasswordError> {
    let mut line = String::new();
    input.take(PASSWORD_BYTES).read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() { Err(PasswordError::Empty) } else { Ok(Password::new(password)) }
}

fn made_up() -> Result<Password, PasswordError> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes).map_err(PasswordError::Random)?;
    let text = data_encoding::BASE32_NOPAD.encode(&bytes).to_lowercase();
    let (first, rest) = text.split_at(4);
    let (second, rest) = rest.split_at(4);
    let (third, fourth) = rest.split_at(4);
    Ok(Password::new(format!("{first}-{second}-{third}-{fourth}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_read_and_an_empty_one_refused() {
        assert_eq!(first_line(&b"pass word \r\nmore"[..]).unwrap().expose(), "pass word ");
        assert!(matches!(first_line(&b"\n"[..]), Err(PasswordError::Empty)));
        assert!(matches!(first_line(&b""[..]), Err(PasswordError::Empty)));
    }

    #[test]
    fn made_up_passwords_can_be_typed_and_differ() {
        let (a, b) = (made_up().unwrap(), made_up().unwrap());
        assert_eq!(a.expose().len(), 19);
        assert!(a.expose().chars().all(|c| c == '-' || c.is_ascii_lowercase() || c.is_ascii_digit()));
        assert_ne!(a, b);
    }
}
