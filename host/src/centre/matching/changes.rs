//! The world as rules see it, in changes.
//!
//! Invariant: rules know every agent of the pool, every queue, and exactly the sessions that wait or are offered, or that their owners
//! want to transfer to a queue of the pool.

use super::Lanes;
use crate::centre::Centre;
use crate::centre::agent::Agent;
use crate::centre::queue::Queue;
use crate::centre::session::Live;
use crate::model::rule::{self, AgentRef, Change, Load, session_ref};
use crate::model::{Attribute, QueueStatus, SessionId, attribute};
use crate::waiting::milliseconds;

impl Centre {
    /// Brings the rules of a pool up to date.
    pub(super) fn feed(&mut self, pool: &str, lanes: &mut Lanes) {
        let changes = self.changes(pool);
        let whole = lanes.needs_everything(self.now).then(|| self.world_of(pool));
        self.feed_others(pool, &changes);
        if !changes.is_empty() || whole.is_some() {
            let per_call = self.settings.limits.changes_per_call.max(1);
            lanes.feed(&mut self.outbox, self.now, &changes, whole.as_deref(), per_call);
        }
    }

    /// What has changed since the last call: queues and agents before the sessions that may go to them.
    fn changes(&mut self, pool: &str) -> Vec<Change> {
        let Some(marks) = self.pools.get_mut(pool) else { return Vec::new() };
        let queues = std::mem::take(&mut marks.changed_queues);
        let gone = std::mem::take(&mut marks.gone_agents);
        let agents = std::mem::take(&mut marks.changed_agents);
        let sessions = std::mem::take(&mut marks.changed_sessions);
        let gone_sessions = std::mem::take(&mut marks.gone_sessions);
        let mut changes: Vec<Change> = queues.iter().filter_map(|name| self.queue_change(name)).collect();
        changes.extend(gone.into_iter().map(Change::AgentGone));
        changes.extend(agents.into_iter().filter_map(|agent| self.agent_change(agent)));
        changes.extend(gone_sessions.into_iter().map(|id| Change::SessionGone(session_ref(id))));
        for id in sessions {
            changes.extend(self.session_change(pool, id));
        }
        changes
    }

    /// All that the rules of a pool are told.
    pub(in crate::centre) fn world_of(&self, pool: &str) -> Vec<Change> {
        let Some(marks) = self.pools.get(pool) else { return Vec::new() };
        let queues = marks.queues.iter().filter_map(|name| self.queue_change(name));
        let agents = marks.members.iter().filter_map(|agent| self.agent_change(*agent));
        let sessions = self.sessions.all().filter(|live| self.is_for_rules(pool, live));
        let sessions = sessions.map(|live| Change::Session(self.rule_session(live)));
        queues.chain(agents).chain(sessions).collect()
    }

    fn queue_change(&self, name: &str) -> Option<Change> {
        let queue = self.queues.get(name)?;
        Some(Change::Queue(self.queue_status(queue)))
    }

    /// What is told of a queue.
    pub(in crate::centre) fn queue_status(&self, queue: &Queue) -> QueueStatus {
        let waiting = u32::try_from(queue.waiting.len()).unwrap_or(u32::MAX);
        let expected = self.expected_wait(queue, self.now);
        QueueStatus {
            queue: queue.settings.name.clone(),
            open: waiting < queue.settings.max_waiting,
            waiting,
            agents_available: queue.available,
            agents_on_duty: queue.on_duty,
            longest_wait_ms: queue.longest_wait_ms(self.now),
            wait_ms: expected.map(|expected| milliseconds(expected.wait_s)),
            wait_high_ms: expected.map(|expected| milliseconds(expected.high_s)),
            media: vec![queue.settings.medium.clone()],
            attributes: Vec::new(),
        }
    }

    fn agent_change(&self, reference: AgentRef) -> Option<Change> {
        Some(Change::Agent(self.rule_agent(self.agents.get(reference)?)))
    }

