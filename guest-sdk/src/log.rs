//! Words for the operator's log: [`debug!`](crate::debug), [`info!`](crate::info), [`warn!`](crate::warn), [`error!`](crate::error).
//!
//! The host bounds length and rate; what is beyond is counted and dropped. Natively the lines are kept for the test to look at
//! ([`captured`]).

use std::fmt::Arguments;

pub use crate::bindings::rule::cordboard::host::log::Level;

/// Writes a line. The macros are shorter.
pub fn write(level: Level, text: Arguments<'_>) {
    match text.as_str() {
        Some(text) => sink::write(level, text),
        None => sink::write(level, &text.to_string()),
    }
}

#[cfg(target_arch = "wasm32")]
mod sink {
    use super::Level;

    pub(super) fn write(level: Level, text: &str) {
        crate::bindings::rule::cordboard::host::log::log(level, text);
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod sink {
    use super::Level;
    use std::cell::RefCell;

    /// Lines kept of one thread; a test that logs more has a defect.
    const LINES: usize = 10_000;

    thread_local! {
        static CAPTURED: RefCell<Vec<(Level, String)>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn write(level: Level, text: &str) {
        CAPTURED.with_borrow_mut(|lines| {
            assert!(lines.len() < LINES, "more than {LINES} lines logged and not looked at");
            lines.push((level, text.to_owned()));
        });
    }

    /// What was logged on this thread since the last call. Only in native builds.
    pub fn captured() -> Vec<(Level, String)> {
        CAPTURED.take()
    }
}

#[cfg(not(target_arch = "wasm32"))]
pub use sink::captured;

/// Logs for whoever develops the plugin.
#[macro_export]
macro_rules! debug { ($($text:tt)+) => { $crate::log::write($crate::log::Level::Debug, ::std::format_args!($($text)+)) } }

/// Logs what an operator may want to know.
#[macro_export]
macro_rules! info { ($($text:tt)+) => { $crate::log::write($crate::log::Level::Info, ::std::format_args!($($text)+)) } }

/// Logs what an operator should look at.
#[macro_export]
macro_rules! warn { ($($text:tt)+) => { $crate::log::write($crate::log::Level::Warn, ::std::format_args!($($text)+)) } }

/// Logs what went wrong.
#[macro_export]
macro_rules! error { ($($text:tt)+) => { $crate::log::write($crate::log::Level::Error, ::std::format_args!($($text)+)) } }

pub use crate::{debug, error, info, warn};
