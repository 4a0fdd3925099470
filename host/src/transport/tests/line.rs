//! A native adapter for tests: a protocol of lines, with a planted bug.
//!
//! | line | what it does |
//! |---|---|
//! | `user NAME PASSWORD` | verifies by `PLAIN`; `welcome NAME`, `go on` or `refused CODE` follows |
//! | `bind [NAME]` | arrives as the proven principal, or as NAME; the contact is `NAME/line` |
//! | `say ALIAS TEXT` | reports `said`; `settled REF` or `refused REF CODE` follows |
//! | `as CONTACT TEXT` | the same by another contact |
//! | `hold` | receipts wait for `ack ID` and `fail ID` |
//! | `starttls` | answers `proceed` and starts TLS; `secured VERSION EXPORTER` follows |
//! | `starttls-badly` | the same, but goes on with what came in the clear behind it |
//! | `timer ID MS` | `tick ID` follows |
//! | `flood N` | sends N bytes |
//! | `boom` | traps; so does being delivered the text `boom` |
//! | `lie` | breaks the contract: two reports with one reference |
//! | `leave` | reports `left` |
//! | `quit` | `bye`, and closes |
//! | `version` | says which version answers |
//! | `wait MS` | what comes behind it is put off for so long, and then worked off a line at a time |
//!
//! Dialled, it says `hello DOMAIN` and then it is the server's turn:
//!
//! | line | what it does |
//! |---|---|
//! | `id ID` | proves itself by `xep-0114`; `proof HEX` or `no proof CODE` follows |
//! | `welcome` | the channel is ready |
//! | `join NAME` | NAME arrives, for whom the provider vouches; the contact is NAME |
//!
//! A line that is to be skipped is answered `skipped`; of `as CONTACT ...` that is the sender.

use crate::model::adapter::{
    Adapter, AdapterFactory, Arrival, Authentication, Channel, Chunk, Command, Delivery, Directive, Ending, Event,
    GuestFailure, Input, Output, Principal, ProofStep, Receipt, Report, Said, Setup, Timer,
};
use crate::model::{Alias, Body, Contact, Digest, Failure, Message, SavedState, Timestamp, attribute};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Makes [`Line`]s.
#[derive(Debug, Default)]
pub(crate) struct LineFactory {
    /// Refuses to open.
    pub(crate) refuses: bool,
    /// Can't be restored.
    pub(crate) forgets: bool,
    /// Knows nothing of messages that are to be left out.
    pub(crate) cannot_skip: bool,
    /// Its digest is made of it.
    pub(crate) version: u8,
    pub(crate) vice: Option<Vice>,
    /// Held by each that it has made.
    pub(crate) made: Arc<()>,
}

/// What is wrong with a guest that others are to go over to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vice {
    /// It traps at its first input.
    TrapsAtInput,
    /// It can't be saved.
    TrapsInSave,
    /// It can't be saved any more once it has been given something.
    TrapsInSaveLater,
    /// What it has saved it can't read.
    WritesUnreadably,
    /// It reports twice by one reference.
    Lies,
}

/// The format of [`Vice::WritesUnreadably`].
const UNREADABLE: u32 = 99;

impl LineFactory {
    /// Another version.
    pub(crate) fn version(version: u8, vice: Option<Vice>) -> Arc<Self> {
        Arc::new(Self { version, vice, ..Self::default() })
    }

    /// How many of those it has made are there.
    pub(crate) fn alive(&self) -> usize {
        Arc::strong_count(&self.made) - 1
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "each is a vice that a test turns on")]
struct Line {
    channel: Channel,
    partial: Vec<u8>,
    references: u64,
    principal: Option<String>,
    contact: Option<String>,
    holds: bool,
    /// Of a link: the name of its secret.
    secret: Option<String>,
    domain: String,
    /// Lines are put off until a timer runs out.
    waits: bool,
    skips: bool,
    cannot_skip: bool,
    #[serde(skip)]
    version: u8,
    #[serde(skip)]
    vice: Option<Vice>,
    /// The longest line it has held since it was made.
    #[serde(skip)]
    longest: usize,
    /// Whether this one, since it was made, was given something.
    #[serde(skip)]
    was_used: bool,
    #[serde(skip)]
    #[allow(dead_code, reason = "held, so that the factory can count")]
    made: Arc<()>,
}

