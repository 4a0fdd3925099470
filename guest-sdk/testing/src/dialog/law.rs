//! The law of the dialog contract, checked with customers who say anything, at any time.
//!
//! - A dialog that is saved and restored before every event does the same as one that is kept.
//! - From its beginning to its end it is never dumb: it has said something, or waits for a timer or for an answer of the host.
//! - `enqueue`, `divert` and `close` are its end: after them it does nothing more, in that answer or later.
//! - An answer has so many actions at most, the saved state so many bytes.
//! - A timer is set for later than now.

use super::{context, said};
use crate::violation::Violation;
use cordboard_sdk::dialog::{Action, Answered, Asking, Context, Dialog, Done, Event, Fetched, Found, Setup};
use cordboard_sdk::model::{Attribute, Body, Extension, Failure, HttpResponse, Reference, SavedState, Timestamp};
use cordboard_sdk::random::Random;
use std::collections::BTreeMap;

/// Conversations in [`Customers::check_law`].
const WALKS: u64 = 200;
/// Events of a conversation, if it does not end before.
const EVENTS: u32 = 60;
/// Events after its end.
const LATE: u32 = 5;
/// A customer answers within so much time, or later than any timer.
const PAUSE_MS: u64 = 30_000;

/// Made-up customers, and what is expected of a dialog with them.
///
/// ```
/// # use cordboard_sdk::dialog::{Action, Dialog, Event, Setup};
/// # use cordboard_sdk::model::{SavedState, Timestamp};
/// # use cordboard_sdk_testing::dialog::{Customers, setup};
/// # struct Closed;
/// # impl Dialog for Closed {
/// #     fn open(_: Timestamp, _: Setup) -> Result<Self, String> { Ok(Self) }
/// #     fn handle(&mut self, _: Timestamp, event: Event) -> Vec<Action> {
/// #         if let Event::Started(_) = event { vec![Action::Close("We are closed.".into())] } else { vec![] }
/// #     }
/// #     fn save(&self) -> SavedState { cordboard_sdk::saved::write(1, &()) }
/// #     fn restore(_: Setup, _: SavedState) -> Result<Self, String> { Ok(Self) }
/// # }
/// let ended = Customers::new(setup(), &["yes", "no", "I don't know"]).check_law::<Closed>().unwrap();
/// assert_eq!(ended, 200, "every conversation came to its end");
/// ```
#[derive(Debug, Clone)]
pub struct Customers {
    /// What the dialog is opened and restored with.
    pub setup: Setup,
    /// What it begins with.
    pub context: Context,
    /// What customers say.
    pub words: Vec<String>,
    /// Actions of one answer.
    pub most_actions: usize,
    /// Bytes of a saved state.
    pub most_state_bytes: usize,
}

/// An event of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// What the dialog was told.
    pub event: Event,
    /// What it did.
    pub actions: Vec<Action>,
}

impl Customers {
    /// Customers at the link `billing` who say these words; ten actions and 16 KiB of state are enough.
    pub fn new(setup: Setup, words: &[&str]) -> Self {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        Self { setup, context: context(), words, most_actions: 10, most_state_bytes: 16 * 1024 }
    }

    /// Two hundred conversations. Says how many of them came to an end.
    pub fn check_law<D: Dialog>(&self) -> Result<usize, Violation> {
        let mut ended = 0;
        for seed in 0..WALKS {
            let steps = self.walk::<D>(seed)?;
            ended += usize::from(steps.iter().any(|step| step.actions.iter().any(is_end)));
        }
        Ok(ended)
    }

    /// One conversation, the same for the same seed: until its end and a little longer, or for so long that it may as well go on.
    pub fn walk<D: Dialog>(&self, seed: u64) -> Result<Vec<Step>, Violation> {
        let mut walk = Walk::<D>::open(self, seed)?;
        walk.take(Event::Started(self.context.clone()))?;
        let mut late = 0;
        for _ in 0..EVENTS {
            let event = walk.next_event();
            walk.take(event)?;
            late += u32::from(walk.is_over);
            if late > LATE {
                break;
            }
        }
        Ok(walk.steps)
    }
}

