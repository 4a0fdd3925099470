//! `dev`: builds the plugins of the workspace, runs a demo on this machine, and keeps both up to date while sources change.
//!
//! ```text
//! find the workspace ─► build the plugins ─► boot ─► accounts ─► ready ─┬─► Ctrl-C: drain
//!                                                         ▲             └─► a source changed: build, swap in what is new ─┐
//!                                                         └─────────────────────────────────────────────────────────────┘
//! ```
//! Invariant: a change that doesn't compile, or that the host refuses, changes nothing that runs.

mod watch;
mod welcome;
mod workspace;

use super::arguments::Dev;
use super::serve::runtime;
use super::told;
use crate::build;
use crate::config::Config;
use crate::control::{NewAgent, NewCustomer, Operations as _, Password, Request};
use crate::identity::profile::{parse_capacity, parse_skills};
use crate::service::{Service, make_data_folder};
use crate::shutdown::{self, Signals, Trigger};
use crate::telemetry;
use anyhow::Context;
use std::path::PathBuf;
use std::time::Instant;
use welcome::{DEMO_ACCOUNTS, DEMO_CAPACITY, DemoAccount, welcome};

/// Built plugins, in the data folder.
const PLUGINS: &str = "plugins";
/// Compiled plugins, in the workspace.
const COMPILED: &str = "target/plugins/compiled";

pub(super) fn dev(arguments: &Dev) -> anyhow::Result<()> {
    let began = Instant::now();
    let workspace = workspace::find()?;
    let mut config = Config::dev(&arguments.data, arguments.port_offset, &arguments.data.join(PLUGINS))?;
    // Beside the other things that are built, so that a demo on fresh data starts as quickly.
    config.compiled = workspace.join(COMPILED);
    telemetry::start(&config.log)?;
    make_data_folder(&config.data)?;
    let demo = Demo { workspace, config };
    demo.build_plugins()?;
    runtime()?.block_on(demo.run(began))
}

struct Demo {
    workspace: PathBuf,
    config: Config,
}

impl Demo {
    /// Whether any plugin is another than before.
    fn build_plugins(&self) -> anyhow::Result<bool> {
        let crates = build::discover(&self.workspace)?;
        let built = build::plugins(&self.workspace, &crates, &self.config.plugins, |line| eprintln!("{line}"))?;
        Ok(built.iter().any(|plugin| plugin.changed))
    }

    /// Builds what has changed and has it put in service.
    async fn rebuild(&self, service: &Service) -> anyhow::Result<()> {
        if tokio::task::block_in_place(|| self.build_plugins())? {
            // The folder is watched, too; so it is done at once, and said here.
            println!("{}", service.catalog().reload().await?);
        }
        Ok(())
    }

    async fn run(&self, began: Instant) -> anyhow::Result<()> {
        let (trigger, mut shutdown) = shutdown::channel();
        tokio::spawn(Signals::listen()?.conduct(trigger.clone()));
        let mut watch = watch::of_sources(&self.workspace).context("can't watch the sources of plugins")?;
        let service = self.boot(trigger).await?;
        print!("{}", welcome(&self.config));
        println!("\nready after {:.1} s; Ctrl-C ends it", began.elapsed().as_secs_f64());
        let ran = loop {
            tokio::select! {
                ran = service.run(&mut shutdown) => break ran,
                () = watch.changed() => {}
            }
            if let Err(error) = self.rebuild(&service).await {
                eprintln!("error: {}\nnothing was changed; the demo goes on as it was", told(&error));
            }
        };
        service.drain(&mut shutdown).await;
        Ok(ran?)
    }

    async fn boot(&self, trigger: Trigger) -> anyhow::Result<Service> {
        let service = Service::boot(self.config.clone(), trigger).await?;
        for account in &DEMO_ACCOUNTS {
            // Accounts that were made before stay as they are now.
            if !service.accounts().has(account.side(), account.name) {
                service.operator().perform(request_of(account)?).await?;
            }
        }
        Ok(service)
    }
}

fn request_of(account: &DemoAccount) -> anyhow::Result<Request> {
    let (name, shown_as) = (account.name.to_owned(), Some(account.shown_as.to_owned()));
    let password = Some(Password::new(account.name));
    let Some(skills) = account.skills else {
        return Ok(Request::CustomerAdd(NewCustomer {
            name,
            shown_as,
            addresses: Vec::new(),
            password,
            replace: false,
        }));
    };
    let (skills, capacity) = (parse_skills(skills)?, parse_capacity(DEMO_CAPACITY)?);
    let addresses = Vec::new();
    Ok(Request::AgentAdd(NewAgent {
        name,
        shown_as,
        skills,
        queues: None,
        capacity,
        units: None,
        addresses,
        password,
        replace: false,
    }))
}
