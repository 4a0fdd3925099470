//! From the raw sections to a [`Config`]: names are looked up, and what contradicts is refused.
//!
//! Invariant: all checks run, whatever the earlier ones found; a [`Config`] is given only if none found anything.

use super::names::{DOMAIN_EXPECTED, NAME_EXPECTED, is_domain, is_name};
use super::pool::RawPool;
use super::problem::{Problem, Problems};
use super::raw::{self, RawConfig, RawLink, RawListener, Read};
use super::section::{Findings, Located, nearest, quoted};
use super::{Config, Listener, Log, Origin, TOKENS, Tls};
use crate::model::settings::{Link, Medium, Queue, Settings};
use crate::model::{Alias, Side};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::de::DeTable;

/// Bytes that a Unix socket's path can have.
const SOCKET_PATH_BYTES: usize = 100;

/// A file's text to a [`Config`], or all that is wrong with it. Relative paths start at `folder`.
pub(super) fn parse(file: &str, text: &str, folder: &Path) -> Result<Config, Problems> {
    let (document, syntax) = DeTable::parse_recoverable(text);
    if !syntax.is_empty() {
        return Err(Problems::new(file, text, syntax.iter().map(|error| syntax_problem(text, error)).collect()));
    }
    let findings = Findings::default();
    let raw = raw::read(document.get_ref(), text, &findings);
    let config = Check { raw: &raw, folder, findings: &findings }.config();
    if findings.is_empty() { Ok(config) } else { Err(findings.shown_in(file, text)) }
}

fn syntax_problem(text: &str, error: &toml::de::Error) -> Problem {
    let span = error.span().unwrap_or(0..0);
    let found = text.get(span.clone()).filter(|found| !found.is_empty()).map_or("the end", str::trim);
    let (what, expected) = error.message().split_once(", expected ").unwrap_or((error.message(), "TOML"));
    Problem {
        what: format!("this is not TOML: {what}"),
        expected: expected.to_owned(),
        found: format!("{found:?}"),
        fix: "correct the line (https://toml.io says how values are written)".to_owned(),
        span,
    }
}

pub(super) struct Check<'a> {
    pub(super) raw: &'a RawConfig,
    pub(super) folder: &'a Path,
    findings: &'a Findings,
}

