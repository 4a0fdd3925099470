//! Starting, stopping and mistakes of the person who runs it.

use crate::host::{CORDBOARD, Host, dev, free_offset};
use crate::peers::slixmpp::{SignIn, Slixmpp, python};
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

#[test]
fn ctrl_c_drains_and_ends() {
    let Some(python) = python() else { return };
    let mut host = Host::start();
    let mut joe = Slixmpp::online(&python, "joe@localhost", host.customers_port());
    let (took, status) = host.interrupt();
    assert!(status.success(), "ended with {status}");
    assert!(took < Duration::from_secs(10), "took {took:?}");
    joe.expect("stream-error", |e| e["condition"] == "system-shutdown");
}

#[test]
fn a_second_host_on_the_same_folder_is_refused() {
    let host = Host::start();
    let output = dev(host.data(), free_offset()).output().expect("cordboard runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "a second host must not start");
    assert!(said.contains("in use") && said.contains(&*host.data().to_string_lossy()), "{said}");
}

#[test]
fn a_port_in_use_is_said_clearly() {
    let offset = free_offset();
    let _taken = TcpListener::bind(("127.0.0.1", 5232 + offset)).expect("the port was free");
    let data = tempfile::tempdir().expect("a temporary folder");
    let output = dev(data.path(), offset).output().expect("cordboard runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains(&format!("127.0.0.1:{}", 5232 + offset)) && said.contains("in use"), "{said}");
}

#[test]
fn a_look_without_a_host_says_how_to_start_one() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new(CORDBOARD)
        .arg("status")
        .arg("--socket")
        .arg(data.path().join("control.sock"))
        .output()
        .expect("cordboard runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("no cordboard"), "{said}");
}

#[test]
fn an_agent_added_while_it_runs_can_sign_in() {
    let Some(python) = python() else { return };
    let host = Host::start();
    let mut command = Command::new(CORDBOARD);
    command.args(["agent", "add", "eve", "--skills", "billing:7,sales:3", "--capacity", "chat=3", "--password-stdin"]);
    command.arg("--socket").arg(host.data().join("control.sock"));
    let output = feed(&mut command, "evening\n");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let sign_in =
        SignIn { jid: "eve@desk.localhost", password: Some("evening"), port: host.agents_port(), mechanism: None };
    Slixmpp::connect(&python, &sign_in).expect("online", |_| true);
    assert!(host.look("agents").to_string().contains("eve"));
}

#[test]
fn a_crashed_host_replays_to_the_same_outputs() {
    let Some(python) = python() else { return };
    let mut host = Host::start();
    let mut joe = Slixmpp::online(&python, "joe@localhost", host.customers_port());
    joe.say("billing@localhost", "for the journal");
    host.look_until("sessions", |s| s.to_string().contains("joe"));
    let (_, status) = host.interrupt();
    assert!(status.success());
    let output = Command::new(CORDBOARD).arg("replay").arg("--data").arg(host.data()).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("identical"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

fn feed(command: &mut Command, text: &str) -> std::process::Output {
    use std::io::Write;
    use std::process::Stdio;
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
    child.stdin.take().expect("stdin is piped").write_all(text.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}
