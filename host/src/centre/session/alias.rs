//! The outside name of a session: nobody can guess it, and it says which shard has the session.

use crate::centre::Centre;
use crate::model::Alias;
use data_encoding::Specification;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// RFC 4648 base 32 in lower case without padding.
static LETTERS: LazyLock<data_encoding::Encoding> = LazyLock::new(|| {
    let mut letters = Specification::new();
    letters.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    letters.encoding().expect("32 different symbols make an encoding")
});

impl Centre {
    /// A new alias.
    pub(in crate::centre) fn draw_alias(&mut self) -> Alias {
        let letters = self.draw_letters();
        Alias::new(format!("s{}-{letters}", self.shard))
    }

    /// 32 bytes that nobody can guess.
    pub(in crate::centre) fn draw_seed(&mut self) -> Vec<u8> {
        self.draw().to_vec()
    }

    /// What nobody can guess: 128 bits of SHA-256 over the batch's seed and a counter, as 26 letters.
    pub(super) fn draw_letters(&mut self) -> String {
        LETTERS.encode(&self.draw()[..16])
    }

    fn draw(&mut self) -> [u8; 32] {
        self.drawn += 1;
        Sha256::new().chain_update(self.seed).chain_update(self.drawn.to_be_bytes()).finalize().into()
    }
}

/// Whether a name has the form of a session's alias.
pub(super) fn is_alias(alias: &Alias) -> bool {
    let Some((shard, letters)) = alias.as_str().strip_prefix('s').and_then(|rest| rest.split_once('-')) else {
        return false;
    };
    !shard.is_empty()
        && shard.bytes().all(|byte| byte.is_ascii_digit())
        && letters.len() == 26
        && letters.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
}
