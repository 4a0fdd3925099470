//! What must hold after every batch (DESIGN.md, 5), checked over the whole memory. For tests and simulations: it looks at
//! everything, so it is not for every day.
//!
//! Invariant: a check changes nothing and finds nothing in a centre that works.

use super::agent::Standing;
use super::{Centre, Output};
use crate::model::quarantine::Quarantined;
use crate::model::record::{AgentProfile, Op, Record, RecordKey, Session, State};
use crate::model::{FeedId, Participant, SessionId};
use std::collections::{BTreeMap, BTreeSet};

/// What does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{invariant}: {what}")]
pub struct Violation {
    /// The number in the design, or `memory` for lists that contradict each other.
    pub invariant: &'static str,
    /// In words.
    pub what: String,
}

type Checked = Result<(), Violation>;

fn ensure(holds: bool, invariant: &'static str, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Violation { invariant, what: what() }) }
}

/// Checks what can be seen in the memory: I1, I2, I3 (cursors), I10 (rows), and I5 in pools without rules.
pub fn check(centre: &Centre) -> Checked {
    check_with(centre, &|_, _| true)
}

/// As [`check`], with I5 in all pools: `may_serve` says whether the rules let an agent serve a session.
pub fn check_eligible(centre: &Centre, may_serve: &dyn Fn(&Session, &AgentProfile) -> bool) -> Checked {
    check_with(centre, may_serve)?;
    centre.sessions.ids().try_for_each(|id| no_starvation(centre, id, may_serve))
}

fn check_with(centre: &Centre, may_serve: &dyn Fn(&Session, &AgentProfile) -> bool) -> Checked {
    for id in centre.sessions.ids() {
        one_owner(centre, id)?;
        joined(centre, id)?;
        cursors_and_rows(centre, id)?;
        waiting_lists(centre, id)?;
        place_and_code(centre, id)?;
        let pool = centre.sessions.get(id).and_then(|live| centre.queues.pool(&live.record.queue));
        if pool.and_then(|pool| centre.chains.get(pool)).is_some_and(super::matching::Lanes::is_empty) {
            no_starvation(centre, id, may_serve)?;
        }
    }
    customers(centre)?;
    let codes = centre.sessions.all().filter(|live| live.record.code.is_some()).count();
    ensure(codes == centre.sessions.codes(), "memory", || format!("{codes} sessions have codes, others are known"))?;
    out_of_service(centre)?;
    centre.check_lines().map_err(|what| Violation { invariant: "memory", what })?;
    capacity(centre)?;
    free_lists(centre)?;
    rows(centre)
}

/// I1: the state, the offer and the owner agree, and the owner knows of the session.
fn one_owner(centre: &Centre, id: SessionId) -> Checked {
    let Some(live) = centre.sessions.get(id) else { return Ok(()) };
    let record = &live.record;
    let wrong = |what: &str| {
        Err(Violation { invariant: "I1", what: format!("session {id} is {}: {what}", record.state.as_str()) })
    };
    let is_transfer = record.transfer.is_some();
    if (record.state == State::Offered) != (record.offer.is_some() && !is_transfer) {
        return wrong("offer and state don't agree");
    }
    if is_transfer && record.state != State::Active {
        return wrong("its owner asks for something, and does not have it");
    }
    if (record.state == State::Automated) != record.talk.is_some() {
        return wrong("dialog and state don't agree");
    }
    let has_owner = matches!(record.state, State::Active | State::Wrapping { .. });
    let is_closed = matches!(record.state, State::Closed { .. });
    if has_owner && record.owner.is_none() || !has_owner && !is_closed && record.owner.is_some() {
        return wrong("owner and state don't agree");
    }
    let holders: BTreeSet<_> = centre
        .agents
        .all()
        .filter(|agent| agent.sessions.contains(&id) || agent.offers.values().any(|offered| *offered == id))
        .map(|agent| agent.profile.name.clone())
        .collect();
    let owners = centre.agents.all().filter(|agent| agent.sessions.contains(&id)).count();
    ensure(owners <= 1, "I1", || format!("session {id} has {owners} owners"))?;
    let owner = record.owner.as_ref().filter(|_| has_owner).map(|owner| owner.agent.clone());
    let expected: BTreeSet<_> = record.offer.iter().map(|offer| offer.agent.clone()).chain(owner).collect();
    ensure(holders == expected, "I1", || format!("session {id} is held by {holders:?}, expected {expected:?}"))
}

