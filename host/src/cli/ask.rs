//! Questions to the running service, and how the answers are shown.
//!
//! Invariant: `--json` prints exactly one JSON value on standard output, also where there is nothing to show.

use super::arguments::{Ask, Close, Socket};
use crate::config::{Config, DEFAULT_FILE};
use crate::control::{self, Answer, Request};
use anyhow::bail;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Where the service meant listens: the socket or configuration named; else the configuration in this folder; else the demo
/// of this folder.
pub(super) fn socket_of(socket: &Socket) -> anyhow::Result<PathBuf> {
    if let Some(path) = &socket.socket {
        return Ok(path.clone());
    }
    if let Some(file) = &socket.config {
        return Ok(Config::read(file)?.control);
    }
    if Path::new(DEFAULT_FILE).exists() {
        return Ok(Config::read(Path::new(DEFAULT_FILE))?.control);
    }
    Ok(Path::new(super::DEV_DATA).join(super::CONTROL_SOCKET))
}

pub(super) fn ask_for(socket: &Path, request: &Request) -> anyhow::Result<Answer> {
    Ok(control::ask(socket, request)?)
}

/// An answer to another question can only come from another version.
pub(super) fn unexpected<T>() -> anyhow::Result<T> {
    bail!("the service answered something else than was asked; use a command line of the service's version")
}

pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

pub(super) fn close(close: Close) -> anyhow::Result<()> {
    let request = Request::Close { session: close.session, reason: close.reason };
    told(&ask_for(&socket_of(&close.socket)?, &request)?)
}

pub(super) fn reload(socket: &Socket) -> anyhow::Result<()> {
    told(&ask_for(&socket_of(socket)?, &Request::Reload)?)
}

pub(super) fn stop(ask: &Ask) -> anyhow::Result<()> {
    told(&ask_for(&socket_of(&ask.socket)?, &Request::Stop)?)
}

pub(super) fn told(answer: &Answer) -> anyhow::Result<()> {
    let Answer::Done(text) = answer else { return unexpected() };
    println!("{text}");
    Ok(())
}
