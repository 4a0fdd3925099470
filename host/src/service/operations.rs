//! Carries out what operators ask over the control socket.
//!
//! Invariant: an account is stored before the centre hears of it, and the operator hears of it last.

use super::accounts::Accounts;
use super::in_force::InForce;
use super::listeners::poison_folder;
use super::plugins::Adapters;
use crate::catalog::Catalog;
use crate::centre::Input;
use crate::centre::view::RuleView;
use crate::config::Provider;
use crate::control::{
    Answer, BanRow, Health, ListenerRow, NamedAddress, NewBan, Operations, PoisonRow, ProviderRow, Refusal, Request,
    Response,
};
use crate::model::{Alias, SessionId, Side};
use crate::plugin::{Kind, Registry};
use crate::shard::{JOURNAL, Shard, journal};
use crate::shutdown::{Phase, Shutdown, Trigger};
use crate::storage::Store;
use crate::transport::{Ban, Bans, Kept, LinkReport, LinkStatus, kept};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::spawn_blocking;

/// What operators may do with the running service.
pub struct Operator {
    pub(super) in_force: InForce,
    /// One at a time reads the file again.
    pub(super) reloading: tokio::sync::Mutex<()>,
    pub(super) catalog: Catalog,
    pub(super) accounts: Accounts,
    pub(super) shard: Shard,
    pub(super) store: Arc<dyn Store>,
    pub(super) trigger: Trigger,
    pub(super) shutdown: Shutdown,
    pub(super) started: Instant,
    pub(super) bans: Arc<Bans>,
    /// Of each listener and provider.
    pub(super) adapters: Adapters,
    /// Of each provider, in the configuration's order.
    pub(super) links: Vec<Arc<LinkStatus>>,
    pub(super) registry: Arc<Registry>,
}

impl Operations for Operator {
    async fn perform(&self, request: Request) -> Response {
        match request {
            Request::Health => Ok(Answer::Health(self.health())),
            Request::View => self.shard.view().await.map(|view| Answer::View(Box::new(view))).map_err(Refusal::new),
            Request::AgentAdd(new) => {
                let profile = self.blocking(move |accounts| accounts.add_agent(new)).await?;
                let done = format!("agent {} serves {}", profile.name, profile.queues.join(", "));
                self.tell(Input::Agent(profile)).await?;
                Ok(Answer::Done(done))
            }
            Request::AgentRemove { name } => {
                let name = self.blocking(move |accounts| accounts.remove(Side::Agent, &name)).await?;
                let done = format!("agent {name} has no account any more");
                self.tell(Input::AgentRemoved(name)).await?;
                Ok(Answer::Done(done))
            }
            Request::CustomerAdd(new) => {
                let profile = self.blocking(move |accounts| accounts.add_customer(new)).await?;
                let done = format!("customer {} is a member", profile.alias);
                self.tell(Input::Member(profile)).await?;
                Ok(Answer::Done(done))
            }
            Request::CustomerRemove { name } => {
                let name = self.blocking(move |accounts| accounts.remove(Side::Customer, &name)).await?;
                let done = format!("customer {name} has no account any more");
                self.tell(Input::MemberRemoved(Alias::new(name.as_str()))).await?;
                Ok(Answer::Done(done))
            }
            Request::AddressAdd(change) => self.change_address(change, true).await,
            Request::AddressRemove(change) => self.change_address(change, false).await,
            Request::AgentList => Ok(Answer::Accounts(self.accounts.list(Side::Agent))),
            Request::CustomerList => Ok(Answer::Accounts(self.accounts.list(Side::Customer))),
            Request::Close { session, reason } => self.close(session, reason).await,
            Request::Plugins => self.plugins().await,
            Request::Shadow => self.candidates().await,
            Request::PluginRelease { name } => self.release(name).await,
            Request::Poison => self.poison().await,
            Request::Bans => Ok(Answer::Bans(self.bans())),
            Request::BanAdd(new) => self.ban(&new),
            Request::BanRevoke { person, provider } => self.let_in(&person, provider.as_deref()),
            Request::PluginReload => self.reload_plugins().await,
            Request::PluginRollback { name, kind } => self.roll_back(&name, kind.as_deref()).await,
            Request::JournalExport { file, session } => self.export_journal(file, session).await,
            Request::Reload => self.reload().await,
            Request::Stop => Ok(self.stop()),
        }
    }
}

