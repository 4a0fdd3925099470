//! A guest that answers anything: outputs out of the same bytes that the world is played from.

use super::boundary::Boundary;
use super::program::Program;
use crate::model::adapter::{
    Adapter, AdapterFactory, Arrival, Authentication, Chunk, Ending, Event, GuestFailure, Input, Output, Published,
    Receipt, Report, Said, Setup, Subscription, Timer,
};
use crate::model::{Alias, Body, Contact, Digest, Extension, Failure, Message, SavedState, Timestamp};
use std::sync::{Arc, Mutex};

/// Events of one run.
const EVENTS: usize = 128;

/// Runs a program against an endpoint whose guest is the same program.
///
/// # Panics
/// When the endpoint does not hold its limits, or believes the guest what it may not.
pub fn outputs(data: &[u8]) {
    let mut program = Program::new(data);
    let lasting = program.yes();
    let answers = Arc::new(Mutex::new(Program::new(data.get(1..).unwrap_or_default())));
    let Some(mut boundary) = Boundary::open(Arc::new(Liar(answers)), lasting, false) else { return };
    for _ in 0..EVENTS {
        if program.is_over() || boundary.is_gone() {
            return;
        }
        boundary.step(&mut program);
    }
}

/// Makes guests that answer out of one program, one after the other.
struct Liar(Arc<Mutex<Program>>);

impl AdapterFactory for Liar {
    fn open(&self, _: Timestamp, _: &Setup) -> Result<Box<dyn Adapter>, GuestFailure> {
        Ok(Box::new(Self(Arc::clone(&self.0))))
    }

    fn restore(&self, _: &Setup, _: &SavedState) -> Result<Box<dyn Adapter>, GuestFailure> {
        let refuses = self.0.lock().expect("nobody panics with it").byte() == 255;
        if refuses { Err(GuestFailure::Refused("not today".to_owned())) } else { self.open(Timestamp(0), &setup()) }
    }

    fn digest(&self) -> Digest {
        Digest([0; 32])
    }
}

impl Adapter for Liar {
    fn handle(&mut self, now: Timestamp, _: &Input) -> Result<Vec<Output>, GuestFailure> {
        let mut program = self.0.lock().expect("nobody panics with it");
        match program.byte() {
            250.. => Err(GuestFailure::Trapped("invented".to_owned())),
            245.. => Err(GuestFailure::Refused("invented".to_owned())),
            // More than is allowed.
            244 => Ok(vec![Output::Ready(1); 2_000]),
            count => Ok((0..count % 5).map(|_| output(now, &mut program)).collect()),
        }
    }

    fn save(&mut self) -> Result<SavedState, GuestFailure> {
        match self.0.lock().expect("nobody panics with it").byte() {
            255 => Err(GuestFailure::Trapped("invented".to_owned())),
            254 => Ok(SavedState { format: 1, bytes: vec![0; 2 * 1024 * 1024] }),
            _ => Ok(SavedState { format: 1, bytes: Vec::new() }),
        }
    }
}

fn setup() -> Setup {
    Setup {
        side: crate::model::Side::Customer,
        role: String::new(),
        domain: String::new(),
        settings: String::new(),
        seed: Vec::new(),
        attributes: Vec::new(),
    }
}

fn output(now: Timestamp, program: &mut Program) -> Output {
    let channel = u32::from(program.byte() % 4);
    match program.number(15) {
        0 | 1 => {
            let data = if program.byte() == 0 { vec![b'x'; 40_000] } else { program.chunk() };
            Output::Send(Chunk { channel, data, text: false })
        }
        2 => Output::StartTls(channel),
        3 => Output::Verify(step(channel, program)),
        4 => Output::Prove(step(channel, program)),
        5 => {
            let at = program.yes().then(|| program.later(now));
            Output::SetTimer(Timer { id: u32::from(program.byte()), at })
        }
        6..=9 => Output::Report(Report {
            reference: u64::from(program.byte()),
            contact: Contact::new(program.text()),
            origin: None,
            event: event(program),
        }),
        10 => {
            let outcome = if program.yes() { Ok(()) } else { Err(Failure::new("gone", "")) };
            Output::Receipt(Receipt { id: format!("1-0-{}", program.byte()), outcome })
        }
        11 => Output::Close(Ending { channel, reason: program.text() }),
        12 => Output::Ready(channel),
        13 => Output::Skipped(Contact::new(program.text())),
        _ => Output::Other(Extension { name: program.text(), value: program.chunk() }),
    }
}

fn step(channel: u32, program: &mut Program) -> Authentication {
    Authentication {
        reference: u64::from(program.byte()),
        channel: program.yes().then_some(channel),
        scheme: program.text(),
        secret: program.text(),
        data: program.chunk(),
        attributes: Vec::new(),
    }
}

fn event(program: &mut Program) -> Event {
    match program.number(7) {
        0 | 1 => {
            let principal =
                program.yes().then(|| Alias::new(if program.yes() { "joe".into() } else { program.text() }));
            Event::Arrived(Arrival { principal, name: program.text(), features: Vec::new(), attributes: Vec::new() })
        }
        2 => Event::Left(program.text()),
        3 => Event::AskedRoster,
        4 => Event::Published(Published { expires: None, tuples: Vec::new() }),
        5 => Event::Subscribed(Subscription { presentity: Alias::new(program.text()), expires: None }),
        _ => {
            let message = Message {
                id: String::new(),
                sender: Alias::default(),
                sender_name: String::new(),
                sent_at: Timestamp(0),
                body: Body::Text(program.text()),
                language: None,
                attributes: Vec::new(),
            };
            Event::Said(Said { to: Alias::new(program.text()), message })
        }
    }
}
