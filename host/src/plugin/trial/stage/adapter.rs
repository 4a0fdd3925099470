//! An adapter on trial: one endpoint, or the sorting of datagrams.

use super::super::setup::Setup;
use super::{line, plain, respelt};
use crate::model::Timestamp;
use crate::model::adapter::{self, Adapter, AdapterFactory, GuestFailure, Input, Output};
use crate::plugin::{AdapterComponent, AdapterPlugin};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// What goes in.
#[derive(Debug)]
pub(in super::super) enum Call {
    Input(Box<Input>),
    /// It is saved and restored.
    Reload,
    /// A datagram whose endpoint is asked for.
    SortKey(Vec<u8>),
}

/// The words that are no inputs.
#[derive(Deserialize)]
enum Order {
    Reload,
    SortKey(Vec<u8>),
}

/// What comes of a [`Call::SortKey`].
#[derive(Serialize, Deserialize)]
enum Sorted {
    Key(String),
}

impl Call {
    pub(super) fn parse(word: &str, content: Option<Value>) -> Result<Self, String> {
        if !matches!(word, "reload" | "sort-key") {
            return plain::parse(word, content)
                .map(|input| Self::Input(Box::new(input)))
                .map_err(|error| error.to_string());
        }
        let order = plain::parse(word, content).map_err(|error| error.to_string())?;
        Ok(match order {
            Order::Reload => Self::Reload,
            Order::SortKey(datagram) => Self::SortKey(datagram),
        })
    }

    pub(super) fn answer(&self, word: &str, content: Option<Value>) -> Result<String, String> {
        match self {
            Self::Input(_) => respelt::<Output>(word, content),
            Self::SortKey(_) => respelt::<Sorted>(word, content),
            Self::Reload => Err("nothing comes of `reload`".to_owned()),
        }
    }
}

/// The endpoint.
pub(in super::super) struct Stage {
    factory: AdapterPlugin,
    setup: adapter::Setup,
    endpoint: Box<dyn Adapter>,
}

impl Stage {
    pub(super) fn open(plugin: &Arc<AdapterComponent>, at: Timestamp, setup: &Setup) -> Result<Self, GuestFailure> {
        let make = if setup.is_link() { AdapterPlugin::for_link } else { AdapterPlugin::new };
        let factory = make(plugin, &setup.settings());
        let state = setup.state();
        let setup = setup.adapter();
        let endpoint = match state {
            Some(state) => factory.restore(&setup, state)?,
            None => factory.open(at, &setup)?,
        };
        Ok(Self { factory, setup, endpoint })
    }

    pub(super) fn call(&mut self, now: Timestamp, call: &Call) -> Result<Vec<String>, GuestFailure> {
        match call {
            Call::Input(input) => Ok(self.endpoint.handle(now, input)?.iter().map(line).collect()),
            Call::SortKey(datagram) => Ok(vec![line(&Sorted::Key(self.factory.sorter().key(datagram)?))]),
            Call::Reload => {
                let state = self.endpoint.save()?;
                self.endpoint = self.factory.restore(&self.setup, &state)?;
                Ok(Vec::new())
            }
        }
    }
}
