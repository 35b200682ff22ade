//! `cargo bench`: what the server costs, with the server on one processor and the load on another, beside a bare hyper
//! server that makes or verifies one signature for each request, in the same run. Prints Markdown; the targets are the design's.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that cannot be made ends the program"
)]

mod devices;
mod floor;
mod flows;
mod load;
mod operations;
mod process;
mod proofs;
mod report;

#[path = "../../../../tests/harness/mod.rs"]
#[expect(
    dead_code,
    reason = "shared by several targets, none of which uses all of it"
)]
mod harness;

use harness::server::{BINARY, Place};
use process::Process;
use report::{Prices, Row};
use std::process::{Command, Stdio};

/// The processor of the server under measurement; the load has the others.
const SERVER_CPU: &str = "0";

/// The configuration of the tests, without the limits that a load from one address would meet.
const CONFIG: &str = harness::server::CONFIG;

fn main() {
    let arguments = std::env::args().collect::<Vec<_>>();
    if arguments
        .get(1)
        .is_some_and(|argument| argument == floor::ARGUMENT)
    {
        return floor::serve();
    }
    // `cargo test --benches` runs this as well: that it builds is the test.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let pinned = process::pin_load();
    println!(
        "# doorward on one processor{}\n",
        if pinned {
            ""
        } else {
            " (not pinned: no taskset, or one processor)"
        }
    );
    let (mut rows, prices) = measure_floor(pinned);
    let server = Place::new(CONFIG).start_by(on_server_cpu(BINARY, pinned));
    let process = Process(server.child.id());
    let idle = process.resident_kib();
    rows.extend(operations::measure(&server, &process));
    report::operations(&rows);
    report::grants(&rows, prices);
    report::memory(idle, process.peak_kib());
    let place = server.stop();
    report::cold_start(&process::cold_starts(&place, || {
        on_server_cpu(BINARY, pinned)
    }));
}

/// A command that runs a program on the server's processor.
fn on_server_cpu(program: &str, pinned: bool) -> Command {
    if !pinned {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", SERVER_CPU, program]);
    command
}

/// The floor: HTTP alone, and HTTP with one signature. What is between them is the price of the signature.
fn measure_floor(pinned: bool) -> (Vec<Row>, Prices) {
    let itself = std::env::current_exe().expect("its own path");
    let mut command = on_server_cpu(itself.to_str().expect("UTF-8"), pinned);
    let mut child = command
        .arg(floor::ARGUMENT)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the floor starts");
    let address = floor::address(child.stdout.take().expect("a pipe"));
    let process = Process(child.id());
    let run = |path| {
        load::run(
            &address,
            &process,
            &load::repeat(("GET", path), "", "", 200),
        )
    };
    let (plain, signed) = (run("/plain"), run("/es256"));
    let prices = Prices {
        es256: signed.cpu_us - plain.cpu_us,
        rs256: run("/rs256").cpu_us - plain.cpu_us,
        verified: run("/verify").cpu_us - plain.cpu_us,
    };
    child.kill().expect("a signal");
    child.wait().expect("its end");
    let rows = vec![
        Row::new("bare HTTP", plain, None),
        Row::new("bare HTTP + one ES256 (the floor)", signed, Some(23.0)).into_floor(),
    ];
    (rows, prices)
}
