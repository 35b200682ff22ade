// The Worker on workerd, from outside.

import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { toResponse } from "../src/request.mjs";
import { built } from "./built.mjs";
import { CLIENT_CREDENTIALS, authorize, newcomer, token } from "./flow.mjs";
import { startWorker } from "./worker.mjs";

let build;
let worker;
let issuer;

before(async () => {
  build = await built();
  worker = await startWorker({ bundle: build.bundle });
  issuer = worker.issuer;
});
after(async () => {
  await worker?.close();
  await build?.remove();
});

async function withWorker(options, run) {
  const other = await startWorker({ bundle: build.bundle, ...options });
  try {
    await run(other);
  } finally {
    await other.close();
  }
}

/** Sends `text` as it is; answers everything that comes back. */
async function raw(text) {
  const { hostname, port } = new URL(issuer);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write(text);
  const chunks = [];
  for await (const chunk of socket) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

test("the build names the core that it contains, and stays small", () => {
  assert.match(build.report.core, /^[0-9a-f]{64}$/);
  assert.ok(build.report.gzip < 1024 * 1024, `${build.report.gzip} bytes compressed`);
});

test("discovery says where people reach it", async () => {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`);
  assert.equal(response.status, 200);
  assert.equal((await response.json()).issuer, issuer);
});

test("a token of a service verifies by the published keys", async () => {
  const response = await fetch(`${issuer}/token`, CLIENT_CREDENTIALS);
  assert.equal(response.status, 200);
  const [header, claims, signature] = (await response.json()).access_token.split(".");
  const { kid, alg } = JSON.parse(Buffer.from(header, "base64url"));
  const { keys } = await (await fetch(`${issuer}/.well-known/jwks.json`)).json();
  const key = createPublicKey({ key: keys.find((candidate) => candidate.kid === kid), format: "jwk" });
  assert.equal(alg, "ES256");
  assert.ok(verify("sha256", Buffer.from(`${header}.${claims}`), { key, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url")));
});

test("HEAD is answered like GET, without a body", async () => {
  const get = await fetch(`${issuer}/.well-known/openid-configuration`);
  const head = await fetch(`${issuer}/.well-known/openid-configuration`, { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get("content-type"), get.headers.get("content-type"));
  assert.equal(await head.text(), "");
});

test("bodies, targets and header sections have their bounds", async () => {
  const { host } = new URL(issuer);
  const post = (body) => raw(`POST /token HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  const get = (target, fields = "") => raw(`GET ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n${fields}\r\n`);
  assert.match(await post("a".repeat(64 * 1024)), /^HTTP\/1\.1 400 /);
  // What is declared is enough to refuse it: nothing of it is sent, because a connection that is closed with bytes unread
  // may lose the answer on its way.
  const tooLarge = await raw(`POST /token HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\ncontent-length: ${64 * 1024 + 1}\r\n\r\n`);
  assert.match(tooLarge, /^HTTP\/1\.1 413 /);
  assert.match(tooLarge, /\{"error":"invalid_request"\}/);
  assert.match(await get(`/${"a".repeat(16 * 1024)}`), /^HTTP\/1\.1 414 /);
  assert.match(await get(`/healthz?${"a".repeat(8 * 1024)}`), /^HTTP\/1\.1 200 /);
  const crowded = Array.from({ length: 120 }, (_, index) => `x-${index}: 1\r\n`).join("");
  assert.match(await get("/token", crowded), /^HTTP\/1\.1 431 /);
});

test("a body without a length is cut off at its bound", async () => {
  // Little more than the bound: the rest is read and thrown away, so that the answer is not lost with the connection.
  const chunk = `4000\r\n${"a".repeat(0x4000)}\r\n`;
  const answer = await raw(`POST /token HTTP/1.1\r\nhost: ${new URL(issuer).host}\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(5)}`);
  assert.match(answer, /^HTTP\/1\.1 413 /);
});

test("several cookies stay several fields", () => {
  const headers = [["set-cookie", "a=1; Path=/"], ["set-cookie", "b=2; Path=/"], ["vary", "Cookie"]].map(([name, value]) => [name, Buffer.from(value)]);
  const response = toResponse({ status: 303, headers, body: new Uint8Array() }, "GET");
  assert.deepEqual(response.headers.getSetCookie(), ["a=1; Path=/", "b=2; Path=/"]);
});

test("a code that eight redeem at once is redeemed once", async () => {
  const { browser } = await newcomer(issuer, worker.inbox);
  for (let round = 0; round < 5; round += 1) {
    const redemption = await authorize(issuer, browser);
    const answers = await Promise.all(Array.from({ length: 8 }, () => token(issuer, redemption)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    answers.filter(({ status }) => status !== 200).forEach(({ status, body }) => assert.deepEqual([status, body.error], [400, "invalid_grant"]));
  }
});

test("a message goes to the mail service once, with the operator's token, and is nowhere in the log", async () => {
  const before = worker.inbox.messages.length;
  const { email } = await newcomer(issuer, { code: async (to) => {
    const code = await worker.inbox.peek(to);
    const sent = worker.inbox.messages.slice(before).filter(({ body }) => body.to[0] === to);
    assert.equal(sent.length, 1);
    assert.equal(sent[0].headers.authorization, "Bearer mail-token");
    assert.equal(sent[0].body.from, "Doorward <no-reply@id.example>");
    assert.ok(!worker.log.join("\n").includes(code));
    return code;
  } });
  assert.ok(!worker.log.join("\n").includes(email));
});

test("only the address that the platform saw is believed", async () => {
  await withWorker({ options: { ratelimits: { RATE_LIMIT: { namespace_id: "1001", simple: { limit: 3, period: 60 } } } } }, async (limited) => {
    const statuses = [];
    for (let index = 0; index < 6; index += 1) {
      const headers = { ...CLIENT_CREDENTIALS.headers, "x-forwarded-for": `192.0.2.${index}`, "true-client-ip": `192.0.2.${index}`, forwarded: `for=192.0.2.${index}` };
      statuses.push((await fetch(`${limited.issuer}/token`, { ...CLIENT_CREDENTIALS, headers })).status);
    }
    assert.deepEqual(statuses, [200, 200, 200, 429, 429, 429]);
    const refused = await fetch(`${limited.issuer}/token`, CLIENT_CREDENTIALS);
    assert.equal(refused.headers.get("retry-after"), "10");
    assert.deepEqual(await refused.json(), { error: "temporarily_unavailable" });
    assert.equal((await fetch(`${limited.issuer}/.well-known/openid-configuration`)).status, 200);
  });
});

test("what watches it learns that it lives and can work", async () => {
  assert.equal(await (await fetch(`${issuer}/healthz`)).text(), "ok\n");
  assert.equal(await (await fetch(`${issuer}/readyz`)).text(), "ready\n");
});

for (const [name, hint, options] of [
  ["SEALING_KEY", "wrangler secret put SEALING_KEY", { bindings: { SEALING_KEY: undefined } }],
  ["SEALING_KEY", "openssl rand -base64 32", { bindings: { SEALING_KEY: "too short" } }],
  ["MAIL_TOKEN", "wrangler secret put MAIL_TOKEN", { bindings: { MAIL_TOKEN: undefined } }],
  ["RECORDS", "durable_objects.bindings", { options: { durableObjects: { KEYS: { className: "Keys", useSQLite: true } } } }],
  ["KEYS", "durable_objects.bindings", { options: { durableObjects: { RECORDS: { className: "Records", useSQLite: true } } } }],
]) {
  test(`without a usable ${name} nothing is served, and the log says how to set it (${hint})`, async () => {
    await withWorker(options, async (broken) => {
      for (const path of ["/", "/healthz", "/readyz", "/.well-known/openid-configuration"]) {
        const response = await fetch(broken.issuer + path);
        assert.equal(response.status, 503);
        assert.equal(response.headers.get("retry-after"), "60");
        assert.equal(response.headers.get("cache-control"), "no-store");
        assert.deepEqual(await response.json(), { error: "temporarily_unavailable" });
      }
      const log = broken.log.join("\n");
      assert.ok(log.includes(name) && log.includes(hint), log);
      assert.ok(!log.includes("too short"), "the secret is in the log");
    });
  });
}

test("people get a page and programs JSON when the host refuses", async () => {
  await withWorker({ bindings: { SEALING_KEY: undefined } }, async (broken) => {
    const page = await fetch(broken.issuer, { headers: { accept: "text/html,*/*" } });
    assert.match(page.headers.get("content-type"), /^text\/html/);
    assert.match(page.headers.get("content-security-policy"), /default-src 'none'/);
    assert.match(await page.text(), /Please try again/);
  });
});

test("an absolute-form target reaches the same path", async () => {
  const answer = await raw(`GET ${issuer}/healthz HTTP/1.1\r\nhost: ${new URL(issuer).host}\r\nconnection: close\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.1 200 /);
});

test("who is reached over https serves nobody in the clear, but for this machine", async () => {
  await withWorker({ bindings: { ISSUER: "https://id.example" } }, async ({ issuer: origin }) => {
    const { hostname, port } = new URL(origin);
    const ask = async (host) => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.write(`GET /.well-known/jwks.json HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
      return Buffer.concat(await Array.fromAsync(socket)).toString();
    };
    assert.match(await ask("id.example"), /^HTTP\/1\.1 400 [^]*invalid_request/);
    assert.match(await ask("127.0.0.1.id.example"), /^HTTP\/1\.1 400 /);
    assert.match(await ask(`127.0.0.1:${port}`), /^HTTP\/1\.1 200 /);
  });
});
