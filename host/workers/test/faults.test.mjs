// What goes wrong inside one request ends with that request.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { built } from "./built.mjs";
import { CLIENT_CREDENTIALS, authorize, newcomer, token } from "./flow.mjs";
import { startWorker } from "./worker.mjs";

let build;
let worker;
let issuer;

before(async () => {
  build = await built("fixtures/faults.mjs");
  worker = await startWorker({ bundle: build.bundle });
  issuer = worker.issuer;
});
after(async () => {
  await worker?.close();
  await build?.remove();
});

const ask = async (what) => (await fetch(`${issuer}/test/${what}`)).text();
const census = async () => JSON.parse(await ask("census"));
const works = async () => assert.equal((await fetch(`${issuer}/token`, CLIENT_CREDENTIALS)).status, 200);

/** Asks until `condition` holds of the census. */
async function until(condition) {
  for (;;) {
    const count = await census();
    if (condition(count)) {
      return count;
    }
    await new Promise((tick) => setTimeout(tick, 20));
  }
}

test("one instance waits before the first request, and serves it", async () => {
  assert.deepEqual(await census(), { idle: 1, busy: 0 });
  await works();
  assert.deepEqual(await until(({ busy }) => busy === 0), { idle: 1, busy: 0 });
});

test("an instance that trapped is not used again, and the next request is answered", async () => {
  const { idle } = await census();
  assert.match(await ask("trap"), /^the component trapped: Error: not in the contract/);
  assert.deepEqual(await census(), { idle: idle - 1, busy: 0 });
  await works();
});

test("a request that takes too long ends, its instance with it, and the next one is answered", async () => {
  await works();
  const { idle } = await until(({ busy }) => busy === 0);
  assert.equal(await ask("hang"), "no answer within 10000 ms");
  assert.deepEqual(await census(), { idle: idle - 1, busy: 0 });
  await works();
});

test("many at once leave few instances behind", async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, () => fetch(`${issuer}/token`, CLIENT_CREDENTIALS)));
  answers.forEach(({ status }) => assert.equal(status, 200));
  const { idle } = await until(({ busy }) => busy === 0);
  assert.ok(idle >= 1 && idle <= 8, `${idle} idle`);
});

test("an instance that hashed a password is not kept", async () => {
  const messages = newcomer(issuer, { code: async (to) => {
    const code = await worker.inbox.code(to);
    await until(({ busy }) => busy === 0);
    return code;
  } });
  const { browser } = await messages;
  await works();
  const before = await until(({ busy }) => busy === 0);
  // Signing in hashes once, whether or not the password is right.
  const page = await signInPage();
  const after = await until(({ busy }) => busy === 0);
  await page.browser.press(page, "sign_in", { email: "nobody@example.com", "current-password": "not-the-Password-77" });
  assert.equal((await until(({ busy }) => busy === 0)).idle, after.idle - 1, JSON.stringify({ before, after }));
  assert.equal((await token(issuer, await authorize(issuer, browser))).status, 200);
});

async function signInPage() {
  const { Browser } = await import("./browser.mjs");
  const { request } = await import("./flow.mjs");
  const browser = new Browser(issuer);
  return { ...(await browser.get(request(issuer).url)), browser };
}

test("clients that go away leave nothing half done, and no instance busy", async () => {
  const { browser } = await newcomer(issuer, worker.inbox);
  const first = await token(issuer, await authorize(issuer, browser));
  let refresh = first.body.refresh_token;
  const { hostname, port, host } = new URL(issuer);
  for (let round = 0; round < 30; round += 1) {
    const body = new URLSearchParams({ grant_type: "refresh_token", client_id: "app", refresh_token: refresh }).toString();
    const socket = connect({ host: hostname, port: Number(port) });
    socket.end(`POST /token HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    await new Promise((sent) => setTimeout(sent, round % 6));
    socket.destroy();
    // Whether or not that one was rotated: the client, which never saw the answer, asks again and gets on.
    const again = await token(issuer, { grant_type: "refresh_token", client_id: "app", refresh_token: refresh });
    assert.equal(again.status, 200, JSON.stringify(again.body));
    refresh = again.body.refresh_token;
  }
  const { idle } = await until(({ busy }) => busy === 0);
  assert.ok(idle >= 1);
  await works();
});

test("the cron trigger looks after the keys", async () => {
  const scheduled = await worker.miniflare.getWorker();
  const { outcome } = await scheduled.scheduled({ cron: "17 * * * *" });
  assert.equal(outcome, "ok");
  while (!worker.log.some((line) => line.includes("keys.maintained"))) {
    await new Promise((tick) => setTimeout(tick, 20));
  }
});
