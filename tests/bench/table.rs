//! Medians as a table in Markdown.

use std::fmt;
use std::time::Duration;

/// Names and times; the ratios are to the first row.
pub(crate) struct Table {
    rows: Vec<(&'static str, Duration, f64)>,
}

impl Table {
    pub(crate) fn of(rows: impl IntoIterator<Item = (&'static str, Duration)>) -> Self {
        let mut first = None;
        let ratio = |(name, time): (&'static str, Duration)| {
            let first = *first.get_or_insert(time);
            (name, time, first.as_secs_f64() / time.as_secs_f64())
        };
        Self { rows: rows.into_iter().map(ratio).collect() }
    }

    /// The rows of another run, each with its ratio to that run's first row.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.rows.extend(other.rows.into_iter().skip(1));
        self
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| | median | the first row takes |\n|---|---:|---:|")?;
        for (name, time, ratio) in &self.rows {
            let milliseconds = time.as_secs_f64() * 1000.0;
            writeln!(f, "| {name} | {milliseconds:.1} ms | {ratio:.3} of it |")?;
        }
        Ok(())
    }
}
