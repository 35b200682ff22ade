//! Markdown.

use crate::load::{CONNECTIONS, Measurement};
use std::time::Duration;

/// What a grant must not exceed, in client credentials, both without their signatures.
const MOST_OF_CLIENT_CREDENTIALS: f64 = 2.0;

/// What an operation signs and verifies: that has its price whatever we do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Signatures {
    /// Made by ES256.
    pub(crate) es256: u32,
    /// Made by RS256.
    pub(crate) rs256: u32,
    /// Verified by ES256.
    pub(crate) verified: u32,
}

/// What each of them costs, in microseconds of CPU.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prices {
    pub(crate) es256: f64,
    pub(crate) rs256: f64,
    pub(crate) verified: f64,
}

impl Prices {
    fn of(self, signatures: Signatures) -> f64 {
        f64::from(signatures.es256) * self.es256
            + f64::from(signatures.rs256) * self.rs256
            + f64::from(signatures.verified) * self.verified
    }
}

/// One operation with what the design asks of it, in microseconds of server CPU.
pub(crate) struct Row {
    name: String,
    measurement: Measurement,
    target_us: Option<f64>,
    floor: bool,
    signatures: Signatures,
    grant: bool,
}

impl Row {
    pub(crate) fn new(name: &str, measurement: Measurement, target_us: Option<f64>) -> Self {
        Self {
            name: name.to_owned(),
            measurement,
            target_us,
            floor: false,
            signatures: Signatures::default(),
            grant: false,
        }
    }

    pub(crate) fn into_floor(self) -> Self {
        Self {
            floor: true,
            ..self
        }
    }

    /// With what it signs and verifies.
    pub(crate) fn signs(self, signatures: Signatures) -> Self {
        Self { signatures, ..self }
    }

    /// One of the grants of the token endpoint, with what it signs and verifies. The first is the measure of the others.
    pub(crate) fn into_grant(self, signatures: Signatures) -> Self {
        Self {
            grant: true,
            ..self.signs(signatures)
        }
    }

    /// Server CPU of one operation, microseconds.
    pub(crate) fn cpu_us(&self) -> f64 {
        self.measurement.cpu_us
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

/// The grants beside client credentials, all of them without what they sign and verify.
pub(crate) fn grants(rows: &[Row], prices: Prices) {
    println!(
        "\nCPU of one signature: ES256 {:.1} µs, RS256 {:.1} µs; of one verification: ES256 {:.1} µs.\n",
        prices.es256, prices.rs256, prices.verified
    );
    println!(
        "| grant | server CPU µs | signatures µs | without µs | × client credentials (aim {MOST_OF_CLIENT_CREDENTIALS:.0}) |"
    );
    println!("|---|---:|---:|---:|---:|");
    let without = |row: &Row| row.cpu_us() - prices.of(row.signatures);
    let grants: Vec<&Row> = rows.iter().filter(|row| row.grant).collect();
    let measure = grants.first().map_or(f64::NAN, |row| without(row));
    for row in grants {
        println!(
            "| {} | {:.1} | {:.1} | {:.1} | {:.1} |",
            row.name,
            row.cpu_us(),
            prices.of(row.signatures),
            without(row),
            without(row) / measure
        );
    }
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
