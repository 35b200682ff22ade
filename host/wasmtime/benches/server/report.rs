//! Markdown.

use crate::load::{CONNECTIONS, Measurement};
use std::time::Duration;

/// One operation with what the design asks of it, in microseconds of server CPU.
pub(crate) struct Row {
    name: String,
    measurement: Measurement,
    target_us: Option<f64>,
    floor: bool,
}

impl Row {
    pub(crate) fn new(name: &str, measurement: Measurement, target_us: Option<f64>) -> Self {
        Self {
            name: name.to_owned(),
            measurement,
            target_us,
            floor: false,
        }
    }

    pub(crate) fn into_floor(self) -> Self {
        Self {
            floor: true,
            ..self
        }
    }

    /// Two steps that always come together: their times add up.
    pub(crate) fn sum(
        name: &str,
        first: &Measurement,
        second: &Measurement,
        target_us: Option<f64>,
    ) -> Self {
        let measurement = Measurement {
            requests_per_s: 1.0 / (1.0 / first.requests_per_s + 1.0 / second.requests_per_s),
            p50_us: first.p50_us + second.p50_us,
            p99_us: first.p99_us + second.p99_us,
            cpu_us: first.cpu_us + second.cpu_us,
        };
        Self::new(name, measurement, target_us)
    }
}

/// The table of operations.
pub(crate) fn operations(rows: &[Row]) {
    let floor = rows
        .iter()
        .find(|row| row.floor)
        .map_or(f64::NAN, |row| row.measurement.cpu_us);
    println!("{CONNECTIONS} connections; p50 and p99 hold the wait for the others' requests.\n");
    println!("| operation | per second | p50 µs | p99 µs | server CPU µs | × floor | target µs |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for Row {
        name,
        measurement,
        target_us,
        ..
    } in rows
    {
        let Measurement {
            requests_per_s,
            p50_us,
            p99_us,
            cpu_us,
        } = measurement;
        let target = target_us.map_or_else(String::new, |target| format!("{target:.0}"));
        println!(
            "| {name} | {requests_per_s:.0} | {p50_us:.0} | {p99_us:.0} | {cpu_us:.1} | {:.1} | {target} |",
            cpu_us / floor
        );
    }
    let cpu = |name: &str| {
        rows.iter()
            .find(|row| row.name == name)
            .map_or(f64::NAN, |row| row.measurement.cpu_us)
    };
    println!(
        "\nA fresh instance and the call into it (discovery − bare HTTP): {:.1} µs of CPU.",
        cpu("discovery") - cpu("bare HTTP")
    );
}

pub(crate) fn memory(idle_kib: u64, peak_kib: u64) {
    println!(
        "\nResident memory: {} MiB idle, {} MiB at most under load (target 64).",
        idle_kib / 1024,
        peak_kib / 1024
    );
}

pub(crate) fn cold_start(times: &[Duration]) {
    let mut times = times.to_vec();
    times.sort_unstable();
    let median = times[times.len() / 2];
    println!(
        "\nCold start to the first 200, compiled components in the cache: {} ms (median of {}; target 100).",
        median.as_millis(),
        times.len()
    );
}
