//! The host's side of what guests may import: `cordboard:host/log` and `cordboard:host/text`, and for a rule only the first.
//!
//! Nothing else is linked: no WASI, no clock, no sockets, no files.

use super::bindings::adapter::cordboard::host::text;
use super::bindings::rule::cordboard::host::log;
use super::bindings::rule::cordboard::model::types;
use crate::engine::{Engine, Guest, Level};
use wasmtime::component::{HasSelf, Linker};

impl log::Host for Guest {
    fn log(&mut self, level: log::Level, text: String) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Debug => Level::Debug,
            log::Level::Info => Level::Info,
            log::Level::Warn => Level::Warn,
            log::Level::Error => Level::Error,
        };
        self.log(level, &text)
    }
}

impl text::Host for Guest {
    fn prepare(&mut self, profile: String, value: String) -> wasmtime::Result<Result<String, String>> {
        self.prepare(&profile, &value)
    }
}

impl types::Host for Guest {}

/// What a rule may import.
pub fn link_rule(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine.wasm());
    types::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    log::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    Ok(linker)
}

/// What an adapter may import.
pub fn link_adapter(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = link_rule(engine)?;
    text::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    Ok(linker)
}

/// What a dialog may import.
pub fn link_dialog(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    link_adapter(engine)
}
