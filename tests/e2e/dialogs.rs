//! Dialogs in a live host: before the queue, after an agent, over a crash and with another component; and one that traps.

use crate::Scenario;
use crate::candidates::replays;
use crate::contained::{centre, stands};
use crate::plugins::version;
use crate::rig::{
    Bystanders, Centre, Client, Host, Login, Need, Raw, accept_at, bare, cordboard, fact, has, said, text_of, until,
};
use std::fs;
use std::path::PathBuf;

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "a dialog greets a customer, an agent sees what it found out, and passes the customer on to a survey",
        needs: &[Need::Slixmpp],
        run: greeting_and_survey,
    },
    Scenario {
        name: "a conversation with a dialog goes on over a crash, with another component and with other settings",
        needs: &[],
        run: goes_on,
    },
    Scenario { name: "a dialog that traps loses nobody and is put out of service", needs: &[], run: traps },
    Scenario { name: "a dialog that can't serve is told with its place in the file", needs: &[], run: checked },
];

const HELP: &str = "help@center.example";
const DIALOGS: &str = r#"
[[link]]
alias = "help"
queue = "billing"
dialog = "greeting"

[[dialog]]
name = "greeting"
plugin = "questions"
label = "Cordelia"
[dialog.settings]
greeting = "Welcome. A few questions first."
thanks = "Thank you."
questions = [
    { name = "topic", text = "What is it about?", choices = [{ value = "bill", label = "A bill" }, { value = "order", label = "An order" }] },
    { name = "number", text = "Which one?", kind = "number" },
]

[[dialog]]
name = "survey"
plugin = "questions"
fallback = "close"
[dialog.settings]
thanks = "Thank you for your opinion."
then = "close"
questions = [{ name = "grade", text = "How was it, from 1 to 10?", kind = "number", min = 1, max = 10 }]
"#;

/// A centre with dialogs; the component of `questions` lies in its plugin folder.
fn with_dialogs(bad: &[&str], dialogs: &str) -> (Centre, PathBuf) {
    let centre = centre(bad, "\"longest-idle\"", &format!("\n{dialogs}"));
    let component = centre.file().with_file_name("plugins").join("questions.wasm");
    fs::copy(cordboard::build::for_tests().join("questions.wasm"), &component).expect("it was built");
    (centre, component)
}

fn online(host: &Host, name: &str, is_agent: bool) -> Client {
    let (domain, port) =
        if is_agent { ("desk.center.example", host.agents()) } else { ("center.example", host.customers()) };
    Client::online(&Login::new(&format!("{name}@{domain}/x"), name, port).in_the_clear())
}

/// What the command says has these parts.
fn says(arguments: &[&str], parts: &[&str]) {
    let told = cordboard(arguments).output().expect("cordboard runs");
    for part in parts {
        assert!(said(&told).contains(part), "{part}: {}", said(&told));
    }
}

fn greeting_and_survey() {
    let (centre, _) = with_dialogs(&[], DIALOGS);
    let config = text_of(&centre.file());
    let host = Host::serve(centre);
    host.people(&[("jim", 1)], &["joe", "eve"]);
    let mut jim = online(&host, "jim", true);
    host.look_until("agents", &["jim", "available"]);
    let mut joe = online(&host, "joe", false);
    joe.say(HELP, "1", "Hello?");
    joe.hears("Welcome. A few questions first.");
    joe.hears("2 An order");
    joe.say(HELP, "2", "an order");
    joe.hears("Which one?");
    host.look_until("sessions", &["automated", "dialog:greeting"]);
    joe.say(HELP, "3", "4711");
    joe.hears("Thank you.");
    let offer = jim.hears("topic: order, number: 4711.");
    assert!(has(&offer, "body", "joe"), "{offer}");
    jim.say("billing@desk.center.example", "a", "accept");
    let first =
        jim.expect("message", "the transcript", |message| has(message, "body", "Welcome. A few questions first."));
    let alias = bare(fact(&first, "sender")).to_owned();
    assert!(has(&first, "body", "Cordelia"), "{first}");
    jim.say(&alias, "b", "It was sent yesterday");
    joe.hears("It was sent yesterday");

    jim.say(&alias, "c", "/transfer survey the secret note");
    jim.expect("message", "the answer", |message| {
        has(message, "body", "You have passed") && has(message, "body", "survey")
    });
    joe.hears("How was it, from 1 to 10?");
    jim.say(&alias, "late", "One thing more");
    jim.expect("message", "a refusal", |message| fact(message, "type") == "error" && fact(message, "id") == "late");
    joe.say(HELP, "4", "eleven");
    joe.hears("How was it");
    joe.say(HELP, "5", "9");
    joe.hears("Thank you for your opinion.");
    for inside in ["secret", "desk.center.example", &alias] {
        assert!(!joe.wire().contains(inside), "the customer was sent {inside:?}");
    }
    // Whoever was passed on takes no slot, though the survey went on.
    let mut eve = online(&host, "eve", false);
    eve.say("billing@center.example", "1", "My turn");
    accept_at(&mut jim, "billing@desk.center.example", "My turn");

    says(
        &["explain", "1", "--config", &config],
        &[
            "the dialog greeting (",
            ") was told: it begins (interview); it said something, said something",
            "noted topic = \"order\"",
            "put it in its queue",
            "jim took it",
            "jim has it no more",
            "the dialog survey (",
            ") was told: it begins (agent); it said something",
            "noted grade = \"9\"",
            "closed: ended by the dialog survey",
        ],
    );
    says(&["plugins", "--json", "--config", &config], &["dialog greeting", "dialog survey"]);
    replays(host, &config);
}

