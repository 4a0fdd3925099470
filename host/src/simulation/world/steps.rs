//! What each step does to a client, a line and its endpoint.

use super::*;

impl World {
    pub(super) fn deed(&mut self, place: usize) {
        let now = self.now();
        let client = &mut self.cast[place];
        let Some((_, deed)) = client.next_deed().copied() else { return };
        client.done += 1;
        client.last_deed_at = now;
        match deed {
            Deed::Connects => client.wants_online = true,
            Deed::Drops => {
                client.wants_online = false;
                client.drops += 1;
                self.drop_line(place);
            }
            Deed::Says(to, text) => client.say(to, text),
            Deed::Answers(text) => {
                let conversation = client.conversation().expect("asked before").to_owned();
                client.say(&conversation, text);
            }
            Deed::Sends(stanza) => {
                let conversation = client.conversation().unwrap_or_default().to_owned();
                client.send(&stanza.replace("{conversation}", &conversation));
            }
        }
    }

    /// A client's connection breaks.
    pub(in crate::simulation) fn drop_line(&mut self, place: usize) {
        self.carry_output();
        self.cast[place].disconnected();
        for line in self.lines.iter_mut().filter(|line| line.client == place && !line.is_dropped) {
            line.is_dropped = true;
            line.to_client.clear();
        }
    }

