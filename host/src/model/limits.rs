//! Every limit of the host in one place. Units stand last in the names.

use serde::{Deserialize, Serialize};

/// Units of one agent, and of one session.
pub const UNITS: u16 = 10_000;
/// Candidates of one call for whom a rule gets fuel: with that of the call about 30 ms, after which one that loops is stopped.
pub const FUELLED: usize = 1_000;
/// Transcripts that one plugin may carry.
pub const TRIALS: usize = 64;
/// Bytes of one transcript.
pub const TRIAL_BYTES: usize = 256 * 1024;
/// Bytes of all transcripts of one plugin, with their names.
pub const TRIALS_BYTES: usize = 1024 * 1024;
/// Calls in all transcripts of one plugin. Each has the fuel that a call has in service.
pub const TRIAL_CALLS: usize = 1024;
/// Fuel for all transcripts of one plugin together, about a second's.
pub const TRIAL_FUEL: u64 = 4_000_000_000;

/// The limits in force. The defaults are those of the design; an operator's file may change the documented ones. A journal of an
/// older release lacks the newer ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Inputs handled before a batch is committed.
    pub batch_inputs: usize,
    /// Unsettled reports of one endpoint; beyond it its sockets are not read.
    pub endpoint_credit: usize,
    /// Unacknowledged deliveries to one participant.
    pub delivery_window: usize,
    /// Bytes of a stream handed to an adapter in one call.
    pub chunk_bytes: usize,
    /// Bytes that an endpoint may have waiting for a slow reader before it is closed.
    pub unsent_bytes: usize,
    /// Bytes of a message's text.
    pub message_bytes: usize,
    /// Bytes of a saved state.
    pub saved_state_bytes: usize,
    /// Bytes of all outputs of one guest call.
    pub output_bytes: usize,
    /// Outputs of one guest call.
    pub outputs: usize,
    /// Linear memory of an adapter's sandbox.
    pub adapter_memory_bytes: usize,
    /// Linear memory of a rule's sandbox.
    pub rule_memory_bytes: usize,
    /// Linear memory of a dialog's sandbox.
    pub dialog_memory_bytes: usize,
    /// Fuel of one call of a rule or a dialog.
    pub call_fuel: u64,
    /// Fuel that a rule gets beside it for each candidate whom it ranks, up to [`FUELLED`].
    pub candidate_fuel: u64,
    /// Fuel of one call of an adapter, beside [`Self::adapter_fuel_per_byte`].
    pub adapter_fuel: u64,
    /// Fuel that an adapter gets for each byte of input.
    pub adapter_fuel_per_byte: u64,
    /// Changes fed to a rule in one call.
    pub changes_per_call: usize,
    /// Sessions shown to `rank-sessions` in one call.
    pub matching_window: usize,
    /// Rule calls of one matching pass; what is left stays dirty.
    pub matching_calls: usize,
    /// Connections of one listener.
    pub connections: usize,
    /// Connections of one source address.
    pub connections_per_source: usize,
    /// Milliseconds in which a connection must have authenticated.
    pub authenticate_ms: u64,
    /// Milliseconds without a byte from the peer after which it is asked (whitespace, ping), and again after which it is closed.
    pub idle_ms: u64,
    /// Milliseconds that a refused authentication is held back.
    pub refused_delay_ms: u64,
    /// Refused authentications of one source within [`Self::refused_window_ms`]; beyond it all are refused.
    pub refused_per_source: u32,
    /// See [`Self::refused_per_source`].
    pub refused_window_ms: u64,
    /// Bytes of inputs kept since an endpoint's last checkpoint.
    pub replay_bytes: usize,
    /// Inputs kept since an endpoint's last checkpoint.
    pub replay_inputs: usize,
    /// Live sessions of a shard.
    pub sessions: usize,
    /// Sessions of one customer at a time.
    pub sessions_per_customer: usize,
    /// Agents who have joined one session beside its owner.
    pub joined_per_session: usize,
    /// Sessions that one agent has joined at a time.
    pub joined_per_agent: usize,
    /// Messages of one session's transcript.
    pub messages_per_session: u32,
    /// Watches remembered of all contacts at providers; one more lasts only as long as the contact is here.
    pub subscriptions: usize,
    /// The same, of one contact.
    pub subscriptions_per_contact: usize,
    /// Customers of whom it is remembered who served them last.
    pub remembered_customers: usize,
    /// Notices waiting for one endpoint.
    pub notices: usize,
    /// Origins remembered of a participant, so that a resend is known.
    pub origins: usize,
    /// Milliseconds a new session waits for the customer's software to be known.
    pub software_wait_ms: u64,
    /// Milliseconds the host may take to drain.
    pub drain_ms: u64,
    /// Contacts of one link to a provider at a time.
    pub link_contacts: usize,
    /// Linear memory of the sandbox of a link, which has many persons in it.
    pub link_memory_bytes: usize,
    /// Bytes of a saved state of a link.
    pub link_state_bytes: usize,
    /// Milliseconds in which a provider's server must have taken our connection.
    pub dial_ms: u64,
    /// Milliseconds until a link that failed is tried again; doubled each time.
    pub redial_ms: u64,
    /// The most that [`Self::redial_ms`] is doubled to.
    pub redial_most_ms: u64,
    /// Milliseconds after which a link that is up counts as steady: the next wait begins at [`Self::redial_ms`] again.
    pub steady_ms: u64,
    /// Failures of its guest that the endpoint of an accepted socket survives within [`Self::traps_window_ms`].
    pub traps: u32,
    /// The same for a link, which carries many persons.
    pub link_traps: u32,
    /// See [`Self::traps`].
    pub traps_window_ms: u64,
    /// Messages that a contact may send in a second, over time; four seconds' worth may come at once.
    pub messages_per_second: u32,
    /// Messages of one person that break an adapter within [`Self::strikes_window_ms`], and the person is banned.
    pub strikes: u32,
    /// See [`Self::strikes`].
    pub strikes_window_ms: u64,
    /// Milliseconds of such a ban.
    pub ban_ms: u64,
    /// Bans at a time, and persons with strikes.
    pub bans: usize,
    /// Failures of a plugin within [`Self::quarantine_window_ms`], and it is put out of service if that can be done: a rule is left out
    /// of its chain, an adapter that is new gives way to the one before.
    pub quarantine_strikes: u32,
    /// See [`Self::quarantine_strikes`].
    pub quarantine_window_ms: u64,
    /// The longest that a rule's question to the world may take.
    pub consult_ms: u32,
    /// Bytes of its body, and of the answer's.
    pub consult_bytes: usize,
    /// Live requests of switches, among [`Self::sessions`].
    pub requests: usize,
    /// Milliseconds without a question after a request that no agent has answered, and it ends.
    pub request_unseen_ms: u64,
    /// The same, of one that an agent has answered: its switch may have died.
    pub request_active_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch_inputs: 64,
            endpoint_credit: 64,
            delivery_window: 16,
            chunk_bytes: 16 * 1024,
            unsent_bytes: 1024 * 1024,
            message_bytes: 32 * 1024,
            saved_state_bytes: 1024 * 1024,
            output_bytes: 1024 * 1024,
            outputs: 1024,
            adapter_memory_bytes: 2 * 1024 * 1024,
            rule_memory_bytes: 64 * 1024 * 1024,
            dialog_memory_bytes: 16 * 1024 * 1024,
            call_fuel: 5_000_000,
            candidate_fuel: 100_000,
            adapter_fuel: 5_000_000,
            adapter_fuel_per_byte: 2_000,
            changes_per_call: 256,
            matching_window: 512,
            matching_calls: 256,
            connections: 20_000,
            connections_per_source: 10_000,
            authenticate_ms: 30_000,
            idle_ms: 150_000,
            refused_delay_ms: 1_000,
            refused_per_source: 10,
            refused_window_ms: 60_000,
            replay_bytes: 64 * 1024,
            replay_inputs: 64,
            sessions: 100_000,
            sessions_per_customer: 8,
            joined_per_session: 4,
            joined_per_agent: 16,
            messages_per_session: 100_000,
            subscriptions: 100_000,
            subscriptions_per_contact: 256,
            remembered_customers: 100_000,
            notices: 64,
            origins: 64,
            software_wait_ms: 2_000,
            drain_ms: 10_000,
            link_contacts: 10_000,
            link_memory_bytes: 64 * 1024 * 1024,
            link_state_bytes: 16 * 1024 * 1024,
            dial_ms: 10_000,
            redial_ms: 1_000,
            redial_most_ms: 60_000,
            steady_ms: 30_000,
            traps: 3,
            link_traps: 100,
            traps_window_ms: 600_000,
            messages_per_second: 50,
            strikes: 3,
            strikes_window_ms: 600_000,
            ban_ms: 600_000,
            bans: 10_000,
            quarantine_strikes: 5,
            quarantine_window_ms: 600_000,
            consult_ms: 10_000,
            consult_bytes: 64 * 1024,
            requests: 10_000,
            request_unseen_ms: 120_000,
            request_active_ms: 4 * 3_600_000,
        }
    }
}