/// Who has joined is listed with the agent and nobody else, not twice and never as the owner; and no more than may.
fn joined(centre: &Centre, id: SessionId) -> Checked {
    let Some(live) = centre.sessions.get(id) else { return Ok(()) };
    let listed = centre.agents.all().filter(|agent| agent.joined.contains(&id));
    let listed: BTreeSet<_> = listed.map(|agent| agent.profile.name.clone()).collect();
    let joined: BTreeSet<_> = live.record.joined.iter().map(|joined| joined.agent.clone()).collect();
    ensure(listed == joined, "memory", || format!("session {id} is joined by {joined:?}, listed with {listed:?}"))?;
    let is_twice = joined.len() != live.record.joined.len();
    let is_owner = live.record.owner.as_ref().is_some_and(|owner| joined.contains(&owner.agent));
    let is_too_many = joined.len() > centre.settings.limits.joined_per_session;
    ensure(!is_twice && !is_owner && !is_too_many, "I1", || format!("session {id} is joined by {joined:?}"))
}

/// I2: offers, active and wrapping sessions are counted, and no more than the capacity.
fn capacity(centre: &Centre) -> Checked {
    for agent in centre.agents.all() {
        let mut used: BTreeMap<String, u16> = BTreeMap::new();
        let takes_slot = |id: &SessionId| {
            let transfer = centre.sessions.get(*id).and_then(|live| live.record.transfer.as_ref());
            transfer.is_none_or(crate::model::part::Transfer::takes_slot)
        };
        let offers = agent.offers.values().filter(|id| takes_slot(id));
        for id in agent.sessions.iter().chain(offers) {
            let medium = centre.sessions.get(*id).map(|live| live.record.medium.clone()).unwrap_or_default();
            *used.entry(medium).or_default() += 1;
        }
        let name = &agent.profile.name;
        ensure(used == agent.used, "I2", || format!("{name} counts {:?}, expected {used:?}", agent.used))?;
        for (medium, used) in &used {
            let limit = agent.capacity(medium).max(agent.overhang.get(medium).copied().unwrap_or(0));
            ensure(*used <= limit, "I2", || format!("{name} has {used} of {limit} for {medium}"))?;
        }
        let units: u32 = used.iter().map(|(medium, used)| u32::from(*used) * centre.settings.weight(medium)).sum();
        let limit = u32::from(agent.profile.units).max(agent.overhang_units);
        ensure(units <= limit, "I2", || format!("{name} has {units} of {limit} units"))?;
    }
    Ok(())
}

/// I3 and I10: the rows are the customer's, the current assignment's and those of who has joined, and no cursor is beyond the
/// transcript.
fn cursors_and_rows(centre: &Centre, id: SessionId) -> Checked {
    let Some(live) = centre.sessions.get(id) else { return Ok(()) };
    let expected: BTreeSet<FeedId> = live.feeds().collect();
    let rows: BTreeSet<FeedId> = centre.table.feeds_in(id).into_iter().collect();
    ensure(rows == expected, "I10", || format!("session {id} has the rows {rows:?}, expected {expected:?}"))?;
    for feed in expected {
        let through = centre.cursors.get(&feed).copied();
        ensure(through.is_some_and(|through| through <= live.last), "I3", || {
            format!("the cursor of {feed:?} is {through:?}, the transcript ends at {}", live.last)
        })?;
        let is_lost = centre.table.device(feed).is_none();
        let knows_lost = if feed.participant == Participant::CUSTOMER {
            live.record.customer_lost_at.is_some()
        } else {
            let owner = live.record.owner.iter().map(|owner| (owner.participant, owner.lost_at));
            let joined = live.record.joined.iter().map(|joined| (joined.participant, joined.lost_at));
            owner.chain(joined).any(|(of, lost_at)| of == feed.participant && lost_at.is_some())
        };
        let counts = live.is_live();
        ensure(!counts || is_lost == knows_lost, "memory", || {
            format!("{feed:?} has no device: {is_lost}, noted: {knows_lost}")
        })?;
    }
    Ok(())
}

