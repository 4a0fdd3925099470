//! Whether this machine holds the connections that the operator allows: open files and memory maps, looked at before anything serves.
//!
//! A connection takes an open file, and two memory maps while its adapter's sandbox is awake: the linear memory and what guards it. A
//! sandbox that rests has none. But all may wake in the same second (a server that restarts, an announcement to everybody), so all are
//! taken to be awake.
//!
//! Invariant: a limit that the operator has named is kept or refused, and never silently lowered.

use crate::config::Config;
use crate::telemetry::event;
use rlimit::Resource;
use std::fs;
use std::io;

/// Open files beside connections: the store, HTTP and control connections, plugins that are read, the log, the runtime's own.
const FILES_BESIDE: u64 = 256;
/// Maps of one sandbox, measured: see the tests.
const MAPS_PER_SANDBOX: u64 = 2;
/// Maps beside connections: the program, its libraries, compiled plugins, the allocator's arenas, threads, the store.
const MAPS_BESIDE: u64 = 4096;
/// Where the kernel says how many maps a process may have.
const MAX_MAP_COUNT: &str = "/proc/sys/vm/max_map_count";

/// The machine does not hold what is configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CapacityError {
    /// Too few open files.
    #[error(
        "[limits] connections = {connections} for each of {listeners} listeners{beside} needs {needed} open files, and this process may have \
         {found}: raise the hard limit (systemd: LimitNOFILE={needed}; Docker: --ulimit nofile={needed}; a shell: ulimit -Hn {needed}), \
         or set `connections` to {holds} at most"
    )]
    OpenFiles {
        /// As configured.
        connections: usize,
        /// How many have so many.
        listeners: usize,
        /// Words for those that have a number of their own.
        beside: String,
        /// In all.
        needed: u64,
        /// The hard limit.
        found: u64,
        /// What `connections` may be.
        holds: u64,
    },
    /// Too few memory maps.
    #[error(
        "[limits] connections = {connections} for each of {listeners} listeners{beside} needs {needed} memory maps ({MAPS_PER_SANDBOX} for each \
         connection whose adapter is awake, and all may be), and vm.max_map_count is {found}: `sysctl -w vm.max_map_count={needed}` \
         (and the same in /etc/sysctl.d, to keep it), or set `connections` to {holds} at most"
    )]
    Maps {
        /// As configured.
        connections: usize,
        /// How many have so many.
        listeners: usize,
        /// Words for those that have a number of their own.
        beside: String,
        /// In all.
        needed: u64,
        /// The kernel's.
        found: u64,
        /// What `connections` may be.
        holds: u64,
    },
}

/// What the machine gives this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Machine {
    open_files: u64,
    /// Absent where the system has no such limit.
    maps: Option<u64>,
}

/// Takes all open files that the system lets us have, and fits the configuration to the machine, or says what is too small. Limits that
/// the operator has not named are lowered to what the machine holds.
pub(super) fn fit(config: &mut Config) -> Result<(), CapacityError> {
    fit_to(machine(), config)
}

fn fit_to(machine: Machine, config: &mut Config) -> Result<(), CapacityError> {
    let fits = Demand::of(config).check(machine);
    let Err(error) = &fits else { return Ok(()) };
    let holds = Demand::of(config).holds(machine);
    if config.connections_named || holds == 0 {
        return fits;
    }
    config.settings.limits.connections = usize::try_from(holds).unwrap_or(usize::MAX);
    event::connections_lowered(holds, error);
    Ok(())
}

struct Demand {
    /// Listeners that have no number of their own.
    listeners: u64,
    /// Of each of those.
    connections: u64,
    /// Of all others together.
    own: u64,
    links: u64,
}

impl Demand {
    fn of(config: &Config) -> Self {
        let own = config.listeners.iter().filter_map(|listener| listener.connections);
        Self {
            listeners: config.listeners.iter().filter(|listener| listener.connections.is_none()).count() as u64,
            connections: config.settings.limits.connections as u64,
            own: own.map(|connections| connections as u64).sum(),
            links: config.providers.len() as u64,
        }
    }

    fn sockets(&self) -> u64 {
        self.listeners.saturating_mul(self.connections).saturating_add(self.own).saturating_add(self.links)
    }

    fn check(&self, machine: Machine) -> Result<(), CapacityError> {
        let (connections, listeners, holds) = (number(self.connections), number(self.listeners), self.holds(machine));
        let beside = match self.own {
            0 => String::new(),
            own => format!(" and {own} for those that name their own"),
        };
        let needed = self.sockets().saturating_add(FILES_BESIDE);
        if needed > machine.open_files {
            let found = machine.open_files;
            return Err(CapacityError::OpenFiles { connections, listeners, beside, needed, found, holds });
        }
        let needed = self.sockets().saturating_mul(MAPS_PER_SANDBOX).saturating_add(MAPS_BESIDE);
        match machine.maps {
            Some(found) if needed > found => {
                Err(CapacityError::Maps { connections, listeners, beside, needed, found, holds })
            }
            _ => Ok(()),
        }
    }

    /// Connections of each listener without a number of its own that the machine has room for.
    fn holds(&self, machine: Machine) -> u64 {
        let by_files = machine.open_files.saturating_sub(FILES_BESIDE);
        let by_maps = machine.maps.map_or(u64::MAX, |maps| maps.saturating_sub(MAPS_BESIDE) / MAPS_PER_SANDBOX);
        by_files.min(by_maps).saturating_sub(self.links).saturating_sub(self.own) / self.listeners.max(1)
    }
}

fn number(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Raises the limit of open files to the most the system allows, and reads it and the other one.
fn machine() -> Machine {
    let open_files = open_files().unwrap_or_else(|error| {
        event::hindered("raising the limit of open files", error);
        u64::MAX
    });
    let maps = fs::read_to_string(MAX_MAP_COUNT).ok().and_then(|text| text.trim().parse().ok());
    Machine { open_files, maps }
}

fn open_files() -> io::Result<u64> {
    let (soft, hard) = rlimit::getrlimit(Resource::NOFILE)?;
    if soft < hard {
        rlimit::setrlimit(Resource::NOFILE, hard, hard)?;
    }
    Ok(hard)
}

#[cfg(test)]
mod tests;