/// What a guest holds for each byte of its longest line.
const MEMORY_PER_BYTE: usize = 100;
/// The timer of `wait`.
const WAIT: u32 = 99;

impl AdapterFactory for LineFactory {
    fn open(&self, _: Timestamp, setup: &Setup) -> Result<Box<dyn Adapter>, GuestFailure> {
        if self.refuses {
            return Err(GuestFailure::Refused("not today".to_owned()));
        }
        let secret = attribute(&setup.attributes, "secret").map(str::to_owned);
        let (domain, cannot_skip, made) = (setup.domain.clone(), self.cannot_skip, self.made.clone());
        let (version, vice) = (self.version, self.vice);
        Ok(Box::new(Line { secret, domain, cannot_skip, version, vice, made, ..Line::default() }))
    }

    fn restore(&self, _: &Setup, state: &SavedState) -> Result<Box<dyn Adapter>, GuestFailure> {
        if self.forgets || state.format == UNREADABLE {
            return Err(GuestFailure::Refused("an unknown format".to_owned()));
        }
        let line: Line = serde_json::from_slice(&state.bytes).unwrap();
        Ok(Box::new(Line { version: self.version, vice: self.vice, made: self.made.clone(), ..line }))
    }

    fn digest(&self) -> Digest {
        Digest([self.version; 32])
    }
}

impl Adapter for Line {
    fn handle(&mut self, now: Timestamp, input: &Input) -> Result<Vec<Output>, GuestFailure> {
        let mut outputs = Vec::new();
        self.was_used = true;
        match self.vice {
            Some(Vice::TrapsAtInput) => return Err(GuestFailure::Trapped("not made for this".to_owned())),
            Some(Vice::Lies) => self.line(now, "lie", &mut outputs)?,
            _ => {}
        }
        match input {
            Input::Opened(opening) => {
                self.channel = opening.channel;
                if opening.direction == "dialled" {
                    outputs.push(self.send(&format!("hello {}", self.domain)));
                }
            }
            Input::Closed(_) => (self.partial, self.waits, self.skips) = (Vec::new(), false, false),
            Input::Skip(_) => self.skips = !self.cannot_skip,
            Input::Timer(WAIT) => {
                self.waits = false;
                self.next_line(now, &mut outputs)?;
                if self.partial.contains(&b'\n') && !self.waits {
                    outputs.push(self.wait(now, 0));
                }
            }
            Input::Received(chunk) => self.received(now, &chunk.data, &mut outputs)?,
            Input::Secured(opening) => {
                self.partial.clear();
                let tls = opening.tls.as_ref().unwrap();
                let exporter = data_encoding::HEXLOWER.encode(&tls.exporter);
                outputs.push(self.send(&format!("secured {} {exporter}", tls.version)));
            }
            Input::Proof(proof) => outputs.push(match &proof.step {
                ProofStep::Success(Principal { alias, .. }) => {
                    self.principal = Some(alias.to_string());
                    self.send(&format!("welcome {alias}"))
                }
                ProofStep::Refused(failure) => self.send(&format!("refused {}", failure.code)),
                ProofStep::Challenge(_) => self.send("go on"),
                ProofStep::Response(data) => self.send(&format!("proof {}", String::from_utf8_lossy(data))),
            }),
            Input::Timer(id) => outputs.push(self.send(&format!("tick {id}"))),
            Input::Settled(settlement) => outputs.push(match &settlement.outcome {
                Ok(()) => self.send(&format!("settled {}", settlement.reference)),
                Err(failure) => self.send(&format!("refused {} {}", settlement.reference, failure.code)),
            }),
            Input::Command(command) => self.command(command, &mut outputs)?,
            _ => {}
        }
        Ok(outputs)
    }

