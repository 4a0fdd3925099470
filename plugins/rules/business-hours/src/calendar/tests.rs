//! When it opens and closes: weeks, nights, holidays, summer time.

use super::{Calendar, DAY_MIN, Holiday, LOOK_AHEAD_DAYS};
use std::collections::BTreeMap;

fn calendar(zone: &str, hours: &[(&str, &[&str])], holidays: &[&str]) -> Result<Calendar, String> {
    let spans = |spans: &[&str]| spans.iter().map(|span| (*span).to_owned()).collect();
    let hours: BTreeMap<String, Vec<String>> =
        hours.iter().map(|(days, open)| ((*days).to_owned(), spans(open))).collect();
    Calendar::new(zone, &hours, holidays.iter().map(|day| Holiday::parse(day)).collect::<Result<_, _>>()?)
}

fn at(moment: &str) -> u64 {
    moment.parse::<jiff::Timestamp>().unwrap().as_millisecond().unsigned_abs()
}

/// `open` or `closed`, and until when, in the time of the zone.
fn asked(calendar: &Calendar, moment: &str) -> String {
    let period = calendar.period(at(moment));
    assert_eq!(period, calendar.period(at(moment)), "the same moment");
    format!("{} until {}", if period.is_open { "open" } else { "closed" }, calendar.local(period.until))
}

#[test]
fn a_week_has_days_and_pauses() {
    let week =
        calendar("UTC", &[("mon-thu", &["13:00-17:00", "08:00-12:00"]), ("sat", &["10:00-12:00"])], &[]).unwrap();
    for (moment, expected) in [
        ("2026-07-16T07:59:59Z", "closed until 2026-07-16 08:00"),
        ("2026-07-16T08:00:00Z", "open until 2026-07-16 12:00"),
        ("2026-07-16T12:00:00Z", "closed until 2026-07-16 13:00"),
        ("2026-07-16T17:00:00Z", "closed until 2026-07-18 10:00"),
        ("2026-07-18T11:00:00Z", "open until 2026-07-18 12:00"),
        ("2026-07-18T12:00:00Z", "closed until 2026-07-20 08:00"),
    ] {
        assert_eq!(asked(&week, moment), expected, "{moment}");
    }
}

#[test]
fn time_begins_while_it_is_open() {
    for zone in ["UTC", "Europe/Vienna", "America/New_York"] {
        let always = calendar(zone, &[("mon-sun", &["00:00-24:00"])], &[]).unwrap();
        assert!(always.period(0).is_open, "{zone}");
    }
}

#[test]
fn what_was_asked_before_changes_nothing() {
    let week = calendar("UTC", &[("mon-sun", &["08:00-12:00"])], &[]).unwrap();
    let later = asked(&week, "2026-07-16T11:00:00Z");
    assert_eq!(asked(&week, "2026-07-16T07:00:00Z"), "closed until 2026-07-16 08:00", "also back in time");
    assert_eq!(asked(&week, "2026-07-16T11:00:00Z"), later);
}

#[test]
fn a_night_ends_on_the_next_day() {
    let nights = calendar("UTC", &[("fri-sun", &["22:00-06:00"])], &["07-18"]).unwrap();
    for (moment, expected) in [
        ("2026-07-17T23:00:00Z", "open until 2026-07-18 06:00"),
        ("2026-07-18T05:00:00Z", "open until 2026-07-18 06:00"),
        ("2026-07-18T23:00:00Z", "closed until 2026-07-19 22:00"),
        ("2026-07-20T05:59:00Z", "open until 2026-07-20 06:00"),
    ] {
        assert_eq!(asked(&nights, moment), expected, "{moment}");
    }
    let always = calendar("UTC", &[("mon-sun", &["00:00-24:00"])], &[]).unwrap();
    assert_eq!(asked(&always, "2026-07-17T23:59:59Z"), "open until 2026-07-18 00:00");
    assert_eq!(asked(&always, "2026-07-18T00:00:00Z"), "open until 2026-07-19 00:00");
}

