//! Transcripts as files, in components, in the engine; and rules before the law.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

use super::law::{AGENTS, SESSIONS, check_crowd};
use super::people::crowd;
use super::{
    Observed, Passed, SECTION, Transcript, TrialError, check_embedded, check_law, embedded, play, play_within, record,
    settings,
};
use crate::model::limits::{Limits, TRIAL_CALLS, TRIALS};
use crate::model::rule::Change;
use crate::plugin::AnyPlugin;
use crate::plugin::tests::components::{self, component, load};
use expect_test::{Expect, expect};
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use wasm_encoder::{ComponentSection as _, CustomSection};

fn transcript(text: &str) -> Transcript {
    Transcript::new("first", text.to_owned()).unwrap()
}

/// Two agents, of whom the second is idle longer, and what should come of the question.
fn idle(answers: &str) -> Transcript {
    transcript(&format!(
        "# Who is idle longest.\ntrial 1 rule\nat 100000\n\
         > agent {{\"agent\":1,\"idle_since\":300}}\n> agent {{\"agent\":2,\"idle_since\":100}}\n> session {{\"session\":7}}\n\
         > rank-agents {{\"session\":7,\"explain\":true}}\n{answers}"
    ))
}

const RIGHT: &str = "< keep [{\"agent\":1,\"tier\":1},{\"agent\":2,\"tier\":0}]\n\
                     < note {\"agent\":1,\"session\":7,\"text\":\"idle for 99 s\"}\n\
                     < note {\"agent\":2,\"session\":7,\"text\":\"idle for 99 s\"}\n";

fn longest_idle() -> AnyPlugin {
    load("longest-idle", &Limits::default())
}

#[track_caller]
fn refused(text: &str, expected: &Expect) {
    expected.assert_eq(&play(&longest_idle(), &transcript(text)).unwrap_err().to_string());
}

#[test]
fn a_transcript_that_comes_out_passes_however_it_is_spelt() {
    assert_eq!(play(&longest_idle(), &idle(RIGHT)), Ok(5));
    let spelt =
        RIGHT.replace("{\"agent\":1,\"tier\":1}", "{ \"tier\": 1, \"agent\": 1 }").replace("\n<", "\n\n# Why.\n  <");
    assert_eq!(play(&longest_idle(), &idle(&spelt)), Ok(5));
}

