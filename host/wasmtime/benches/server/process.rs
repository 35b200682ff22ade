//! What the operating system knows about a process. Linux: `/proc` and `taskset`.

use crate::harness::server::Place;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A process by its id.
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// User and system time so far.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0)).expect("/proc");
        // The name before it may hold spaces; after its parenthesis, utime and stime are fields 12 and 13 (proc(5)).
        let fields = stat
            .rsplit(')')
            .next()
            .expect("fields")
            .split_whitespace()
            .collect::<Vec<_>>();
        let ticks: u64 = [fields[11], fields[12]]
            .iter()
            .map(|field| field.parse::<u64>().expect("ticks"))
            .sum();
        Duration::from_nanos(ticks * 1_000_000_000 / ticks_per_second())
    }

    /// Resident memory now.
    pub(crate) fn resident_kib(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most that was ever resident.
    pub(crate) fn peak_kib(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0)).expect("/proc");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .expect("the line");
        line.split_whitespace()
            .next()
            .and_then(|number| number.parse().ok())
            .expect("KiB")
    }
}

fn ticks_per_second() -> u64 {
    let output = Command::new("getconf").arg("CLK_TCK").output();
    let text = output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    text.trim().parse().unwrap_or(100)
}

/// Keeps this process off the server's processor; whether that could be done.
pub(crate) fn pin_load() -> bool {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if processors < 2 {
        return false;
    }
    let others = format!("1-{}", processors - 1);
    let status = Command::new("taskset")
        .args(["-a", "-p", "-c", &others, &std::process::id().to_string()])
        .stdout(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// Times from the start of the process to its first 200, on data and compiled components that are there.
pub(crate) fn cold_starts(place: &Place, command: impl Fn() -> Command) -> Vec<Duration> {
    (0..10)
        .map(|_| {
            let start = Instant::now();
            let mut child = command()
                .args(place.arguments())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("the server starts");
            while !answers(&place.origin()) {
                std::thread::sleep(Duration::from_micros(500));
            }
            let elapsed = start.elapsed();
            child.kill().expect("a signal");
            child.wait().expect("its end");
            elapsed
        })
        .collect()
}

fn answers(origin: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(origin.trim_start_matches("http://")) else {
        return false;
    };
    let request =
        "GET /.well-known/openid-configuration HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}
