//! The events that the shell logs, one function each, so that a name and its fields are the same wherever it happens.
//!
//! Invariant: fields are names from the operator's file, numbers, addresses of sockets and words of ours; what a stranger wrote
//! is never a field, but as a reason that was clipped.

use crate::config::PluginTrust;
use crate::model::{Digest, Lane, Side};
use std::fmt::Display;
use std::net::SocketAddr;
use std::time::Duration;

/// Characters of a reason that are logged.
const REASON_CHARS: usize = 200;

/// Characters of the reason why a plugin is refused: it names what was wanted, what was found, and the fix.
const REFUSAL_CHARS: usize = 2_000;

/// A reason, short and on one line.
pub fn clipped(reason: &str) -> String {
    reason.chars().take(REASON_CHARS).map(unbroken).collect()
}

fn unbroken(sign: char) -> char {
    if sign.is_control() { ' ' } else { sign }
}

/// The store is open.
pub fn store_opened(folder: impl Display) {
    tracing::info!(event = "store-opened", %folder, "the store is open");
}

/// Others than the service's user can look into a folder that has accounts and transcripts.
pub fn folder_open_to_others(folder: impl Display, mode: u32) {
    let mode = format!("{mode:04o}");
    tracing::warn!(event = "folder-open-to-others", %folder, mode, "others can look into the data folder; `chmod 700` keeps them out");
}

/// Whose plugins are let in; that anybody's are is said plainly, at every start.
pub fn plugins_trusted(trust: &PluginTrust) {
    match trust {
        PluginTrust::Any => {
            tracing::info!(
                event = "plugins-trusted",
                trust = "any",
                "whatever lies in the plugin folder is let in; [plugins] `trust` can ask for digests or signatures"
            );
        }
        PluginTrust::Digests(digests) => {
            tracing::info!(
                event = "plugins-trusted",
                trust = "digests",
                listed = digests.len(),
                "plugins with a listed digest are let in"
            );
        }
        PluginTrust::Signatures(keys) => {
            tracing::info!(
                event = "plugins-trusted",
                trust = "signatures",
                keys = keys.len(),
                "plugins signed with a trusted key are let in"
            );
        }
    }
}

/// A rule is in a chain of a pool from now on.
pub fn rule_in_service(pool: &str, lane: Lane, rule: &str, digest: Digest) {
    let lane = lane.as_str();
    tracing::info!(event = "rule-in-service", pool, lane, rule, %digest, "rule in service");
}

/// A dialog that the configuration names.
pub fn dialog_in_service(dialog: &str, digest: Digest) {
    tracing::info!(event = "dialog-in-service", dialog, %digest, "dialog in service");
}

/// A canary's rule failed too often: the chain in service decides about the canary's sessions, too.
pub fn canary_rolled_back(pool: &str, rule: &str, why: &str) {
    let why = clipped(why);
    tracing::warn!(
        event = "canary-rolled-back",
        pool,
        rule,
        why,
        "the canary is rolled back: the chain in service decides about all sessions; `cordboard shadow` says more"
    );
}

/// A rule was found to fail too often before the service started again, and is left out still.
pub fn rule_still_quarantined(pool: &str, lane: Lane, rule: &str, digest: Digest, why: &str) {
    let (lane, why) = (lane.as_str(), clipped(why));
    tracing::warn!(
        event = "rule-still-quarantined",
        pool,
        lane,
        rule,
        %digest,
        why,
        "a rule that was quarantined before the start is left out; put another component in its place, or `cordboard plugin release` it"
    );
}

/// A dialog was found to fail too often before the service started again, and is passed by still.
pub fn dialog_still_quarantined(dialog: &str, digest: Digest, why: &str) {
    let why = clipped(why);
    tracing::warn!(
        event = "dialog-still-quarantined",
        dialog,
        %digest,
        why,
        "a dialog that was quarantined before the start is passed by; put another component in its place, or `cordboard plugin release` it"
    );
}

/// A component serves under its name from now on; machines of the one before go over to it.
pub fn plugin_in_service(kind: &'static str, plugin: &str, version: &str, digest: Digest, generation: u64) {
    tracing::info!(event = "plugin-in-service", kind, plugin, version, %digest, generation, "a plugin is in service");
}

/// A file of the plugin folder does not serve. The reason is in our words, around a few of the plugin's.
pub fn plugin_refused(file: impl Display, reason: impl Display) {
    let reason: String = reason.to_string().chars().take(REFUSAL_CHARS).map(unbroken).collect();
    tracing::warn!(event = "plugin-refused", %file, reason, "a plugin is refused; what serves goes on");
}

/// The operator's file was read again; what is in force now, and what needs a restart.
pub fn reloaded(what: &str) {
    tracing::info!(event = "reloaded", what, "the configuration was read again");
}

