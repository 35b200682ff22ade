// `doorward:host/records` on Durable Objects: the rules of `wit/host/host.wit`.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { shardOf } from "../src/records/shard.mjs";
import { cleanUp, startPorts } from "./ports.mjs";

const NOW = 2_000_000_000n;
const RACERS = 8;
const bytes = (...values) => Uint8Array.from(values);
const text = (value) => new TextEncoder().encode(value);
const CONFLICT = { tag: "conflict" };
const INVALID = { tag: "invalid" };

let ports;
let records;
let round = 0;
/** A key that no other test uses. */
let key;

before(async () => {
  ports = await startPorts();
  records = ports.records;
});
after(async () => {
  await ports.close();
  await cleanUp();
});
beforeEach(async () => {
  await ports.clock.set(NOW);
  round += 1;
  key = `test/${round}`;
});

const refused = (promise, failure) => assert.rejects(promise, (actual) => actual.tag === failure.tag);

/** Runs `RACERS` calls at once; answers those that succeeded and those that did not. */
async function race(call) {
  const settled = await Promise.allSettled(Array.from({ length: RACERS }, (_, racer) => call(racer)));
  return {
    won: settled.filter(({ status }) => status === "fulfilled").map(({ value }) => value),
    lost: settled.filter(({ status }) => status === "rejected").map(({ reason }) => reason.tag),
  };
}

test("reads what was written", async () => {
  assert.equal(await records.get(key), undefined);
  const first = await records.insert(key, bytes(0, 255, 39), undefined);
  assert.deepEqual(await records.get(key), { value: bytes(0, 255, 39), version: first });
  const second = await records.replace(key, first, bytes(), undefined);
  assert.deepEqual(await records.get(key), { value: bytes(), version: second });
  await records.remove(key, second);
  assert.equal(await records.get(key), undefined);
});

test("refuses what is out of bounds", async () => {
  const longest = "k".repeat(512);
  const largest = new Uint8Array(256 * 1024).fill(7);
  await records.insert(longest, largest, undefined);
  assert.deepEqual((await records.get(longest)).value, largest);
  for (const bad of ["", "k".repeat(513), "a\nb", "a\0", "é", "\x7f"]) {
    await refused(records.get(bad), INVALID);
    await refused(records.insert(bad, bytes(), undefined), INVALID);
    await refused(records.replace(bad, 1n, bytes(), undefined), INVALID);
    await refused(records.remove(bad, undefined), INVALID);
    await refused(records.increment(bad, 1n, NOW + 1n), INVALID);
  }
  await refused(records.insert(key, new Uint8Array(256 * 1024 + 1), undefined), INVALID);
  await refused(records.replace(key, 1n, new Uint8Array(256 * 1024 + 1), undefined), INVALID);
  assert.equal(await records.get(key), undefined);
  await refused(records.list("", undefined, 0), INVALID);
  await refused(records.list("", undefined, 1001), INVALID);
});

test("a conflict changes nothing", async () => {
  const version = await records.insert(key, text("one"), undefined);
  await refused(records.insert(key, text("two"), undefined), CONFLICT);
  await refused(records.replace(key, version + 1n, text("two"), undefined), CONFLICT);
  await refused(records.replace(key, 2n ** 64n - 1n, text("two"), undefined), CONFLICT);
  await refused(records.remove(key, version + 1n), CONFLICT);
  assert.deepEqual(await records.get(key), { value: text("one"), version });
  await records.remove(key, undefined);
  await records.remove(key, undefined);
  await refused(records.remove(key, version), CONFLICT);
  await refused(records.replace(key, version, text("two"), undefined), CONFLICT);
});