fn goes_on() {
    let (centre, component) = with_dialogs(&[], DIALOGS);
    let (file, config) = (centre.file(), text_of(&centre.file()));
    let mut host = Host::serve(centre);
    host.people(&[("jim", 3)], &["joe", "eve"]);
    let raw = |host: &Host| Raw::online(host.customers(), "eve@center.example/phone", "eve");
    let mut eve = raw(&host);
    eve.say(HELP, "1", "Hello?");
    eve.take("2 An order");
    host.kill();
    host.start_again();
    let mut eve = raw(&host);
    eve.say(HELP, "2", "neither");
    eve.take("2 An order");

    // Beside others who talk.
    let mut talking = Bystanders::at(&host);
    fs::write(&component, version("questions", "9.9.9")).expect("the folder can be written");
    host.look_until("plugins", &["9.9.9"]);
    until("the other component serves", || {
        let rows = host.look("plugins");
        let mut rows = rows.as_array().expect("rows").iter();
        rows.any(|row| row["version"] == "9.9.9" && row["state"] == "in service" && row["generation"] == 2)
    });
    talking.round_trip();
    eve.say(HELP, "3", "bill");
    eve.take("Which one?");

    let text = fs::read_to_string(&file).expect("the file is there");
    fs::write(&file, text.replacen("Thank you.", "Thanks a lot.", 1)).expect("it can be written");
    says(&["reload", "--config", &config], &["in force now: dialogs"]);
    eve.say(HELP, "4", "7");
    eve.take("Thanks a lot.");
    host.look_until("sessions", &["\"state\":\"offered\""]);
    talking.round_trip();
    says(
        &["explain", "1", "--config", &config],
        &["the service was started again", "noted number = \"7\"", "offered to jim"],
    );
    replays(host, &config);
}

fn traps() {
    let dialogs = "[[link]]\nalias = \"robot\"\nqueue = \"billing\"\ndialog = \"robot\"\n\
        [[dialog]]\nname = \"robot\"\nplugin = \"traps-dialog\"\n";
    let (centre, _) = with_dialogs(&["traps-dialog"], dialogs);
    let config = text_of(&centre.file());
    let host = Host::serve(centre);
    host.people(&[("jim", 5)], &["joe", "eve", "max", "sue"]);
    let mut talking = Bystanders::at(&host);
    let raw = |name: &str| Raw::online(host.customers(), &format!("{name}@center.example/phone"), name);
    let robot = "robot@center.example";
    let trapped = |name: &str, number: usize| {
        let mut person = raw(name);
        person.say(robot, "1", "Hello?");
        person.say(robot, "2", "What do you do?");
        person.take("<body>1 What do you do?</body>");
        person.say(robot, "recall", "recall");
        person.take("<body>customer: Hello?; centre: hello; customer: What do you do?; centre: 1 What");
        person.take("; customer: recall</body>");
        person.say(robot, "3", "trap");
        person.take("somebody else will be with you");
        host.look_until("status", &[&format!("\"offered\":{number}")]);
    };
    trapped("eve", 1);
    talking.round_trip();
    stands(&host, "traps-dialog", "in service");
    trapped("max", 2);
    talking.round_trip();
    let row = stands(&host, "traps-dialog", "quarantined");
    assert!(row["why"].as_str().is_some_and(|why| why.contains("failed with 2 customers")), "{row:#}");
    until("it is logged", || host.log().contains("a dialog has failed, and its customer goes elsewhere"));
    let mut sue = raw("sue");
    sue.say(robot, "1", "Hello?");
    host.look_until("status", &["\"offered\":3"]);
    says(&["plugin", "release", "traps-dialog", "--config", &config], &["in service again"]);
    let mut joe = talking;
    joe.round_trip();
    let mut eve = raw("eve");
    eve.say("robot@center.example", "4", "Once more");
    host.look_until("sessions", &["eve"]);
    says(
        &["explain", "2", "--config", &config],
        &[
            "the dialog robot (",
            ") was told: the customer has spoken; it failed: trapped",
            "the dialog robot has it no more: the dialog has failed: trapped",
            "so it goes to its queue",
            "waits in billing",
        ],
    );
    says(
        &["explain", "4", "--config", &config],
        &["the dialog robot was not begun: the dialog `robot` is out of service", "waits in billing"],
    );
    replays(host, &config);
}

fn checked() {
    let refused = |dialogs: &str, parts: &[&str]| {
        let (centre, _) = with_dialogs(&[], dialogs);
        let checked = cordboard(&["check", "--config", &text_of(&centre.file())]).output().expect("cordboard runs");
        assert!(!checked.status.success(), "{}", said(&checked));
        for part in parts {
            assert!(said(&checked).contains(part), "{part}: {}", said(&checked));
        }
    };
    let of = |settings: &str| format!("[[dialog]]\nname = \"form\"\nplugin = \"questions\"\nsettings = {settings}\n");
    refused(
        "[[dialog]]\nname = \"form\"\nplugin = \"answers\"\n",
        &["[[dialog]] `form`: there is no dialog \"answers\"", "plugin = \"answers\"", "questions"],
    );
    refused(&of("{}"), &["`settings` of [[dialog]] `form` has no `questions`"]);
    refused(
        &of("{ questions = [{ name = \"a\", text = \"A?\" }], then = \"queue:biling\" }"),
        &["there is no [[queue]] `biling`", "did you mean \"billing\"?"],
    );
    refused(
        &of("{ questions = [{ name = \"a\", text = \"A?\" }], then = \"dialog:other\" }"),
        &["there is no [[dialog]] `other`", "one of form"],
    );
}
