// `doorward:host/events`: one line of JSON each, which `wrangler tail` and Logpush carry; and the same to the queue
// `EVENTS`, where one is bound.

/** Most events of one request that go to the queue: what one `sendBatch` takes. */
const MAX_QUEUED = 100;

/** Collects the events of one request, and hands them on when it ends. */
export class Events {
  #queue;
  #waiting = [];
  #dropped = 0;

  /** @param queue the binding `EVENTS`, or undefined. */
  constructor(queue) {
    this.#queue = queue;
  }

  /** A first field `source` says which provider speaks; otherwise it is the core. */
  emit({ name, level, fields }) {
    const [source, details] = fields[0]?.[0] === "source" ? [fields[0][1], fields.slice(1)] : ["core", fields];
    const line = print(level, name, Object.fromEntries(details), { source, target: "doorward::audit" });
    if (this.#queue === undefined) {
      return;
    }
    if (this.#waiting.length < MAX_QUEUED) {
      this.#waiting.push({ body: line });
    } else {
      this.#dropped += 1;
    }
  }

  /** Sends what waits to the queue. Never rejects: an event that cannot be queued is in the log all the same. */
  async flush() {
    if (this.#dropped > 0) {
      log("warning", "events.dropped", { count: this.#dropped });
    }
    if (this.#waiting.length === 0) {
      return;
    }
    try {
      await this.#queue.sendBatch(this.#waiting);
    } catch (error) {
      log("error", "events.not_queued", { count: this.#waiting.length, problem: String(error?.message ?? error) });
    }
  }
}

/** A line of the host's own. `level`: `info`, `warning`, `error`. */
export function log(level, event, details = {}) {
  print(level, event, details, { target: "doorward::host" });
}

const LEVELS = {
  info: ["INFO", (line) => console.log(line)],
  warning: ["WARN", (line) => console.warn(line)],
  error: ["ERROR", (line) => console.error(line)],
};

/** Member names are those of the native server, so that one query of the log works everywhere. */
function print(level, event, details, about) {
  const [name, write] = LEVELS[level];
  const line = { timestamp: new Date().toISOString(), level: name, message: JSON.stringify(details), event, ...about };
  write(JSON.stringify(line));
  return line;
}