test("an expired record is absent for every call, from the very second", async () => {
  const version = await records.insert(key, text("v"), NOW + 10n);
  await ports.clock.set(NOW + 9n);
  assert.equal((await records.get(key)).version, version);
  await ports.clock.set(NOW + 10n);
  assert.equal(await records.get(key), undefined);
  assert.deepEqual(await records.list(key, undefined, 10), []);
  await refused(records.replace(key, version, text("w"), undefined), CONFLICT);
  await refused(records.remove(key, version), CONFLICT);
  const next = await records.insert(key, text("again"), NOW + 20n);
  assert.notEqual(next, version);
  await ports.clock.set(NOW + 20n);
  assert.equal(await records.increment(key, 3n, NOW + 30n), 3n);
});

test("a replacement sets the expiry anew", async () => {
  const version = await records.insert(key, text("v"), NOW + 10n);
  await records.replace(key, version, text("w"), undefined);
  await ports.clock.set(NOW + 1_000_000n);
  assert.deepEqual((await records.get(key)).value, text("w"));
});

test("versions are never used twice", async () => {
  const seen = new Set();
  const fresh = (version) => {
    assert.ok(!seen.has(version), `version ${version} came twice`);
    seen.add(version);
  };
  let now = NOW;
  for (let turn = 0; turn < 12; turn += 1) {
    const expiresAt = turn % 3 === 0 ? now + 5n : undefined;
    const version = await records.insert(key, bytes(), expiresAt);
    fresh(version);
    fresh(await records.replace(key, version, bytes(), expiresAt));
    if (expiresAt === undefined) {
      await records.remove(key, undefined);
    } else {
      now += 5n;
      await ports.clock.set(now);
    }
    await records.increment(key, 1n, now + 5n);
    fresh((await records.get(key)).version);
    await records.increment(key, 1n, now + 5n);
    fresh((await records.get(key)).version);
    await records.remove(key, undefined);
  }
});

test("counters are fixed windows", async () => {
  assert.equal(await records.increment(key, 2n, NOW + 10n), 2n);
  await ports.clock.set(NOW + 9n);
  assert.equal(await records.increment(key, 40n, NOW + 1000n), 42n);
  assert.deepEqual((await records.get(key)).value, text("42"));
  assert.deepEqual((await records.list(key, undefined, 1))[0].value, text("42"));
  await ports.clock.set(NOW + 10n);
  assert.equal(await records.get(key), undefined);
  assert.equal(await records.increment(key, 0n, NOW + 20n), 0n);
  await refused(records.insert(key, text("5"), undefined), CONFLICT);
  const most = 2n ** 63n - 1n;
  assert.equal(await records.increment(key, most, NOW + 20n), most);
  await refused(records.increment(key, 1n, NOW + 20n), INVALID);
  await refused(records.increment(key, 2n ** 64n - 1n, NOW + 20n), INVALID);
  assert.deepEqual((await records.get(key)).value, text(String(most)));
});

test("what is no counter is not counted", async () => {
  await records.insert(key, text("5"), undefined);
  await refused(records.increment(key, 1n, NOW + 20n), INVALID);
  assert.deepEqual((await records.get(key)).value, text("5"));
  const version = (await records.get(key)).version;
  await records.remove(key, version);
  await records.increment(key, 1n, NOW + 20n);
  const counter = await records.get(key);
  await records.replace(key, counter.version, text("no longer"), undefined);
  await refused(records.increment(key, 1n, NOW + 20n), INVALID);
});

test("listings are ordered, keep to their prefix, and go on where they stopped", async () => {
  const names = ["a", "a ", "a/", "a/%", "a/%1", "a/1", "a/B", "a/_", "a/_x", "a/b", "a/~", "a/~~", "a0", "b/1", "~", "~~"].map((name) => `${key}${name}`);
  for (const name of names.toReversed()) {
    await records.insert(name, text(name), undefined);
  }
  const prefixes = [...names, key, `${key}a/a`, `${key}c`];
  const listed = async (prefix, from, limit) => (await records.list(prefix, from, limit)).map((record) => record.key);
  for (const prefix of prefixes) {
    const all = names.filter((name) => name.startsWith(prefix));
    assert.deepEqual(await listed(prefix, undefined, 1000), all, `prefix ${prefix}`);
    for (const from of [names[0], names[5], names[11], key]) {
      assert.deepEqual(await listed(prefix, from, 3), all.filter((name) => name > from).slice(0, 3), `prefix ${prefix} after ${from}`);
    }
  }
  const [only] = await records.list(names[9], undefined, 1);
  assert.deepEqual({ value: only.value, version: only.version }, await records.get(names[9]));
});

