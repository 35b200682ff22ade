// `wasi:io/streams`, over what the platform gives.

import { Pollable, WasiError } from "./poll.mjs";

/** How `wasi:io/streams` says that nothing more comes. */
export const CLOSED = { payload: { tag: "closed" } };
const failed = () => ({ payload: { tag: "last-operation-failed", val: new WasiError() } });

/** The bytes of a `ReadableStream`, taken as they are asked for; without one, none. */
export class InputStream {
  #reader;
  #chunk = new Uint8Array();
  #end;
  #pending;

  constructor(readable) {
    this.#reader = readable?.getReader();
    this.#end = this.#reader === undefined ? CLOSED : undefined;
  }

  /** At most `length` bytes of what is here already; none if nothing is. */
  read(length) {
    if (this.#chunk.length > 0) {
      const size = Math.min(this.#chunk.length, Number(length));
      const taken = this.#chunk.slice(0, size);
      this.#chunk = this.#chunk.subarray(size);
      return taken;
    }
    if (this.#end !== undefined) {
      throw this.#end;
    }
    this.#fill();
    return new Uint8Array();
  }

  blockingRead() {
    throw CLOSED;
  }

  subscribe() {
    return this.#chunk.length > 0 || this.#end !== undefined ? new Pollable() : new Pollable(this.#fill());
  }

  /** Asks for the next chunk, once at a time: what nobody reads is never asked for. */
  #fill() {
    this.#pending ??= this.#reader.read().then(
      ({ value, done }) => {
        this.#chunk = value ?? this.#chunk;
        this.#end = done ? CLOSED : undefined;
        this.#pending = undefined;
      },
      () => {
        this.#end = failed();
        this.#pending = undefined;
      },
    );
    return this.#pending;
  }

  [Symbol.dispose]() {
    this.#reader?.cancel().catch(() => {});
  }
}

/** Hands what is written to `take`, at once. */
export class OutputStream {
  #take;

  constructor(take) {
    this.#take = take;
  }
  checkWrite() {
    return 4096n;
  }
  write(contents) {
    this.#take(contents);
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
