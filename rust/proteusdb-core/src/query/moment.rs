//! Dates and times as a query gives them.
//!
//! ```text
//! 2024-01-01                     the whole UTC day, 00:00:00.000000 to 23:59:59.999999
//! 2024-01-01T12:30               that moment, UTC
//! 2024-01-01 12:30:00+02:00      that moment
//! today, yesterday               the whole UTC day
//! now, 90 minutes ago            that moment; also seconds, hours, days, weeks, months, years
//! ```
//!
//! What is told from now on is fixed when it is read.
//!
//! Every text is a [`Moments`], a first and a last microsecond; a full date-time has both the same. So "on that day",
//! "not before" and "not after" are all comparisons with one of its two ends.

use std::cmp::Ordering;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::error::{Error, Result};
use crate::record::Value;

/// What a message about a wrong date offers.
pub(super) const ALLOWED: &str = "a date (2024-01-01, the whole UTC day), a datetime, or an ISO 8601 date-time \
                                  (2024-01-01T12:30:00, UTC unless it has an offset), or now, today, yesterday, \
                                  7 days ago";

const AGO: &str = " ago";

/// A stretch of time in µs since 1970-01-01T00:00:00Z, both ends inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moments {
    /// The first microsecond.
    pub first: i64,
    /// The last microsecond.
    pub last: i64,
}

impl Moments {
    /// One microsecond.
    #[must_use]
    pub fn at(moment: i64) -> Self {
        Self { first: moment, last: moment }
    }

    /// Reads a date or date-time; `None` where the text is neither.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text.starts_with(['n', 't', 'y']) || text.ends_with(AGO) {
            return Self::from_now(text);
        }
        if text.len() == "2024-01-01".len() {
            return Self::day(text.parse().ok()?);
        }
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Some(Self::at(micros(moment)));
        }
        // An offset or a zone that `Timestamp` did not understand must not be dropped in silence.
        let clock = text.get("2024-01-01T".len()..)?;
        if clock.contains(['[', '+', '-', 'Z', 'z']) {
            return None;
        }
        Some(Self::at(micros_of(text.parse().ok()?)?))
    }

    /// A whole UTC day.
    fn day(day: Date) -> Option<Self> {
        let last = day.tomorrow().map_or(i64::MAX, |next| micros_of(next.into()).unwrap_or(i64::MAX) - 1);
        Some(Self { first: micros_of(day.into())?, last })
    }

    /// `now`, `today`, `yesterday`, `7 days ago`.
    fn from_now(text: &str) -> Option<Self> {
        let now = TimeZone::UTC.to_datetime(Timestamp::now());
        match text {
            "now" => return micros_of(now).map(Self::at),
            "today" => return Self::day(now.date()),
            "yesterday" => return Self::day(now.date().yesterday().ok()?),
            _ => {}
        }
        let (count, unit) = text.strip_suffix(AGO)?.split_once(' ')?;
        let count = i64::from(count.bytes().all(|digit| digit.is_ascii_digit()).then(|| count.parse::<u32>().ok())??);
        let span = match unit.strip_suffix('s').unwrap_or(unit) {
            "second" => Span::new().try_seconds(count),
            "minute" => Span::new().try_minutes(count),
            "hour" => Span::new().try_hours(count),
            "day" => Span::new().try_days(count),
            "week" => Span::new().try_weeks(count),
            "month" => Span::new().try_months(count),
            "year" => Span::new().try_years(count),
            _ => return None,
        };
        now.checked_sub(span.ok()?).ok().and_then(micros_of).map(Self::at)
    }

    /// Reads a value given for `name`.
    ///
    /// # Errors
    /// `Query` for anything but a datetime or a text that [`Moments::read`] understands.
    pub fn from_value(name: &str, value: &Value) -> Result<Self> {
        match value {
            Value::Time(moment) => Ok(Self::at(*moment)),
            Value::Text(text) => Self::read(text).ok_or_else(|| {
                let shown: String = text.chars().take(60).collect();
                Error::query(format!("{name}: {shown:?} is no date; allowed is {ALLOWED}"))
            }),
            other => Err(Error::query(format!(
                "{name}: a value of type {} is no date; allowed is {ALLOWED}",
                other.type_name()
            ))),
        }
    }

    /// Where a moment lies: before, within or after.
    #[must_use]
    pub fn place(self, moment: i64) -> Ordering {
        if moment < self.first {
            Ordering::Less
        } else if moment > self.last {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    }
}

