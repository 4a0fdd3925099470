//! `serve`: the service in the foreground, until a signal or `cordboard stop` drains it.
//!
//! Invariant: the line `ready` on standard output is printed when all that is configured serves, and not before.

use crate::config::Config;
use crate::service::Service;
use crate::shutdown::{self, Signals};
use crate::telemetry;
use anyhow::Context;
use std::path::Path;
use tokio::runtime::{Builder, Runtime};

pub(super) fn serve(file: &Path) -> anyhow::Result<()> {
    let config = Config::read(file)?;
    telemetry::start(&config.log)?;
    runtime()?.block_on(run(config))
}

pub(super) fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build().context("can't start the runtime: the system gives no threads")
}

async fn run(config: Config) -> anyhow::Result<()> {
    let (trigger, mut shutdown) = shutdown::channel();
    tokio::spawn(Signals::listen()?.conduct(trigger.clone()));
    let service = Service::boot(config, trigger).await?;
    println!("ready after {} ms", service.up().as_millis());
    let ran = service.run(&mut shutdown).await;
    service.drain(&mut shutdown).await;
    Ok(ran?)
}
