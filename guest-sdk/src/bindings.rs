//! What wit-bindgen makes of the contracts. The rest of the SDK gives these types better names.
//!
//! With `pub_export_macro` the part of the component type that names the exports stands in the export macro, so that three worlds
//! live in one crate and a plugin carries only its own.
#![allow(unsafe_code, missing_docs, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]

pub mod rule {
    wit_bindgen::generate!({
        path: ["../wit/model", "../wit/host", "../wit/strategy"],
        world: "cordboard:strategy/rule-plugin",
        pub_export_macro: true,
        export_macro_name: "export_rule",
        default_bindings_module: "cordboard_sdk::bindings::rule",
        generate_all,
        generate_unused_types: true,
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    });
}

pub mod adapter {
    wit_bindgen::generate!({
        path: ["../wit/model", "../wit/host", "../wit/adapter"],
        world: "cordboard:adapter/adapter",
        pub_export_macro: true,
        export_macro_name: "export_adapter",
        default_bindings_module: "cordboard_sdk::bindings::adapter",
        generate_unused_types: true,
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        with: {
            "cordboard:model/types@1.0.0": crate::bindings::rule::cordboard::model::types,
            "cordboard:host/log@1.0.0": crate::bindings::rule::cordboard::host::log,
            "cordboard:host/text@1.0.0": generate,
        },
    });
}

pub mod dialog {
    wit_bindgen::generate!({
        path: ["../wit/model", "../wit/host", "../wit/dialog"],
        world: "cordboard:dialog/dialog",
        pub_export_macro: true,
        export_macro_name: "export_dialog",
        default_bindings_module: "cordboard_sdk::bindings::dialog",
        generate_unused_types: true,
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        with: {
            "cordboard:model/types@1.0.0": crate::bindings::rule::cordboard::model::types,
            "cordboard:host/log@1.0.0": crate::bindings::rule::cordboard::host::log,
            "cordboard:host/text@1.0.0": crate::bindings::adapter::cordboard::host::text,
        },
    });
}