test("a listing may be longer than what one shard gives at a time", async () => {
  const names = Array.from({ length: 700 }, (_, index) => `${key}/${String(index).padStart(4, "0")}`);
  for (let start = 0; start < names.length; start += 50) {
    await Promise.all(names.slice(start, start + 50).map((name) => records.insert(name, bytes(), undefined)));
  }
  assert.deepEqual((await records.list(`${key}/`, undefined, 1000)).map((record) => record.key), names);
  assert.deepEqual((await records.list(`${key}/`, names[99], 500)).map((record) => record.key), names.slice(100, 600));
});

test("what one shard answers to a listing is bounded in bytes, and the listing is whole all the same", async () => {
  const value = new Uint8Array(100 * 1024).fill(1);
  const names = [`${key}/`];
  for (let index = 0; names.length < 8; index += 1) {
    if (shardOf(`${key}/${index}`) === shardOf(`${key}/`)) {
      names.push(`${key}/${index}`);
    }
  }
  names.sort();
  await Promise.all(names.map((name) => records.insert(name, value, undefined)));
  const heaviest = Number(await ports.shard.heaviest(`${key}/`));
  assert.ok(heaviest > 0 && heaviest <= 512 * 1024, `${heaviest} bytes in one answer`);
  assert.deepEqual((await records.list(`${key}/`, undefined, 1000)).map((record) => record.key), names);
});

test("an expiry may be as far away as a number can say", async () => {
  const state = await mkdtemp(join(tmpdir(), "doorward-expiry-"));
  const fresh = await startPorts({ state });
  try {
    for (const expiresAt of [2n ** 64n - 1n, 2n ** 53n, 10_000_000_000n]) {
      const name = `${key}/${expiresAt}`;
      const version = await fresh.records.insert(name, bytes(1), expiresAt);
      assert.equal((await fresh.records.get(name)).version, version);
      const alarm = Number(await fresh.shard.alarmAt(name));
      assert.ok(alarm > Date.now() && alarm < Date.now() + 100 * 366 * 86_400_000, `alarm at ${alarm}`);
      assert.equal(await fresh.records.increment(`${name}/counter`, 1n, expiresAt), 1n);
    }
  } finally {
    await fresh.close();
    await rm(state, { recursive: true, force: true });
  }
});

test("keys spread over all shards", () => {
  const counts = Array(64).fill(0);
  Array.from({ length: 64_000 }, (_, index) => (counts[shardOf(`grant/${index}`)] += 1));
  assert.ok(Math.min(...counts) > 700 && Math.max(...counts) < 1300, counts.join(" "));
});

test("of racing inserts one wins", async () => {
  for (let turn = 0; turn < 20; turn += 1) {
    const { won, lost } = await race((racer) => records.insert(`${key}/${turn}`, bytes(racer), undefined));
    assert.equal(won.length, 1);
    assert.deepEqual(lost, Array(RACERS - 1).fill("conflict"));
    assert.equal((await records.get(`${key}/${turn}`)).version, won[0]);
  }
});

test("of racing replacements one wins each time", async () => {
  let version = await records.insert(key, bytes(), undefined);
  for (let turn = 0; turn < 20; turn += 1) {
    const { won, lost } = await race((racer) => records.replace(key, version, bytes(racer), undefined));
    assert.equal(won.length, 1);
    assert.deepEqual(lost, Array(RACERS - 1).fill("conflict"));
    [version] = won;
  }
});

