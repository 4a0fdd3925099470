//! A history of calls in, figures or a refusal out.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

mod future;

use super::*;
use crate::model::rule::AgentRef;
use expect_test::{Expect, expect};
use std::io::Write;
use tempfile::NamedTempFile;

const FIRST: &str =
    "day,service,priority,arrived_s,queued_s,left_queue_s,waited_s,outcome,service_start_s,service_end_s,agent\n";

/// An agent, services of 100 s. On the second day somebody waits 60 s where the last had waited 50 s.
const TWO_DAYS: &str = "\
1,PS,0,1000,,,0,AGENT,1000,1100,a1
1,PS,0,1050,1050,1100,50,AGENT,1100,1200,a1
2,NE,0,1000,,,0,AGENT,1000,1100,a1
2,NE,0,1040,1040,1100,60,AGENT,1100,1200,a1
2,NE,0,1300,,,0,HANG,,,
";

fn read(text: &str, pool: Option<&[String]>) -> Result<Calls, String> {
    Calls::read("calls.csv", text.as_bytes(), pool).map_err(|error| error.to_string())
}

fn calls(lines: &str) -> Vec<Call> {
    read(&format!("{FIRST}{lines}"), None).expect("they are well-formed").list
}

fn asked(text: &str, pool: Option<&str>, warm_up_days: u32) -> Result<Report, String> {
    let mut file = NamedTempFile::new().expect("there is room");
    file.write_all(text.as_bytes()).expect("there is room");
    let pool = pool.map(|pool| pool.split(',').map(str::to_owned).collect());
    let asked = Estimate { calls: file.path().to_owned(), pool, warm_up_days, json: false };
    report(&asked).map_err(|error| error.to_string().replace(&file.path().display().to_string(), "calls.csv"))
}

#[test]
fn a_small_history_is_scored_as_by_hand() {
    let report = asked(&format!("{FIRST}{TWO_DAYS}"), None, 1).expect("a call is scored");
    assert_eq!(report.calls, 1);
    let row = |name: &str| report.estimators.iter().find(|row| row.name == name).expect(name);
    let last = row("last-to-enter-service");
    assert_eq!((last.rmse_s, last.mae_s, last.bias_pct, last.coverage_80_pct), (10.0, 10.0, -16.67, 100.0));
    let head = row("head-of-line");
    assert_eq!((head.rmse_s, head.mae_s, head.bias_pct), (60.0, 60.0, -100.0));
    // The mean service time: three minutes before the first, then twice 100 s. There is one agent.
    let service_s = (180.0 * 0.995 * 0.995 + 100.0 * 0.995 + 100.0) / (0.995 * 0.995 + 0.995 + 1.0);
    assert!((row("queue-length").mae_s - (service_s - 60.0)).abs() < 0.01);
}

