// Runs `fixtures/ports.mjs` on workerd, and calls its ports from here.

import { build } from "esbuild";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { start } from "../tools/local.mjs";
import { decode, encode } from "./fixtures/codec.mjs";

const bundle = await mkdtemp(join(tmpdir(), "doorward-ports-"));
await build({
  entryPoints: [fileURLToPath(new URL("fixtures/ports.mjs", import.meta.url))],
  outfile: join(bundle, "worker.js"), bundle: true, format: "esm", target: "es2024", external: ["cloudflare:*"], logLevel: "warning",
});

/** Starts the ports. @param state where to store, if it shall outlive this one. @param sealingKey another one. */
export async function startPorts({ state, sealingKey = randomBytes(32).toString("hex") } = {}) {
  const directory = state ?? (await mkdtemp(join(tmpdir(), "doorward-state-")));
  const log = [];
  const miniflare = await start({ bundle, state: directory, bindings: { SEALING_KEY: sealingKey }, log: (line) => log.push(line) });
  const origin = (await miniflare.ready).origin;
  const call = async (port, name, ...values) => {
    const response = await fetch(`${origin}/${port}/${name}`, { method: "POST", body: encode(values) });
    const answer = decode(await response.text());
    if (answer.failure !== undefined) {
      throw answer.failure;
    }
    return answer.ok;
  };
  const port = (name) => new Proxy({}, { get: (_, member) => (...values) => call(name, member, ...values) });
  const close = async () => {
    await miniflare.dispose();
    if (state === undefined) {
      await rm(directory, { recursive: true, force: true });
    }
  };
  return { records: port("records"), outage: port("outage"), keys: port("keys"), fewerKeys: port("fewerKeys"), clock: port("clock"), shard: port("shard"), log, close };
}

/** Ends what this module made. */
export const cleanUp = () => rm(bundle, { recursive: true, force: true });
