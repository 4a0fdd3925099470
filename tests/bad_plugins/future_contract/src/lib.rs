//! A rule of version 2 of the contract, which does not exist yet (`future.wit` makes it up).

/// The component.
#[derive(Debug)]
pub struct Future;

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, missing_docs, reason = "wit-bindgen writes its content")]
mod component {
    use super::Future;

    wit_bindgen::generate!({ path: "future.wit", world: "rule-plugin" });

    impl exports::cordboard::strategy::rule::Guest for Future {
        fn ask(question: String) -> String {
            question
        }
    }

    export!(Future);
}