test("of racing removals one wins", async () => {
  const version = await records.insert(key, bytes(), undefined);
  const { won, lost } = await race(() => records.remove(key, version));
  assert.equal(won.length, 1);
  assert.deepEqual(lost, Array(RACERS - 1).fill("conflict"));
});

test("racing increments lose nothing", async () => {
  const sums = [];
  for (let turn = 0; turn < 10; turn += 1) {
    sums.push(...(await race(() => records.increment(key, 1n, NOW + 100n))).won);
  }
  assert.deepEqual(sums.sort((a, b) => Number(a - b)), Array.from({ length: 10 * RACERS }, (_, index) => BigInt(index + 1)));
});

test("an outage is unavailable, never absent", async () => {
  const outage = { tag: "unavailable" };
  await refused(ports.outage.get(key), outage);
  await refused(ports.outage.insert(key, bytes(), undefined), outage);
  await refused(ports.outage.replace(key, 1n, bytes(), undefined), outage);
  await refused(ports.outage.remove(key, undefined), outage);
  await refused(ports.outage.increment(key, 1n, NOW), outage);
  await refused(ports.outage.list("", undefined, 10), outage);
});

test("a write that fails half way leaves nothing, and no version for the next one", async () => {
  const outage = { tag: "unavailable" };
  const version = await records.insert(key, text("one"), undefined);
  await ports.shard.jam(key);
  try {
    await refused(records.replace(key, version, text("two"), NOW + 10n), outage);
    assert.deepEqual(await records.get(key), { value: text("one"), version });
    await records.remove(key, undefined);
    await refused(records.insert(key, text("two"), undefined), outage);
    assert.equal(await records.get(key), undefined);
    await refused(records.increment(key, 1n, NOW + 10n), outage);
    assert.equal(await records.get(key), undefined);
  } finally {
    await ports.shard.unjam(key);
  }
  const again = await records.insert(key, text("three"), undefined);
  assert.notEqual(again, version);
  assert.notEqual(await records.replace(key, again, text("four"), undefined), again);
});

test("an alarm gives back the space of expired records, and of no others", async () => {
  // The platform's alarms go by its own clock.
  await ports.clock.set(undefined);
  const soon = BigInt(Math.floor(Date.now() / 1000) + 2);
  const others = Number(await ports.shard.rows(key));
  await records.insert(key, bytes(), soon);
  assert.equal(await ports.shard.rows(key), others + 1);
  while ((await ports.shard.rows(key)) !== others) {
    await new Promise((tick) => setTimeout(tick, 50));
  }
  assert.equal(await records.get(key), undefined);
});

test("a shard that lost its alarm gives back space again", async () => {
  await ports.clock.set(undefined);
  const soon = () => BigInt(Math.floor(Date.now() / 1000) + 2);
  const others = Number(await ports.shard.rows(key));
  const expiry = soon();
  await records.insert(key, bytes(), expiry);
  await ports.shard.loseAlarm(key);
  while (BigInt(Math.floor(Date.now() / 1000)) <= expiry) {
    await new Promise((tick) => setTimeout(tick, 50));
  }
  assert.equal(await ports.shard.rows(key), others + 1);
  await records.insert(key, bytes(), soon());
  while ((await ports.shard.rows(key)) !== others) {
    await new Promise((tick) => setTimeout(tick, 50));
  }
});

test("what was written is there after a restart", async () => {
  const state = await mkdtemp(join(tmpdir(), "doorward-restart-"));
  try {
    const first = await startPorts({ state });
    const version = await first.records.insert(key, text("kept"), undefined);
    await first.records.remove(key, version);
    const again = await first.records.insert(key, text("kept"), undefined);
    await first.close();
    const second = await startPorts({ state });
    assert.deepEqual(await second.records.get(key), { value: text("kept"), version: again });
    assert.notEqual(await second.records.replace(key, again, text("new"), undefined), version);
    await second.close();
  } finally {
    await rm(state, { recursive: true, force: true });
  }
});