    /// As linear memory does, it never shrinks.
    fn memory_bytes(&self) -> usize {
        self.longest * MEMORY_PER_BYTE
    }

    fn save(&mut self) -> Result<SavedState, GuestFailure> {
        let format = match self.vice {
            Some(Vice::TrapsInSave) => return Err(GuestFailure::Trapped("can't be saved".to_owned())),
            Some(Vice::TrapsInSaveLater) if self.was_used => {
                return Err(GuestFailure::Trapped("can't be saved any more".to_owned()));
            }
            Some(Vice::WritesUnreadably) => UNREADABLE,
            _ => 1,
        };
        Ok(SavedState { format, bytes: serde_json::to_vec(self).unwrap() })
    }
}

impl Line {
    fn received(&mut self, now: Timestamp, data: &[u8], outputs: &mut Vec<Output>) -> Result<(), GuestFailure> {
        self.partial.extend_from_slice(data);
        self.longest = self.longest.max(self.partial.len());
        while self.partial.contains(&b'\n') && !self.waits {
            self.next_line(now, outputs)?;
        }
        Ok(())
    }

    fn next_line(&mut self, now: Timestamp, outputs: &mut Vec<Output>) -> Result<(), GuestFailure> {
        let Some(end) = self.partial.iter().position(|byte| *byte == b'\n') else { return Ok(()) };
        let line: Vec<u8> = self.partial.drain(..=end).collect();
        let line = String::from_utf8(line).unwrap();
        if !std::mem::take(&mut self.skips) {
            return self.line(now, line.trim(), outputs);
        }
        let sender = line.strip_prefix("as ").and_then(|rest| rest.split(' ').next()).map(str::to_owned);
        let contact = sender.or_else(|| self.contact.clone()).unwrap_or_default();
        outputs.extend([self.send("skipped"), Output::Skipped(Contact::new(contact))]);
        Ok(())
    }

    fn wait(&mut self, now: Timestamp, ms: u64) -> Output {
        self.waits = true;
        Output::SetTimer(Timer { id: WAIT, at: Some(now.plus_ms(ms)) })
    }