impl Check<'_> {
    fn config(&self) -> Config {
        let raw = self.raw;
        let data = self.folder_of("storage", raw.data.as_ref());
        let plugins = self.folder_of("plugins", raw.plugins.folder.as_ref());
        self.listeners();
        self.rules();
        self.log();
        let tokens = raw.tokens.as_ref().map_or_else(|| data.join(TOKENS), |file| self.folder.join(&file.value));
        Config {
            control: self.control(&data),
            tokens,
            compiled: data.join("compiled"),
            data,
            durability: raw.durability,
            journal: raw.journal,
            plugins,
            trust: raw.plugins.trust.clone().beneath(self.folder),
            grants: raw.plugins.grants.clone().beneath(self.folder),
            listeners: raw.listeners.list.iter().map(|raw| self.listener(raw)).collect(),
            providers: raw.providers.list.iter().map(|raw| self.provider(raw)).collect(),
            rules: self.rule_settings(),
            named_rules: self.named_rules(),
            dialogs: self.dialog_settings(),
            settings: self.settings(),
            connections_named: raw.connections_named,
            web: raw.web.as_ref().map(|address| address.value),
            log: Log { format: raw.log_format, level: raw.log_level.value.clone() },
            origin: Origin::default(),
        }
    }

    pub(super) fn problem(&self, span: &Range<usize>, what: String, expected: &str, found: &str, fix: String) {
        let problem = Problem { span: span.clone(), what, expected: expected.to_owned(), found: found.to_owned(), fix };
        self.findings.add(problem);
    }

    fn folder_of(&self, section: &str, folder: Option<&PathBuf>) -> PathBuf {
        if folder.is_none() {
            let fix = format!("add `[{section}]` and below it `folder = \"...\"`");
            self.problem(
                &self.raw.top,
                format!("the file has no [{section}]"),
                "a folder, relative to this file",
                "nothing",
                fix,
            );
        }
        self.folder.join(folder.cloned().unwrap_or_default())
    }

    fn control(&self, data: &Path) -> PathBuf {
        let written = self.raw.control.as_ref();
        let path = written.map_or_else(|| data.join("control.sock"), |path| self.folder.join(&path.value));
        let bytes = path.as_os_str().len();
        if bytes > SOCKET_PATH_BYTES {
            self.problem(
                written.map_or(&self.raw.top, |path| &path.span),
                "[control]: the path of `socket` is too long for a Unix socket".to_owned(),
                &format!("at most {SOCKET_PATH_BYTES} bytes"),
                &format!("{bytes} bytes: {}", path.display()),
                "choose a shorter one, as `[control] socket = \"/run/cordboard/control.sock\"`".to_owned(),
            );
        }
        path
    }

    fn log(&self) {
        let Located { value: level, span } = &self.raw.log_level;
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(level) {
            self.problem(
                span,
                format!("[log]: `level` is not a filter: {error}"),
                "error, warn, info, debug or trace, or a filter as \"info,cordboard::transport=debug\"",
                &format!("{level:?}"),
                "write `level = \"info\"`".to_owned(),
            );
        }
    }

    /// A name is well formed and given once among its kind.
    pub(super) fn names<'n>(&self, what: &str, key: &str, names: impl Iterator<Item = &'n Located<String>>) {
        let mut seen = BTreeSet::new();
        for name in names {
            let title = format!("[[{what}]] `{}`", name.value);
            if !is_name(&name.value) {
                let fix = format!("choose another `{key}`; what people are shown is `label`");
                self.problem(
                    &name.span,
                    format!("{title}: this can't be its `{key}`"),
                    NAME_EXPECTED,
                    &format!("{:?}", name.value),
                    fix,
                );
            }
            if !seen.insert(name.value.as_str()) {
                self.problem(
                    &name.span,
                    format!("{title} stands here a second time"),
                    &format!("every `{key}` once"),
                    &format!("{:?} again", name.value),
                    format!("give this one another `{key}`, or take it out"),
                );
            }
        }
    }

    fn at_least_one<T>(&self, kind: &Read<T>, section: &str, why: &str) {
        if kind.list.is_empty() && kind.whole {
            self.problem(
                &self.raw.top,
                format!("the file has no [[{section}]]"),
                why,
                "nothing",
                format!("add a `[[{section}]]`; cordboard.example.toml shows one"),
            );
        }
    }

    /// A name that must exist among others.
    fn resolves(&self, title: &str, key: &str, name: &Located<String>, section: &str, known: &Read<&str>) {
        if !known.whole || known.list.contains(&name.value.as_str()) {
            return;
        }
        let fix = match nearest(&name.value, &known.list) {
            Some(near) => format!("did you mean `{key} = {near:?}`? If not, add a `[[{section}]]` of this name"),
            None => format!("add a `[[{section}]]` of this name, or name another"),
        };
        self.problem(
            &name.span,
            format!("{title}: there is no [[{section}]] `{}`", name.value),
            &format!("one of {}", quoted(&known.list)),
            &format!("{:?}", name.value),
            fix,
        );
    }

    fn listeners(&self) {
        let (listeners, providers) = (&self.raw.listeners, &self.raw.providers);
        self.names("listener", "name", listeners.list.iter().map(|listener| &listener.name));
        self.names("provider", "name", providers.list.iter().map(|provider| &provider.name));
        for side in [Side::Customer, Side::Agent] {
            self.somebody_on(side);
        }
        let mut addresses = BTreeMap::new();
        let mut domains: BTreeMap<&str, Side> = BTreeMap::new();
        for listener in &listeners.list {
            let title = format!("[[listener]] `{}`", listener.name.value);
            if let Some(other) = addresses.insert(listener.address.value, &listener.name.value) {
                let (what, found) = (format!("{title}: the address is taken by `{other}`"), listener.address.value);
                let fix = "choose another port".to_owned();
                self.problem(&listener.address.span, what, "every address once", &found.to_string(), fix);
            }
            self.domain(&title, &listener.domain, listener.side.value, &mut domains);
            self.redirect(&title, listener.redirect.as_ref(), listener.side.value, &listener.domain.value);
            self.security(&title, listener);
        }
        for provider in &providers.list {
            let (domain, side) = provider.domain();
            self.domain(&provider.title(), domain, side, &mut domains);
            self.provider_alone(provider);
            if listeners.list.iter().any(|listener| listener.name.value == provider.name.value) {
                self.problem(
                    &provider.name.span,
                    format!("{}: a [[listener]] is called the same", provider.title()),
                    "every `name` once among listeners and providers",
                    &format!("{:?} again", provider.name.value),
                    "give one of them another `name`".to_owned(),
                );
            }
        }
    }

    /// Nobody could be reached on a side without a listener or provider.
    fn somebody_on(&self, side: Side) {
        let (listeners, providers) = (&self.raw.listeners, &self.raw.providers);
        let listens = listeners.list.iter().any(|listener| listener.side.value == side);
        let dials = providers.list.iter().any(|provider| provider.serves(side));
        if listeners.whole && providers.whole && !listens && !dials {
            self.problem(
                &self.raw.top,
                format!("the file has no [[listener]] and no [[provider]] with `side = \"{}\"`", side.as_str()),
                "at least one listener or provider for each side",
                "nothing",
                "add a `[[listener]]`; cordboard.example.toml shows both".to_owned(),
            );
        }
    }

    fn domain<'l>(&self, title: &str, domain: &'l Located<String>, side: Side, domains: &mut BTreeMap<&'l str, Side>) {
        if !is_domain(&domain.value) {
            self.problem(
                &domain.span,
                format!("{title}: this can't be a `domain`"),
                DOMAIN_EXPECTED,
                &format!("{:?}", domain.value),
                format!("write `domain = {:?}`", domain.value.to_lowercase().replace(' ', "-")),
            );
        }
        if *domains.entry(&domain.value).or_insert(side) != side {
            self.problem(
                &domain.span,
                format!("{title}: the domain {:?} is used on both sides", domain.value),
                "a domain for customers and another for agents, so that an address belongs to one side",
                &format!("{:?} on the side of {}s too", domain.value, side.as_str()),
                format!("write `domain = \"desk.{}\"` for the agents", domain.value),
            );
        }
    }

    /// What is offered without TLS must have been meant.
    fn security(&self, title: &str, listener: &RawListener) {
        let none = listener.tls.value == Tls::None;
        if let Some(require) = listener.require_tls.as_ref().filter(|require| none && require.value) {
            self.problem(
                &require.span,
                format!("{title}: TLS is required and there is none"),
                "require_tls = false where tls = \"none\"",
                "require_tls = true",
                "name a certificate: `tls = { certificate = \"center.crt\", key = \"center.key\" }`".to_owned(),
            );
        }
        let agents = listener.side.value == Side::Agent;
        if let Some(guests) = listener.guests.as_ref().filter(|guests| agents && guests.value) {
            self.problem(
                &guests.span,
                format!("{title}: guests can't come in where agents sign in"),
                "guests = true only with side = \"customer\"",
                "guests = true with side = \"agent\"",
                "take the line out".to_owned(),
            );
        }
    }

    fn listener(&self, raw: &RawListener) -> Listener {
        let tls = match &raw.tls.value {
            Tls::Files { certificate, key } => {
                Tls::Files { certificate: self.folder.join(certificate), key: self.folder.join(key) }
            }
            other => other.clone(),
        };
        Listener {
            name: raw.name.value.clone(),
            protocol: raw.protocol.value.clone(),
            side: raw.side.value,
            address: raw.address.value,
            domain: raw.domain.value.clone(),
            require_tls: raw.require_tls.as_ref().map_or(tls != Tls::None, |require| require.value),
            tls,
            plain_without_tls: raw.plain_without_tls,
            connections: raw.connections,
            guests: raw.guests.as_ref().is_some_and(|guests| guests.value),
            redirect: raw.redirect.as_ref().map(|target| target.value.clone()),
            settings: raw.settings.clone(),
        }
    }

    fn settings(&self) -> Settings {
        let raw = self.raw;
        self.at_least_one(&raw.pools, "pool", "at least one pool, which says by which rules sessions find agents");
        self.at_least_one(&raw.queues, "queue", "at least one queue, where sessions wait");
        self.at_least_one(&raw.links, "link", "at least one link, an address that customers can write to");
        self.names("pool", "name", raw.pools.list.iter().map(|pool| &pool.name));
        self.names("queue", "name", raw.queues.list.iter().map(|queue| &queue.name));
        self.names("link", "alias", raw.links.list.iter().map(|link| &link.alias));
        Settings {
            name: raw.name.clone(),
            pools: raw.pools.list.iter().map(RawPool::settings).collect(),
            queues: self.queues(),
            links: self.links(),
            dialogs: self.dialogs(),
            offer_ms: raw.times.offer_ms,
            customer_grace_ms: raw.times.customer_grace_ms,
            agent_grace_ms: raw.times.agent_grace_ms,
            max_hold_ms: raw.times.max_hold_ms,
            wrap_up_ms: raw.times.wrap_up_ms,
            missed_offers: raw.times.missed_offers,
            waiting_times: raw.waiting_times.clone(),
            limits: raw.limits.clone(),
            redirects: self.redirects(),
            media: self.media(),
            compatibility: self.compatibility(),
        }
    }

    fn media(&self) -> Vec<Medium> {
        let media = &self.raw.media.list;
        self.names("medium", "name", media.iter().map(|medium| &medium.name));
        media.iter().map(|raw| Medium { name: raw.name.value.clone(), weight: raw.weight }).collect()
    }

    fn compatibility(&self) -> BTreeMap<String, Vec<String>> {
        let protocols = |list: &[Located<String>]| list.iter().map(|protocol| protocol.value.clone()).collect();
        for (customer, agents) in &self.raw.compatibility {
            let own = Located::new(customer.clone(), agents.span.clone());
            let wrong = std::iter::once(&own).chain(&agents.value).find(|protocol| !is_name(&protocol.value));
            if let Some(protocol) = wrong {
                self.problem(
                    &protocol.span,
                    format!("[compatibility]: {:?} can't be a protocol", protocol.value),
                    "protocols by their adapters' names, as xmpp = [\"xmpp\"]",
                    &format!("{:?}", protocol.value),
                    "write the name of an adapter's plugin, which is its file's without `.wasm`".to_owned(),
                );
            }
        }
        self.raw.compatibility.iter().map(|(customer, agents)| (customer.clone(), protocols(&agents.value))).collect()
    }

    fn queues(&self) -> Vec<Queue> {
        let pools = &self.raw.pools;
        let known = Read { list: pools.list.iter().map(|pool| pool.name.value.as_str()).collect(), whole: pools.whole };
        let queue = |raw: &raw::RawQueue| {
            self.resolves(&format!("[[queue]] `{}`", raw.name.value), "pool", &raw.pool, "pool", &known);
            Queue {
                name: raw.name.value.clone(),
                label: raw.label.clone().unwrap_or_else(|| raw.name.value.clone()),
                pool: raw.pool.value.clone(),
                medium: self.medium_of(raw),
                priority: raw.priority,
                max_waiting: raw.max_waiting,
                offer_ms: raw.offer_ms,
                missed_offers: raw.missed_offers,
                max_hold_ms: raw.max_hold_ms,
                wrap_up_ms: raw.wrap_up_ms,
                skills: self.skills_of(raw),
                own_software: raw.own_software,
            }
        };
        self.raw.queues.list.iter().map(queue).collect()
    }

    /// Any word: what carries it may be somebody else's.
    fn medium_of(&self, raw: &raw::RawQueue) -> String {
        let Located { value: medium, span } = &raw.medium;
        if !is_name(medium) {
            self.problem(
                span,
                format!("[[queue]] `{}`: this can't be a `medium`", raw.name.value),
                NAME_EXPECTED,
                &format!("{medium:?}"),
                "write `medium = \"chat\"`, \"voice\", \"e-mail\" or whatever agents' capacity is counted in"
                    .to_owned(),
            );
        }
        medium.clone()
    }

    fn skills_of(&self, raw: &raw::RawQueue) -> BTreeMap<String, u8> {
        let mut skills = BTreeMap::new();
        for (skill, Located { value: level, span }) in &raw.skills {
            let title = format!("[[queue]] `{}`: the skill {skill:?}", raw.name.value);
            match u8::try_from(*level).ok().filter(|level| (1..=10).contains(level)) {
                Some(level) if is_name(skill) => drop(skills.insert(skill.clone(), level)),
                Some(_) => self.problem(
                    span,
                    format!("{title} can't exist"),
                    NAME_EXPECTED,
                    &format!("{skill:?}"),
                    "name it as `cordboard agent add --skills` does".to_owned(),
                ),
                None => self.problem(
                    span,
                    format!("{title} has a level that there is not"),
                    "a level from 1 to 10, which is best",
                    &level.to_string(),
                    format!("write `skills = {{ {skill} = {} }}`", if *level < 1 { 1 } else { 10 }),
                ),
            }
        }
        skills
    }

    /// Links, parents before children.
    fn links(&self) -> Vec<Link> {
        let (queues, links) = (&self.raw.queues, &self.raw.links);
        let known_queues =
            Read { list: queues.list.iter().map(|queue| queue.name.value.as_str()).collect(), whole: queues.whole };
        let known_links =
            Read { list: links.list.iter().map(|link| link.alias.value.as_str()).collect(), whole: links.whole };
        for raw in &links.list {
            let title = format!("[[link]] `{}`", raw.alias.value);
            self.resolves(&title, "queue", &raw.queue, "queue", &known_queues);
            if let Some(dialog) = &raw.dialog {
                self.resolves(&title, "dialog", dialog, "dialog", &self.known_dialogs());
            }
            if let Some(parent) = &raw.parent {
                self.resolves(&title, "parent", parent, "link", &known_links);
            }
        }
        let mut placed: BTreeSet<&str> = BTreeSet::new();
        let mut ordered = Vec::new();
        let mut rest: Vec<&RawLink> = links.list.iter().collect();
        loop {
            let ready = |raw: &&RawLink| {
                let parent = raw.parent.as_ref().map(|parent| parent.value.as_str());
                parent.is_none_or(|parent| placed.contains(parent) || !known_links.list.contains(&parent))
            };
            let (now, later): (Vec<_>, Vec<_>) = rest.into_iter().partition(ready);
            if now.is_empty() {
                for raw in later {
                    self.circle(raw);
                }
                return ordered;
            }
            placed.extend(now.iter().map(|raw| raw.alias.value.as_str()));
            ordered.extend(now.into_iter().map(link));
            rest = later;
        }
    }

    fn circle(&self, raw: &RawLink) {
        let Some(parent) = &raw.parent else { return };
        self.problem(
            &parent.span,
            format!("[[link]] `{}` stands under itself", raw.alias.value),
            "a tree: parents that lead to a link without one",
            &format!("a circle by way of {:?}", parent.value),
            "take `parent` out of one of them".to_owned(),
        );
    }
}

fn link(raw: &RawLink) -> Link {
    Link {
        alias: Alias::new(raw.alias.value.clone()),
        label: raw.label.clone().unwrap_or_else(|| raw.alias.value.clone()),
        parent: raw.parent.as_ref().map(|parent| Alias::new(parent.value.clone())),
        queue: raw.queue.value.clone(),
        greeting: raw.greeting.clone(),
        dialog: raw.dialog.as_ref().map(|dialog| dialog.value.clone()),
    }
}
