//! Times as text (XEP-0082), from milliseconds since the epoch.

use crate::xml::push_number;
use cordboard_sdk::model::Timestamp;

const DAY_MS: u64 = 86_400_000;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: u64 = 719_468;
/// Days of 400 years.
const ERA_DAYS: u64 = 146_097;

/// `2026-07-14T09:30:00.250Z`; milliseconds only where there are any.
pub(crate) fn stamp(at: Timestamp) -> String {
    let (year, month, day) = date(at / DAY_MS);
    let ms = at % DAY_MS;
    let mut text = String::with_capacity(24);
    pad(&mut text, year, 4);
    for (separator, number) in
        [('-', month), ('-', day), ('T', ms / 3_600_000), (':', ms / 60_000 % 60), (':', ms / 1000 % 60)]
    {
        text.push(separator);
        pad(&mut text, number, 2);
    }
    if !ms.is_multiple_of(1000) {
        text.push('.');
        pad(&mut text, ms % 1000, 3);
    }
    text.push('Z');
    text
}

/// Year, month and day of a day since the epoch. Howard Hinnant, "chrono-compatible low-level date algorithms": years begin in March,
/// so that the leap day is the last.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + EPOCH_DAYS;
    let (era, day_of_era) = (days / ERA_DAYS, days % ERA_DAYS);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

fn pad(text: &mut String, number: u64, width: u32) {
    for place in (1..width).rev() {
        if number < 10_u64.pow(place) {
            text.push('0');
        }
    }
    push_number(text, number);
}

#[cfg(test)]
mod tests;
