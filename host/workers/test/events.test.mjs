// `doorward:host/events`: every event is a line of the log; the queue gets what it can take, and never stops a request.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Events } from "../src/events.mjs";

const EVENT = { name: "token.issued", level: "info", fields: [["client_id", "app"], ["reason", "a\nb"]] };

function captured(run) {
  const methods = ["log", "warn", "error"].map((name) => mock.method(console, name, () => {}));
  try {
    run();
    return methods.flatMap((method) => method.mock.calls.map(({ arguments: [line] }) => JSON.parse(line)));
  } finally {
    mock.restoreAll();
  }
}

test("an event is one line, with the member names of the native server", () => {
  const [line] = captured(() => new Events().emit(EVENT));
  const { timestamp, message, ...rest } = line;
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual(JSON.parse(message), { client_id: "app", reason: "a\nb" });
  assert.deepEqual(rest, { level: "INFO", event: "token.issued", source: "core", target: "doorward::audit" });
});

test("a provider's events carry its name", () => {
  const [line] = captured(() => new Events().emit({ ...EVENT, level: "warning", fields: [["source", "password"], ["subject", "s"]] }));
  assert.deepEqual([line.level, line.source, line.message], ["WARN", "password", '{"subject":"s"}']);
});

test("the queue gets one batch for a request, and what is too much for it is counted", async () => {
  const batches = [];
  const events = new Events({ sendBatch: async (batch) => batches.push(batch) });
  captured(() => Array.from({ length: 103 }, () => events.emit(EVENT)));
  const warnings = mock.method(console, "warn", () => {});
  await events.flush();
  mock.restoreAll();
  assert.deepEqual(batches.map((batch) => batch.length), [100]);
  assert.equal(batches[0][0].body.event, "token.issued");
  assert.match(warnings.mock.calls[0].arguments[0], /events\.dropped.*/);
});

test("a queue that fails stops nobody", async () => {
  const events = new Events({ sendBatch: async () => { throw new Error("the queue is gone"); } });
  captured(() => events.emit(EVENT));
  const errors = mock.method(console, "error", () => {});
  await events.flush();
  mock.restoreAll();
  assert.match(errors.mock.calls[0].arguments[0], /events\.not_queued/);
});
