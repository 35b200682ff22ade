//! Time as the protocol counts it.

use serde::{Deserialize, Serialize};

/// Whole seconds since the Unix epoch, UTC (RFC 7519 §2 `NumericDate`).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct UnixTime(pub u64);

impl UnixTime {
    /// This time plus `seconds`; stops at the end of time rather than wrapping.
    #[must_use]
    pub const fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this time, 0 if it is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The day, as ISO 8601 has it: `2026-11-21`, UTC.
    #[must_use]
    pub fn day(self) -> String {
        let (year, month, day) = civil(self.0 / 86_400);
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// The minute, as ISO 8601 has it but for the letter between: `2026-11-21 14:05`, UTC.
    #[must_use]
    pub fn minute(self) -> String {
        let of_day = self.0 % 86_400;
        let (hour, minute) = (of_day / 3_600, of_day % 3_600 / 60);
        format!("{} {hour:02}:{minute:02}", self.day())
    }
}

/// The date of a day since the Unix epoch, in the Gregorian calendar. Counted from 1 March of year 0, so that leap days come last in
/// their years.
const fn civil(day: u64) -> (u64, u64, u64) {
    /// Days of 400 years.
    const CYCLE: u64 = 146_097;
    let day = day.saturating_add(719_468);
    let (cycle, of_cycle) = (day / CYCLE, day % CYCLE);
    let year_of_cycle =
        (of_cycle - of_cycle / 1_460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
    let of_year = of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = cycle * 400 + year_of_cycle + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::UnixTime;

    #[test]
    fn days_and_minutes_of_the_calendar() {
        for (seconds, minute) in [
            (0, "1970-01-01 00:00"),
            (951_782_399, "2000-02-28 23:59"),
            (951_782_400, "2000-02-29 00:00"),
            (951_868_800, "2000-03-01 00:00"),
            (1_767_225_599, "2025-12-31 23:59"),
            (1_800_000_000, "2027-01-15 08:00"),
            (4_107_542_400, "2100-03-01 00:00"),
        ] {
            assert_eq!(UnixTime(seconds).minute(), minute);
        }
    }
}
