// Where records lie, and how many shards a listing asks. The objects are replaced by tables in memory.

import assert from "node:assert/strict";
import { test } from "node:test";
import { RecordsClient } from "../src/records/client.mjs";
import { SHARDS, shardOf, shardOfAll } from "../src/records/shard.mjs";

/** A namespace of shards that keep what they are given, and say who was asked. */
function namespace() {
  const asked = [];
  const shards = new Map();
  const shard = (name) => {
    const rows = shards.get(name) ?? shards.set(name, new Map()).get(name);
    const tell = (answer) => (asked.push(name), { ok: answer });
    return {
      insert: async (key, value) => tell((rows.set(key, value), 1)),
      list: async (prefix, after, limit) => {
        const keys = [...rows.keys()].filter((key) => key.startsWith(prefix) && (after === null || key > after)).sort();
        const page = keys.slice(0, limit).map((key) => ({ key, value: rows.get(key), version: 1 }));
        return tell({ rows: page, more: keys.length > limit });
      },
    };
  };
  return { asked, binding: { idFromName: (name) => name, get: shard } };
}

test("what is one person's lies in one shard, and other records anywhere", () => {
  for (const kind of ["granted", "signed-in", "consent"]) {
    const mine = Array.from({ length: 200 }, (_, index) => shardOf(`${kind}/usr_1/a${index}/g${index}`));
    assert.equal(new Set(mine).size, 1, kind);
    assert.equal(shardOfAll(`${kind}/usr_1/`), mine[0], kind);
    assert.equal(shardOfAll(`${kind}/usr_1/a1/`), mine[0], kind);
    const everyone = Array.from({ length: 2_000 }, (_, index) => shardOf(`${kind}/usr_${index}/a/g`));
    assert.equal(new Set(everyone).size, SHARDS, kind);
  }
  const grants = Array.from({ length: 2_000 }, (_, index) => shardOf(`grant/${index}`));
  assert.equal(new Set(grants).size, SHARDS);
  for (const prefix of ["", "granted", "granted/", "granted/usr_1", "grant/", "provider/password/", "logout/", "client/x/y/"]) {
    assert.equal(shardOfAll(prefix), undefined, prefix);
  }
});

test("a listing of one person's records asks one shard, any other all", async () => {
  const { asked, binding } = namespace();
  const records = new RecordsClient(binding);
  const value = new Uint8Array(3);
  for (let index = 0; index < 30; index += 1) {
    await records.insert(`granted/usr_1/app/${index}`, value, undefined);
    await records.insert(`granted/usr_${index}/app/0`, value, undefined).catch(() => undefined);
    await records.insert(`client/${index}`, value, undefined);
  }
  asked.length = 0;
  const mine = await records.list("granted/usr_1/", undefined, 1000);
  assert.equal(mine.length, 30);
  assert.deepEqual(mine.map(({ key }) => key), mine.map(({ key }) => key).toSorted());
  assert.equal(asked.length, 1);
  asked.length = 0;
  const first = await records.list("granted/usr_1/", undefined, 10);
  const rest = await records.list("granted/usr_1/", first.at(-1).key, 1000);
  assert.deepEqual([...first, ...rest], mine);
  assert.equal(new Set(asked).size, 1);
  asked.length = 0;
  assert.equal((await records.list("client/", undefined, 1000)).length, 30);
  assert.equal(new Set(asked).size, SHARDS);
  // Everybody's, whoever they are.
  assert.equal((await records.list("granted/", undefined, 1000)).length, 30 + 29);
});
