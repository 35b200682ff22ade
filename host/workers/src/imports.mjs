// The imports of one instance. They are bound to its slot, and the slot to the request that it serves at the moment: what
// belongs to a request (stubs, promises) never outlives it.

import { log } from "./events.mjs";
import { wasi } from "./wasi.mjs";

/** Where an instance finds the ports of its request: `{records, keys, settings, events, mail}`. */
export function slotOf() {
  return { ports: undefined };
}

/** Imports that wait for something outside the isolate, as `interface#function`: `npm run build` has them suspend the caller. */
export const SUSPENDING = [
  ...["get", "insert", "replace", "remove", "increment", "list"].map((name) => `doorward:host/records#${name}`),
  ...["current", "sign", "jwks"].map((name) => `doorward:host/keys#${name}`),
  ...["seal", "open"].map((name) => `doorward:host/sealing#${name}`),
  "doorward:host/signatures#verify",
  "doorward:host/mail#deliver",
  "wasi:io/poll#poll",
];

/** Exports that may suspend. */
export const SUSPENDED = ["doorward:host/http-handler#handle", "doorward:host/administration#run"];

/** Everything that an instance may import, by interface without version. */
export function hostImports(slot) {
  return {
    ...wasi(),
    "doorward:host/records": {
      get: answered("unavailable", (key) => slot.ports.records.get(key)),
      insert: answered("unavailable", (key, value, expiresAt) => slot.ports.records.insert(key, value, expiresAt)),
      replace: answered("unavailable", (key, version, value, expiresAt) => slot.ports.records.replace(key, version, value, expiresAt)),
      remove: answered("unavailable", (key, version) => slot.ports.records.remove(key, version)),
      increment: answered("unavailable", (key, by, expiresAt) => slot.ports.records.increment(key, by, expiresAt)),
      list: answered("unavailable", (prefix, after, limit) => slot.ports.records.list(prefix, after, limit)),
    },
    "doorward:host/keys": {
      current: answered("unavailable", (alg) => slot.ports.keys.current(alg)),
      sign: answered("unavailable", (kid, message) => slot.ports.keys.sign(kid, message)),
      jwks: answered("unavailable", () => slot.ports.keys.jwks()),
    },
    "doorward:host/sealing": {
      seal: answered("unavailable", (plaintext, associated) => slot.ports.keys.seal(plaintext, associated)),
      open: answered("unavailable", (sealed, associated) => slot.ports.keys.open(sealed, associated)),
    },
    "doorward:host/signatures": {
      verify: answered("unavailable", (jwk, alg, message, signature) => slot.ports.keys.verify(jwk, alg, message, signature)),
    },
    "doorward:host/settings": {
      section: (name) => slot.ports.settings.section(name),
      // The configuration of this host names no secrets beside its own, which stay outside the components.
      secret: () => undefined,
    },
    "doorward:host/events": { emit: (event) => slot.ports.events.emit(event) },
    "doorward:host/mail": { deliver: answered("unavailable", (message) => slot.ports.mail.deliver(message)) },
  };
}

/** What throws anything but a failure of the contract throws `outage` instead: an outage must not become a trap. */
function answered(outage, call) {
  return async (...values) => {
    try {
      return await call(...values);
    } catch (problem) {
      if (typeof problem?.tag === "string") {
        throw problem.tag === outage ? logged(problem) : problem;
      }
      throw logged({ tag: outage, val: String(problem?.message ?? problem) });
    }
  };
}

function logged(problem) {
  log("error", "host.unavailable", { problem: problem.val });
  return problem;
}
