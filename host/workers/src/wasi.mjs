// What the components may ask of WASI 0.2 here: the time, randomness, a way to say their last words. No file, no socket,
// no outbound HTTP, no environment, no input. `npm run build` fails if a component imports anything that is not here.

import { log } from "./events.mjs";

const OPERATION_FAILED = { payload: { tag: "closed" } };
/** Most randomness that one call of the platform gives. */
const RANDOM_CHUNK = 65_536;

/** Ends the component that calls it: there is no process here. */
export class Exit extends Error {}

class Pollable {}
class WasiError {}
class TerminalInput {}
class TerminalOutput {}

class InputStream {
  read() {
    throw OPERATION_FAILED;
  }
  blockingRead() {
    throw OPERATION_FAILED;
  }
  subscribe() {
    return new Pollable();
  }
}

/** Takes everything and hands it, line by line, to `line`. */
class OutputStream {
  #line;
  #pending = "";
  #decoder = new TextDecoder();

  constructor(line) {
    this.#line = line;
  }
  checkWrite() {
    return 4096n;
  }
  write(contents) {
    const lines = (this.#pending + this.#decoder.decode(contents, { stream: true })).split("\n");
    this.#pending = lines.pop();
    lines.forEach((line) => this.#line(line));
  }
  blockingWriteAndFlush(contents) {
    this.write(contents);
  }
  flush() {}
  blockingFlush() {}
  subscribe() {
    return new Pollable();
  }
}

// The core has an export for hosts that speak `wasi:http`, and its types come along. Nothing here ever calls it.
class Fields {}
class IncomingBody {}
class IncomingRequest {}
class OutgoingBody {}
class OutgoingResponse {}
class ResponseOutparam {}

function randomBytes(length) {
  const bytes = new Uint8Array(Number(length));
  for (let start = 0; start < bytes.length; start += RANDOM_CHUNK) {
    crypto.getRandomValues(bytes.subarray(start, start + RANDOM_CHUNK));
  }
  return bytes;
}

function randomU64() {
  return new DataView(randomBytes(8n).buffer).getBigUint64(0, true);
}

function wallClock() {
  const ms = Date.now();
  return { seconds: BigInt(Math.floor(ms / 1000)), nanoseconds: (ms % 1000) * 1_000_000 };
}

/** The imports of one instance, by interface without version. */
export function wasi() {
  const inert = new OutputStream(() => {});
  const errors = new OutputStream((line) => log("error", "component.stderr", { text: line }));
  return {
    "wasi:cli/environment": { getEnvironment: () => [], getArguments: () => [], initialCwd: () => undefined },
    "wasi:cli/exit": {
      exit() {
        throw new Exit("a component ended itself");
      },
    },
    "wasi:cli/stdin": { getStdin: () => new InputStream() },
    "wasi:cli/stdout": { getStdout: () => inert },
    "wasi:cli/stderr": { getStderr: () => errors },
    "wasi:cli/terminal-input": { TerminalInput },
    "wasi:cli/terminal-output": { TerminalOutput },
    "wasi:cli/terminal-stdin": { getTerminalStdin: () => undefined },
    "wasi:cli/terminal-stdout": { getTerminalStdout: () => undefined },
    "wasi:cli/terminal-stderr": { getTerminalStderr: () => undefined },
    "wasi:clocks/wall-clock": { now: wallClock, resolution: () => ({ seconds: 0n, nanoseconds: 1_000_000 }) },
    "wasi:clocks/monotonic-clock": { now: () => BigInt(Date.now()) * 1_000_000n, resolution: () => 1_000_000n },
    "wasi:http/types": { Fields, IncomingBody, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam },
    "wasi:io/error": { Error: WasiError },
    "wasi:io/poll": { Pollable },
    "wasi:io/streams": { InputStream, OutputStream },
    "wasi:random/random": { getRandomBytes: randomBytes, getRandomU64: randomU64 },
    "wasi:random/insecure-seed": { insecureSeed: () => [randomU64(), randomU64()] },
  };
}
