// A running build for tests: its mail service, its log, its end.

import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { start } from "../tools/local.mjs";
import { startInbox } from "./inbox.mjs";

/** The build under test: `npm run build` makes it. */
export const BUNDLE = process.env.DOORWARD_BUNDLE ?? fileURLToPath(new URL("../dist", import.meta.url));

/** A port that nobody listens on. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Starts the build. @param bindings go before the usual ones; undefined removes one. @param bundle another build. */
export async function startWorker({ bindings = {}, bundle = BUNDLE, options = {}, configure = () => {} } = {}) {
  const inbox = await startInbox();
  const state = await mkdtemp(join(tmpdir(), "doorward-workers-"));
  const settings = JSON.parse(await readFile(join(bundle, "settings.json"), "utf8"));
  settings.mail = { service: "resend", url: inbox.url, from: "Doorward <no-reply@id.example>" };
  configure(settings);
  const port = await freePort();
  const usual = { ISSUER: `http://127.0.0.1:${port}`, SEALING_KEY: randomBytes(32).toString("base64"), MAIL_TOKEN: "mail-token" };
  const log = [];
  const starting = start({
    bundle,
    settings: JSON.stringify(settings),
    port,
    state,
    bindings: Object.fromEntries(Object.entries({ ...usual, ...bindings }).filter(([, value]) => value !== undefined)),
    log: (line) => log.push(line),
    options,
  });
  // Nothing of a worker that does not start may keep the tests from ending.
  starting.catch(() => inbox.close());
  const miniflare = await starting;
  const issuer = (await miniflare.ready).origin;
  const close = async () => {
    await miniflare.dispose();
    inbox.close();
    await rm(state, { recursive: true, force: true });
  };
  return { issuer, inbox, miniflare, state, settings, log, close };
}
