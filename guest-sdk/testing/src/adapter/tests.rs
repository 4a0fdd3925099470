//! The adapter driver drives.

use super::{CHANNEL, Endpoint, setup};
use cordboard_sdk::adapter::{Adapter, Chunk, Ending, Event, Input, Output, Report, Said, Setup, Timer};
use cordboard_sdk::frame::Framer;
use cordboard_sdk::model::{Body, Message, SavedState, Timestamp};
use cordboard_sdk::{info, saved};
use serde::{Deserialize, Serialize};

/// Lines in, each reported and echoed when it is settled; closes after 5 s of silence.
#[derive(Serialize, Deserialize)]
struct Echo {
    lines: Framer,
    waiting: Vec<(u64, String)>,
    next: u64,
}

impl Adapter for Echo {
    fn open(_now: Timestamp, setup: Setup) -> Result<Self, String> {
        match setup.role.as_str() {
            "server" => Ok(Self { lines: Framer::new(100), waiting: Vec::new(), next: 1 }),
            role => Err(format!("no role {role}")),
        }
    }

    fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        match input {
            Input::Received(chunk) => {
                self.lines.push(&chunk.data);
                let mut outputs = vec![Output::SetTimer(Timer { id: 1, at: Some(now + 5000) })];
                while let Some(Ok(line)) = self.lines.line() {
                    outputs.push(self.report(now, String::from_utf8_lossy(&line).into_owned()));
                }
                outputs
            }
            Input::Settled(settlement) => {
                let (settled, waiting) =
                    self.waiting.drain(..).partition(|(reference, _)| *reference == settlement.ref_);
                self.waiting = waiting;
                let send = |(_, line): (u64, String)| {
                    Output::Send(Chunk { channel: CHANNEL, data: line.into_bytes(), text: false })
                };
                settled.into_iter().map(send).collect::<Vec<_>>()
            }
            Input::Opened(opening) if opening.direction == "dialled" => vec![Output::Ready(opening.channel)],
            Input::Closed(_) => {
                self.lines = Framer::new(100);
                Vec::new()
            }
            Input::Timer(1) => {
                info!("silence");
                vec![Output::Close(Ending { channel: CHANNEL, reason: "idle".into() })]
            }
            _ => Vec::new(),
        }
    }

    fn save(&self) -> SavedState {
        saved::write(1, self)
    }

    fn restore(_setup: Setup, state: SavedState) -> Result<Self, String> {
        saved::read(&state, 1)
    }
}

impl Echo {
    fn report(&mut self, now: Timestamp, line: String) -> Output {
        let ref_ = self.next;
        self.next += 1;
        self.waiting.push((ref_, line.clone()));
        let body = Body::Text(line);
        let message = Message {
            id: String::new(),
            sender: String::new(),
            sender_name: String::new(),
            sent_at: now,
            body,
            language: None,
            attributes: vec![],
        };
        Output::Report(Report {
            ref_,
            contact: "peer".into(),
            origin: None,
            event: Event::Said(Said { to: String::new(), message }),
        })
    }
}

#[test]
fn what_is_settled_is_answered_also_after_a_reload() {
    let mut endpoint = Endpoint::<Echo>::open(setup()).unwrap();
    assert_eq!(endpoint.open_stream().0, []);
    assert_eq!(endpoint.receive_in_pieces("one\ntw", 2).report().ref_, 1);
    endpoint.reload().unwrap();
    assert_eq!(endpoint.receive("o\n").report().ref_, 2);
    assert_eq!(endpoint.settle(2).text(), "two");
    assert_eq!(endpoint.refuse(7, "busy", "later").text(), "");
}

#[test]
fn a_dialled_channel_is_up_when_the_adapter_says_so_and_is_lost() {
    let mut endpoint = Endpoint::<Echo>::open(setup()).unwrap();
    assert!(!endpoint.open_stream().is_ready());
    assert!(endpoint.dial(CHANNEL).is_ready());
    assert_eq!(endpoint.receive("on").proof(), None);
    assert!(endpoint.lose(CHANNEL).0.is_empty());
    assert_eq!(endpoint.receive("e\n").report().ref_, 1);
    assert_eq!(endpoint.settle(1).text(), "e");
}

#[test]
fn timers_fire_at_their_time() {
    let mut endpoint = Endpoint::<Echo>::open(setup()).unwrap();
    assert_eq!(endpoint.receive("x").reports(), [] as [&Report; 0]);
    assert_eq!(endpoint.next_timer(), Some((1, endpoint.now() + 5000)));
    assert!(!endpoint.advance(4000).closes());
    assert!(!endpoint.receive("y").closes());
    assert!(!endpoint.advance(4999).closes());
    assert!(endpoint.advance(1).closes());
    assert_eq!(crate::logged(), ["info: silence"]);
    assert!(!endpoint.advance(100_000).closes());
}

#[test]
fn settings_that_are_refused_are_an_error() {
    assert_eq!(Endpoint::<Echo>::open(Setup { role: "bot".into(), ..setup() }).err(), Some("no role bot".into()));
}
