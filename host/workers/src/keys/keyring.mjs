// `doorward:host/keys`. Private keys are made here, lie in the Durable Object `Keys` sealed under the operator's sealing key,
// and are imported so that nothing can read them any more. A key is published before it signs, and stays published until
// nothing that it signed can be valid any more.

import { log } from "../events.mjs";
import { utf8 } from "./encoding.mjs";
import { ALGORITHMS, importPublic, readPublicJwk, thumbprint, verify } from "./jwk.mjs";
import { RELOAD_SLACK_S, current, maySign, rotationDue } from "./schedule.mjs";
import { Envelope, sealingKeyBytes } from "./sealing.mjs";

/** The name of the one object behind the binding `KEYS`. */
const KEYS_NAME = "keys";
/** How keys are made of what can sign here. */
const GENERATE = {
  ES256: ALGORITHMS.ES256,
  RS256: { ...ALGORITHMS.RS256, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
  ES384: ALGORITHMS.ES384,
  EdDSA: ALGORITHMS.EdDSA,
};
/** Most bytes that `seal` takes. */
const MAX_PLAINTEXT_BYTES = 64 * 1024;
/** How long a key stays published after it stopped signing, in seconds: no token lives longer. */
const RETENTION_S = 86_400;
const DAY_S = 86_400;
/** Age in seconds from which on the keys in memory are read again behind the answer, and from which on before it. */
const STALE_S = 60;
const TOO_OLD_S = RELOAD_SLACK_S - 60;
/** How long to wait before reading them behind an answer is tried again, in seconds. */
const RETRY_S = 5;

const unsupported = (why) => ({ tag: "unsupported", val: why });
const unavailable = (why) => ({ tag: "unavailable", val: why });
const UNKNOWN = Object.freeze({ tag: "unknown-key" });

const seconds = () => Math.floor(Date.now() / 1000);
/** What binds a sealed private key to its row: moved to another one, it does not open. */
const associatedData = (alg, kid) => utf8(`signing-key ${alg} ${kid}`);

// What an isolate remembers between requests: values, never promises, because a promise belongs to the request that made it.
let envelopes;
let held;

/** The keys, as one request sees them. */
export class Keyring {
  #env;
  #options;
  #later;

  /** @param env bindings. @param options `{algorithms, rotation_days, publish_lead_s}`. @param later takes work that may end after the answer. */
  constructor(env, options, later) {
    this.#env = env;
    this.#options = options;
    this.#later = later;
  }

  /** The `kid` that new signatures by `alg` must use. */
  async current(alg) {
    this.#offered(alg);
    const { keys } = await this.#keys();
    return current(keys.filter((key) => key.alg === alg), seconds())?.kid ?? fail(UNKNOWN);
  }

  /** The JWS signature of `message`: for ES256 and ES384 R ‖ S. */
  async sign(kid, message) {
    const { keys } = await this.#keys();
    const key = keys.find((candidate) => candidate.kid === kid);
    if (key === undefined || !maySign(keys.filter((other) => other.alg === key.alg), key, seconds())) {
      throw UNKNOWN;
    }
    return new Uint8Array(await crypto.subtle.sign(ALGORITHMS[key.alg], key.private, message));
  }

  /** The public keys as a JWK Set. */
  async jwks() {
    return (await this.#keys()).jwks;
  }

  /** Whether `signature` is one of `message` by `jwk`. */
  verify(jwk, alg, message, signature) {
    return verify(jwk, alg, message, signature);
  }

  async seal(plaintext, associated) {
    if (Math.max(plaintext.length, associated.length) > MAX_PLAINTEXT_BYTES) {
      throw unsupported(`more than ${MAX_PLAINTEXT_BYTES} bytes cannot be sealed`);
    }
    return (await this.#envelopes()).values.seal(plaintext, associated);
  }

  async open(sealed, associated) {
    return (await this.#envelopes()).values.open(sealed, associated);
  }

  /**
   * Makes successors for keys that are too old, and deletes those that nobody needs any more, also because their algorithm is no longer
   * configured. For the cron trigger.
   */
  async maintain() {
    const now = seconds();
    const rotation = this.#options.rotation_days * DAY_S;
    await this.#read();
    const there = await this.#stub().load();
    const due = this.#options.algorithms.filter((alg) => rotationDue(there.filter((key) => key.alg === alg), now, rotation));
    const made = await Promise.all(due.map((alg) => this.#generate(alg, now, this.#options.publish_lead_s)));
    const changed = await this.#stub().maintain(made, this.#options.algorithms, now, rotation, RETENTION_S);
    held = undefined;
    return changed;
  }

  async #keys() {
    const age = held === undefined ? Infinity : Math.abs(seconds() - held.readAt);
    if (age >= TOO_OLD_S) {
      return this.#read();
    }
    if (age >= STALE_S && Math.abs(seconds() - held.askedAt) >= RETRY_S) {
      held.askedAt = seconds(); // Others of this isolate need not ask as well, and if this fails they will, until it is too old.
      this.#later(this.#read().catch((failure) => log("error", "keys.not_reloaded", { problem: failure.val })));
    }
    return held;
  }

  /** Reads the keys, and remembers them. Answers them as well: what is remembered may have changed before the caller looks. */
  async #read() {
    try {
      const readAt = seconds();
      let rows = await this.#stub().load();
      // Before any is made: one sealed under another key than the rest would keep whoever has the right one from all of them.
      let keys = await this.#unsealed(rows);
      const missing = this.#options.algorithms.filter((alg) => rows.every((row) => row.alg !== alg));
      if (missing.length > 0) {
        rows = await this.#stub().addFirst(await Promise.all(missing.map((alg) => this.#generate(alg, seconds(), 0))));
        keys = await this.#unsealed(rows);
      }
      const published = keys.map(({ kid, alg, members }) => ({ ...members, kid, alg, use: "sig" }));
      held = { keys, jwks: JSON.stringify({ keys: published }), readAt, askedAt: readAt };
      return held;
    } catch (error) {
      throw error?.tag === "unavailable" ? error : unavailable(`the signing keys cannot be read: ${error?.val ?? error?.message ?? error}`);
    }
  }

  #unsealed(rows) {
    return Promise.all(rows.map((row) => this.#unseal(row)));
  }

  async #unseal(row) {
    const known = held?.keys.find((key) => key.kid === row.kid);
    if (known !== undefined) {
      return known;
    }
    const { atRest } = await this.#envelopes();
    const members = readPublicJwk(row.public, row.alg);
    if ((await thumbprint(members)) !== row.kid) {
      throw unavailable(`the signing key ${row.kid} is not the one that its name says`);
    }
    let pkcs8;
    try {
      pkcs8 = await atRest.open(new Uint8Array(row.sealed), associatedData(row.alg, row.kid));
    } catch {
      throw unavailable(
        `the signing key ${row.kid} was sealed under another SEALING_KEY and was left as it is: put back the one that was in use when it was made`,
      );
    }
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, ALGORITHMS[row.alg], false, ["sign"]);
    pkcs8.fill(0);
    return { kid: row.kid, alg: row.alg, activates_at: row.activates_at, number: row.number, members, private: key };
  }

  /** Makes a key and seals it: extractable for that moment only. */
  async #generate(alg, now, activateIn) {
    const { atRest } = await this.#envelopes();
    const pair = await crypto.subtle.generateKey(GENERATE[alg], true, ["sign", "verify"]);
    const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey("jwk", pair.publicKey);
    const members = readPublicJwk(JSON.stringify({ kty, crv, x, y, n, e }), alg);
    await importPublic(members, alg);
    const kid = await thumbprint(members);
    const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
    const sealed = await atRest.seal(pkcs8, associatedData(alg, kid));
    pkcs8.fill(0);
    return { kid, alg, sealed, public: JSON.stringify(members), created_at: now, activates_at: now + activateIn };
  }

  async #envelopes() {
    if (envelopes === undefined) {
      const bytes = sealingKeyBytes(this.#env.SEALING_KEY);
      const atRest = await Envelope.create(bytes, "doorward signing keys at rest");
      const values = await Envelope.create(bytes, "doorward sealed values");
      bytes.fill(0);
      envelopes = { atRest, values };
    }
    return envelopes;
  }

  #offered(alg) {
    if (!this.#options.algorithms.includes(alg)) {
      throw unsupported(`this host does not sign by that algorithm: \`algorithms\` of [keys] lists ${this.#options.algorithms.join(", ")}`);
    }
  }

  #stub() {
    return this.#env.KEYS.get(this.#env.KEYS.idFromName(KEYS_NAME));
  }
}

function fail(failure) {
  throw failure;
}
