// The first filter: what counts as one client.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isLimited } from "../src/rate_limit.mjs";

async function keyOf(address, { method = "POST", path = "/token" } = {}) {
  let asked;
  const limiter = { limit: async ({ key }) => ((asked = key), { success: true }) };
  const request = new Request(`https://id.doorward.test${path}`, { method, headers: { "cf-connecting-ip": address } });
  assert.equal(await isLimited(request, path, limiter), false);
  return asked;
}

test("an IPv4 address is a client, however it is written", async () => {
  assert.equal(await keyOf("192.0.2.7"), "192.0.2.7");
  assert.equal(await keyOf("::ffff:192.0.2.7"), "192.0.2.7");
  assert.equal(await keyOf("::FFFF:c000:207"), "192.0.2.7");
  assert.notEqual(await keyOf("192.0.2.8"), await keyOf("192.0.2.7"));
});

test("the first half of an IPv6 address is a client: one has the other half to choose from", async () => {
  const one = await keyOf("2001:db8:0:7::1");
  for (const same of ["2001:db8:0:7:ffff:ffff:ffff:ffff", "2001:0db8:0000:0007::2", "2001:DB8::7:1:2:3:4", "2001:db8:0:7:1:2:3.4.5.6"]) {
    assert.equal(await keyOf(same), one, same);
  }
  for (const other of ["2001:db8:0:8::1", "2001:db8::1", "2001:db8:1:7::1", "::1"]) {
    assert.notEqual(await keyOf(other), one, other);
  }
});

test("what is no address is counted under what it is", async () => {
  assert.equal(await keyOf("nowhere"), "nowhere");
});

test("only a POST and the beginning of a sign-in are counted", async () => {
  assert.equal(await keyOf("192.0.2.7", { method: "GET", path: "/.well-known/openid-configuration" }), undefined);
  assert.equal(await keyOf("192.0.2.7", { method: "GET", path: "/tenant/authorize" }), "192.0.2.7");
});