#[test]
fn the_answer_is_a_table_or_json() {
    let report = asked(&format!("{FIRST}{TWO_DAYS}"), None, 1).expect("a call is scored");
    expect![[r#"
        1 calls waited and were served after the warm-up.

        ESTIMATOR                       RMSE s  MAE s  BIAS %  80 % COVERAGE
        regression                        13.9   13.9   -23.2          100.0
        erlang-a                          66.5   66.5   110.9          100.0
        queue-length                      66.5   66.5   110.9          100.0
        head-of-line                      60.0   60.0  -100.0            0.0
        last-to-enter-service             10.0   10.0   -16.7          100.0
        moving-average                    10.0   10.0   -16.7          100.0
        chosen (regression at the end)    13.9   13.9   -23.2          100.0
    "#]]
    .assert_eq(&shown(&report));
    let json = serde_json::to_value(&report).expect("it is plain");
    assert_eq!(json["calls"], 1);
    assert_eq!(json["estimators"].as_array().map(Vec::len), Some(6));
    for row in json["estimators"].as_array().into_iter().flatten().chain([&json["chosen"]]) {
        let keys: Vec<&String> = row.as_object().expect("a row").keys().collect();
        assert_eq!(keys, ["bias_pct", "coverage_80_pct", "mae_s", "name", "rmse_s"]);
    }
}

#[test]
fn a_pool_is_looked_at_alone_and_days_are_those_of_the_file() {
    let text = format!("{FIRST}{TWO_DAYS}");
    let scored = |pool, days| asked(&text, pool, days).map(|report| report.calls).map_err(drop);
    assert_eq!(scored(None, 0), Ok(2));
    assert_eq!(scored(Some("PS,NE"), 1), Ok(1));
    assert_eq!(scored(Some("NE"), 1), Ok(1), "NE's second day is the file's");
    assert_eq!(scored(Some("PS"), 1), Err(()));
    let alone = asked(&text, Some("NE"), 1).expect("a call is scored");
    let average = alone.estimators.iter().find(|row| row.name == "moving-average").expect("it is built in");
    assert!((average.mae_s - 60.0).abs() < 0.01, "PS is not seen: {average:?}");
    let later = text.replace("\n1,", "\n15,").replace("\n2,", "\n22,");
    assert_eq!(asked(&later, None, 1), asked(&text, None, 1), "days are counted, whatever their numbers");
}

#[test]
fn lines_may_come_in_any_order_and_columns_too() {
    let mut lines: Vec<&str> = TWO_DAYS.lines().collect();
    lines.reverse();
    let reversed = format!("{FIRST}{}\n", lines.join("\n"));
    let plain = asked(&format!("{FIRST}{TWO_DAYS}"), None, 1);
    assert_eq!(asked(&reversed, None, 1), plain);
    let foreign = format!("\u{feff}{FIRST}\n{TWO_DAYS}").replace('\n', "\r\n");
    assert_eq!(asked(&foreign, None, 1), plain);
    let turned: String = format!("{FIRST}{TWO_DAYS}")
        .lines()
        .map(|line| line.split(',').rev().collect::<Vec<_>>().join(", ") + "\n")
        .collect();
    assert_eq!(asked(&turned, None, 1), plain);
}

#[test]
fn a_call_becomes_what_it_was() {
    let day_1 = |seconds: u64| Timestamp((2 * 86_400 + seconds) * 1000);
    let served = |agent: AgentRef, ended, measured| Ending::Served { agent: Some(agent), ended, measured };
    let list = calls(
        "1,PS,2,86390,86395,86399,10,AGENT,4,30,a1\n1,PS,1,86399,2,12,10,HANG,,,\n1,NE,0,500,500,,7,AGENT,0,0,a2\n\
         1,NE,0,500,500.5,,7.25,PHANTOM,,,\n1,NE,0,27115,,,0,AGENT,27114,27119,\n1,NE,0,600,600,,9,AGENT,580,,a1\n",
    );
    assert_eq!((list[0].arrived, list[0].waited_ms, list[0].head_start_ms), (day_1(86_395), Some(10_000), 90_000));
    assert_eq!(list[0].ending, served(0, day_1(86_430), true), "it goes on after midnight");
    assert_eq!((list[1].arrived, list[1].head_start_ms), (day_1(86_402), 0), "queued after midnight");
    assert_eq!(list[1].ending, Ending::GaveUp);
    assert_eq!(list[2].ending, served(1, day_1(507), false), "no service time is known");
    assert_eq!((list[3].arrived, list[3].waited_ms), (Timestamp(day_1(500).0 + 500), Some(7250)));
    assert_eq!((list[4].arrived, list[4].waited_ms), (day_1(27_115), None));
    assert_eq!(list[4].ending, Ending::Served { agent: None, ended: day_1(27_119), measured: true });
    assert_eq!(list[5].ending, served(0, day_1(609), false));
}

fn refused(text: &str, expected: &Expect) {
    expected.assert_eq(&read(text, None).expect_err("it is refused"));
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_fix() {
    let line = |line: &str| format!("{FIRST}{TWO_DAYS}{line}\n");
    refused(
        "",
        &expect![[
            r#"calls.csv:1: expected the columns day,service,priority,arrived_s,queued_s,waited_s,outcome,service_start_s,service_end_s,agent in the first line; found nothing; name "day" there"#
        ]],
    );
    refused(
        "day,service\n1,PS\n",
        &expect![[
            r#"calls.csv:1: expected the columns day,service,priority,arrived_s,queued_s,waited_s,outcome,service_start_s,service_end_s,agent in the first line; found day,service; name "priority" there"#
        ]],
    );
    refused(
        &line("1,PS"),
        &expect!["calls.csv:7: expected 11 columns, as in the first line; found 2; complete or remove the line"],
    );
    refused(
        &line("monday,PS,0,1000,,,0,AGENT,1000,1100,a1"),
        &expect![[
            r#"calls.csv:7: column day: expected a number of the day, from 0 to 1000000; found "monday"; number the days, as 1, 2, 3"#
        ]],
    );
    refused(
        &line("1,,0,1000,,,0,AGENT,1000,1100,a1"),
        &expect![[
            r#"calls.csv:7: column service: expected a service's name; found ""; name the service, or remove the line"#
        ]],
    );
    refused(
        &line("1,PS,3,1000,,,0,AGENT,1000,1100,a1"),
        &expect![[
            r#"calls.csv:7: column priority: expected 0, 1 or 2; found "3"; 2 is for customers who are served as if they had come 90 s earlier; give the others 0"#
        ]],
    );
    refused(
        &line("1,PS,0,,,,0,AGENT,1000,1100,a1"),
        &expect![[
            r#"calls.csv:7: column arrived_s: expected seconds of the day, from 0 to 172800; found ""; correct it, or remove the line"#
        ]],
    );
    refused(
        &line("1,PS,0,10:30,,,0,AGENT,1000,1100,a1"),
        &expect![[
            r#"calls.csv:7: column arrived_s: expected seconds of the day, from 0 to 172800; found "10:30"; correct it, or remove the line"#
        ]],
    );
    refused(
        &line("1,PS,0,1000,-1,,0,AGENT,1000,1100,a1"),
        &expect![[
            r#"calls.csv:7: column queued_s: expected seconds of the day, from 0 to 172800; found "-1"; correct it, or remove the line"#
        ]],
    );
    refused(
        &line("1,PS,0,1000,1000,,,AGENT,1000,1100,a1"),
        &expect![[
            r#"calls.csv:7: column waited_s: expected seconds waited, from 0 to 172800; found ""; correct it, or remove the line"#
        ]],
    );
    refused(
        &line("1,PS,0,1000,1000,,nan,AGENT,1000,1100,a1"),
        &expect![[
            r#"calls.csv:7: column waited_s: expected seconds waited, from 0 to 172800; found "nan"; correct it, or remove the line"#
        ]],
    );
    refused(
        &line("1,PS,0,1000,,,0,TRANSFER,1000,1100,a1"),
        &expect![[
            r#"calls.csv:7: column outcome: expected AGENT (served), HANG (given up) or PHANTOM (nobody there); found "TRANSFER"; write what became of the call"#
        ]],
    );
    refused(
        &line("1,PS,0,1000,,,0,AGENT,1000,1e9,a1"),
        &expect![[
            r#"calls.csv:7: column service_end_s: expected seconds of the day, from 0 to 172800; found "1e9"; correct it, or remove the line"#
        ]],
    );
    let long = format!("1,PS,0,{},,,0,AGENT,1000,1e9,a1", "x".repeat(5000));
    refused(
        &line(&long),
        &expect![[
            r#"calls.csv:7: column arrived_s: expected seconds of the day, from 0 to 172800; found "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…"; correct it, or remove the line"#
        ]],
    );
}

#[test]
fn what_can_not_be_answered_says_why() {
    let text = format!("{FIRST}{TWO_DAYS}");
    let refused = |text: &str, pool, days, expected: &Expect| {
        expected.assert_eq(&asked(text, pool, days).expect_err("it is refused"));
    };
    refused(
        &text,
        Some("PS,XX"),
        1,
        &expect![[
            r#"calls.csv: --pool: expected services of the file, which are NE, PS; found "XX"; correct the name"#
        ]],
    );
    refused(
        &text,
        None,
        2,
        &expect![
            "calls.csv: nothing can be scored: expected calls that waited and were served, in the pool and after the first 2 of the file's 2 days; found none; give a longer history, fewer --warm-up-days, or another --pool"
        ],
    );
    refused(
        FIRST,
        None,
        2,
        &expect![
            "calls.csv: nothing can be scored: expected calls that waited and were served, in the pool and after the first 2 of the file's 0 days; found none; give a longer history, fewer --warm-up-days, or another --pool"
        ],
    );
    let nowhere = Estimate { calls: "nowhere.csv".into(), pool: None, warm_up_days: 2, json: true };
    let error = report(&nowhere).expect_err("there is no such file").to_string();
    assert!(error.starts_with("nowhere.csv: the calls can't be read: "), "{error}");
    let latin = [FIRST.as_bytes(), b"1,P\xe9,0,1000,,,0,AGENT,1000,1100,a1\n"].concat();
    let error = Calls::read("calls.csv", latin.as_slice(), None).expect_err("it is not UTF-8").to_string();
    expect!["calls.csv: the calls can't be read: CSV parse error: record 1 (line 2, field: 1, byte: 106): invalid utf-8: invalid UTF-8 in field 1 near byte index 1"].assert_eq(&error);
}
