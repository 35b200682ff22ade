// What an isolate remembers of the signing keys, and for how long. The object `Keys` is replaced by one that can fail.

import assert from "node:assert/strict";
import { createPublicKey, randomBytes, verify } from "node:crypto";
import { beforeEach, mock, test } from "node:test";

const NOW = 2_000_000_000;
const OPTIONS = { algorithms: ["ES256", "RS256"], rotation_days: 90, publish_lead_s: 86_400 };
const SEALING_KEY = randomBytes(32).toString("hex");

let isolates = 0;
let stored;
let reachable;
let background;
/** A keyring in an isolate of its own. */
let keyring;

const stub = {
  async load() {
    if (!reachable) {
      throw new Error("the wire is cut");
    }
    return structuredClone(stored);
  },
  async addFirst(keys) {
    stored = [...stored, ...keys].map((key, index) => ({ ...key, number: index + 1 }));
    return structuredClone(stored);
  },
  async maintain(keys) {
    stored = [...stored, ...keys].map((key, index) => ({ ...key, number: index + 1 }));
    return { added: keys.map(({ kid }) => kid), removed: [] };
  },
};

beforeEach(async () => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["Date"], now: NOW * 1000 });
  stored = [];
  reachable = true;
  background = [];
  keyring = await isolate(SEALING_KEY);
});

/** A keyring in another isolate, over the same stored keys. */
async function isolate(sealingKey, options = OPTIONS) {
  isolates += 1;
  const { Keyring } = await import(`../src/keys/keyring.mjs?${isolates}`);
  const env = { SEALING_KEY: sealingKey, KEYS: { idFromName: (name) => name, get: () => stub } };
  return new Keyring(env, options, (work) => background.push(work));
}

test("keys that cannot be read again are used for minutes, not for as long as somebody asks", async () => {
  await keyring.jwks();
  reachable = false;
  const lines = mock.method(console, "error", () => {});
  let refused;
  for (let second = 0; second < 600 && refused === undefined; second += 5) {
    mock.timers.setTime((NOW + second) * 1000);
    await keyring.jwks().catch((failure) => (refused = { second, tag: failure.tag }));
    await Promise.all(background.splice(0));
  }
  lines.mock.restore();
  assert.ok(refused?.second <= 300, `answered for ${refused?.second ?? "ten minutes"}`);
  assert.equal(refused.tag, "unavailable");
  assert.ok(lines.mock.calls.some(({ arguments: [line] }) => line.includes("the wire is cut")), "nothing in the log");
  reachable = true;
  await keyring.jwks();
});

test("while keys are read again behind an answer, others do not read them as well", async () => {
  await keyring.jwks();
  mock.timers.setTime((NOW + 61) * 1000);
  await Promise.all(Array.from({ length: 8 }, () => keyring.jwks()));
  assert.equal(background.length, 1);
});

test("only public keys that their names vouch for are published, even after the first reading", async () => {
  const honest = await keyring.jwks();
  const other = JSON.parse(stored[0].public);
  stored[0].public = JSON.stringify({ ...other, ...(other.kty === "EC" ? { x: other.y, y: other.x } : { n: other.n.replace(/.$/, "A") }) });
  mock.timers.setTime((NOW + 300) * 1000);
  const answer = await keyring.jwks().catch((failure) => failure.tag);
  assert.ok(answer === honest || answer === "unavailable", answer);
});

test("a stored key that is none is an outage, not an algorithm that is not offered", async () => {
  await keyring.jwks();
  stored[0] = { ...stored[0], kid: "another", public: "{}" };
  mock.timers.setTime((NOW + 300) * 1000);
  await assert.rejects(keyring.current("ES256"), ({ tag }) => tag === "unavailable");
});

test("under another sealing key no key is made, so that the right one still opens them all", async () => {
  const unavailable = ({ tag }) => tag === "unavailable";
  const honest = await keyring.jwks();
  const other = await isolate(randomBytes(32).toString("hex"));
  mock.timers.setTime((NOW + 91 * 86_400) * 1000);
  await assert.rejects(other.maintain(), unavailable);
  assert.equal(await (await isolate(SEALING_KEY)).jwks(), honest);
  stored = stored.filter(({ alg }) => alg === "ES256");
  await assert.rejects(other.jwks(), unavailable);
  assert.deepEqual(stored.map(({ alg }) => alg), ["ES256"]);
  assert.equal((await (await isolate(SEALING_KEY)).maintain()).added.length, 1, "a successor of the key that is old, not of the new one");
});

test("a JWK whose alg is no string is malformed", async () => {
  const [jwk] = JSON.parse(await keyring.jwks()).keys;
  await assert.rejects(
    keyring.verify(JSON.stringify({ ...jwk, alg: [jwk.alg] }), jwk.alg, new Uint8Array(1), new Uint8Array(64)),
    ({ tag }) => tag === "unsupported",
  );
});

test("there are keys for what is configured and for nothing else, and each signs as RFC 7518 §3 and RFC 8037 §3.1 say", async () => {
  const algorithms = async (from) => JSON.parse(await from.jwks()).keys.map(({ alg }) => alg).sort();
  const only = (...algorithms) => isolate(SEALING_KEY, { ...OPTIONS, algorithms });
  assert.deepEqual(await algorithms(await only("ES256")), ["ES256"]);
  const few = await only("ES256", "EdDSA");
  assert.deepEqual(await algorithms(few), ["ES256", "EdDSA"]);
  await assert.rejects(few.current("ES384"), ({ tag, val }) => tag === "unsupported" && val.includes("[keys]"));
  const all = await only("ES256", "RS256", "ES384", "EdDSA");
  assert.deepEqual(await algorithms(all), ["ES256", "ES384", "EdDSA", "RS256"]);
  const message = new TextEncoder().encode("header.payload");
  for (const [alg, length, hash] of [["ES256", 64, "sha256"], ["RS256", 256, "sha256"], ["ES384", 96, "sha384"], ["EdDSA", 64, null]]) {
    const kid = await all.current(alg);
    const signature = await all.sign(kid, message);
    assert.equal(signature.length, length);
    const jwk = JSON.parse(await all.jwks()).keys.find((key) => key.kid === kid);
    assert.ok(verify(hash, message, { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" }, signature), alg);
    assert.equal(await all.verify(JSON.stringify(jwk), alg, message, signature), true);
    assert.equal(await all.verify(JSON.stringify(jwk), alg, message.slice(1), signature), false);
  }
});
