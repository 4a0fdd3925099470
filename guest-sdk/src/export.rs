//! Joins a plugin's trait to its contract: resources out of plain values, and one export macro for each kind.
//!
//! The glue is emitted for `wasm32` only: natively the exported symbols would keep a `cdylib` from linking and two plugins from standing
//! in one test.

use crate::adapter::{self, Adapter};
use crate::bindings::adapter::exports::cordboard::adapter::protocol;
use crate::bindings::dialog::exports::cordboard::dialog::script;
use crate::bindings::rule::exports::cordboard::strategy::rule as strategy;
use crate::dialog::{self, Dialog};
use crate::model::{Failure, HttpResponse, Reference, SavedState, Timestamp};
use crate::panic;
use crate::rule::{AgentRef, Answer, Change, Pick, Router, Rule, SessionRef};
use std::cell::RefCell;
use std::marker::PhantomData;

/// The component that the export macros make of a plugin's type.
#[derive(Debug)]
pub struct Plugin<T>(PhantomData<T>);

/// A resource of that component. The host never enters an instance twice at once, so a cell suffices.
#[derive(Debug)]
pub struct Resource<T>(RefCell<T>);

impl<T> Resource<T> {
    fn open(made: Result<T, String>) -> Result<Self, String> {
        made.map(|value| Self(RefCell::new(value)))
    }
}

impl<R: Rule> strategy::Guest for Plugin<R> {
    type Router = Resource<Router<R>>;
}

impl<R: Rule> strategy::GuestRouter for Resource<Router<R>> {
    fn open(settings: String, memory: Option<SavedState>) -> Result<strategy::Router, String> {
        panic::install();
        Self::open(Router::open(&settings, memory)).map(strategy::Router::new)
    }

    fn changed(&self, changes: Vec<Change>) {
        self.0.borrow_mut().changed(changes);
    }

    fn rank_agents(&self, now: Timestamp, session: SessionRef, candidates: Vec<AgentRef>, explain: bool) -> Answer {
        self.0.borrow().rank_agents(now, session, &candidates, explain)
    }

    fn rank_sessions(&self, now: Timestamp, agent: AgentRef, waiting: Vec<SessionRef>, explain: bool) -> Pick {
        self.0.borrow().rank_sessions(now, agent, &waiting, explain)
    }

    fn learned(&self, now: Timestamp, session: SessionRef, agent: AgentRef, outcome: String) {
        self.0.borrow_mut().learned(now, session, agent, &outcome);
    }

    fn consulted(
        &self,
        now: Timestamp,
        session: SessionRef,
        reference: Reference,
        reply: Result<HttpResponse, Failure>,
    ) {
        self.0.borrow_mut().consulted(now, session, reference, reply);
    }

    fn memory(&self) -> Option<SavedState> {
        self.0.borrow().memory()
    }
}

impl<A: Adapter> protocol::Guest for Plugin<A> {
    type Endpoint = Resource<A>;

    fn sort_key(data: Vec<u8>) -> String {
        panic::install();
        A::sort_key(&data)
    }
}

impl<A: Adapter> protocol::GuestEndpoint for Resource<A> {
    fn open(now: Timestamp, setup: adapter::Setup) -> Result<protocol::Endpoint, String> {
        panic::install();
        Self::open(A::open(now, setup)).map(protocol::Endpoint::new)
    }

    fn handle(&self, now: Timestamp, input: adapter::Input) -> Vec<adapter::Output> {
        self.0.borrow_mut().handle(now, input)
    }

    fn save(&self) -> SavedState {
        self.0.borrow().save()
    }

    fn restore(setup: adapter::Setup, state: SavedState) -> Result<protocol::Endpoint, String> {
        panic::install();
        Self::open(A::restore(setup, state)).map(protocol::Endpoint::new)
    }
}

impl<D: Dialog> script::Guest for Plugin<D> {
    type Conversation = Resource<D>;
}

impl<D: Dialog> script::GuestConversation for Resource<D> {
    fn open(now: Timestamp, setup: dialog::Setup) -> Result<script::Conversation, String> {
        panic::install();
        Self::open(D::open(now, setup)).map(script::Conversation::new)
    }

    fn handle(&self, now: Timestamp, event: dialog::Event) -> Vec<dialog::Action> {
        self.0.borrow_mut().handle(now, event)
    }

    fn save(&self) -> SavedState {
        self.0.borrow().save()
    }

    fn restore(setup: dialog::Setup, state: SavedState) -> Result<script::Conversation, String> {
        panic::install();
        Self::open(D::restore(setup, state)).map(script::Conversation::new)
    }
}

/// Makes the crate's component out of a type that implements [`Rule`]. Once in a crate, in its root.
#[macro_export]
macro_rules! export_rule {
    ($rule:ty) => {
        $crate::__export_plugin!(rule, export_rule, $rule, $crate::rule::Rule);
    };
}

/// Makes the crate's component out of a type that implements [`Adapter`]. Once in a crate, in its root.
#[macro_export]
macro_rules! export_adapter {
    ($adapter:ty) => {
        $crate::__export_plugin!(adapter, export_adapter, $adapter, $crate::adapter::Adapter);
    };
}

/// Makes the crate's component out of a type that implements [`Dialog`]. Once in a crate, in its root.
#[macro_export]
macro_rules! export_dialog {
    ($dialog:ty) => {
        $crate::__export_plugin!(dialog, export_dialog, $dialog, $crate::dialog::Dialog);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_plugin {
    ($kind:ident, $export:ident, $plugin:ty, $trait:path) => {
        /// Natively the macro only checks the type.
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() = || {
            fn exported<T: $trait>() {}
            exported::<$plugin>();
        };
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "the exports of a component are made of raw symbols")]
        mod cordboard_component {
            use super::*;
            type Component = $crate::Plugin<$plugin>;
            $crate::bindings::$kind::$export!(Component with_types_in $crate::bindings::$kind);
        }
    };
}
