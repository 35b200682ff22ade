// `doorward:host/keys` over WebCrypto: signatures are checked by another implementation, node:crypto.

import assert from "node:assert/strict";
import { constants, createDecipheriv, createHash, createPublicKey, generateKeyPairSync, hkdfSync, randomBytes, sign, verify } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { cleanUp, startPorts } from "./ports.mjs";

const DAY = 86_400n;
const NOW = 2_000_000_000n;
const MESSAGE = new TextEncoder().encode("header.payload");
const bytes = (text) => new TextEncoder().encode(text);
const SEALING_KEY = randomBytes(32);

let ports;
let keys;

before(async () => {
  ports = await startPorts({ sealingKey: SEALING_KEY.toString("base64") });
  keys = ports.keys;
});
after(async () => {
  await ports.close();
  await cleanUp();
});

const published = async (from = keys) => JSON.parse(await from.jwks()).keys;
const refused = (promise, tag) => assert.rejects(promise, (failure) => failure.tag === tag);
const verifies = (jwk, message, signature) =>
  verify("sha256", message, { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" }, signature);

test("calls at once, before there is any key, end up with the same keys", async () => {
  const kids = await Promise.all(Array.from({ length: 8 }, () => keys.current("ES256")));
  assert.equal(new Set(kids).size, 1);
  assert.deepEqual((await published()).map(({ alg }) => alg).sort(), ["ES256", "RS256"]);
});

test("signatures are those of RFC 7518 §3", async () => {
  for (const [alg, length] of [["ES256", 64], ["RS256", 256]]) {
    const kid = await keys.current(alg);
    const signature = await keys.sign(kid, MESSAGE);
    assert.equal(signature.length, length);
    const jwk = (await published()).find((key) => key.kid === kid);
    assert.equal(jwk.alg, alg);
    assert.ok(verifies(jwk, MESSAGE, signature));
    assert.equal(await keys.verify(JSON.stringify(jwk), alg, MESSAGE, signature), true);
    assert.equal(await keys.verify(JSON.stringify(jwk), alg, bytes("other"), signature), false);
    assert.equal(await keys.verify(JSON.stringify(jwk), alg, MESSAGE, signature.slice(1)), false);
  }
});

test("only public members are published, under the thumbprint of RFC 7638", async () => {
  for (const { kid, alg, use, ...members } of await published()) {
    const expected = alg === "ES256" ? ["crv", "kty", "x", "y"] : ["e", "kty", "n"];
    assert.deepEqual(Object.keys(members), expected);
    assert.equal(use, "sig");
    assert.equal(kid, createHash("sha256").update(JSON.stringify(members)).digest("base64url"));
  }
});

test("an unknown key and an algorithm that is not offered are refused", async () => {
  await refused(keys.sign("nobody", MESSAGE), "unknown-key");
  for (const alg of ["none", "HS256", "EdDSA", "toString", ""]) {
    await refused(keys.current(alg), "unsupported");
  }
});

test("verification refuses what is not a strong public key for that algorithm", async () => {
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const curve = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const jwk = (key) => key.export({ format: "jwk" });
  const point = jwk(ec.publicKey);
  const offCurve = { ...point, y: point.x };
  const cases = [
    [point, "none"], [point, "HS256"], [point, "RS256"], [point, "ES384"], [jwk(rsa.publicKey), "ES256"], [jwk(rsa.publicKey), "PS384"],
    [jwk(weak.publicKey), "RS256"], [jwk(curve.publicKey), "ES256"], [jwk(ec.privateKey), "ES256"], [offCurve, "ES256"],
    [{ kty: "oct", k: "AAAA" }, "HS256"], [{ kty: "oct", k: "AAAA" }, "ES256"],
    [jwk(weak.publicKey), "PS256"], [{ ...jwk(rsa.publicKey), alg: "RS256" }, "PS256"],
    [{ ...point, alg: "RS256" }, "ES256"], [{ ...point, use: "enc" }, "ES256"], [{ ...point, key_ops: ["sign"] }, "ES256"],
    [{ ...point, x: `${point.x}A` }, "ES256"], [{ ...point, x: point.x.slice(1) }, "ES256"], [{ ...point, crv: "P-521" }, "ES256"],
    [{ ...jwk(rsa.publicKey), e: "AQ" }, "RS256"], [{ ...jwk(rsa.publicKey), e: "AQAAAAE" }, "RS256"],
  ];
  for (const [key, alg] of cases) {
    await refused(keys.verify(JSON.stringify(key), alg, MESSAGE, new Uint8Array(64)), "unsupported");
  }
  const twice = `{"kty":"EC","crv":"P-256","x":"${point.x}","y":"${point.y}","x":"${point.x}"}`;
  for (const malformed of [twice, "", "[]", "null", "{", `{"kty":"EC"}`, JSON.stringify({ ...point, pad: "x".repeat(17_000) })]) {
    await refused(keys.verify(malformed, "ES256", MESSAGE, new Uint8Array(64)), "unsupported");
  }
  const signature = new Uint8Array(sign("sha256", MESSAGE, { key: ec.privateKey, dsaEncoding: "ieee-p1363" }));
  assert.equal(await keys.verify(JSON.stringify({ ...point, key_ops: ["verify"], use: "sig", alg: "ES256" }), "ES256", MESSAGE, signature), true);
});

test("ES384 and PS256 of others verify, and an Ed25519 key of small order never does", async () => {
  const ec = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = (pair) => JSON.stringify(pair.publicKey.export({ format: "jwk" }));
  const es384 = new Uint8Array(sign("sha384", MESSAGE, { key: ec.privateKey, dsaEncoding: "ieee-p1363" }));
  const pss = (saltLength) => new Uint8Array(sign("sha256", MESSAGE, { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }));
  assert.equal(await keys.verify(jwk(ec), "ES384", MESSAGE, es384), true);
  assert.equal(await keys.verify(jwk(ec), "ES384", bytes("other"), es384), false);
  assert.equal(await keys.verify(jwk(rsa), "PS256", MESSAGE, pss(32)), true);
  assert.equal(await keys.verify(jwk(rsa), "PS256", MESSAGE, pss(20)), false);
  assert.equal(await keys.verify(jwk(rsa), "RS256", MESSAGE, pss(32)), false);
  for (const first of [0, 1]) {
    const x = Buffer.from(Uint8Array.of(first, ...new Array(31).fill(0))).toString("base64url");
    const signature = Uint8Array.of(1, ...new Array(63).fill(0));
    await refused(keys.verify(JSON.stringify({ kty: "OKP", crv: "Ed25519", x }), "EdDSA", MESSAGE, signature), "unsupported");
  }
});

test("Ed25519 verifies under both of its names", async () => {
  const pair = generateKeyPairSync("ed25519");
  const jwk = JSON.stringify(pair.publicKey.export({ format: "jwk" }));
  const signature = new Uint8Array(sign(null, MESSAGE, pair.privateKey));
  assert.equal(await keys.verify(jwk, "EdDSA", MESSAGE, signature), true);
  assert.equal(await keys.verify(jwk, "Ed25519", MESSAGE, signature), true);
  assert.equal(await keys.verify(jwk, "EdDSA", bytes("other"), signature), false);
});

test("what was sealed opens with its associated data only, and unchanged only", async () => {
  const sealed = await keys.seal(bytes("secret"), bytes("for this"));
  assert.deepEqual(await keys.open(sealed, bytes("for this")), bytes("secret"));
  assert.notDeepEqual(await keys.seal(bytes("secret"), bytes("for this")), sealed);
  await refused(keys.open(sealed, bytes("for that")), "forged");
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Uint8Array.from(sealed);
    changed[at] ^= 1;
    await refused(keys.open(changed, bytes("for this")), "forged");
  }
  await refused(keys.open(sealed.slice(0, 40), bytes("for this")), "forged");
  await refused(keys.open(new Uint8Array(), bytes("")), "forged");
  assert.deepEqual(await keys.open(await keys.seal(new Uint8Array(65_536), bytes("")), bytes("")), new Uint8Array(65_536));
  await refused(keys.seal(new Uint8Array(65_537), bytes("")), "unsupported");
});

test("a sealed value has the layout of the native server", async () => {
  const sealed = Buffer.from(await keys.seal(bytes("secret"), bytes("data")));
  const salt = sealed.subarray(1, 25);
  const info = Buffer.concat([Buffer.from("doorward sealed values"), salt]);
  const derived = Buffer.from(hkdfSync("sha256", SEALING_KEY, "doorward", info, 44));
  const decipher = createDecipheriv("aes-256-gcm", derived.subarray(0, 32), derived.subarray(32));
  decipher.setAAD(Buffer.from("data")).setAuthTag(sealed.subarray(-16));
  assert.equal(sealed[0], 1);
  assert.equal(Buffer.concat([decipher.update(sealed.subarray(25, -16)), decipher.final()]).toString(), "secret");
});

test("keys survive a restart, and another sealing key neither opens nor replaces them", async () => {
  const state = await mkdtemp(join(tmpdir(), "doorward-keys-"));
  const sealingKey = randomBytes(32).toString("hex");
  const kids = async (key) => {
    const started = await startPorts({ state, sealingKey: key });
    try {
      return (await published(started.keys)).map(({ kid }) => kid);
    } finally {
      await started.close();
    }
  };
  try {
    const first = await kids(sealingKey);
    await refused(kids(randomBytes(32).toString("hex")), "unavailable");
    assert.deepEqual(await kids(sealingKey), first);
  } finally {
    await rm(state, { recursive: true, force: true });
  }
});

test("a successor is published before it signs, and the old key until nothing that it signed is valid", async () => {
  const started = await startPorts();
  const at = (seconds) => started.clock.set(seconds);
  const current = () => started.keys.current("ES256");
  const kids = async () => (await published(started.keys)).filter(({ alg }) => alg === "ES256").map(({ kid }) => kid);
  try {
    await at(NOW);
    const old = await current();
    await at(NOW + 90n * DAY - 1n);
    assert.deepEqual(await started.keys.maintain(), { added: [], removed: [] });
    const due = NOW + 90n * DAY;
    await at(due);
    const raced = await Promise.all(Array.from({ length: 4 }, () => started.keys.maintain()));
    assert.equal(raced.flatMap(({ added }) => added).length, 2, "one successor for each algorithm");
    const successor = (await kids()).find((kid) => kid !== old);
    assert.equal(await current(), old);
    await refused(started.keys.sign(successor, MESSAGE), "unknown-key");
    await at(due + DAY);
    assert.equal(await current(), successor);
    await started.keys.sign(successor, MESSAGE);
    await at(due + DAY + 299n);
    await started.keys.sign(old, MESSAGE);
    await at(due + DAY + 300n);
    await refused(started.keys.sign(old, MESSAGE), "unknown-key");
    await at(due + 2n * DAY + 299n);
    assert.deepEqual((await started.keys.maintain()).removed, []);
    assert.ok((await kids()).includes(old));
    await at(due + 2n * DAY + 300n);
    assert.ok((await started.keys.maintain()).removed.includes(old));
    assert.deepEqual(await kids(), [successor]);
  } finally {
    await started.close();
  }
});

test("a key of an algorithm that is no longer configured stays as long as its last token, and goes", async () => {
  const started = await startPorts();
  const kids = async (alg) => (await published(started.keys)).filter((key) => key.alg === alg).map(({ kid }) => kid);
  const at = async (seconds) => {
    await started.clock.set(seconds);
    return started.fewerKeys.maintain();
  };
  try {
    await started.clock.set(NOW);
    const kid = await started.keys.current("RS256");
    await at(NOW + 3_600n);
    await refused(started.fewerKeys.current("RS256"), "unsupported");
    // Whoever takes it onto the list again in time has the same key.
    await started.clock.set(NOW + 7_200n);
    await started.keys.maintain();
    assert.equal(await started.keys.current("RS256"), kid);
    await at(NOW + DAY);
    assert.deepEqual((await at(NOW + 2n * DAY + 299n)).removed, []);
    assert.deepEqual(await kids("RS256"), [kid]);
    assert.deepEqual((await at(NOW + 2n * DAY + 300n)).removed, [kid]);
    assert.equal((await kids("ES256")).length, 1);
  } finally {
    await started.close();
  }
});
