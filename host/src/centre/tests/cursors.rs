//! What one says oneself needs no delivery: the centre passes it, and endpoints tell of nothing but others' messages (I3).

use super::{Desk, Person};
use crate::centre::Effect;
use crate::model::record::{Entry, Speaker};
use crate::model::{FeedId, Participant, Seq, SessionId};
use proptest::prelude::*;

fn cursor(desk: &Desk, participant: u32) -> u32 {
    desk.centre.cursors[&FeedId { session: SessionId(1), participant: Participant(participant) }].0
}

fn talking() -> (Desk, Person, Person, String) {
    let mut desk = Desk::with_agents(&["ann"]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.say(&ann, "", "accept");
    let alias = desk.alias(1);
    (desk, joe, ann, alias)
}

#[test]
fn ones_own_words_are_passed_with_what_was_delivered_before_them() {
    let (mut desk, joe, ann, alias) = talking();
    assert_eq!((cursor(&desk, 0), cursor(&desk, 1)), (1, 0), "joe's own, which ann has not been delivered");
    desk.delivered(&ann, 1, 1, 1);
    desk.say(&ann, &alias, "good morning");
    assert_eq!((cursor(&desk, 0), cursor(&desk, 1)), (1, 2));
    desk.say(&joe, "billing", "my bill");
    desk.say(&joe, "billing", "is wrong");
    assert_eq!(cursor(&desk, 0), 1, "ann's is not delivered yet");
    desk.delivered(&joe, 1, 0, 2);
    assert_eq!(cursor(&desk, 0), 4);
}

/// An endpoint that tells as `transport::endpoint::feeds` does: of others' messages, with one's own right behind them.
#[derive(Debug, Clone, Copy)]
struct Told {
    participant: Participant,
    through: Seq,
}

impl Told {
    /// The next message is acknowledged: how far the endpoint says that it has got.
    fn acknowledged(&mut self, transcript: &[Entry]) -> Option<Seq> {
        let is_own = |entry: &&Entry| entry.speaker == Speaker::Participant(self.participant);
        let rest = transcript.iter().filter(|entry| entry.seq > self.through);
        let others = rest.clone().find(|entry| !is_own(entry))?.seq;
        let behind = rest.skip_while(|entry| entry.seq <= others).take_while(is_own).count();
        self.through = Seq(others.0 + u32::try_from(behind).expect("a transcript is short"));
        Some(self.through)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 400, ..ProptestConfig::default() })]

    /// However late acknowledgements are, and whoever drops: when all is acknowledged, every cursor is at the end, and never before.
    #[test]
    fn every_cursor_gets_to_the_end(steps in prop::collection::vec(0u8..6, 1..60)) {
        let (mut desk, mut joe, ann, alias) = talking();
        let mut told = [0, 1].map(|number| Told { participant: Participant(number), through: Seq(0) });
        for step in steps.into_iter().chain([3; 60]).chain([4; 60]) {
            match step {
                0 | 1 => drop(desk.say(&joe, "billing", "hm")),
                2 => drop(desk.say(&ann, &alias, "hm")),
                3 | 4 => {
                    let (told, person) = if step == 3 { (&mut told[0], &joe) } else { (&mut told[1], &ann) };
                    let through = told.acknowledged(&desk.ledger.transcripts[&SessionId(1)]);
                    let number = told.participant.0;
                    if let Some(through) = through {
                        desk.delivered(person, 1, number, through.0);
                    }
                }
                _ => {
                    desk.gone(&joe);
                    let from = desk.outputs.len();
                    joe = desk.customer("joe");
                    let effects = desk.outputs[from..].iter().flat_map(|output| &output.effects);
                    let mut after = effects.filter_map(|effect| match effect {
                        Effect::Feed(to, feed) if *to == joe.endpoint => Some(feed.after),
                        _ => None,
                    });
                    told[0].through = after.next_back().expect("who returns is delivered his session");
                }
            }
            // No cursor is beyond a message of another that is not acknowledged.
            for told in &told {
                let at = cursor(&desk, told.participant.0);
                let entries = desk.ledger.transcripts[&SessionId(1)].iter();
                let mut passed = entries.filter(|entry| entry.seq > told.through && entry.seq.0 <= at);
                prop_assert!(passed.all(|entry| entry.speaker == Speaker::Participant(told.participant)));
            }
        }
        let last = desk.centre.sessions.get(SessionId(1)).expect("it is active").last.0;
        prop_assert_eq!((cursor(&desk, 0), cursor(&desk, 1)), (last, last));
    }
}
