//! What a person does, and when: one deed after the other.

/// When the next deed is done.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    /// At once.
    Now,
    /// Once somebody has said something with these words to the person.
    Heard(&'static str),
    /// So many milliseconds after the person's last deed.
    After(u64),
    /// Once the person of that name has dropped the connection for the n-th time.
    Dropped(&'static str, usize),
    /// Once the person of that name has said this.
    Said(&'static str, &'static str),
    /// Once all that the person has said is answered.
    Answered,
}

/// What is done.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deed {
    /// Goes online, and stays so over whatever happens to the connection.
    Connects,
    /// The connection breaks, and the person stays away.
    Drops,
    /// Says something to a link or queue.
    Says(&'static str, &'static str),
    /// Says something in the conversation that the person heard of last.
    Answers(&'static str),
    /// Sends a stanza as it stands; `{conversation}` is the local part of the conversation heard of last.
    Sends(&'static str),
}

/// What a person does with an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offers {
    Accepted,
    Ignored,
}