fn is_end(action: &Action) -> bool {
    matches!(action, Action::Enqueue(_) | Action::Divert(_) | Action::Close(_))
}

/// A conversation, with the dialog twice: kept, and restored.
struct Walk<'a, D> {
    customers: &'a Customers,
    dice: Random,
    kept: D,
    saved: SavedState,
    now: Timestamp,
    said: u32,
    timers: BTreeMap<u32, Timestamp>,
    /// What the host will answer.
    owed: Vec<Event>,
    is_over: bool,
    has_spoken: bool,
    steps: Vec<Step>,
}

impl<'a, D: Dialog> Walk<'a, D> {
    fn open(customers: &'a Customers, seed: u64) -> Result<Self, Violation> {
        let now = 1_000_000;
        let open = || D::open(now, customers.setup.clone());
        let refused = |error| Violation(format!("the settings are refused: {error}"));
        let (kept, other) = (open().map_err(refused)?, open().map_err(refused)?);
        Ok(Self {
            customers,
            dice: Random::new(&seed.to_le_bytes()),
            kept,
            saved: other.save(),
            now,
            said: 0,
            timers: BTreeMap::new(),
            owed: Vec::new(),
            is_over: false,
            has_spoken: false,
            steps: Vec::new(),
        })
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.dice.number() % limit.max(1)
    }

