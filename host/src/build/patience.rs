//! Runs a program that may hang, such as one that downloads: it is given up when nothing moves for a while.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How often to look.
const GLANCE: Duration = Duration::from_millis(200);
/// Lines of output that the error shows.
const LAST_LINES: usize = 3;

/// Runs it to its end. A line of output is progress, and so is any change of what `measure` returns. The error is for a person.
pub(super) fn run(mut command: Command, still: Duration, measure: impl Fn() -> u64) -> Result<(), String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let lines = lines_of(&mut child);
    let mut last_lines: Vec<String> = Vec::new();
    let (mut moved_at, mut measured) = (Instant::now(), measure());
    loop {
        match lines.recv_timeout(GLANCE) {
            Ok(line) => {
                last_lines.truncate(LAST_LINES - 1);
                last_lines.insert(0, line);
                moved_at = Instant::now();
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = measure();
        if std::mem::replace(&mut measured, now) != now {
            moved_at = Instant::now();
        }
        if moved_at.elapsed() >= still {
            // It may have ended by itself in between; then there is nothing to kill.
            drop(child.kill());
            drop(child.wait());
            return Err(format!("given up after {} s without progress", still.as_secs_f32()));
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() {
        return Ok(());
    }
    last_lines.reverse();
    Err(format!("{status}: {}", last_lines.join(" / ")))
}

/// The lines of both outputs, as they come.
fn lines_of(child: &mut Child) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        forward(stdout, sender.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        forward(stderr, sender);
    }
    receiver
}

fn forward(output: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        // Progress bars end their lines with CR alone.
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            if lines.send(String::from_utf8_lossy(&line).trim().to_owned()).is_err() {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests;