    fn line(&mut self, now: Timestamp, line: &str, outputs: &mut Vec<Output>) -> Result<(), GuestFailure> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
        match word {
            "user" => outputs.push(self.verify(format!("{first}\0{second}"))),
            "bind" => outputs.push(self.bind(first)),
            "say" => outputs.push(self.say(self.contact.clone().unwrap_or_default(), first, second)),
            "as" if second == "boom" => return Err(GuestFailure::Trapped("boom at line.rs:2".to_owned())),
            "as" => outputs.push(self.say(first.to_owned(), "billing", second)),
            "hold" => self.holds = true,
            "ack" => outputs.push(receipt(first, Ok(()))),
            "fail" => outputs.push(receipt(first, Err(Failure::new("gone", "nobody there")))),
            "starttls" => {
                self.partial.clear();
                outputs.extend([self.send("proceed"), Output::StartTls(self.channel)]);
            }
            "starttls-badly" => outputs.extend([self.send("proceed"), Output::StartTls(self.channel)]),
            "timer" => {
                let at = now.plus_ms(second.parse().unwrap());
                outputs.push(Output::SetTimer(Timer { id: first.parse().unwrap(), at: Some(at) }));
            }
            "flood" => outputs.push(self.send(&"x".repeat(first.parse::<usize>().unwrap() - 1))),
            "id" => outputs.push(self.prove(first)),
            "welcome" => outputs.push(Output::Ready(self.channel)),
            "join" => outputs.push(self.join(first)),
            "wait" => outputs.push(self.wait(now, first.parse().unwrap())),
            "version" => outputs.push(self.send(&format!("version {}", self.version))),
            "boom" => return Err(GuestFailure::Trapped("boom at line.rs:1\nbacktrace".to_owned())),
            "lie" => {
                let report = self.say("joe/line".to_owned(), "billing", "once");
                outputs.extend([report.clone(), report]);
            }
            "leave" => {
                let contact = self.contact.clone().unwrap_or_default();
                outputs.push(self.report(contact, Event::Left("leave".to_owned())));
            }
            "quit" => {
                let ending = Ending { channel: self.channel, reason: "quit".to_owned() };
                outputs.extend([self.send("bye"), Output::Close(ending)]);
            }
            _ => outputs.push(self.send("what?")),
        }
        Ok(())
    }

    fn command(&mut self, command: &Command, outputs: &mut Vec<Output>) -> Result<(), GuestFailure> {
        match command {
            Command::Deliver(Delivery { id, message, to, replay, .. }) => {
                let Body::Text(text) = &message.body else { panic!("not a text") };
                if text == "boom" {
                    return Err(GuestFailure::Trapped("boom at delivery".to_owned()));
                }
                let replay = if *replay { " again" } else { "" };
                outputs.push(self.send(&format!("message {id} from {to}{replay}: {text}")));
                if !self.holds {
                    outputs.push(receipt(id, Ok(())));
                }
            }
            Command::Show(show) => outputs.push(self.send(&format!("show {}", show.presence.presentity))),
            Command::Advertise(links) => outputs.push(self.send(&format!("links {}", links.len()))),
            Command::Direct(Directive { contact, name, attributes }) if name == "ban" => {
                let until = attribute(attributes, "until").unwrap_or_default();
                outputs.push(self.send(&format!("ban {contact} until {until}")));
            }
            Command::Redirect(to) => outputs.push(self.send(&format!("redirect {} to {}", to.contact, to.target))),
            Command::Direct(directive) => outputs.push(self.send(&directive.name.clone())),
            Command::Drain => {
                let ending = Ending { channel: self.channel, reason: "drained".to_owned() };
                outputs.extend([self.send("closing time"), Output::Close(ending)]);
            }
            _ => {}
        }
        Ok(())
    }

    fn send(&self, line: &str) -> Output {
        Output::Send(Chunk { channel: self.channel, data: format!("{line}\n").into_bytes(), text: false })
    }

    fn verify(&mut self, data: String) -> Output {
        self.references += 1;
        Output::Verify(Authentication {
            reference: self.references,
            channel: Some(self.channel),
            scheme: "PLAIN".to_owned(),
            secret: String::new(),
            data: data.into_bytes(),
            attributes: Vec::new(),
        })
    }

    fn prove(&mut self, id: &str) -> Output {
        self.references += 1;
        Output::Prove(Authentication {
            reference: self.references,
            channel: Some(self.channel),
            scheme: "xep-0114".to_owned(),
            secret: self.secret.clone().unwrap_or_default(),
            data: id.as_bytes().to_vec(),
            attributes: Vec::new(),
        })
    }

    fn join(&mut self, name: &str) -> Output {
        let (name, principal) = (name.to_owned(), Some(Alias::new(name)));
        let (features, attributes) = (Vec::new(), Vec::new());
        self.report(name.clone(), Event::Arrived(Arrival { principal, name, features, attributes }))
    }

    fn bind(&mut self, name: &str) -> Output {
        let principal = if name.is_empty() { self.principal.clone() } else { Some(name.to_owned()) };
        let contact = format!("{}/line", principal.as_deref().unwrap_or("nobody"));
        self.contact = Some(contact.clone());
        let name = principal.clone().unwrap_or_default();
        let principal = principal.map(Alias::new);
        let (features, attributes) = (Vec::new(), Vec::new());
        self.report(contact, Event::Arrived(Arrival { principal, name, features, attributes }))
    }

    fn say(&mut self, contact: String, to: &str, text: &str) -> Output {
        let message = Message::text(text);
        self.report(contact, Event::Said(Said { to: Alias::new(to), message }))
    }

    fn report(&mut self, contact: String, event: Event) -> Output {
        self.references += 1;
        Output::Report(Report { reference: self.references, contact: Contact::new(contact), origin: None, event })
    }
}

fn receipt(id: &str, outcome: Result<(), Failure>) -> Output {
    Output::Receipt(Receipt { id: id.to_owned(), outcome })
}
