//! The shell around the centre: takes inputs, stores what the centre decides, and only then hands out the effects.
mod post;
pub use post::Post;
