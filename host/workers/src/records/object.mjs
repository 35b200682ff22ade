// One shard of the records: a Durable Object with SQLite. Every method is one synchronous transaction, so that it is atomic
// and linearizable; the platform holds back the answer until what was written is durable.
//
// Whether a record has expired is asked of its own column at every call. The alarm only gives the space back.

import { DurableObject } from "cloudflare:workers";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS record (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    counter INTEGER
  );
  CREATE INDEX IF NOT EXISTS record_expiry ON record (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE IF NOT EXISTS shard (id INTEGER PRIMARY KEY CHECK (id = 1), next INTEGER NOT NULL, sweep_at INTEGER);
  INSERT OR IGNORE INTO shard (id, next) VALUES (1, 1);`;

const LIVE = "(expires_at IS NULL OR expires_at > ?)";
const VALUE = "CASE WHEN counter IS NULL THEN value ELSE CAST(CAST(counter AS TEXT) AS BLOB) END AS value";

/** Largest counter: what SQLite can hold. */
const MAX_COUNTER = 2n ** 63n - 1n;
/** From which weight of values on an answer to a listing is full, in bytes: 64 shards answer one request, which has 128 MB. */
const PAGE_BYTES = 128 * 1024;
/** Farthest that an alarm is set ahead, in seconds: there is a year beyond which the platform has none. */
const MAX_ALARM_S = 365 * 86_400;
/** Most records that one alarm removes before others get their turn. */
const SWEEP_ROWS = 1000;

const CONFLICT = Object.freeze({ failure: { tag: "conflict" } });
const invalid = (why) => ({ failure: { tag: "invalid", val: why } });

/** Seconds since the Unix epoch. */
const now = () => Math.floor(Date.now() / 1000);

/** The class behind the binding `RECORDS`. Answers are `{ok}` or `{failure}`; an exception is an outage. */
export class Records extends DurableObject {
  /** Least time between two sweeps, in seconds. */
  sweepEvery = 600;
  #sql;
  #sweepAt;

  constructor(context, env) {
    super(context, env);
    this.#sql = context.storage.sql;
    this.#sql.exec(SCHEMA);
    this.#sweepAt = this.#one("SELECT sweep_at FROM shard").sweep_at;
  }

  /** The live record `{value, version}`, or null. */
  get(key) {
    return { ok: this.#one(`SELECT ${VALUE}, version FROM record WHERE key = ? AND ${LIVE}`, key, now()) ?? null };
  }

  /** Writes what is not there; answers the version. `expiresAt`: seconds since the Unix epoch, or null. */
  insert(key, value, expiresAt) {
    return this.#write(() => this.#insert(key, value, expiresAt));
  }

  #insert(key, value, expiresAt) {
    const written = this.#one(
      `INSERT INTO record (key, value, version, expires_at) VALUES (?, ?, (SELECT next FROM shard), ?)
       ON CONFLICT (key) DO UPDATE
       SET value = excluded.value, version = excluded.version, expires_at = excluded.expires_at, counter = NULL
       WHERE record.expires_at <= ?
       RETURNING version`,
      key, value, expiresAt, now(),
    );
    return written ? this.#settle(written.version, expiresAt) : CONFLICT;
  }

  /** Replaces what has `version`; answers the new one. */
  replace(key, version, value, expiresAt) {
    return this.#write(() => this.#replace(key, version, value, expiresAt));
  }

  #replace(key, version, value, expiresAt) {
    const written = this.#one(
      `UPDATE record SET value = ?, version = (SELECT next FROM shard), expires_at = ?, counter = NULL
       WHERE key = ? AND version = ? AND ${LIVE} RETURNING version`,
      value, expiresAt, key, version, now(),
    );
    return written ? this.#settle(written.version, expiresAt) : CONFLICT;
  }

  /** Removes what has `version`; whatever is there, if that is null. */
  remove(key, version) {
    if (version === null) {
      this.#sql.exec("DELETE FROM record WHERE key = ?", key);
      return { ok: null };
    }
    const removed = this.#one(`DELETE FROM record WHERE key = ? AND version = ? AND ${LIVE} RETURNING version`, key, version, now());
    return removed ? { ok: null } : CONFLICT;
  }

  /** Adds `by` (decimal digits) to a counter; answers the sum in decimal digits: neither need fit a JavaScript number. */
  increment(key, by, expiresAt) {
    return this.#write(() => this.#increment(key, by, expiresAt));
  }

  #increment(key, by, expiresAt) {
    const time = now();
    const there = this.#one(
      `SELECT CAST(counter AS TEXT) AS counter, expires_at FROM record WHERE key = ? AND ${LIVE}`, key, time,
    );
    if (there && there.counter === null) {
      return invalid("the record is no counter");
    }
    const sum = BigInt(there?.counter ?? 0) + BigInt(by);
    if (sum > MAX_COUNTER) {
      return invalid("a counter holds at most 2^63 - 1");
    }
    const expiry = there ? there.expires_at : expiresAt;
    const { version } = this.#one(
      `INSERT OR REPLACE INTO record (key, value, version, expires_at, counter)
       VALUES (?, x'', (SELECT next FROM shard), ?, CAST(? AS INTEGER)) RETURNING version`,
      key, expiry, String(sum),
    );
    this.#settle(version, expiry);
    return { ok: String(sum) };
  }

  /**
   * Live records `{key, value, version}` that start with `prefix` and come after `after` (or null), in order: at most `limit`,
   * and no more once they weigh `PAGE_BYTES`. `more`: there may be others behind them.
   */
  list(prefix, after, limit) {
    // Every key is printable ASCII, so that 0x7f comes after all that may follow the prefix.
    const cursor = this.#sql.exec(
      `SELECT key, ${VALUE}, version FROM record WHERE key >= ? AND key < ? AND key > ? AND ${LIVE} ORDER BY key LIMIT ?`,
      prefix, `${prefix}\x7f`, after ?? "", now(), limit,
    );
    const rows = [];
    let weight = 0;
    for (const row of cursor) {
      rows.push(row);
      weight += row.value.byteLength;
      if (weight >= PAGE_BYTES) {
        return { ok: { rows, more: true } };
      }
    }
    return { ok: { rows, more: rows.length === limit } };
  }

  /** Gives back the space of expired records. */
  alarm() {
    const time = now();
    this.#sql.exec(
      `DELETE FROM record WHERE key IN (SELECT key FROM record WHERE expires_at <= ? ORDER BY expires_at LIMIT ${SWEEP_ROWS})`, time,
    );
    const { next } = this.#one("SELECT min(expires_at) AS next FROM record WHERE expires_at IS NOT NULL");
    this.#plan(next === null ? null : Math.max(next, next <= time ? time : time + this.sweepEvery));
  }

  /** Runs a write of several statements. If one fails, those before it did not happen: the platform alone would keep them. */
  #write(work) {
    try {
      return this.ctx.storage.transactionSync(work);
    } catch (error) {
      this.#sweepAt = this.#one("SELECT sweep_at FROM shard").sweep_at;
      throw error;
    }
  }

  /** The version that was handed out is used up, in the same transaction as the write that took it. */
  #settle(version, expiresAt) {
    this.#sql.exec("UPDATE shard SET next = ?", version + 1);
    if (expiresAt !== null) {
      const time = now();
      // The platform gives up an alarm that failed too often, and a store that was set back may have none.
      const missed = this.#sweepAt !== null && this.#sweepAt + this.sweepEvery < time;
      const due = Math.max(missed ? time : expiresAt, time + this.sweepEvery);
      if (this.#sweepAt === null || missed || due < this.#sweepAt) {
        this.#plan(due);
      }
    }
    return { ok: version };
  }

  #plan(wanted) {
    const at = wanted === null ? null : Math.min(wanted, now() + MAX_ALARM_S);
    this.#sql.exec("UPDATE shard SET sweep_at = ?", at);
    this.#sweepAt = at;
    if (at !== null) {
      // Part of the same transaction: nothing is awaited between this and the write.
      this.ctx.storage.setAlarm(at * 1000);
    }
  }

  #one(statement, ...values) {
    return this.#sql.exec(statement, ...values).toArray()[0];
  }
}
