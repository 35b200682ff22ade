// `serve.mjs`, as programs start it: it says when it is ready, keeps its state, and ends when it shall.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { built } from "./built.mjs";

const SERVE = fileURLToPath(new URL("../serve.mjs", import.meta.url));

let build;
let directory;

before(async () => {
  build = await built();
  directory = await mkdtemp(join(tmpdir(), "doorward-serve-"));
});
after(async () => {
  await build?.remove();
  await rm(directory, { recursive: true, force: true });
});

/** Starts it; answers where it is ready. */
async function serve(...more) {
  const settings = JSON.parse(await readFile(join(build.bundle, "settings.json"), "utf8"));
  settings.sections.server.service_name = "Named for this test";
  settings.mail = null;
  const file = join(directory, "settings.json");
  await writeFile(file, JSON.stringify(settings));
  const secret = `SEALING_KEY=${"5".repeat(64)}`;
  const options = ["--bundle", build.bundle, "--settings", file, "--listen", "127.0.0.1:0", "--state", join(directory, "state"), "--secret", secret];
  const child = spawn(process.execPath, [SERVE, ...options, ...more], { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (said += text));
  child.stderr.resume();
  while (!said.includes("\n")) {
    await Promise.race([once(child.stdout, "data"), once(child, "exit").then(() => assert.fail(`it ended: ${said}`))]);
  }
  return { child, origin: /^Ready (http:\/\/127\.0\.0\.1:\d+)\n/.exec(said)[1] };
}

const jwks = async (origin) => (await fetch(`${origin}/.well-known/jwks.json`)).text();

async function ended(child) {
  if (child.exitCode === null) {
    await once(child, "exit");
  }
  return child.exitCode;
}

test("the settings given go before those of the build, and ISSUER before theirs", async () => {
  const { child, origin } = await serve("--var", "ISSUER=http://127.0.0.1:9");
  assert.equal((await (await fetch(`${origin}/.well-known/openid-configuration`)).json()).issuer, "http://127.0.0.1:9");
  assert.match(await (await fetch(`${origin}/nowhere`)).text(), /Named for this test/);
  child.kill("SIGTERM");
  assert.equal(await ended(child), 0);
});

test("it ends when its standard input does, and finds its keys again", async () => {
  const first = await serve();
  const keys = await jwks(first.origin);
  first.child.stdin.end();
  assert.equal(await ended(first.child), 0);
  const second = await serve();
  assert.equal(await jwks(second.origin), keys);
  second.child.stdin.end();
  assert.equal(await ended(second.child), 0);
});

test("what it is told wrongly it says in one line", async () => {
  const child = spawn(process.execPath, [SERVE, "--state", directory, "--var", "nonsense"], { stdio: ["pipe", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  assert.equal(await ended(child), 1);
  assert.equal(said, 'error: "nonsense" is not NAME=VALUE\n');
});
