// Builds Workers out of `composed/` for tests: the real one, and the one with faults.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../tools/build.mjs";

/** What `npm run compose` wrote. */
const COMPOSED = process.env.DOORWARD_COMPOSED ?? fileURLToPath(new URL("../composed", import.meta.url));

/** Builds with `entry` as main module; `remove` removes the build. */
export async function built(entry) {
  const out = await mkdtemp(join(tmpdir(), "doorward-build-"));
  const report = await build({ from: COMPOSED, out, ...(entry === undefined ? {} : { entry: fileURLToPath(new URL(entry, import.meta.url)) }) });
  return { bundle: out, report, remove: () => rm(out, { recursive: true, force: true }) };
}