#[test]
fn what_differs_is_shown_with_file_and_line() {
    let wrong = RIGHT.replace("\"tier\":1", "\"tier\":2");
    let told = play(&longest_idle(), &idle(&wrong)).unwrap_err().to_string();
    expect![[r#"
        trials/first.trial:7: > rank-agents {"session":7,"explain":true}
             8 - keep [{"agent":1,"tier":2},{"agent":2,"tier":0}]
               + keep [{"agent":1,"tier":1},{"agent":2,"tier":0}]"#]]
    .assert_eq(&told);
    let told = play(&longest_idle(), &idle("< recheck 5\n")).unwrap_err().to_string();
    expect![[r#"
        trials/first.trial:7: > rank-agents {"session":7,"explain":true}
             8 - recheck 5
               + keep [{"agent":1,"tier":1},{"agent":2,"tier":0}]
               + note {"agent":1,"session":7,"text":"idle for 99 s"}
               + note {"agent":2,"session":7,"text":"idle for 99 s"}"#]]
    .assert_eq(&told);
}

#[test]
fn long_lines_show_where_they_begin_to_differ() {
    let xmpp = load("xmpp", &Limits::default());
    let text = "trial 1 adapter\nsetup {\"attributes\":{\"tls\":\"none\"}}\n\
        > opened {\"channel\":1,\"transport\":\"stream\",\"direction\":\"accepted\"}\n< set-timer {\"id\":1,\"at\":1030000}\n\
        > received {\"channel\":1,\"data\":\"<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>\"}\n";
    let right = record(&xmpp, &transcript(text)).unwrap();
    let told =
        play(&xmpp, &transcript(&right.replace("from='localhost'", "from='elsewhere'"))).unwrap_err().to_string();
    assert!(told.contains("expected here …") && told.contains("from='elsewhere'"), "{told}");
}

#[test]
fn what_can_not_be_read_is_named_with_its_line() {
    refused(
        "",
        &expect!["trials/first.trial:1: expected `trial 1 rule`, `trial 1 adapter` or `trial 1 dialog`, found \"\""],
    );
    refused(
        "trial 2 rule\n",
        &expect![
            "trials/first.trial:1: expected `trial 1 rule`, `trial 1 adapter` or `trial 1 dialog`, found \"trial 2 rule\""
        ],
    );
    refused(
        "trial 1 dialog\n",
        &expect!["trials/first.trial:1: is a transcript of a plugin of kind dialog, this plugin is of kind rule"],
    );
    refused(
        "trial 1 rule\n> agent {\"agent\":1\n",
        &expect![
            "trials/first.trial:2: what follows the word is not JSON: EOF while parsing an object at line 1 column 10"
        ],
    );
    refused(
        "trial 1 rule\n\n> agent {\"agnt\":1}\n",
        &expect![
            "trials/first.trial:3: unknown field `agnt`, expected one of `agent`, `name`, `kind`, `state`, `since`, `idle_since`, `queues`, `skills`, `loads`, `software`, `attributes`"
        ],
    );
    refused(
        "trial 1 rule\nsing\n",
        &expect!["trials/first.trial:2: expected `>`, `<`, `at`, `setup` or `#`, found \"sing\""],
    );
    refused(
        "trial 1 rule\n> agent-gone 1\n< keep []\n",
        &expect![
            "trials/first.trial:3: nothing comes of this call; only `rank-agents` and `rank-sessions` have answers"
        ],
    );
    refused(
        "trial 1 rule\nat 5\n> agent-gone 1\nat 4\n",
        &expect!["trials/first.trial:4: time does not go back: it is 5 already"],
    );
    refused(
        "trial 1 rule\n> agent-gone 1\nsetup {}\n",
        &expect!["trials/first.trial:3: `setup` comes before what goes in and out"],
    );
    refused(
        "trial 1 rule\nat soon\n",
        &expect!["trials/first.trial:2: expected milliseconds, as 1000 or +500, found \"soon\""],
    );
}

#[test]
fn answers_are_written_anew_and_nothing_else_is_changed() {
    let plugin = longest_idle();
    for before in ["", RIGHT, "< recheck 5\n"] {
        assert_eq!(record(&plugin, &idle(before)).unwrap(), idle(RIGHT).text);
    }
    let commented = idle("# Why.\n< recheck 5\n\nat +1\n> rank-sessions {\"agent\":1}\n");
    let recorded = record(&plugin, &commented).unwrap();
    let end =
        format!("{RIGHT}# Why.\n\nat +1\n> rank-sessions {{\"agent\":1}}\n< keep [{{\"session\":7,\"tier\":0}}]\n");
    assert!(recorded.ends_with(&end), "{recorded}");
    assert_eq!(play(&plugin, &transcript(&recorded)), Ok(6));
}

#[test]
fn a_refusal_is_an_answer_to_the_opening() {
    let plugin = load("traps-rule", &Limits::default());
    let refusing = transcript("trial 1 rule\nsetup {\"settings\":{\"refuse\":true}}\n");
    let recorded = record(&plugin, &refusing).unwrap();
    assert_eq!(recorded, refusing.text + "< refused \"these settings say refuse\"\n");
    assert_eq!(play(&plugin, &transcript(&recorded)), Ok(1));
}

#[test]
fn a_failure_names_the_call_and_what_became_of_it() {
    let plugin = load("loops-rule", &Limits::default());
    let looping = transcript(
        "trial 1 rule\n> agent {\"agent\":1}\n> session {\"session\":7,\"queue\":\"loop\"}\n> rank-agents {\"session\":7}\n",
    );
    expect![[r#"
        trials/first.trial:4: > rank-agents {"session":7}
            the plugin used all its fuel (5100000); an endless loop, or more work than a call may do"#]]
    .assert_eq(&play(&plugin, &looping).unwrap_err().to_string());
}

#[test]
fn memory_is_read_back_by_a_reload_and_given_by_a_setup() {
    let plugin = load("traps-rule", &Limits::default());
    let people = "> agent {\"agent\":1}\n> session {\"session\":7,\"queue\":\"billing\"}\n";
    let learned = format!(
        "trial 1 rule\n{people}> learned {{\"session\":7,\"agent\":1,\"outcome\":\"offered\"}}\n> reload\n> rank-agents {{\"session\":7,\"explain\":true}}\n"
    );
    let recorded = record(&plugin, &transcript(&learned)).unwrap();
    assert!(recorded.contains("\"text\":\"rank 1\""), "{recorded}");
    let given = format!(
        "trial 1 rule\nsetup {{\"state\":{{\"format\":1,\"bytes\":{{\"hex\":\"05\"}}}}}}\n{people}> rank-agents {{\"session\":7,\"explain\":true}}\n"
    );
    let recorded = record(&plugin, &transcript(&given)).unwrap();
    assert!(recorded.contains("\"text\":\"rank 5\""), "{recorded}");
}

#[test]
fn adapters_and_dialogs_have_transcripts_too() {
    let adapter = transcript(
        "trial 1 adapter\n> received {\"channel\":3,\"data\":\"hello\"}\n> reload\n> received {\"channel\":3,\"data\":\"again\"}\n> sort-key \"joe\"\n",
    );
    let recorded = record(&load("echoes", &Limits::default()), &adapter).unwrap();
    expect![[r#"
        trial 1 adapter
        > received {"channel":3,"data":"hello"}
        < send {"channel":3,"data":"1 hello"}
        > reload
        > received {"channel":3,"data":"again"}
        < send {"channel":3,"data":"2 again"}
        > sort-key "joe"
        < key "joe"
    "#]]
    .assert_eq(&recorded);
    let dialog = transcript(
        "trial 1 dialog\n> timer 1\n> said {\"body\":{\"text\":\"a\"}}\n> said {\"body\":{\"text\":\"bye\"}}\n",
    );
    let recorded = record(&load("traps-dialog", &Limits::default()), &dialog).unwrap();
    expect![[r#"
        trial 1 dialog
        > timer 1
        < say {"text":"hello"}
        > said {"body":{"text":"a"}}
        < say {"text":"1 a"}
        > said {"body":{"text":"bye"}}
        < close "bye"
    "#]]
    .assert_eq(&recorded);
}

/// A component with one more transcript in it.
fn with(mut component: Vec<u8>, content: &[u8]) -> Vec<u8> {
    CustomSection { name: SECTION.into(), data: content.into() }.append_to_component(&mut component);
    component
}

#[test]
fn the_transcripts_of_our_own_plugins_are_in_their_components_and_come_out() {
    for (name, least) in [("longest-idle", 2), ("least-busy", 3), ("xmpp", 4)] {
        let passed = check_embedded(&load(name, &Limits::default()), &component(name))
            .unwrap_or_else(|error| panic!("{name}\n{error}"));
        assert!(passed.trials >= least && passed.calls > passed.trials, "{name}: {passed:?}");
    }
    assert_eq!(
        check_embedded(&load("traps-rule", &Limits::default()), &component("traps-rule")),
        Ok(Passed::default())
    );
}

#[test]
fn a_component_with_a_transcript_that_does_not_come_out_does_not_pass() {
    let plugin = load("traps-rule", &Limits::default());
    let bytes = with(component("traps-rule"), b"wrong\ntrial 1 rule\n< refused \"no\"\n");
    let told = check_embedded(&plugin, &bytes).unwrap_err().to_string();
    assert!(told.starts_with("trials/wrong.trial:1: > setup\n     2 - refused \"no\""), "{told}");
    for broken in [&b"no line feed"[..], b"UPPER\ntrial 1 rule\n", b"\xff\n"] {
        let told = check_embedded(&plugin, &with(component("traps-rule"), broken)).unwrap_err();
        assert!(matches!(told, TrialError::Name { .. }), "{told}");
    }
    let many = (0..=TRIALS).fold(component("traps-rule"), |bytes, _| with(bytes, b"a\ntrial 1 rule\n"));
    assert!(matches!(embedded(&many), Err(TrialError::TooMany { found, .. }) if found == TRIALS + 1));
}

#[test]
fn settings_are_those_of_the_transcripts() {
    let of = |text: &str| transcript(&format!("trial 1 rule\n{text}"));
    assert_eq!(settings(&[]).unwrap(), ["{}"]);
    let transcripts = [of("setup {\"settings\":{\"a\":1}}\n"), of(""), of("setup {\"settings\":{\"a\": 1}}\n")];
    assert_eq!(settings(&transcripts).unwrap(), [r#"{"a":1}"#, "{}"]);
}

#[test]
fn honest_rules_keep_the_law_in_the_engine() {
    for name in ["longest-idle", "least-busy"] {
        assert_eq!(check_law(&components::rule(name), "{}"), Observed::Kept(8 * 2 * 12 * 8), "{name}");
    }
    let refused = check_law(&components::rule("longest-idle"), r#"{"a":1}"#);
    assert!(matches!(&refused, Observed::Refused(words) if words.contains("unknown field `a`")), "{refused:?}");
}

#[test]
fn a_rule_with_moods_is_found() {
    let told = check_law(&components::rule("moody"), "{}");
    let expected = "crowd 0: session 0 and agent 0: rank-agents keeps the agent, rank-sessions drops the session";
    assert_eq!(told, Observed::Broken(expected.to_owned()));
}

#[test]
fn a_rule_that_fails_is_found() {
    let mut people = crowd(0, AGENTS, SESSIONS);
    let Some(Change::Session(session)) = people.last_mut() else { panic!("sessions come last") };
    session.queue = "trap".to_owned();
    let told = check_crowd(&components::rule("traps-rule"), "{}", &people);
    assert!(matches!(&told, Observed::Broken(words) if words.contains("the rule trapped")), "{told:?}");
}

#[test]
fn settings_that_the_host_would_refuse_do_not_pass() {
    let odd = transcript("trial 1 rule\nsetup {\"settings\":{\"memory_bytes\":1}}\n");
    expect!["trials/first.trial: the plugin takes these settings, but the host would refuse them: [settings] of plugin.toml has no setting `memory_bytes`; correct the schema or the transcript"]
        .assert_eq(&play(&load("traps-rule", &Limits::default()), &odd).unwrap_err().to_string());
}

#[test]
fn a_trial_has_so_many_calls_and_no_more() {
    let calls = |number: usize| format!("many\ntrial 1 rule\n{}", "> agent-gone 1\n".repeat(number));
    let plugin = load("traps-rule", &Limits::default());
    let full = with(component("traps-rule"), calls(TRIAL_CALLS).as_bytes());
    assert_eq!(check_embedded(&plugin, &full), Ok(Passed { trials: 1, calls: TRIAL_CALLS + 1 }));
    let over = with(full, b"more\ntrial 1 rule\n> agent-gone 1\n");
    assert_eq!(check_embedded(&plugin, &over), Err(TrialError::TooManyCalls { found: TRIAL_CALLS + 1 }));
}

#[test]
fn all_transcripts_together_have_so_much_fuel() {
    let plugin = load("traps-rule", &Limits::default());
    let one = transcript("trial 1 rule\n> agent-gone 1\n> agent-gone 2\n");
    let before = plugin.stats().read().fuel;
    assert_eq!(play_within(u64::MAX, &plugin, &one), Ok(3));
    let taken = plugin.stats().read().fuel - before;
    let on_trial = plugin.on_trial();
    assert_eq!(play_within(taken, &on_trial, &one), Ok(3));
    let told = play_within(taken + 1, &on_trial, &one).unwrap_err();
    assert_eq!(told, TrialError::Fuel { trial: "first".to_owned(), line: 2, fuel: taken + 1 });
}

#[test]
fn what_happens_on_trial_is_not_counted_of_the_plugin() {
    let plugin = load("traps-rule", &Limits::default());
    let before = plugin.stats().read();
    let bytes = with(component("traps-rule"), b"odd\ntrial 1 rule\nsetup {\"settings\":{\"memory_bytes\":1}}\n");
    assert!(check_embedded(&plugin, &bytes).is_err());
    assert_eq!(plugin.stats().read(), before);
}

/// Of what the dialog `questions` takes, most work for so many bytes: short words for choices, and short translations of their labels.
fn densest(questions: usize, words: usize, languages: usize) -> Value {
    let choice = |question: usize, number: usize| {
        let words = (b'a'..).take(words).map(|letter| format!("{}{number}", char::from(letter)));
        json!({"value": format!("v{question}-{number}"), "words": words.collect::<Vec<String>>()})
    };
    let question = |at| {
        let choices: Vec<Value> = (0..20).map(|number| choice(at, number)).collect();
        json!({"name": format!("q{at}"), "text": "?", "choices": choices})
    };
    let labels = (0..questions).flat_map(|at| (0..20).map(move |number| format!("v{at}-{number}")));
    let texts: Map<String, Value> = labels.map(|label| (label.clone(), json!(label + "x"))).collect();
    let tags = (b'a'..).take(languages).map(|letter| format!("a{}", char::from(letter)));
    let languages: Map<String, Value> = tags.map(|tag| (tag, json!(texts))).collect();
    json!({"questions": (0..questions).map(question).collect::<Vec<Value>>(), "languages": languages})
}

/// They are read at every event, within the fuel of a call.
#[test]
fn the_most_settings_that_questions_takes_fit_in_a_call() {
    let questions = load("questions", &Limits::default());
    let told = |settings: &Value| {
        let text = format!(
            "trial 1 dialog\nsetup {{\"settings\":{settings}}}\n> started {{\"medium\":\"chat\",\"language\":\"aa\"}}\n\
             > said {{\"body\":{{\"text\":\"20\"}}}}\n"
        );
        record(&questions, &transcript(&text)).unwrap()
    };
    for settings in [densest(5, 20, 1), densest(5, 0, 8)] {
        let bytes = settings.to_string().len();
        assert!((15_000..16_384).contains(&bytes), "{bytes} bytes");
        let told = told(&settings);
        assert!(told.contains("< say {\"text\":\"?\\n1 v0-0x\\n2 v0-1x\\n"), "{told}");
        assert!(told.contains("< set {\"name\":\"q0\",\"value\":\"v0-19\"}\n< say"), "{told}");
    }
    assert!(told(&densest(6, 20, 0)).contains("expected at most 16384"));
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Nothing of it has happened: an operator who reads warnings is not told of people whom the transcript made up.
#[test]
fn what_a_plugin_logs_on_trial_is_for_its_author_and_says_so() {
    let plugin = load("chatters", &Limits::default());
    let text = "trial 1 adapter\n> received {\"channel\":3,\"data\":\"log 1\"}\n";
    let bytes = with(component("chatters"), format!("odd\n{text}").as_bytes());
    let logged = |act: &dyn Fn()| {
        let lines = Lines::default();
        let writer = lines.clone();
        let to = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_ansi(false);
        tracing::subscriber::with_default(to.with_writer(move || writer.clone()).finish(), act);
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    };
    let on_trial = logged(&|| assert_eq!(check_embedded(&plugin, &bytes), Ok(Passed { trials: 1, calls: 2 })));
    let line = on_trial.lines().find(|line| line.contains("line 0")).unwrap_or_else(|| panic!("in {on_trial}"));
    assert!(line.contains("DEBUG") && line.contains("trial=true"), "{line}");
    let in_service = logged(&|| assert_eq!(play(&plugin, &transcript(text)), Ok(2)));
    let line = in_service.lines().find(|line| line.contains("line 0")).unwrap_or_else(|| panic!("in {in_service}"));
    assert!(line.contains("INFO") && !line.contains("trial"), "{line}");
}
