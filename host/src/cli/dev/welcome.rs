//! What `dev` prints: what listens where, the demo's accounts, and the lines of a first conversation.
//!
//! Invariant: every address and name in it is taken from the configuration that runs.

use crate::config::{Config, Listener};
use crate::model::Side;

/// An account of the demo; the password is the name.
pub(super) struct DemoAccount {
    pub(super) name: &'static str,
    pub(super) shown_as: &'static str,
    /// Of an agent, as `--skills` takes them.
    pub(super) skills: Option<&'static str>,
}

/// Ann has Billing too, so that what Jim declines has somewhere to go.
pub(super) const DEMO_ACCOUNTS: [DemoAccount; 3] = [
    DemoAccount { name: "joe", shown_as: "Joe", skills: None },
    DemoAccount { name: "jim", shown_as: "Jim", skills: Some("billing:7,sales:3") },
    DemoAccount { name: "ann", shown_as: "Ann", skills: Some("sales:5,support:5,billing:3") },
];

/// Sessions at a time of each of the demo's agents.
pub(super) const DEMO_CAPACITY: &str = "chat=3";

impl DemoAccount {
    pub(super) fn side(&self) -> Side {
        if self.skills.is_some() { Side::Agent } else { Side::Customer }
    }
}

/// All of it, but for the last line, which says `ready`.
pub(super) fn welcome(config: &Config) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut line = |line: String| lines.push(line.trim_end().to_owned() + "\n");
    line(format!("Cordboard's demo. Its data are in {}.", config.data.display()));
    line(String::new());
    for listener in &config.listeners {
        let Listener { name, protocol, address, domain, guests, .. } = listener;
        let guests = if *guests { "guests may come in" } else { "" };
        line(format!("  {name:<10} {protocol}  {address:<16} domain {domain:<16} {guests}"));
    }
    if let Some(web) = config.web {
        line(format!("  {:<10} http  {web:<16} /health", "web"));
    }
    line(String::new());
    for account in &DEMO_ACCOUNTS {
        let Some(listener) = listener_of(config, account.side()) else { continue };
        let address = format!("{}@{}", account.name, listener.domain);
        let skills = account.skills.map(|skills| format!("skills {skills}")).unwrap_or_default();
        line(format!("  {:<10} {address:<20} password {:<6} {skills}", account.side().as_str(), account.name));
    }
    line(String::new());
    line("A first conversation, in profanity or with the same in any XMPP client:".to_owned());
    line(String::new());
    for step in conversation(config) {
        line(format!("  {step}"));
    }
    lines.concat()
}

/// The three lines that hold a first conversation.
fn conversation(config: &Config) -> Vec<String> {
    let (Some(customers), Some(agents)) = (listener_of(config, Side::Customer), listener_of(config, Side::Agent))
    else {
        return Vec::new();
    };
    let Some(link) = config.settings.links.first() else { return Vec::new() };
    let connect = |name: &str, listener: &Listener| {
        let (ip, port) = (listener.address.ip(), listener.address.port());
        format!("/connect {name}@{} server {ip} port {port} tls trust", listener.domain)
    };
    vec![
        format!("agent      {}", connect("jim", agents)),
        format!("customer   {}   then   /msg {}@{} Hello", connect("joe", customers), link.alias, customers.domain),
        format!("agent      /msg {}@{} accept   and answer in the window that opens", link.queue, agents.domain),
    ]
}

fn listener_of(config: &Config, side: Side) -> Option<&Listener> {
    config.listeners.iter().find(|listener| listener.side == side)
}

#[cfg(test)]
#[allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]
mod tests {
    use super::*;
    use crate::identity::profile::{parse_capacity, parse_skills};
    use expect_test::expect;
    use std::path::Path;

    #[test]
    fn the_welcome_says_all_that_a_first_conversation_needs() {
        let config = Config::dev(Path::new(".cordboard"), 0, Path::new("plugins")).unwrap();
        expect![[r#"
            Cordboard's demo. Its data are in .cordboard.

              customers  xmpp  127.0.0.1:5222   domain localhost        guests may come in
              agents     xmpp  127.0.0.1:5232   domain desk.localhost
              web        http  127.0.0.1:8080   /health

              customer   joe@localhost        password joe
              agent      jim@desk.localhost   password jim    skills billing:7,sales:3
              agent      ann@desk.localhost   password ann    skills sales:5,support:5,billing:3

            A first conversation, in profanity or with the same in any XMPP client:

              agent      /connect jim@desk.localhost server 127.0.0.1 port 5232 tls trust
              customer   /connect joe@localhost server 127.0.0.1 port 5222 tls trust   then   /msg billing@localhost Hello
              agent      /msg billing@desk.localhost accept   and answer in the window that opens
        "#]].assert_eq(&welcome(&config));
    }

    #[test]
    fn the_demos_accounts_are_ones_an_operator_could_make() {
        parse_capacity(DEMO_CAPACITY).unwrap();
        let queues = Config::dev(Path::new("."), 0, Path::new(".")).unwrap().settings.queues;
        for account in DEMO_ACCOUNTS.iter().filter_map(|account| account.skills) {
            for skill in parse_skills(account).unwrap() {
                assert!(queues.iter().any(|queue| queue.name == skill.name), "{} is a queue", skill.name);
            }
        }
    }
}
