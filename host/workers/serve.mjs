// node serve.mjs --settings settings.json --state DIR [--bundle DIR] [--listen 127.0.0.1:8787] [--var K=V]… [--secret K=V]…
//
// Runs a built Worker on workerd on this machine: what `npm run dev` does, without reloading, and for programs: prints
// `Ready http://…` when it answers, ends on SIGTERM and when its standard input ends. Nobody is in front of it: a client can say in
// `cf-connecting-ip` whatever it likes, which Cloudflare overwrites. For tests and development only.

import { parseArgs } from "node:util";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { start } from "./tools/local.mjs";

const pair = (text) => {
  const at = text.indexOf("=");
  if (at < 1) {
    throw new Error(`${JSON.stringify(text)} is not NAME=VALUE`);
  }
  return [text.slice(0, at), text.slice(at + 1)];
};

function options() {
  const { values } = parseArgs({
    options: {
      bundle: { type: "string", default: fileURLToPath(new URL("dist", import.meta.url)) },
      settings: { type: "string" },
      listen: { type: "string", default: "127.0.0.1:8787" },
      state: { type: "string" },
      var: { type: "string", multiple: true, default: [] },
      secret: { type: "string", multiple: true, default: [] },
    },
  });
  const [, host, port] = /^(.*):(\d+)$/.exec(values.listen) ?? [];
  if (values.state === undefined || host === undefined) {
    throw new Error("usage: node serve.mjs --state DIR [--settings FILE] [--bundle DIR] [--listen 127.0.0.1:8787] [--var K=V]… [--secret K=V]…");
  }
  return { ...values, host, port: Number(port), bindings: Object.fromEntries([...values.var, ...values.secret].map(pair)) };
}

try {
  const { bundle, settings, host, port, state, bindings } = options();
  const worker = await start({
    bundle: resolve(bundle),
    settings: settings === undefined ? undefined : await readFile(settings, "utf8"),
    host,
    port,
    state: resolve(state),
    bindings,
  });
  const { origin } = await worker.ready;
  const end = async () => {
    await worker.dispose();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"]) {
    // Miniflare's own way to end is to die of the signal.
    process.removeAllListeners(signal).on(signal, end);
  }
  process.stdin.resume().on("end", end).on("error", end);
  console.log(`Ready ${origin}`);
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exit(1);
}
