// What the components may ask of WASI 0.2 here: the time, randomness, a way to say their last words, and for the core outbound
// HTTP (`outgoing.mjs`). No file, no socket, no environment, no input. `npm run build` fails if a component imports anything that
// is not here.

import { log } from "./events.mjs";
import { httpTypes, outgoingHandler } from "./outgoing.mjs";
import { Pollable, WasiError, poll, subscribeDuration } from "./poll.mjs";
import { InputStream, OutputStream } from "./streams.mjs";

/** Most randomness that one call of the platform gives. */
const RANDOM_CHUNK = 65_536;

/** Ends the component that calls it: there is no process here. */
export class Exit extends Error {}

class TerminalInput {}
class TerminalOutput {}

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

/** Hands text that comes in pieces, line by line, to `line`. */
function lines(line) {
  const decoder = new TextDecoder();
  let pending = "";
  return (contents) => {
    const complete = (pending + decoder.decode(contents, { stream: true })).split("\n");
    pending = complete.pop();
    complete.forEach(line);
  };
}

/** The imports of one instance, by interface without version. */
export function wasi() {
  const inert = new OutputStream(() => {});
  const errors = new OutputStream(lines((line) => log("error", "component.stderr", { text: line })));
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
    "wasi:clocks/monotonic-clock": { now: () => BigInt(Date.now()) * 1_000_000n, resolution: () => 1_000_000n, subscribeDuration },
    "wasi:http/outgoing-handler": outgoingHandler,
    "wasi:http/types": httpTypes,
    "wasi:io/error": { Error: WasiError },
    "wasi:io/poll": { Pollable, poll },
    "wasi:io/streams": { InputStream, OutputStream },
    "wasi:random/random": { getRandomBytes: randomBytes, getRandomU64: randomU64 },
    "wasi:random/insecure-seed": { insecureSeed: () => [randomU64(), randomU64()] },
  };
}
