// What the build makes of jco's output.

import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { build, checkImports } from "../tools/build.mjs";
import { tighten } from "../tools/glue.mjs";

test("what nobody answers fails the build, by name", () => {
  checkImports(new Map([["doorward:host/records", ["get", "list"]], ["wasi:random/random", ["getRandomBytes"]], ["wasi:http/outgoing-handler", ["handle"]]]));
  for (const [name, member] of [["wasi:http/incoming-handler", "handle"], ["wasi:sockets/tcp", "TcpSocket"], ["doorward:host/records", "drop"]]) {
    assert.throws(() => checkImports(new Map([[name, [member]]])), new RegExp(`${name}: ${member}`));
  }
});

test("debug logs go, one form of each import stays, and modules in the source become files", () => {
  const { code, modules, imports } = tighten(`
    const { get, list: list$1 } = imports['doorward:host/records'];
    const slow = function () { _debugLog('slow', { big: [1, 2] }); return get(); };
    slow.manuallyAsync = true;
    const quick = function () { if (x) _debugLog('quick'); return list$1(); };
    let a = slow.manuallyAsync ? suspending(slow) : direct(slow);
    let b = quick.manuallyAsync ? suspending(quick) : direct(quick);
    const m = new WebAssembly.Module(new Uint8Array([0, 0x61, 115]));`);
  assert.ok(!code.includes("_debugLog"), code);
  assert.match(code, /let a = suspending\(slow\);/);
  assert.match(code, /let b = direct\(quick\);/);
  assert.match(code, /if \(x\) ; return/);
  assert.match(code, /const m = getCoreModule\('core\.inline0\.wasm'\);/);
  assert.deepEqual(modules, [["core.inline0.wasm", Uint8Array.of(0, 0x61, 115)]]);
  assert.deepEqual([...imports], [["doorward:host/records", ["get", "list"]]]);
});

test("a build replaces a build, and nothing else that lies in its way", async () => {
  const out = await mkdtemp(join(tmpdir(), "doorward-out-"));
  const from = await mkdtemp(join(tmpdir(), "doorward-from-"));
  try {
    await writeFile(join(from, "doorward.wasm"), "no component");
    await writeFile(join(from, "settings.json"), "{}");
    await writeFile(join(out, "worker.js"), "of an earlier build");
    await writeFile(join(out, "thesis.txt"), "years of work");
    await assert.rejects(build({ from, out }), /thesis\.txt/);
    assert.deepEqual((await readdir(out)).sort(), ["thesis.txt", "worker.js"]);
  } finally {
    await Promise.all([out, from].map((directory) => rm(directory, { recursive: true, force: true })));
  }
});
