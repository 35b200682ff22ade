// npm run bench
//
// What a token of a service costs here, beside plain JavaScript on the same runtime, store and key, in the same run. The
// figures are CPU time of workerd (user and system) per request: unlike latency they say the same on a busy machine.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { built } from "../test/built.mjs";
import { CLIENT_CREDENTIALS } from "../test/flow.mjs";
import { startWorker } from "../test/worker.mjs";

const REQUESTS = 3000;
const ROUNDS = 3;

const begun = performance.now();
const build = await built("../bench/worker.mjs");
const worker = await startWorker({ bundle: build.bundle });
try {
  const pid = runtime();
  const first = performance.now();
  await post("/.well-known/openid-configuration", { method: "GET" });
  console.log(`first request ${(performance.now() - first).toFixed(0)} ms; ${(build.report.bytes / 1024).toFixed(0)} KiB, ${(build.report.gzip / 1024).toFixed(0)} KiB compressed; core ${build.report.core}`);
  const before = await reads();
  await post("/token", CLIENT_CREDENTIALS);
  const each = (await reads()) - before;
  const variants = {
    "nothing (/healthz)": ["/healthz", { method: "GET" }],
    "plain JavaScript": [`/bench/plain?reads=${each}`, CLIENT_CREDENTIALS],
    Doorward: ["/token", CLIENT_CREDENTIALS],
  };
  console.log(`one token: ${each} reads of the store, one ES256 signature`);
  for (const concurrent of [1, 16]) {
    for (const [name, [path, init]] of Object.entries(variants)) {
      await run(path, init, 500, concurrent);
    }
    const costs = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [name, [path, init]] of Object.entries(variants)) {
        const [cpu, clock] = [cpuMs(pid), performance.now()];
        await run(path, init, REQUESTS, concurrent);
        costs[name].push([((cpuMs(pid) - cpu) * 1000) / REQUESTS, (REQUESTS / (performance.now() - clock)) * 1000]);
      }
    }
    for (const [name, rounds] of Object.entries(costs)) {
      const [cpu, rate] = [0, 1].map((index) => rounds.map((row) => row[index]).sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]);
      console.log(`${String(concurrent).padStart(2)} at once  ${name.padEnd(20)} ${cpu.toFixed(0).padStart(5)} µs CPU  ${rate.toFixed(0).padStart(6)}/s`);
    }
  }
} finally {
  await worker.close();
  await build.remove();
}
console.error(`(${((performance.now() - begun) / 1000).toFixed(0)} s)`);

async function post(path, init) {
  const response = await fetch(worker.issuer + path, init);
  const body = await response.text();
  if (response.status !== 200) {
    throw new Error(`${path}: ${response.status} ${body}`);
  }
  return body;
}

async function reads() {
  return Number(await post("/bench/reads", { method: "GET" }));
}

async function run(path, init, requests, concurrent) {
  let left = requests;
  await Promise.all(Array.from({ length: concurrent }, async () => {
    while (left > 0) {
      left -= 1;
      await post(path, init);
    }
  }));
}

/** The process of workerd that this one started. */
function runtime() {
  const children = execFileSync("ps", ["-o", "pid=,comm=", "--ppid", String(process.pid)], { encoding: "utf8" });
  return Number(/(\d+)\s+workerd/.exec(children)[1]);
}

/** User and system time of a process, in milliseconds. */
function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  const tick = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / tick;
}
