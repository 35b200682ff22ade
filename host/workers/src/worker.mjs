// The Worker. For each request, in this order:
//
// 1. nothing that it needs is missing from its configuration;
// 2. nobody listened on its way: it came by https, or from this machine;
// 3. `/healthz`, `/readyz` are the host's;
// 4. the rate limit, where one is bound, lets the client's address through;
// 5. target, header section and body are within their bounds;
// 6. an instance of the component, which serves nobody else meanwhile, answers within its time.

import settingsDocument from "./settings.json";
import { bindingProblems, isHttps } from "./bindings.mjs";
import { Events, log } from "./events.mjs";
import { inInstance, warm } from "./instances.mjs";
import { Keyring } from "./keys/keyring.mjs";
import { deliver } from "./mail.mjs";
import { isLimited } from "./rate_limit.mjs";
import { RecordsClient } from "./records/client.mjs";
import { Refusal, refuse } from "./refusal.mjs";
import { toRecord, toResponse } from "./request.mjs";
import { Settings } from "./settings.mjs";

export { Keys } from "./keys/object.mjs";
export { Records } from "./records/object.mjs";

/** Half a year, on this host only: the operator may run other names beside it. */
const HSTS = "max-age=15768000";

warm();

let settings;
function settingsFor(env) {
  settings ??= new Settings(settingsDocument, env.ISSUER);
  return settings;
}

function portsFor(env, context) {
  const { keys, mail } = settingsFor(env);
  return {
    records: new RecordsClient(env.RECORDS),
    keys: new Keyring(env, keys, (work) => context.waitUntil(work)),
    settings: settingsFor(env),
    events: new Events(env.EVENTS),
    mail: { deliver: (message) => deliver(mail, env.MAIL_TOKEN, message) },
  };
}

export default {
  fetch(request, env, context) {
    const answer = respond(request, env, context);
    // If the client goes away, what was begun still ends, and the instance is free again.
    context.waitUntil(answer);
    return answer;
  },

  /** The cron trigger: signing keys come and go, and clients that missed a sign-out are told of it. */
  async scheduled(_event, env, context) {
    checkBindings(env);
    const ports = portsFor(env, context);
    const changed = await ports.keys.maintain();
    log("info", "keys.maintained", changed);
    const delivered = await inInstance(ports, ({ administration }) => administration.run('{"command":"logout.deliver"}'));
    log("info", "logout.delivered", JSON.parse(delivered));
    await ports.events.flush();
  },
};

async function respond(request, env, context) {
  let answer;
  try {
    answer = await route(request, env, context);
  } catch (problem) {
    answer = refuse(reasonOf(problem), request);
  }
  if (settings?.issuer.startsWith("https:")) {
    answer.headers.set("strict-transport-security", HSTS);
  }
  return answer;
}

/** The reason for the wire; the log gets the whole. */
function reasonOf(problem) {
  if (problem instanceof Refusal) {
    log("warning", "request.refused", { reason: problem.reason });
    return problem.reason;
  }
  log("error", "request.failed", { problem: String(problem?.stack ?? problem) });
  return "coreFailed";
}

async function route(request, env, context) {
  checkBindings(env);
  if (!isHttps(request.url)) {
    // Never a redirect: a client that sends secrets in the clear should hear of it at the first try.
    throw new Refusal("notHttps");
  }
  const path = new URL(request.url).pathname;
  if (path === "/healthz") {
    return plain(200, "ok\n");
  }
  const ports = portsFor(env, context);
  if (path === "/readyz") {
    return readiness(ports);
  }
  if (await isLimited(request, path, env.RATE_LIMIT)) {
    throw new Refusal("tooManyRequests");
  }
  const record = await toRecord(request);
  try {
    const response = await inInstance(ports, ({ httpHandler }) => httpHandler.handle(record));
    return toResponse(response, request.method);
  } finally {
    context.waitUntil(ports.events.flush());
  }
}

function checkBindings(env) {
  const problems = bindingProblems(env, settingsFor(env));
  if (problems.length > 0) {
    problems.forEach((problem) => log("error", "configuration", { problem }));
    throw new Refusal("misconfigured");
  }
}

async function readiness(ports) {
  try {
    await ports.records.get("ready");
    await ports.keys.current("ES256");
    return plain(200, "ready\n");
  } catch (problem) {
    log("warning", "not_ready", { problem: problem.val ?? String(problem) });
    return plain(503, "not ready\n");
  }
}

function plain(status, text) {
  return new Response(text, { status, headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" } });
}