/// Every session is listed under its customer and nobody else; a request under its identifier.
fn customers(centre: &Centre) -> Checked {
    let mut listed = 0;
    for (customer, id) in centre.customers.all_sessions() {
        let is_his = centre.sessions.get(id).is_some_and(|live| live.record.customer == *customer);
        ensure(is_his, "memory", || format!("session {id} is listed under {customer:?}, whose it is not"))?;
        listed += 1;
    }
    let requests =
        centre.sessions.all().filter_map(|live| live.record.request.as_ref().map(|request| (request, live.record.id)));
    let (mut counted, mut keys) = (0, 0);
    for (request, id) in requests {
        ensure(centre.requests.get(&request.id) == Some(id), "memory", || format!("the request {id} is not found"))?;
        counted += 1;
        if let Some(key) = &request.key {
            let of_key = centre.requests.of_key(&request.switch, key);
            ensure(of_key == Some(id), "memory", || format!("the request {id} is not found by its key"))?;
            keys += 1;
        }
    }
    let known = (centre.requests.len(), centre.requests.keys());
    ensure((counted, keys) == known, "memory", || format!("{counted} requests with {keys} keys, others are known"))?;
    let there_are = centre.sessions.len() - counted;
    ensure(listed == there_are, "memory", || format!("{listed} of {there_are} sessions are listed under customers"))
}

/// I7: what is out of service is there, and a rule that is has nothing to say.
fn out_of_service(centre: &Centre) -> Checked {
    for quarantine in centre.quarantines() {
        let of = &quarantine.of;
        let is_left_out = match of {
            Quarantined::Rule { pool, lane, rule } => {
                let chain = centre.chains.get(pool).and_then(|lanes| lanes.get(*lane));
                chain.is_some_and(|chain| chain.rules().any(|standing| standing.name == rule && standing.is_broken))
            }
            Quarantined::Dialog(name) => centre.settings.dialog(name).is_some() && centre.may_talk(name).is_err(),
        };
        ensure(is_left_out, "I7", || format!("{of:?} is in quarantine, and at work or not there"))?;
        ensure(centre.quarantine(of).as_ref() == Some(&quarantine), "memory", || format!("{of:?} is not found"))?;
    }
    Ok(())
}

/// A session is reached where its record says, and its code leads to it while it lives.
fn place_and_code(centre: &Centre, id: SessionId) -> Checked {
    let Some(live) = centre.sessions.get(id) else { return Ok(()) };
    let record = &live.record;
    let row = centre.table.row(live.customer_feed()).filter(|row| row.device.is_some());
    ensure(row.is_none_or(|row| row.binding.provider == record.provider), "memory", || {
        format!("session {id} is at {}, its row is not", record.provider)
    })?;
    let Some(code) = &record.code else { return Ok(()) };
    ensure(centre.sessions.coded(code) == Some(id) && live.is_live(), "memory", || {
        format!("the code of session {id}, which is {}, is another's", record.state.as_str())
    })
}

fn waiting_lists(centre: &Centre, id: SessionId) -> Checked {
    let Some(live) = centre.sessions.get(id) else { return Ok(()) };
    let Some(queue) = centre.queues.get(&live.record.queue) else { return Ok(()) };
    let listed = queue.waiting.contains(&live.wait_key());
    ensure(listed == live.is_waiting(), "memory", || {
        format!("session {id} waits: {}, is listed: {listed}", live.is_waiting())
    })?;
    ensure(!listed || live.wait_key() == queue.place_of(&live.record), "memory", || {
        format!("session {id} stands at {:?}, expected {:?}", live.wait_key(), queue.place_of(&live.record))
    })
}