/// The operator's file was read again and is not taken.
pub fn reload_refused(reason: impl Display) {
    let reason: String = reason.to_string().chars().take(REFUSAL_CHARS).map(unbroken).collect();
    tracing::warn!(event = "reload-refused", reason, "the configuration is refused; the old one goes on");
}

/// A component that had just come failed too often; the one before serves again.
pub fn plugin_put_back(kind: &'static str, plugin: &str, digest: Digest) {
    tracing::warn!(event = "plugin-put-back", kind, plugin, %digest, "it failed too often; the version before serves again, until the file changes");
}

/// A plugin that the configuration names has no file any more.
pub fn plugin_orphaned(kind: &'static str, plugin: &str) {
    tracing::warn!(
        event = "plugin-orphaned",
        kind,
        plugin,
        "its file is gone; it goes on, but the next start will fail without it"
    );
}

/// A plugin that nobody names has no file any more.
pub fn plugin_dropped(kind: &'static str, plugin: &str) {
    tracing::info!(event = "plugin-dropped", kind, plugin, "its file is gone, and it is not in service any more");
}

/// A listener listens, with this adapter.
pub fn listener_up(listener: &str, side: Side, address: SocketAddr, adapter: &str, digest: Digest) {
    let side = side.as_str();
    tracing::info!(event = "listener-up", listener, side, %address, adapter, %digest, "listening");
}

/// The endpoints of a listener or provider have gone over to another adapter, 99 of 100 within the first of the pauses, and all within the
/// second.
pub fn adapter_swapped(place: &str, digest: Digest, moved: usize, took: Duration, pauses: [Duration; 2]) {
    let [pause_p99_us, longest_pause_us] = pauses.map(|pause| u64::try_from(pause.as_micros()).unwrap_or(u64::MAX));
    let took_ms = millis(took);
    tracing::info!(
        event = "adapter-swapped",
        place,
        %digest,
        moved,
        took_ms,
        pause_p99_us,
        longest_pause_us,
        "another adapter in service"
    );
}

/// Some endpoints stay on the former adapter, because of this and what else came after; said once for each swap.
pub fn adapter_stayed(place: &str, digest: Digest, stayed: usize, reason: &str) {
    tracing::warn!(
        event = "adapter-stayed",
        place,
        %digest,
        stayed,
        reason,
        "connections stay on the former adapter, for the new one failed with them; they are tried again"
    );
}

/// A link to a provider is up.
pub fn link_up(provider: &str, address: &str) {
    tracing::info!(event = "link-up", provider, address, "the link is up");
}

/// A link can't be made, or was lost; it is tried again.
pub fn link_down(provider: &str, address: &str, reason: &str, wait: Duration) {
    let (reason, retry_ms) = (clipped(reason), millis(wait));
    tracing::warn!(event = "link-down", provider, address, reason, retry_ms, "the link is down");
}

/// A provider's server took the connection and then did not take us.
pub fn link_refused(provider: &str, reason: &str, proved: bool, wait: Duration) {
    let (reason, retry_ms) = (clipped(reason), millis(wait));
    let check = if proved { "`secret` and `domain`" } else { "`address` and `domain`" };
    tracing::warn!(
        event = "link-refused",
        provider,
        reason,
        retry_ms,
        "refused; check {check} of [[provider]] `{provider}`, and what its server has of us"
    );
}

/// Somebody's messages broke an adapter once too often; `cordboard bans` says whose.
pub fn banned(provider: &str, within: Duration) {
    tracing::warn!(event = "banned", provider, within_ms = millis(within), "a person is kept out for a time");
}

/// HTTP is served.
pub fn web_up(address: SocketAddr) {
    tracing::info!(event = "web-up", %address, "HTTP is served");
}

/// The control socket is there.
pub fn control_up(socket: impl Display) {
    tracing::info!(event = "control-up", %socket, "the control socket is open");
}

/// An operator changed something over the control socket.
pub fn operated(request: &'static str, outcome: &'static str) {
    tracing::info!(event = "operated", request, outcome, "asked by an operator");
}

/// The operator left the limit to us, and the machine holds fewer connections than we would allow.
pub fn connections_lowered(connections: u64, reason: impl Display) {
    tracing::warn!(
        event = "connections-lowered",
        connections,
        %reason,
        "each listener takes fewer connections than usual"
    );
}

/// Something around the service failed and is tried again, or done without.
pub fn hindered(what: &'static str, error: impl Display) {
    tracing::warn!(event = "hindered", what, error = clipped(&error.to_string()), "went wrong");
}

/// All that is configured serves.
pub fn ready(after: Duration) {
    tracing::info!(event = "ready", after_ms = millis(after), "ready");
}

/// No new connections; those there are end politely.
pub fn draining(within: Duration) {
    tracing::info!(event = "draining", within_ms = millis(within), "draining");
}

/// All has ended.
pub fn ended(after: Duration, politely: bool) {
    tracing::info!(event = "ended", after_ms = millis(after), politely, "ended");
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
