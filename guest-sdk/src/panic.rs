//! A panic becomes a line in the operator's log, with file and line, before the trap.
//!
//! The export macros call [`install`]; a plugin need not.

use std::sync::Once;

static INSTALLED: Once = Once::new();

/// Logs every panic from now on. Any number of calls count as one.
pub fn install() {
    INSTALLED.call_once(|| {
        let log =
            |info: &std::panic::PanicHookInfo<'_>| crate::log::write(crate::log::Level::Error, format_args!("{info}"));
        std::panic::set_hook(Box::new(log));
    });
}
