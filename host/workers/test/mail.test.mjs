// `doorward:host/mail` over HTTP, against a service on loopback.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { deliver } from "../src/mail.mjs";

const MESSAGE = { channel: "email", to: "someone@example.com", subject: "123456 is your code", text: "123456\n\nIt is valid for 10 minutes.", code: "123456" };
const FROM = "Doorward <no-reply@id.example>";

let server;
let url;
let status = 200;
const received = [];

before(async () => {
  server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request)).toString();
    received.push({ path: request.url, headers: request.headers, body: JSON.parse(body) });
    response.writeHead(status, { location: "/elsewhere" }).end("x".repeat(100_000));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${server.address().port}/emails`;
});
after(() => server.close());

const service = (name) => ({ service: name, url, from: FROM });
const refused = (promise, tag) => assert.rejects(promise, (failure) => failure.tag === tag && !JSON.stringify(failure).includes("someone"));

test("Resend gets its form", async () => {
  await deliver(service("resend"), "secret", MESSAGE);
  const { headers, body } = received.pop();
  assert.equal(headers.authorization, "Bearer secret");
  assert.deepEqual(body, { from: FROM, to: [MESSAGE.to], subject: MESSAGE.subject, text: MESSAGE.text });
});

test("Postmark gets its form", async () => {
  await deliver(service("postmark"), "secret", MESSAGE);
  const { headers, body } = received.pop();
  assert.equal(headers["x-postmark-server-token"], "secret");
  assert.deepEqual(body, { From: FROM, To: MESSAGE.to, Subject: MESSAGE.subject, TextBody: MESSAGE.text, MessageStream: "outbound" });
});

test("what the service refuses is unavailable, and redirects are not followed", async () => {
  for (status of [302, 307, 401, 422, 500]) {
    received.length = 0;
    await refused(deliver(service("resend"), "secret", MESSAGE), "unavailable");
    assert.deepEqual(received.map(({ path }) => path), ["/emails"]);
  }
  status = 200;
});

test("a service that does not answer is unavailable", async () => {
  await refused(deliver({ ...service("resend"), url: "http://127.0.0.1:1/" }, "secret", MESSAGE), "unavailable");
});

test("what could reach someone else, or cannot be sent, goes nowhere", async () => {
  received.length = 0;
  const to = ["", "someone", "a@b@c", "someone@example.com, other@example.com", "someone@example.com\nBcc: x@y.z", "<someone@example.com>", ".a@b.c", "a..b@c.d", "a@-b.c", `${"a".repeat(65)}@b.c`, "a b@c.d"];
  for (const bad of to.map((address) => ({ to: address })).concat([{ subject: "a\nBcc: x@y.z" }, { subject: "s".repeat(201) }, { text: "t".repeat(16 * 1024 + 1) }, { text: "a\rb" }])) {
    await assert.rejects(deliver(service("resend"), "secret", { ...MESSAGE, ...bad }), (failure) => failure.tag === "invalid", JSON.stringify(bad));
  }
  await refused(deliver(service("resend"), "secret", { ...MESSAGE, channel: "sms" }), "unsupported");
  await refused(deliver(null, undefined, MESSAGE), "unsupported");
  assert.deepEqual(received, []);
  await deliver(service("resend"), "secret", { ...MESSAGE, to: "jürgen+tag@bücher.example" });
  assert.equal(received.length, 1);
});