    fn rule_agent(&self, agent: &Agent) -> rule::Agent {
        let devices = agent.devices.iter().filter_map(|device| self.devices.opened(*device));
        let mut software: Vec<String> = devices.map(|opened| opened.protocol.clone()).collect();
        software.sort();
        software.dedup();
        let load = |(medium, capacity): (&String, &u16)| Load {
            medium: medium.clone(),
            used: agent.in_use(medium),
            capacity: *capacity,
        };
        rule::Agent {
            agent: agent.reference,
            name: agent.profile.name.clone(),
            kind: "person".to_owned(),
            state: agent.standing().as_str().to_owned(),
            since: agent.since,
            idle_since: agent.duty.idle_since,
            queues: agent.placement.serves.clone(),
            skills: agent.profile.skills.clone(),
            loads: agent.profile.capacity.iter().map(load).collect(),
            software,
            attributes: Vec::new(),
        }
    }

    fn session_change(&mut self, pool: &str, id: SessionId) -> Option<Change> {
        if let Some(live) = self.sessions.get(id).filter(|live| self.is_for_rules(pool, live)) {
            let change = Change::Session(self.rule_session(live));
            if let Some(live) = self.sessions.get_mut(id) {
                live.is_known = true;
            }
            return Some(change);
        }
        let live = self.sessions.get_mut(id)?;
        std::mem::take(&mut live.is_known).then(|| Change::SessionGone(session_ref(id)))
    }

    fn rule_session(&self, live: &Live) -> rule::Session {
        let record = &live.record;
        let software = record.software.clone().unwrap_or_default();
        let passed_over = record.transfer.as_ref().map_or(&record.passed_over, |transfer| &transfer.passed_over);
        let passed_over = passed_over.iter().filter_map(|name| self.agents.reference(name)).collect();
        rule::Session {
            session: session_ref(record.id),
            queue: live.known_in().to_owned(),
            medium: record.medium.clone(),
            provider: record.provider.clone(),
            software: software.name,
            software_version: software.version,
            language: record.language.clone(),
            priority: record.priority,
            arrived_at: record.arrived_at,
            waiting_since: record.waiting_since,
            member: if record.member { record.customer.alias.as_str().to_owned() } else { String::new() },
            passed_over,
            attributes: self.session_attributes(live),
        }
    }

    /// What the host knows, and then what the customer's account, the switch and dialogs say beside it.
    pub(in crate::centre) fn session_attributes(&self, live: &Live) -> Vec<Attribute> {
        let record = &live.record;
        let queue = self.queues.get(live.known_in()).map(|queue| &queue.settings);
        let skill = |(name, level): (&String, &u8)| format!("{name}:{level}");
        let skills: Vec<String> = queue.into_iter().flat_map(|queue| &queue.skills).map(skill).collect();
        let last = queue.and_then(|queue| self.served.by(&record.customer, &queue.pool));
        let known = [
            ("required-skills", (!skills.is_empty()).then(|| skills.join(" "))),
            ("requested-agent", record.requested.as_ref().map(ToString::to_string)),
            ("last-agent", last.map(ToString::to_string)),
        ];
        let known = known.into_iter().filter_map(|(name, value)| Some(Attribute::new(name, value?)));
        let mut attributes: Vec<Attribute> = known.collect();
        let told = if record.member { self.attributes_of(&record.customer) } else { &[] };
        let others = told.iter().filter(|told| !OF_THE_HOST.contains(&told.name.as_str()));
        attributes.extend(others.cloned());
        // What a dialog has found out is newer than an account.
        attributes.retain(|known| {
            OF_THE_HOST.contains(&known.name.as_str()) || attribute(&record.facts, &known.name).is_none()
        });
        let asked = record.request.iter().flat_map(|request| &request.attributes).chain(&record.facts);
        attributes.extend(asked.filter(|asked| !OF_THE_HOST.contains(&asked.name.as_str())).cloned());
        attributes
    }

    fn is_for_rules(&self, pool: &str, live: &Live) -> bool {
        live.rules_queue().is_some_and(|queue| self.queues.pool(queue) == Some(pool))
    }
}

/// Attributes of sessions that the host sets itself.
const OF_THE_HOST: [&str; 3] = ["required-skills", "requested-agent", "last-agent"];
