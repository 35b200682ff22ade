// Instances of the composed component. One serves one request at a time: two in the same one would find each other's data
// on its stack. An instance that trapped, ran out of time or took much memory is not used again.

import { instantiate } from "doorward:component";
import { hostImports, slotOf } from "./imports.mjs";

/** Most instances that wait for work. More would only make garbage collection slow. */
const MAX_IDLE = 8;
/** Most requests at once in one isolate. */
const MAX_BUSY = 128;
/** How much an instance may grow before it is let go, in bytes: one that hashed a password took 19 MiB. */
const MAX_GROWTH_BYTES = 8 * 1024 * 1024;
/** How long a request may take, in milliseconds. */
export const DEADLINE_MS = 10_000;

/** Why a request got no answer. */
export class Fault extends Error {}

const idle = [];
const busy = new Map();

class Instance {
  #memories = [];
  #initialBytes;
  #slot = slotOf();

  constructor() {
    const core = (module, imports) => {
      const instance = new WebAssembly.Instance(module, imports);
      this.#memories.push(...Object.values(instance.exports).filter((value) => value instanceof WebAssembly.Memory));
      return instance;
    };
    this.exports = instantiate(hostImports(this.#slot), core);
    this.#initialBytes = this.#bytes();
  }

  /** Runs `call(exports)` with `ports` answering what it imports. */
  async run(ports, call) {
    this.#slot.ports = ports;
    try {
      return await call(this.exports);
    } finally {
      this.#slot.ports = undefined;
    }
  }

  get isLean() {
    return this.#bytes() - this.#initialBytes <= MAX_GROWTH_BYTES;
  }

  #bytes() {
    return this.#memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
  }
}

/** Makes the first instance before the first request. */
export function warm() {
  idle.push(new Instance());
}

/** Runs `call(exports)` in an instance of its own. Throws `Fault`: it trapped, took too long, or there is no room. */
export async function inInstance(ports, call) {
  const ticket = enter();
  let timer;
  try {
    const instance = idle.pop() ?? new Instance();
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Fault(`no answer within ${DEADLINE_MS} ms`)), DEADLINE_MS);
    });
    const running = instance.run(ports, call);
    // Nobody listens any more if it is late.
    running.catch(() => {});
    const answer = await Promise.race([running, late]);
    // Only here: whatever did not end normally is not used again.
    if (instance.isLean && idle.length < MAX_IDLE) {
      idle.push(instance);
    }
    return answer;
  } catch (error) {
    throw error instanceof Fault ? error : new Fault(`the component trapped: ${error?.stack ?? error}`);
  } finally {
    clearTimeout(timer);
    busy.delete(ticket);
  }
}

/** How many instances wait and work. */
export function census() {
  return { idle: idle.length, busy: busy.size };
}

function enter() {
  const now = Date.now();
  if (busy.size >= MAX_BUSY) {
    // A request that the platform ended never said so.
    [...busy].filter(([, since]) => now - since > 2 * DEADLINE_MS).forEach(([ticket]) => busy.delete(ticket));
  }
  if (busy.size >= MAX_BUSY) {
    throw new Fault("too many requests at once");
  }
  const ticket = Symbol("request");
  busy.set(ticket, now);
  return ticket;
}
