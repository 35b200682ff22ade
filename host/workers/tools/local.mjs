// A built Worker on workerd on this machine, by Miniflare.

import { Miniflare, convertV4MiniflareOptions } from "miniflare";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

/** The platform's behaviour that this host was tested with; the same date is in `wrangler.jsonc`. */
export const COMPATIBILITY_DATE = "2026-11-01";

/** The modules of a build, the main one first. @param settings goes before the settings in the build. */
async function modulesOf(bundle, settings) {
  const others = (await readdir(bundle)).filter((name) => name !== "worker.js");
  return Promise.all(["worker.js", ...others].map(async (name) => {
    const path = join(bundle, name);
    if (name === "settings.json") {
      return { type: "Text", path, contents: settings ?? (await readFile(path, "utf8")) };
    }
    return name.endsWith(".wasm")
      ? { type: "CompiledWasm", path, contents: await readFile(path) }
      : { type: "ESModule", path, contents: await readFile(path, "utf8") };
  }));
}

/**
 * Starts a build.
 * @param state where the Durable Objects lie. @param log takes each line of the Worker's log. @param options more for Miniflare.
 */
export async function start({ bundle, settings, host = "127.0.0.1", port = 0, state, bindings = {}, log = console.error, options = {} }) {
  return new Miniflare(convertV4MiniflareOptions({
    name: "doorward",
    modulesRoot: bundle,
    modules: await modulesOf(bundle, settings),
    compatibilityDate: COMPATIBILITY_DATE,
    host,
    port,
    cf: false,
    telemetry: { enabled: false },
    durableObjects: { RECORDS: { className: "Records", useSQLite: true }, KEYS: { className: "Keys", useSQLite: true } },
    resourcePersistencePath: state,
    handleStructuredLogs: ({ message }) => log(message),
    bindings,
    ...options,
  }));
}
