//! Memory of connections that do nothing: guests connect, and nothing is said.
//!
//! Invariant: what is divided by their number is all that the process has more than before they came, kernel memory left out.

use crate::client::Client;
use crate::process::{Memory, Process};
use crate::server::Server;
use anyhow::{Context, bail};
use serde::Serialize;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// Connections that are being made at a time.
const SIGNING_IN: usize = 64;
/// How often the memory is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// So many looks in a row must show the same, within a thousandth.
const STILL: usize = 6;
/// A Cordboard frees the sandbox of a connection that was silent for five seconds; nothing is at rest before.
const AT_LEAST: Duration = Duration::from_secs(12);
/// Who sends something so often is never silent for long enough to lose the sandbox.
const AWAKE: Duration = Duration::from_secs(3);

/// What came out.
#[derive(Debug, Serialize)]
pub struct Idle {
    /// Which server.
    pub server: String,
    /// How many connections.
    pub connections: usize,
    /// Before them; one connection has come and gone.
    pub before: Memory,
    /// With them, at rest.
    pub with: Memory,
    /// KiB for each, of all resident pages.
    pub rss_kib_each: f64,
    /// KiB for each, of pages in proportion.
    pub pss_kib_each: f64,
    /// Milliseconds to make them all.
    pub made_in_ms: u128,
}

/// Connects so many guests, waits until nothing moves any more, and looks. Those who are to stay awake send whitespace now and then.
pub async fn measure(server: &Server, connections: usize, awake: bool) -> anyhow::Result<Idle> {
    let process = server.process.context("memory is that of a process: name it with --pid")?;
    drop(Client::online(&server.customers.login(None, false)).await.context("the first guest can't sign in")?);
    at_rest(process).await?;
    let before = process.memory()?;
    let begun = Instant::now();
    let mut clients = connect_all(server, connections).await?;
    let made_in_ms = begun.elapsed().as_millis();
    let keep = |mut client: Client| async move {
        loop {
            if let Ok(heard) = timeout(AWAKE, client.next()).await {
                heard?;
            }
            if awake {
                client.keep_alive();
                client.flush().await?;
            }
        }
    };
    let mut tasks: JoinSet<anyhow::Result<()>> = clients.drain(..).map(keep).collect();
    at_rest(process).await?;
    let with = process.memory()?;
    if let Some(ended) = tasks.try_join_next() {
        bail!("a connection did not stay: {ended:?}");
    }
    Ok(Idle {
        server: server.name.clone(),
        connections,
        before,
        with,
        rss_kib_each: each(with.rss_kib, before.rss_kib, connections),
        pss_kib_each: each(with.pss_kib, before.pss_kib, connections),
        made_in_ms,
    })
}

#[allow(clippy::cast_precision_loss, reason = "KiB of a machine's memory are far below 2^52")]
fn each(with_kib: u64, before_kib: u64, connections: usize) -> f64 {
    with_kib.saturating_sub(before_kib) as f64 / connections.max(1) as f64
}

async fn connect_all(server: &Server, connections: usize) -> anyhow::Result<Vec<Client>> {
    let login = server.customers.login(None, false);
    let mut signing_in = JoinSet::new();
    let mut clients = Vec::with_capacity(connections);
    for _ in 0..connections {
        if signing_in.len() >= SIGNING_IN
            && let Some(client) = signing_in.join_next().await
        {
            clients.push(client??);
        }
        let login = login.clone();
        signing_in.spawn(async move { Client::online(&login).await });
    }
    while let Some(client) = signing_in.join_next().await {
        clients.push(client??);
    }
    Ok(clients)
}

/// Waits until the process's memory stays as it is.
async fn at_rest(process: Process) -> anyhow::Result<()> {
    let begun = Instant::now();
    let still = async {
        let (mut last, mut same) = (0, 0);
        while same < STILL || begun.elapsed() < AT_LEAST {
            sleep(LOOK).await;
            let now = process.memory()?.rss_kib;
            same = if now.abs_diff(last) <= last / 1000 { same + 1 } else { 0 };
            last = now;
        }
        Ok(())
    };
    timeout(Duration::from_mins(2), still).await.context("the memory does not come to rest")?
}