#[test]
fn holidays_stand_instead_of_the_day() {
    let days = ["12-25", "2026-12-24 08:00-12:00", "12-24", "2026-12-31 08:00-09:00", "2026-12-31 10:00-11:00"];
    let year = calendar("UTC", &[("mon-sun", &["08:00-17:00"])], &days).unwrap();
    for (moment, expected) in [
        ("2026-12-24T11:00:00Z", "open until 2026-12-24 12:00"),
        ("2026-12-24T12:00:00Z", "closed until 2026-12-26 08:00"),
        ("2027-12-24T11:00:00Z", "closed until 2027-12-26 08:00"),
        ("2026-12-31T09:30:00Z", "closed until 2026-12-31 10:00"),
        ("2027-12-31T09:30:00Z", "open until 2027-12-31 17:00"),
    ] {
        assert_eq!(asked(&year, moment), expected, "{moment}");
    }
}

#[test]
fn summer_time_is_followed() {
    let nights = calendar("Europe/Vienna", &[("sun", &["01:00-02:30", "04:00-05:00"])], &[]).unwrap();
    // The clock goes from 2 to 3 on 29 March, and from 3 to 2 on 25 October.
    for (moment, expected) in [
        ("2026-03-29T00:30:00Z", "open until 2026-03-29 03:30"),
        ("2026-03-29T02:00:00Z", "open until 2026-03-29 05:00"),
        ("2026-10-24T23:30:00Z", "open until 2026-10-25 02:30"),
        ("2026-10-25T00:45:00Z", "closed until 2026-10-25 04:00"),
        ("2026-10-25T03:00:00Z", "open until 2026-10-25 05:00"),
    ] {
        assert_eq!(asked(&nights, moment), expected, "{moment}");
    }
}

#[test]
fn one_that_is_closed_for_months_is_looked_at_again() {
    let summer = calendar("UTC", &[("mon", &["08:00-17:00"])], &[]).unwrap();
    assert_eq!(asked(&summer, "2026-07-13T17:00:00Z"), "closed until 2026-07-20 08:00");
    let mondays: Vec<String> = (0..12)
        .map(|week| jiff::civil::date(2026, 7, 20).saturating_add(jiff::Span::new().weeks(week)).to_string())
        .collect();
    let mondays: Vec<&str> = mondays.iter().map(String::as_str).collect();
    let away = calendar("UTC", &[("mon", &["08:00-17:00"])], &mondays).unwrap();
    assert_eq!(LOOK_AHEAD_DAYS, 60);
    assert_eq!(asked(&away, "2026-07-13T17:00:00Z"), "closed until 2026-09-11 00:00");
    assert_eq!(asked(&away, "2026-09-11T00:00:00Z"), "closed until 2026-10-12 08:00");
    assert!(!away.period(u64::MAX).is_open);
    assert_eq!((away.local(u64::MAX), DAY_MIN), ("further notice".into(), 1440));
}

#[test]
fn what_is_no_calendar_is_refused() {
    let refused = |zone, hours: &[(&str, &[&str])], days: &[&str]| calendar(zone, hours, days).unwrap_err();
    for (days, hours, why) in [
        ("day", "09:00-17:00", "hours: expected days such as `mon` or `mon-fri`, found `day`"),
        ("mon-", "09:00-17:00", "hours: expected days such as `mon` or `mon-fri`, found `mon-`"),
        ("mon", "9-17", "hours.mon: expected hours such as `09:00-17:00`, found \"9-17\""),
        ("mon", "24:00-25:00", "hours.mon: expected hours such as `09:00-17:00`, found \"24:00-25:00\""),
        ("mon", "09:60-17:00", "hours.mon: expected hours such as `09:00-17:00`, found \"09:60-17:00\""),
    ] {
        assert_eq!(refused("UTC", &[(days, &[hours])], &[]), why);
    }
    assert_eq!(refused("UTC", &[], &[]), "hours: expected a day with hours, found none: it would never open");
    assert_eq!(
        refused("UTC", &[("mon", &["09:00-12:00", "11:00-13:00"])], &[]),
        "hours.mon: spans lie over each other in [\"09:00-12:00\", \"11:00-13:00\"]"
    );
    let open: &[&str] = &["09:00-12:00"];
    assert_eq!(refused("UTC", &[("mon", open), ("sat-tue", open)], &[]), "hours.sat-tue: mon is named twice");
    assert!(refused("Mars/Olympus", &[("mon", open)], &[]).starts_with("zone: "));
    for day in ["02-30", "2026-02-29", "1-1", "12-25-1", "2026-12-24 noon", "x-12-24"] {
        assert!(refused("UTC", &[("mon", open)], &[day]).starts_with("holidays: "), "{day}");
    }
    assert!(calendar("UTC", &[("mon", open)], &["02-29"]).is_ok());
}