    pub(super) fn connect(&mut self, place: usize) {
        self.opened += 1;
        let client = &mut self.cast[place];
        // The address tells whose it is, so that a leak is seen.
        let address = match client.side {
            Side::Customer => format!("198.51.100.{}:{}", place + 1, 40_000 + self.opened),
            Side::Agent => format!("10.77.0.{}:{}", place + 1, 50_000 + self.opened),
        };
        let config = if client.side == Side::Customer { &self.customers } else { &self.agents };
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&self.opened.to_be_bytes());
        let shard = self.shard.as_ref().expect("a process runs");
        let id = shard.next_endpoint();
        let letterbox = Letterbox::new(config);
        let now = self.clock.wall();
        let factory = self.stage.factory(client.side, &self.power, self.version, now);
        let opened = Endpoint::open(id, config.clone(), factory, seed, address.clone(), now, opening(&address));
        let (endpoint, actions) = opened.expect("the adapter gives an endpoint");
        shard.register(id, letterbox.clone());
        client.connected();
        self.lines.push(Line {
            client: place,
            endpoint,
            letterbox,
            to_host: Vec::new(),
            to_client: Vec::new(),
            pulls: std::collections::VecDeque::new(),
            proofs: std::collections::VecDeque::new(),
            is_dropped: false,
            closing: None,
            version_due: None,
        });
        self.carry_out(self.lines.len() - 1, actions);
    }

    /// The endpoint reads some of what is there.
    pub(super) fn receive(&mut self, place: usize) {
        let waiting = self.lines[place].to_host.len();
        let bytes = if self.dice.per_mille(250) { 1 + self.dice.below(waiting) } else { waiting };
        let data: Vec<u8> = self.lines[place].to_host.drain(..bytes).collect();
        self.event(place, Event::Received { channel: CHANNEL, data });
    }

    /// The client reads some of what is there.
    pub(super) fn deliver(&mut self, place: usize) {
        let waiting = self.lines[place].to_client.len();
        let bytes = if self.dice.per_mille(250) { 1 + self.dice.below(waiting) } else { waiting };
        let data: Vec<u8> = self.lines[place].to_client.drain(..bytes).collect();
        let client = self.lines[place].client;
        self.cast[client].received(&data);
        self.event(place, Event::Sent { channel: CHANNEL, bytes });
    }

    pub(super) fn mail(&mut self, place: usize) {
        let event = match self.lines[place].letterbox.take() {
            Some(Mail::Effect(effect)) => Event::Effect(effect),
            Some(Mail::Reset) => Event::Reset("the centre has started anew"),
            Some(Mail::Overflow) => Event::Reset("too much waited for this connection"),
            None => return,
        };
        if !matches!(event, Event::Effect(Effect::Settle(..))) {
            return self.event(place, event);
        }
        if self.power.moment() {
            self.event(place, event);
            self.power.moment();
        }
    }

    pub(super) fn pulled(&mut self, place: usize) {
        let Some(Pull { feed, after, limit }) = self.lines[place].pulls.pop_front() else { return };
        let entries = self.shard().read(feed.session, after, limit).expect("the store in memory can be read");
        self.event(place, Event::Pulled { feed, entries });
    }

    pub(super) fn hang_up(&mut self, place: usize) {
        let line = &self.lines[place];
        let reason = match &line.closing {
            Some(Closing::Politely(reason) | Closing::Abruptly(reason)) => reason.clone(),
            None => "the peer closed the connection".to_owned(),
        };
        self.event(place, Event::Closed(Ending { channel: CHANNEL, reason }));
        let line = &self.lines[place];
        assert!(line.endpoint.is_gone(), "an accepted socket goes with its only channel");
        let (client, is_dropped, id) = (line.client, line.is_dropped, line.endpoint.id());
        self.shard().unregister(id);
        self.lines.remove(place);
        if !is_dropped {
            self.cast[client].disconnected();
        }
    }

    /// A line's guest goes over to another version.
    pub(super) fn go_over(&mut self, place: usize) {
        let line = &mut self.lines[place];
        let Some(version) = line.version_due.take() else { return };
        let side = self.cast[line.client].side;
        let factory = self.stage.factory(side, &self.power, version, self.clock.wall());
        self.event(place, Event::Swap(factory));
    }

    pub(super) fn event(&mut self, place: usize, event: Event) {
        if self.traces && !matches!(event, Event::Received { .. }) {
            eprintln!("    {event:?}");
        }
        let now = self.now();
        let actions = self.lines[place].endpoint.handle(now, event);
        self.carry_out(place, actions);
    }

    fn carry_out(&mut self, place: usize, actions: Vec<Action>) {
        for action in actions {
            if self.traces {
                eprintln!("    line {} of {}: {}", place, self.lines[place].client, in_words(&action));
            }
            let line = &mut self.lines[place];
            match action {
                Action::Send { data, .. } => {
                    if self.power.moment() && !line.is_dropped {
                        line.to_client.extend(data);
                    }
                    self.power.moment();
                }
                Action::Submit(input) => self.submit(input),
                Action::Pull { feed, after, limit } => line.pulls.push_back(Pull { feed, after, limit }),
                Action::Verify(step) => line.proofs.push_back(proof(&step)),
                Action::Poison { .. } => self.poisons += 1,
                Action::Moved => self.moved += 1,
                Action::Stayed(_) => self.stayed += 1,
                // Who is kept out is refused as he signs in, and nobody is here.
                Action::Banned { .. } => {}
                Action::Close { reason, .. } => line.closing = Some(Closing::Politely(reason)),
                Action::Abort { reason, .. } => line.closing = Some(Closing::Abruptly(reason)),
                other => panic!("nobody does this on an accepted socket without TLS: {other:?}"),
            }
        }
    }

    fn submit(&mut self, input: Input) {
        if !self.power.is_off() {
            self.shard().submit(input);
        }
    }
}

/// Everybody has the password.
fn proof(step: &Authentication) -> Proof {
    let name = step.data.split(|byte| *byte == 0).nth(1).unwrap_or_default();
    let name = String::from_utf8(name.to_vec()).expect("a client sends names in UTF-8");
    let principal = Principal {
        alias: Alias::new(name.clone()),
        kind: "member".to_owned(),
        data: Vec::new(),
        attributes: vec![Attribute::new("name", name)],
    };
    Proof { reference: step.reference, step: ProofStep::Success(principal) }
}

fn in_words(action: &Action) -> String {
    match action {
        Action::Send { data, .. } => format!("send {}", String::from_utf8_lossy(data)),
        other => format!("{other:?}"),
    }
}

fn opening(remote: &str) -> Opening {
    Opening {
        channel: CHANNEL,
        transport: "stream".to_owned(),
        direction: "accepted".to_owned(),
        dial: None,
        local: "192.0.2.1:5222".to_owned(),
        remote: remote.to_owned(),
        tls: None,
        attributes: Vec::new(),
    }
}