/// A moment as ISO 8601 text in UTC, for messages and explanations.
#[must_use]
pub fn show(moment: i64) -> String {
    Timestamp::from_microsecond(moment).map_or_else(|_| format!("{moment} µs"), |moment| moment.to_string())
}

fn micros_of(civil: DateTime) -> Option<i64> {
    TimeZone::UTC.to_timestamp(civil).ok().map(micros)
}

/// Rounds down, before 1970 as well as after.
fn micros(moment: Timestamp) -> i64 {
    (moment.as_nanosecond().div_euclid(1_000)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000_000;
    const NEW_YEAR: i64 = 1_704_067_200_000_000;

    #[test]
    fn a_bare_date_is_the_whole_utc_day() {
        assert_eq!(Moments::read("2024-01-01"), Some(Moments { first: NEW_YEAR, last: NEW_YEAR + DAY - 1 }));
        assert_eq!(Moments::read("1969-12-31"), Some(Moments { first: -DAY, last: -1 }));
        let leap = Moments::read("2024-02-29").unwrap();
        assert_eq!(leap.last - leap.first, DAY - 1);
    }

    #[test]
    fn date_times_are_utc_unless_they_have_an_offset() {
        let noon = Some(Moments::at(NEW_YEAR + DAY / 2));
        for text in ["2024-01-01T12:00", "2024-01-01 12:00:00", "2024-01-01T12:00:00Z", "2024-01-01T14:00:00.000+02:00"]
        {
            assert_eq!(Moments::read(text), noon, "{text}");
        }
        assert_eq!(Moments::read("2024-01-01T12:00:00.000001").unwrap().first, NEW_YEAR + DAY / 2 + 1);
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "tomorrow",
            "noon",
            "days ago",
            "-1 days ago",
            "1.5 days ago",
            "9999999999 days ago",
            "4000000000 years ago",
            "5 lightyears ago",
            "5 days",
            "2024",
            "2024-1-1",
            "2024-02-30",
            "01/02/2024",
            "2024-13-01",
            "2024-01-01T25:00",
            "2024-01-01T12:00[Nowhere/Land]",
            "20240101",
            "2024-01-01T",
            "2024-01-01T12:00+99:99",
        ] {
            assert_eq!(Moments::read(text), None, "{text}");
        }
        let error = Moments::from_value("as_of", &Value::Int(5)).unwrap_err();
        assert!(
            error.message().contains("as_of: a value of type int is no date; allowed is a date (2024-01-01"),
            "{error}"
        );
    }

    #[test]
    fn what_is_told_from_now_on() {
        let now = Moments::read("now").unwrap().first;
        let today = Moments::read("today").unwrap();
        assert!(today.last - today.first == DAY - 1 && today.first % DAY == 0);
        assert_eq!(Moments::read("yesterday").unwrap().last + 1, today.first);
        for (text, back) in [("1 day ago", DAY), ("2 weeks ago", 14 * DAY), ("24 hours ago", DAY), ("0 seconds ago", 0)]
        {
            let then = Moments::read(text).unwrap();
            assert_eq!(then.first, then.last, "{text}");
            // The clock goes on between two readings, and never by a minute.
            assert!((0..60_000_000).contains(&(then.first + back - now)), "{text}");
        }
        let year = now - Moments::read("1 year ago").unwrap().first;
        assert!((364 * DAY..367 * DAY).contains(&year));
        assert!(Moments::read("3 months ago").unwrap().first < now - 88 * DAY);
    }

    #[test]
    fn a_moment_lies_before_within_or_after() {
        let day = Moments::read("2024-01-01").unwrap();
        assert_eq!(day.place(NEW_YEAR - 1), Ordering::Less);
        assert_eq!(day.place(NEW_YEAR + 7), Ordering::Equal);
        assert_eq!(day.place(NEW_YEAR + DAY), Ordering::Greater);
        assert_eq!(show(NEW_YEAR), "2024-01-01T00:00:00Z");
    }
}
