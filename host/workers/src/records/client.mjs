// `doorward:host/records`, answered by the shards: one call is one remote call. What goes wrong on the way is
// `unavailable`, never "absent".

import { keyProblem, limitProblem, partProblem, valueProblem } from "./bounds.mjs";
import { SHARDS, shardName, shardOf, shardOfAll } from "./shard.mjs";

/** How many shards a listing asks at once. */
const FAN_OUT = 6;
/** Most bytes of values in one listing. */
const MAX_LISTING_BYTES = 16 * 1024 * 1024;

const invalid = (why) => ({ tag: "invalid", val: why });
const unavailable = (why) => ({ tag: "unavailable", val: why });
const refuse = (...problems) => {
  const problem = problems.find((found) => found !== null);
  if (problem !== undefined) {
    throw invalid(problem);
  }
};

/** The records behind `namespace`, the binding `RECORDS`. Make one for each request: a stub belongs to the request that made it. */
export class RecordsClient {
  #namespace;
  #stubs = new Map();

  constructor(namespace) {
    this.#namespace = namespace;
  }

  async get(key) {
    refuse(keyProblem(key));
    const entry = await this.#read(shardOf(key), (shard) => shard.get(key));
    return entry === null ? undefined : { value: bytes(entry.value), version: BigInt(entry.version) };
  }

  async insert(key, value, expiresAt) {
    refuse(keyProblem(key), valueProblem(value));
    return BigInt(await this.#write(key, (shard) => shard.insert(key, value, storedTime(expiresAt))));
  }

  async replace(key, version, value, expiresAt) {
    refuse(keyProblem(key), valueProblem(value));
    const expected = storedVersion(version);
    return BigInt(await this.#write(key, (shard) => shard.replace(key, expected, value, storedTime(expiresAt))));
  }

  async remove(key, version) {
    refuse(keyProblem(key));
    const expected = version === undefined ? null : storedVersion(version);
    await this.#write(key, (shard) => shard.remove(key, expected));
  }

  async increment(key, by, expiresAt) {
    refuse(keyProblem(key));
    return BigInt(await this.#write(key, (shard) => shard.increment(key, String(by), storedTime(expiresAt))));
  }

  async list(prefix, after, limit) {
    refuse(partProblem("prefix", prefix), after === undefined ? null : partProblem("place to go on from", after), limitProblem(limit));
    const one = shardOfAll(prefix);
    const shards = one === undefined ? Array.from({ length: SHARDS }, (_, number) => number) : [one];
    const pages = shards.map((shard) => ({ shard, rows: [], next: after ?? null, done: false }));
    const size = one === undefined ? Math.min(limit, 2 * Math.ceil(limit / SHARDS) + 8) : limit;
    const found = [];
    let weight = 0;
    while (found.length < limit) {
      await this.#refill(pages, prefix, size);
      const first = smallest(pages);
      if (first === undefined) {
        break;
      }
      const row = first.rows.shift();
      weight += row.value.byteLength;
      if (weight > MAX_LISTING_BYTES) {
        throw unavailable(`the listing is larger than ${MAX_LISTING_BYTES} bytes; ask for fewer records at a time`);
      }
      found.push({ key: row.key, value: bytes(row.value), version: BigInt(row.version) });
    }
    return found;
  }

  /** Makes sure that every shard that has more shows what comes next in it. */
  async #refill(pages, prefix, size) {
    const empty = pages.filter((page) => page.rows.length === 0 && !page.done);
    for (let start = 0; start < empty.length; start += FAN_OUT) {
      await Promise.all(empty.slice(start, start + FAN_OUT).map(async (page) => {
        const { rows, more } = await this.#read(page.shard, (stub) => stub.list(prefix, page.next, size));
        page.rows = rows;
        page.done = !more;
        page.next = page.rows.at(-1)?.key ?? page.next;
      }));
    }
  }

  /** A read may be asked twice: the platform says when a new attempt can help, e.g. after a new version was deployed. */
  async #read(number, ask) {
    try {
      return await this.#call(number, ask);
    } catch (problem) {
      if (problem.again !== true) {
        throw problem;
      }
      return this.#call(number, ask);
    }
  }

  #write(key, ask) {
    return this.#call(shardOf(key), ask);
  }

  async #call(number, ask) {
    let answer;
    try {
      answer = await ask(this.#stub(number));
    } catch (error) {
      // A stub that failed may be broken for good.
      this.#stubs.delete(number);
      throw { ...unavailable(`shard ${number}: ${error?.message ?? error}`), again: error?.retryable === true && error?.overloaded !== true };
    }
    if (answer.failure !== undefined) {
      throw answer.failure;
    }
    return answer.ok;
  }

  #stub(number) {
    let stub = this.#stubs.get(number);
    if (stub === undefined) {
      stub = this.#namespace.get(this.#namespace.idFromName(shardName(number)));
      this.#stubs.set(number, stub);
    }
    return stub;
  }
}

function smallest(pages) {
  let first;
  for (const page of pages) {
    if (page.rows.length > 0 && (first === undefined || page.rows[0].key < first.rows[0].key)) {
      first = page;
    }
  }
  return first;
}

const bytes = (value) => (value instanceof Uint8Array ? value : new Uint8Array(value));

/** Times beyond what a JavaScript number holds exactly are in 285 million years. */
function storedTime(at) {
  if (at === undefined) {
    return null;
  }
  return at > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(at);
}

/** No shard ever handed out a version beyond what a JavaScript number holds exactly. */
function storedVersion(version) {
  if (version > Number.MAX_SAFE_INTEGER) {
    throw { tag: "conflict" };
  }
  return Number(version);
}