fn free_lists(centre: &Centre) -> Checked {
    for queue in centre.queues.all() {
        let name = &queue.settings.name;
        for agent in centre.agents.all() {
            let serves = agent.profile.queues.contains(name);
            let is_free = serves
                && agent.standing() == Standing::Available
                && agent.has_slot(&queue.settings.medium, &centre.settings);
            let listed = queue.free.contains(&(agent.duty.idle_since, agent.reference));
            ensure(is_free == listed, "memory", || {
                format!("{} is free for {name}: {is_free}, is listed: {listed}", agent.profile.name)
            })?;
        }
        let waiting = centre.sessions.all().filter(|live| live.is_waiting() && live.record.queue == *name).count();
        ensure(queue.waiting.len() == waiting, "memory", || {
            format!("{name} lists {} of {waiting}", queue.waiting.len())
        })?;
    }
    for agent in centre.agents.all() {
        for pool in centre.pools.names() {
            let serves = |queue: &String| centre.queues.pool(queue) == Some(&pool);
            let (is_member, listed) =
                (agent.profile.queues.iter().any(serves), centre.pools.has_member(&pool, agent.reference));
            ensure(is_member == listed, "memory", || {
                format!("{} is a member of {pool}: {is_member}, is listed: {listed}", agent.profile.name)
            })?;
        }
    }
    Ok(())
}

fn rows(centre: &Centre) -> Checked {
    for feed in centre.table.feeds() {
        let row = centre.table.row(feed);
        let device = row.and_then(|row| row.device);
        let is_here = device.is_none_or(|device| centre.devices.get(device).is_some());
        ensure(is_here, "I10", || format!("the row {feed:?} has a device that is gone"))?;
        ensure(centre.sessions.get(feed.session).is_some(), "I10", || format!("the row {feed:?} has no session"))?;
    }
    for feed in centre.cursors.keys() {
        ensure(centre.table.row(*feed).is_some(), "I3", || format!("the cursor {feed:?} has no row"))?;
    }
    Ok(())
}

/// I5: who waits unmarked, unheld and asked of nobody meanwhile has no free, unmarked agent who may serve and was not asked.
fn no_starvation(centre: &Centre, id: SessionId, may_serve: &dyn Fn(&Session, &AgentProfile) -> bool) -> Checked {
    let Some(live) = centre.sessions.get(id).filter(|live| live.is_waiting()) else { return Ok(()) };
    let Some(queue) = centre.queues.get(&live.record.queue) else { return Ok(()) };
    let is_held = live.record.held_since.is_some() && !live.is_overdue;
    if is_held || centre.pools.is_session_dirty(&queue.settings.pool, live.wait_key()) {
        return Ok(());
    }
    for key in &queue.free {
        let Some(agent) = centre.agents.get(key.1) else { continue };
        let is_excused = live.record.passed_over.contains(&agent.profile.name)
            || !centre.can_serve(key.1, id)
            || centre.pools.is_agent_dirty(&queue.settings.pool, *key);
        ensure(is_excused || !may_serve(&live.record, &agent.profile), "I5", || {
            format!("session {id} waits beside {}, who is free", agent.profile.name)
        })?;
    }
    Ok(())
}

/// Checks one output: at most one change for a key, transcripts without gaps (I4) behind `last`, which is brought up to date.
pub fn check_output(output: &Output, last: &mut BTreeMap<SessionId, u32>) -> Checked {
    let mut keys: BTreeSet<RecordKey> = BTreeSet::new();
    for op in &output.ops {
        let key = match op {
            Op::Put(record) => Record::key(record),
            Op::Delete(key) => key.clone(),
        };
        ensure(keys.insert(key.clone()), "memory", || format!("two changes of {key:?} in one batch"))?;
    }
    for entry in &output.appends {
        let last = last.entry(entry.session).or_default();
        ensure(entry.seq.0 == *last + 1, "I4", || format!("{} of {} comes after {last}", entry.seq, entry.session))?;
        *last = entry.seq.0;
    }
    Ok(())
}
