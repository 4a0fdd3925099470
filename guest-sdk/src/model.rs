//! Types that every contract shares (`cordboard:model/types`).

pub use crate::bindings::rule::cordboard::model::types::{
    Alias, Attribute, Body, Extension, Failure, Field, Form, FormOption, HttpRequest, HttpResponse, LinkTarget,
    Message, Presence, PresenceTuple, QueueStatus, Reference, SavedState, Timestamp,
};
