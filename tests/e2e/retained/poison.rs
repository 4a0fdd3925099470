//! A stanza that breaks the adapter, on the socket that carries all customers of a server: it costs who sent it, and nobody else.

use super::user;
use crate::Scenario;
use crate::rig::{
    CENTER_BILLING_QUEUE, Centre, Client, Host, Login, Need, Raw, Server, Side, Whose, accept_at, cordboard, fact,
    root, said, text_of, until,
};
use std::fs;
use std::path::Path;

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "one poisonous stanza among 500 users of Prosody costs one of them one stanza",
        needs: &[Need::Prosody, Need::Slixmpp],
        run: among_five_hundred,
    },
    Scenario {
        name: "who poisons again and again is kept out for a time",
        needs: &[Need::Ejabberd, Need::Slixmpp],
        run: again_and_again,
    },
];

/// What the test build of the adapter can't bear.
const POISON: &str = "planted bug";

/// The plugins, with the XMPP adapter that has a bug in the place of the right one.
fn poisoned(folder: &Path) -> String {
    for entry in fs::read_dir(cordboard::build::for_tests()).expect("plugins were built") {
        let file = entry.expect("a file").path();
        if file.extension().is_some_and(|extension| extension == "wasm") {
            fs::copy(&file, folder.join(file.file_name().expect("a name"))).expect("the folder can be written");
        }
    }
    let plugin = root().join("tests/bad_plugins/poisoned_xmpp");
    let built = cordboard(&["plugin", "build", &text_of(&plugin), "-o", &text_of(&folder.join("xmpp.wasm"))]).output();
    let built = built.expect("cordboard runs");
    assert!(built.status.success(), "{}", said(&built));
    format!("folder = {:?}", text_of(folder))
}

fn poisoned_centre(folder: &Path) -> Centre {
    let centre = Centre::in_the_clear(&[]);
    let folder = poisoned(folder);
    centre.replace(&format!("folder = {:?}", text_of(&cordboard::build::for_tests())), &folder);
    centre
}

fn among_five_hundred() {
    const USERS: usize = 500;
    let names: Vec<String> = (0..USERS).map(|number| format!("user{number}")).collect();
    let server = Server::start(Whose::Prosody, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let folder = tempfile::TempDir::new().expect("a folder");
    let host = Host::serve(poisoned_centre(folder.path()).at(&server, Side::Customer, &[]));
    host.people(&[("jim", 1000)], &[]);
    host.look_until("status", &["\"up\""]);
    let billing = server.link(Side::Customer, "billing");
    let mut users: Vec<Raw> =
        names.iter().map(|name| Raw::online(server.clients(), &(server.jid(name) + "/x"), name)).collect();
    for (number, user) in users.iter_mut().enumerate() {
        user.say(&billing, "one", &format!("User {number} once."));
    }
    // In the middle of what all the others say.
    for (number, user) in users.iter_mut().enumerate() {
        match number {
            250 => user.say(&billing, "poison", POISON),
            _ => user.say(&billing, "two", &format!("User {number} twice.")),
        }
    }
    let error = loop {
        users[250].take("<message");
        let message = users[250].take("</message>");
        if message.contains("id='poison'") || message.contains("id=\"poison\"") {
            break message;
        }
    };
    assert!(error.contains("<internal-server-error"), "who sent it is told: {error}");
    users[250].say(&billing, "two", "User 250 twice.");
    all_of_it_is_there(&host, &mut users);
    let kept = host.ask(&["poison"]);
    assert!(kept.status.success() && said(&kept).contains(&server.jid("user250")), "{}", said(&kept));
    let row = host.look("poison")[0].clone();
    let bytes = fs::read(fact(&row, "file")).unwrap_or_else(|error| panic!("{row}: {error}"));
    assert!(String::from_utf8_lossy(&bytes).contains(POISON), "the input is there for the developer: {row}");
    assert!(host.look("bans").to_string().len() < 5, "once is not again and again");
}

/// An agent takes all sessions: each has both messages of its user, in order.
fn all_of_it_is_there(host: &Host, users: &mut [Raw]) {
    let mut agent = Raw::online(host.agents(), "jim@desk.center.example/desk", "jim");
    let mut heard = vec![0; users.len()];
    while heard.iter().any(|count| *count < 2) {
        agent.take("<body>");
        let body = agent.take("</body>");
        // Many offers stand at a time: each is accepted by its number.
        if let Some((offer, _)) = body.strip_prefix("Offer ").and_then(|offer| offer.split_once(": ")) {
            agent.say(CENTER_BILLING_QUEUE, &format!("accept-{offer}"), &format!("accept {offer}"));
        }
        let words: Vec<&str> = body.split([' ', '.']).collect();
        if let ["User", number, times, ..] = words[..] {
            let number: usize = number.parse().expect("a number");
            let expected = if heard[number] == 0 { "once" } else { "twice" };
            assert_eq!(times, expected, "user {number}, in order and none lost");
            heard[number] += 1;
        }
    }
    for user in users {
        user.send("<presence type='unavailable'/>");
    }
}

fn again_and_again() {
    let server = Server::start(Whose::Ejabberd, &["joe", "sue"]);
    let folder = tempfile::TempDir::new().expect("a folder");
    let host = Host::serve(poisoned_centre(folder.path()).at(&server, Side::Customer, &[]));
    host.people(&[("jim", 3)], &[]);
    host.look_until("status", &["\"up\""]);
    let login = Login::new("jim@desk.center.example/desk", "jim", host.agents()).in_the_clear();
    let mut agent = Client::online(&login);
    host.look_until("agents", &["jim", "available"]);
    let billing = server.link(Side::Customer, "billing");
    let (mut joe, mut sue) = (user(&server, "joe"), user(&server, "sue"));
    sue.say(&billing, "s1", "I do no harm");
    let alias = accept_at(&mut agent, CENTER_BILLING_QUEUE, "I do no harm");
    for strike in 1..=3 {
        joe.say(&billing, &format!("p{strike}"), POISON);
        let error = joe.expect("message", "an error", |message| fact(message, "id") == format!("p{strike}"));
        assert_eq!((fact(&error, "type"), fact(&error, "error")), ("error", "internal-server-error"), "{error}");
        agent.say(&alias, &format!("a{strike}"), &format!("Still here {strike}"));
        sue.hears(&format!("Still here {strike}"));
    }
    until("joe is kept out", || host.look("bans").to_string().contains(&server.jid("joe")));
    joe.say(&billing, "after", "May I say something else?");
    let error = joe.expect("message", "a refusal", |message| fact(message, "id") == "after");
    // slixmpp does not know the condition.
    assert!(fact(&error, "type") == "error" && joe.wire().contains("<policy-violation"), "{error}");
    assert!(!host.look("sessions").to_string().contains(&server.jid("joe")));
    let revoked = host.ask(&["bans", "revoke", &server.jid("joe"), "--provider", "ejabberd"]);
    assert!(revoked.status.success(), "{}", said(&revoked));
    joe.say(&billing, "again", "May I now?");
    agent.hears("Offer ");
    sue.say(&billing, "s2", "I do no harm at all");
    agent.hears("no harm at all");
}
