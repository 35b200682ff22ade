// Where the signing keys lie: one Durable Object, which sees them sealed only. What keys come and go is decided here, in one
// synchronous transaction, so that isolates all over the world never do it twice.

import { DurableObject } from "cloudflare:workers";
import { note, retiresAt, rotationDue } from "./schedule.mjs";

/** Most keys of one algorithm that are published at a time. */
const MAX_KEYS = 16;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS signing_key (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kid TEXT NOT NULL UNIQUE,
    alg TEXT NOT NULL,
    sealed BLOB NOT NULL,
    public TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    activates_at INTEGER NOT NULL
  );`;
/** Came later; see `schedule.mjs`. */
const DROPPED_AT = "ALTER TABLE signing_key ADD COLUMN dropped_at INTEGER";

/**
 * The class behind the binding `KEYS`. A key is `{kid, alg, sealed, public, created_at, activates_at}`, stored with a `number` and with
 * `dropped_at`.
 */
export class Keys extends DurableObject {
  #sql;

  constructor(context, env) {
    super(context, env);
    this.#sql = context.storage.sql;
    this.#sql.exec(SCHEMA);
    if (!this.#sql.exec("SELECT * FROM signing_key LIMIT 0").columnNames.includes("dropped_at")) {
      this.#sql.exec(DROPPED_AT);
    }
  }

  /** All keys. */
  load() {
    return this.#sql.exec("SELECT * FROM signing_key ORDER BY activates_at, number").toArray();
  }

  /** Of the keys made for algorithms without one, adds those that nobody else made meanwhile; answers all keys. */
  addFirst(keys) {
    keys.filter((key) => this.#of(key.alg).length === 0).forEach((key) => this.#add(key));
    return this.load();
  }

  /**
   * Adds those of `keys` whose algorithm still needs a successor at `now`, notes which are of none of the configured `algorithms`, and deletes
   * the keys whose time is over. `rotation`, `retention`: seconds. Answers `{added, removed}`: their `kid`s.
   */
  maintain(keys, algorithms, now, rotation, retention) {
    const added = keys.filter((key) => {
      const there = this.#of(key.alg);
      return there.length < MAX_KEYS && rotationDue(there, now, rotation);
    });
    added.forEach((key) => this.#add(key));
    for (const key of this.load()) {
      const droppedAt = note(key, algorithms.includes(key.alg), now);
      if (droppedAt !== undefined) {
        this.#sql.exec("UPDATE signing_key SET dropped_at = ? WHERE kid = ?", droppedAt, key.kid);
      }
    }
    const removed = this.load().filter((key) => retiresAt(this.#of(key.alg), key, retention) <= now);
    removed.forEach((key) => this.#sql.exec("DELETE FROM signing_key WHERE kid = ?", key.kid));
    return { added: added.map((key) => key.kid), removed: removed.map((key) => key.kid) };
  }

  #of(alg) {
    return this.#sql.exec("SELECT * FROM signing_key WHERE alg = ?", alg).toArray();
  }

  #add({ kid, alg, sealed, public: jwk, created_at: createdAt, activates_at: activatesAt }) {
    this.#sql.exec(
      "INSERT INTO signing_key (kid, alg, sealed, public, created_at, activates_at) VALUES (?, ?, ?, ?, ?, ?)",
      kid, alg, sealed, jwk, createdAt, activatesAt,
    );
  }
}
