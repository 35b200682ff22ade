// `@modelcontextprotocol/conformance` in its authorization-server mode: its own program, with us as the person in the browser.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort, Person, start } from "./person.mjs";

const RUNNER = fileURLToPath(new URL("node_modules/@modelcontextprotocol/conformance/dist/index.js", import.meta.url));
const RESOURCE = "https://mcp.example/mcp";

const CONFIG = `
[[client]]
client_id = "public"
profile = "mcp"
redirect_uris = ["http://127.0.0.1/callback"]
`;

let doorward;
before(async () => (doorward = await start(CONFIG)));
after(() => doorward?.stop());

/** Every file below a directory. */
async function files(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Runs it, follows the link that it prints, and returns its checks by id. */
async function run(further) {
  const output = await mkdtemp(join(tmpdir(), "doorward-mcp-"));
  const port = await freePort();
  const child = spawn(process.execPath, [RUNNER, "authorization", "--url", doorward.issuer, "--port", String(port), "--output-dir", output, "--verbose", ...further]);
  let [printed, followed] = ["", undefined];
  const read = (chunk) => {
    printed += chunk;
    const link = new RegExp(`^${doorward.issuer}/authorize\\S+$`, "m").exec(printed)?.[0];
    if (link !== undefined && /Waiting up to/.test(printed)) {
      followed ??= new Person(doorward).open(link).then(({ url }) => fetch(url));
    }
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  const status = await new Promise((resolve) => child.on("exit", resolve));
  await followed;
  const checks = [];
  for (const file of (await files(output)).filter((name) => name.endsWith("checks.json"))) {
    checks.push(...JSON.parse(await readFile(file, "utf8")));
  }
  await rm(output, { recursive: true, force: true });
  return { status, printed, checks: Object.fromEntries(checks.map((check) => [check.id, check])) };
}

for (const [name, further] of [
  ["a public client", ["--client-id", "public"]],
  ["a public client that names a resource", ["--client-id", "public", "--resource", RESOURCE]],
]) {
  test(`metadata and code grant with ${name}`, async () => {
    const { status, printed, checks } = await run(further);
    assert.equal(status, 0, printed);
    assert.equal(checks["authorization-server-metadata"]?.status, "SUCCESS", printed);
    assert.equal(checks["authorization-code-grant"]?.status, "SUCCESS", printed);
  });
}