impl Operator {
    fn health(&self) -> Health {
        let config = self.in_force.get();
        let listener = |listener: &crate::config::Listener| ListenerRow {
            name: listener.name.clone(),
            protocol: listener.protocol.clone(),
            side: listener.side,
            address: listener.address.to_string(),
            domain: listener.domain.clone(),
        };
        Health {
            status: if self.shutdown.phase() == Phase::Running { "running" } else { "draining" }.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            up_s: self.started.elapsed().as_secs(),
            data: config.data.display().to_string(),
            listeners: config.listeners.iter().map(listener).collect(),
            providers: config.providers.iter().zip(&self.links).map(provider_row).collect(),
            web: config.web.map(|address| address.to_string()),
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Accounts) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let accounts = self.accounts.clone();
        let changed = spawn_blocking(move || change(&accounts)).await;
        changed.unwrap_or_else(|_| Err(Refusal::new("the change failed within cordboard; look at its log")))
    }

    async fn tell(&self, input: Input) -> Result<(), Refusal> {
        self.shard.submit(input).await.map_err(Refusal::new)
    }

    async fn change_address(&self, change: NamedAddress, add: bool) -> Response {
        let address = change.address.clone();
        let account = self.blocking(move |accounts| accounts.change_address(&change, add)).await?;
        let input = account.agent.clone().map(Input::Agent).or_else(|| account.member().map(Input::Member));
        if let Some(input) = input {
            self.tell(input).await?;
        }
        let (name, is) = (&account.name, if add { "is" } else { "is not" });
        Ok(Answer::Done(format!("{address} {is} {name}, from the next arrival under that address on")))
    }

    async fn close(&self, session: SessionId, reason: String) -> Response {
        let view = self.shard.view().await.map_err(Refusal::new)?;
        if !view.sessions.iter().any(|row| row.id == session.0) {
            return Err(Refusal::new(format!(
                "there is no session {session}; `cordboard sessions` shows those there are"
            )));
        }
        self.tell(Input::Close { session, reason }).await?;
        Ok(Answer::Done(format!("session {session} ends")))
    }

    async fn release(&self, name: String) -> Response {
        let summary = self.shard.summary().await.map_err(Refusal::new)?;
        let config = self.in_force.get();
        // A rule that the file names may be released alone, or with its plugin.
        let is_meant = |rule: &RuleView| rule.name == name || config.plugin_of(&rule.name) == name;
        let quarantined = summary.status.rules.iter().filter(|rule| rule.quarantined.is_some() && is_meant(rule));
        let rules: BTreeSet<String> = quarantined.map(|rule| rule.name.clone()).collect();
        for rule in &rules {
            self.tell(Input::RuleReleased { rule: rule.clone() }).await?;
        }
        let dialogs = summary.status.dialogs_out.iter().filter(|out| out.plugin == name).count();
        if dialogs > 0 {
            self.tell(Input::DialogReleased { plugin: name.clone() }).await?;
        }
        if self.registry.release(&name) + rules.len() + dialogs == 0 {
            return Err(Refusal::new(format!(
                "nothing is held against a plugin {name:?}; `cordboard plugins` shows how they stand"
            )));
        }
        Ok(Answer::Done(format!("{name} is in service again, and its failures so far are forgotten")))
    }

