// `wasi:io/poll`: waiting for promises.

/** An error that a stream carries. Nothing here says more than that there is one. */
export class WasiError {
  toDebugString() {
    return "";
  }
}

/** Something to wait for. One that was made without a promise is ready. */
export class Pollable {
  #ready;
  #done;
  #cancel;

  /** @param done settles when there is something to see. @param cancel ends what it waits for. */
  constructor(done, cancel) {
    this.#ready = done === undefined;
    this.#done = done?.then(() => {
      this.#ready = true;
    });
    this.#cancel = cancel;
  }

  ready() {
    return this.#ready;
  }

  async block() {
    await this.#done;
  }

  /** The promise of `block`, for `poll`. */
  get done() {
    return this.#done;
  }

  [Symbol.dispose]() {
    this.#cancel?.();
  }
}

/** Waits until one of `pollables` is ready; the indices of those that are. */
export async function poll(pollables) {
  const ready = () => Uint32Array.from(pollables.flatMap((pollable, index) => (pollable.ready() ? [index] : [])));
  if (ready().length === 0) {
    await Promise.race(pollables.map((pollable) => pollable.done));
  }
  return ready();
}

/** Ready after so many nanoseconds. */
export function subscribeDuration(nanoseconds) {
  let timer;
  const done = new Promise((resolve) => {
    timer = setTimeout(resolve, Number(nanoseconds / 1_000_000n));
  });
  return new Pollable(done, () => clearTimeout(timer));
}
