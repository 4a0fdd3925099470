//! Two who have a conversation while something is done to the host, on bare sockets so that it can be timed.

use super::{Host, Raw};
use std::time::{Duration, Instant};

/// The domains of the annotated example.
pub(crate) const CENTER: &str = "center.example";
pub(crate) const CENTER_BILLING: &str = "billing@center.example";
pub(crate) const CENTER_BILLING_QUEUE: &str = "billing@desk.center.example";

/// A customer and an agent in a session.
pub(crate) struct Bystanders {
    customer: Raw,
    agent: Raw,
    alias: String,
    number: u32,
}

impl Bystanders {
    /// Joe is served by Jim; both have accounts in a centre in the clear.
    pub(crate) fn at(host: &Host) -> Self {
        let mut agent = Raw::online(host.agents(), "jim@desk.center.example/desk", "jim");
        host.look_until("agents", &["jim", "available"]);
        let mut customer = Raw::online(host.customers(), "joe@center.example/phone", "joe");
        customer.say(CENTER_BILLING, "first", "Hello from a bystander");
        let alias = accept_raw(&mut agent, "Hello from a bystander");
        Self { customer, agent, alias, number: 0 }
    }

    /// One says something and the other answers: how long that takes.
    pub(crate) fn round_trip(&mut self) -> Duration {
        self.number += 1;
        let (question, answer) = (format!("Question {}.", self.number), format!("Answer {}.", self.number));
        let begun = Instant::now();
        self.customer.say(CENTER_BILLING, &question, &question);
        self.agent.take(&format!("<body>{question}</body>"));
        self.agent.say(&self.alias, &answer, &answer);
        self.customer.take(&format!("<body>{answer}</body>"));
        begun.elapsed()
    }

    /// As many round trips as fit into this time, the shortest first.
    pub(crate) fn round_trips(&mut self, during: Duration) -> Vec<Duration> {
        let begun = Instant::now();
        let mut all = Vec::new();
        while begun.elapsed() < during {
            all.push(self.round_trip());
            std::thread::sleep(Duration::from_millis(5));
        }
        all.sort_unstable();
        all
    }
}

/// Takes the next offer; gives the address of the customer's window.
pub(crate) fn accept_raw(agent: &mut Raw, first_words: &str) -> String {
    agent.take("Say `accept");
    agent.say(CENTER_BILLING_QUEUE, "accept", "accept");
    loop {
        agent.take("<message");
        let message = agent.take("</message>");
        if message.contains(&format!("<body>{first_words}</body>")) {
            let from = message.split("from='").nth(1).and_then(|rest| rest.split('\'').next());
            let from = from.unwrap_or_else(|| panic!("a message has a sender: {message}"));
            return super::bare(from).to_owned();
        }
    }
}