    async fn poison(&self) -> Response {
        let (folder, now) = (poison_folder(&self.in_force.get()), self.bans.now());
        let kept = spawn_blocking(move || kept(&folder).map_err(|error| format!("{}: {error}", folder.display())));
        let failed = |error| Refusal::new(format!("the inputs that were kept can't be read: {error}"));
        let kept = kept.await.map_err(|error| failed(error.to_string()))?.map_err(failed)?;
        let row = |kept: Kept| PoisonRow {
            age_s: now.since_ms(kept.at) / 1000,
            provider: kept.provider,
            contact: kept.contact,
            failure: kept.failure,
            file: kept.file.display().to_string(),
        };
        Ok(Answer::Poison(kept.into_iter().map(row).collect()))
    }

    async fn export_journal(&self, file: PathBuf, session: Option<SessionId>) -> Response {
        let store = Arc::clone(&self.store);
        let export = move || {
            let first = journal::first_of(&*store, JOURNAL, session)?;
            journal::export(journal::stored(&*store, JOURNAL, first), &file).map(|entries| (entries, file))
        };
        let exported = spawn_blocking(export).await.map_err(Refusal::new)?;
        let (entries, file) = exported.map_err(Refusal::new)?;
        Ok(Answer::Done(format!("{entries} entries of the journal are in {}", file.display())))
    }

    fn bans(&self) -> Vec<BanRow> {
        let now = self.bans.now();
        let row = |ban: Ban| BanRow {
            provider: ban.provider,
            person: ban.person,
            age_s: now.since_ms(ban.since) / 1000,
            left_s: ban.until.since_ms(now).div_ceil(1000),
            why: ban.why,
        };
        self.bans.list().into_iter().map(row).collect()
    }

    fn ban(&self, new: &NewBan) -> Response {
        let NewBan { person, provider, minutes } = new;
        let config = self.in_force.get();
        let listeners = config.listeners.iter().map(|listener| &listener.name);
        let known: Vec<&String> = listeners.chain(config.providers.iter().map(|provider| &provider.name)).collect();
        if !known.contains(&provider) {
            let known = known.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(Refusal::new(format!(
                "--provider: there is no listener or provider {provider:?}; there are {known}"
            )));
        }
        self.bans.add(provider, person, u64::from(*minutes) * 60_000);
        Ok(Answer::Done(format!("{person} is kept out of {provider} for {minutes} min")))
    }

    fn let_in(&self, person: &str, provider: Option<&str>) -> Response {
        match self.bans.revoke(provider, person) {
            0 => Err(Refusal::new(format!("{person:?} is not kept out; `cordboard bans` shows who is"))),
            _ => Ok(Answer::Done(format!("{person} may come in again"))),
        }
    }

    /// What was refused makes it a refusal: scripts that put plugins in want to know.
    async fn reload_plugins(&self) -> Response {
        let report = self.catalog.reload().await.map_err(Refusal::new)?;
        if report.refused.is_empty() { Ok(Answer::Done(report.to_string())) } else { Err(Refusal::new(report)) }
    }

    async fn roll_back(&self, name: &str, kind: Option<&str>) -> Response {
        let unknown = |word: &str| Refusal::new(format!("there is no kind {word:?}; expected rule, adapter or dialog"));
        let kind = kind.map(|word| Kind::named(word).ok_or_else(|| unknown(word))).transpose()?;
        let served = self.catalog.roll_back(name, kind).await.map_err(Refusal::new)?;
        Ok(Answer::Done(format!("{served}, until its file changes")))
    }

    fn stop(&self) -> Answer {
        self.trigger.drain();
        let within = Duration::from_millis(self.in_force.get().settings.limits.drain_ms);
        Answer::Done(format!("cordboard drains, for {} s at most, and ends", within.as_secs()))
    }
}

fn provider_row((provider, status): (&Provider, &Arc<LinkStatus>)) -> ProviderRow {
    let LinkReport { state, up, why, retry_in } = status.report();
    ProviderRow {
        name: provider.name.clone(),
        protocol: provider.protocol.clone(),
        side: provider.side,
        address: provider.address.clone(),
        domain: provider.domain.clone(),
        state: state.to_owned(),
        up_s: up.map(|up| up.as_secs()),
        why,
        retry_s: retry_in.map(|wait| wait.as_secs()),
    }
}
