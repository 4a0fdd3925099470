//! What is logged: flat bounded fields in JSON, one line for people, the filter's origin.

use super::*;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn writer(&self) -> impl Fn() -> Self + Send + Sync + 'static {
        let lines = self.clone();
        move || lines.clone()
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn log_something() {
    event::hindered("control", format!("broken\n{}", "x".repeat(1000)));
    tracing::debug!("below the level");
}

#[test]
fn json_lines_have_flat_bounded_fields() {
    let lines = Lines::default();
    tracing::subscriber::with_default(json_lines(EnvFilter::new("info"), lines.writer()), log_something);
    let text = lines.text();
    let line: serde_json::Value = serde_json::from_str(text.trim()).expect("one line, below the level nothing");
    assert_eq!(line["event"], "hindered");
    assert_eq!(line["what"], "control");
    assert_eq!(line["error"].as_str().unwrap().len(), 200, "clipped, the newline replaced");
}

#[test]
fn human_lines_say_it_in_one_line() {
    let lines = Lines::default();
    tracing::subscriber::with_default(human_lines(EnvFilter::new("info"), false, lines.writer()), log_something);
    let text = lines.text();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("WARN") && text.contains("went wrong") && text.contains("what=\"control\""), "{text}");
}

#[test]
fn the_environment_goes_before_the_file() {
    assert_eq!(filter("info", None).unwrap().to_string(), "info");
    assert_eq!(filter("info", Some(String::new())).unwrap().to_string(), "info");
    assert_eq!(filter("info", Some("debug".into())).unwrap().to_string(), "debug");
    let error = filter("info", Some("a=loud".into())).unwrap_err().to_string();
    assert!(error.starts_with("the log filter \"a=loud\" (from RUST_LOG) is not one: "), "{error}");
}
