//! What wasmtime makes of the contracts: a module for each world, with the shared types in [`rule`].
//!
//! Imports may trap: a guest that drowns the host in calls is stopped (see [`crate::engine::Guest`]).
#![allow(unsafe_code, missing_docs, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
// The macro writes this file's content: none of the house's lints can be kept in it.

pub mod rule {
    wasmtime::component::bindgen!({
        path: ["../wit/model", "../wit/host", "../wit/strategy"],
        world: "cordboard:strategy/rule-plugin",
        imports: { default: trappable },
    });
}

pub mod adapter {
    wasmtime::component::bindgen!({
        path: ["../wit/model", "../wit/host", "../wit/adapter"],
        world: "cordboard:adapter/adapter",
        imports: { default: trappable },
        with: {
            "cordboard:model/types@1.0.0": crate::contract::v1::bindings::rule::cordboard::model::types,
            "cordboard:host/log@1.0.0": crate::contract::v1::bindings::rule::cordboard::host::log,
        },
    });
}

pub mod dialog {
    wasmtime::component::bindgen!({
        path: ["../wit/model", "../wit/host", "../wit/dialog"],
        world: "cordboard:dialog/dialog",
        imports: { default: trappable },
        with: {
            "cordboard:model/types@1.0.0": crate::contract::v1::bindings::rule::cordboard::model::types,
            "cordboard:host/log@1.0.0": crate::contract::v1::bindings::rule::cordboard::host::log,
            "cordboard:host/text@1.0.0": crate::contract::v1::bindings::adapter::cordboard::host::text,
        },
    });
}