    fn one_of<'b, T: ?Sized>(&mut self, things: &[&'b T]) -> Option<&'b T> {
        let index = self.below(things.len() as u64);
        things.get(usize::try_from(index).unwrap_or_default()).copied()
    }

    /// What happens next, and when.
    fn next_event(&mut self) -> Event {
        if !self.owed.is_empty() && self.below(2) == 0 {
            return self.owed.remove(0);
        }
        let next_timer = self.timers.iter().map(|(id, at)| (*at, *id)).min();
        let is_patient = self.below(4) == 0;
        let then = self.now + 1 + self.below(PAUSE_MS);
        if let Some((at, id)) = next_timer.filter(|(at, _)| is_patient || *at <= then) {
            self.now = self.now.max(at);
            self.timers.remove(&id);
            return Event::Timer(id);
        }
        self.now = then;
        match self.below(16) {
            0 => {
                let how = self.one_of(&["customer-left", "customer-back", "agent-joined", "agent-left"]);
                Event::Turned(how.unwrap_or_default().to_owned())
            }
            1 => Event::Other(Extension { name: "news".to_owned(), value: Vec::new() }),
            2 => self.says(Body::FormReply(Vec::new())),
            _ => {
                let customers = self.customers;
                let words: Vec<&str> = customers.words.iter().map(String::as_str).collect();
                let words = self.one_of(&words).unwrap_or_default().to_owned();
                self.says(Body::Text(words))
            }
        }
    }

    fn says(&mut self, body: Body) -> Event {
        self.said += 1;
        said(self.said, self.now, body)
    }

    /// Gives it to both, and looks at what they do.
    fn take(&mut self, event: Event) -> Result<(), Violation> {
        let restored = D::restore(self.customers.setup.clone(), self.saved.clone());
        let mut restored =
            restored.map_err(|error| self.broken(&event, &format!("it does not read what it saved: {error}")))?;
        let actions = self.kept.handle(self.now, event.clone());
        let restored_actions = restored.handle(self.now, event.clone());
        if actions != restored_actions {
            let why = format!("it does {actions:?}, and after save and restore {restored_actions:?}");
            return Err(self.broken(&event, &why));
        }
        self.saved = restored.save();
        self.judge(&actions).map_err(|why| self.broken(&event, &why))?;
        for action in &actions {
            self.note(action);
        }
        let is_begun_and_dumb = !self.is_over && !self.has_spoken && self.timers.is_empty() && self.owed.is_empty();
        if is_begun_and_dumb {
            return Err(self.broken(&event, "it says nothing and waits for nothing"));
        }
        self.steps.push(Step { at: self.now, event, actions });
        Ok(())
    }

    fn judge(&self, actions: &[Action]) -> Result<(), String> {
        let (most, bytes) = (self.customers.most_actions, self.saved.bytes.len());
        let behind_the_end = actions.iter().skip_while(|action| !is_end(action)).nth(1);
        if self.is_over && !actions.is_empty() {
            return Err(format!("it was over, and it does {actions:?}"));
        }
        if let Some(more) = behind_the_end {
            return Err(format!("behind its end it does {more:?}"));
        }
        if actions.len() > most {
            return Err(format!("it does {} things; expected at most {most}", actions.len()));
        }
        if bytes > self.customers.most_state_bytes {
            return Err(format!("it saves {bytes} bytes; expected at most {}", self.customers.most_state_bytes));
        }
        let timer = actions.iter().find_map(|action| match action {
            Action::SetTimer(timer) => timer.at.filter(|at| *at <= self.now),
            _ => None,
        });
        timer.map_or(Ok(()), |at| Err(format!("at {} it sets a timer for {at}; expected later", self.now)))
    }

    /// What follows of an action.
    fn note(&mut self, action: &Action) {
        self.is_over |= is_end(action);
        let fails = self.below(2) == 0;
        let failure = || Failure::new("timeout", "no answer came");
        match action {
            Action::Say(_) => self.has_spoken = true,
            Action::Ask(asking) => {
                self.has_spoken = true;
                let answered = self.answered(asking);
                self.owed.push(answered);
            }
            Action::SetTimer(timer) => match timer.at {
                Some(at) => drop(self.timers.insert(timer.id, at)),
                None => drop(self.timers.remove(&timer.id)),
            },
            Action::Fetch(fetching) => {
                let response = HttpResponse { status: 200, headers: Vec::new(), body: Vec::new() };
                let reply = if fails { Err(failure()) } else { Ok(response) };
                self.owed.push(Event::Fetched(Fetched { ref_: fetching.ref_, reply }));
            }
            Action::LookUp(look_up) => {
                let rows = if fails { Err(failure()) } else { Ok(Vec::new()) };
                self.owed.push(Event::Found(Found { ref_: look_up.ref_, rows }));
            }
            Action::Change(change) => self.owe_done(change.ref_, fails),
            Action::Watch(alert) => self.owe_done(alert.ref_, fails),
            _ => {}
        }
    }

    fn owe_done(&mut self, reference: Reference, fails: bool) {
        let outcome = if fails { Err(Failure::new("not-allowed", "it may not")) } else { Ok(()) };
        self.owed.push(Event::Done(Done { ref_: reference, outcome }));
    }

    /// A form comes back with an option for each field, or words.
    fn answered(&mut self, asking: &Asking) -> Event {
        let customers = self.customers;
        let words: Vec<&str> = customers.words.iter().map(String::as_str).collect();
        let mut values = Vec::new();
        for field in &asking.form.fields {
            let options: Vec<&str> = field.options.iter().map(|option| option.value.as_str()).collect();
            let value = self.one_of(if options.is_empty() { &words } else { &options });
            values.push(Attribute::new(field.name.as_str(), value.unwrap_or_default()));
        }
        Event::Answered(Answered { form: asking.name.clone(), values })
    }

    /// With the conversation so far: without it nobody finds the fault.
    fn broken(&self, event: &Event, why: &str) -> Violation {
        let told = |step: &Step| format!("{} {:?}\n    {:?}\n", step.at, step.event, step.actions);
        let told: String = self.steps.iter().map(told).collect();
        Violation(format!("{why}\nthe conversation:\n{told}{} {event:?}", self.now))
    }
}
