// `wasi:http/outgoing-handler` over `fetch`, driven as the core drives it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { httpTypes, outgoingHandler } from "../src/outgoing.mjs";
import { poll, subscribeDuration } from "../src/poll.mjs";

const bytes = (text) => new TextEncoder().encode(text);

/** A server on this machine. @param answer gets the request and the response. */
async function serving(answer, use) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await use(`127.0.0.1:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function request(authority, { method = "get", path = "/", fields = [], body, timeMs } = {}) {
  const outgoing = new httpTypes.OutgoingRequest(httpTypes.Fields.fromList(fields));
  outgoing.setMethod({ tag: method });
  outgoing.setScheme({ tag: "HTTP" });
  outgoing.setAuthority(authority);
  outgoing.setPathWithQuery(path);
  const options = new httpTypes.RequestOptions();
  options.setFirstByteTimeout(timeMs === undefined ? undefined : BigInt(timeMs) * 1_000_000n);
  const outgoingBody = body === undefined ? undefined : outgoing.body();
  const pending = outgoingHandler.handle(outgoing, options);
  if (outgoingBody !== undefined) {
    outgoingBody.write().write(bytes(body));
    httpTypes.OutgoingBody.finish(outgoingBody);
  }
  return pending;
}

async function response(pending) {
  assert.equal(pending.get(), undefined);
  await poll([pending.subscribe()]);
  const { val } = pending.get();
  assert.equal(pending.get().tag, "err", "it is taken once");
  return val;
}

/** Everything that the stream of a response gives, at most `length` bytes at a time. */
async function read(stream, length = 4096n) {
  const chunks = [];
  for (;;) {
    let chunk;
    try {
      chunk = stream.read(length);
    } catch (end) {
      return { end: end.payload.tag, text: new TextDecoder().decode(Buffer.concat(chunks)) };
    }
    assert.ok(chunk.length <= Number(length));
    chunks.push(chunk);
    if (chunk.length === 0) {
      await poll([stream.subscribe()]);
    }
  }
}

test("a request goes to the authority that it says", () => {
  const outgoing = new httpTypes.OutgoingRequest(httpTypes.Fields.fromList([]));
  const refused = (set) => assert.throws(set, (thrown) => Object.hasOwn(thrown, "payload"));
  for (const authority of ["api.example", "api.example:443", "127.0.0.1:9000", "[::1]:9000"]) {
    outgoing.setAuthority(authority);
    assert.equal(outgoing.authority(), authority);
  }
  for (const authority of ["me@api.example", "api.example/", "api.example?", "api.example#", "api.example\\", "a b", "a\n.example", "a.example:x"]) {
    refused(() => outgoing.setAuthority(authority));
  }
  for (const path of ["@evil.example/", ".evil.example/", ":8443/", "", "x"]) {
    refused(() => outgoing.setPathWithQuery(path));
  }
  assert.equal(outgoing.authority(), "[::1]:9000");
  for (const tag of ["HTTP", "HTTPS"]) {
    outgoing.setScheme({ tag });
    assert.equal(outgoing.scheme().tag, tag);
  }
});

test("a request arrives as it was made, and its answer is read in pieces", async () => {
  let seen;
  await serving(async (incoming, out) => {
    seen = { method: incoming.method, url: incoming.url, type: incoming.headers["content-type"], agent: incoming.headers["user-agent"] };
    seen.body = Buffer.concat(await incoming.toArray()).toString();
    out.writeHead(200, { "cache-control": "max-age=5" }).end("a".repeat(10_000));
  }, async (authority) => {
    const fields = [["content-type", bytes("text/plain")], ["user-agent", bytes("doorward")], ["content-length", bytes("3")]];
    const { tag, val } = await response(request(authority, { method: "post", path: "/a?b=c", fields, body: "abc" }));
    assert.equal(tag, "ok");
    assert.equal(val.status(), 200);
    const [, age] = val.headers().entries().find(([name]) => name === "cache-control");
    assert.equal(new TextDecoder().decode(age), "max-age=5");
    const body = await read(val.consume().stream(), 1000n);
    assert.deepEqual([body.end, body.text.length], ["closed", 10_000]);
  });
  assert.deepEqual(seen, { method: "POST", url: "/a?b=c", type: "text/plain", agent: "doorward", body: "abc" });
});

test("redirects are answers", async () => {
  let requests = 0;
  await serving((_, out) => {
    requests += 1;
    out.writeHead(302, { location: "/elsewhere" }).end();
  }, async (authority) => {
    const { val } = await response(request(authority));
    assert.equal(val.status(), 302);
  });
  assert.equal(requests, 1);
});

test("no answer in time is an error, and so is nobody there", async () => {
  await serving(() => {}, async (authority) => {
    assert.deepEqual(await response(request(authority, { timeMs: 50 })), { tag: "err", val: { tag: "HTTP-response-timeout" } });
  });
  assert.deepEqual(await response(request("127.0.0.1:1")), { tag: "err", val: { tag: "destination-unavailable" } });
});

test("what is dropped is ended: an answer that has no end, and one that nobody waited for", async () => {
  let closed;
  const ended = new Promise((resolve) => {
    closed = resolve;
  });
  await serving((incoming, out) => {
    incoming.socket.on("close", closed);
    const write = () => out.write("a".repeat(65_536), () => incoming.socket.destroyed || setImmediate(write));
    write();
  }, async (authority) => {
    const { val } = await response(request(authority));
    const body = val.consume();
    const stream = body.stream();
    await poll([stream.subscribe()]);
    assert.ok(stream.read(10n).length > 0);
    stream[Symbol.dispose]();
    body[Symbol.dispose]();
    await ended;
  });
  await serving(() => {}, async (authority) => {
    const pending = request(authority);
    const waiting = pending.subscribe();
    pending[Symbol.dispose]();
    await poll([waiting]);
  });
});

test("a deadline goes before what never comes", async () => {
  await serving(() => {}, async (authority) => {
    const pending = request(authority);
    const ready = await poll([pending.subscribe(), subscribeDuration(20_000_000n)]);
    assert.deepEqual([...ready], [1]);
    pending[Symbol.dispose]();
  });
});
