// What this Worker needs from its configuration, and how to set it. A missing one stops everything: half a store or a
// made-up key is worse than no answer.

import { SEALING_KEY_HINT, sealingKeyBytes } from "./keys/sealing.mjs";
import { MAIL_SERVICES } from "./mail.mjs";

/** What is missing or wrong, each with the command or the lines that cure it; empty if nothing is. */
export function bindingProblems(env, settings) {
  return [
    ...durableObject(env, "RECORDS", "Records"),
    ...durableObject(env, "KEYS", "Keys"),
    ...sealingKey(env),
    ...issuer(settings),
    ...(settings.mail === null ? [] : mail(env, settings.mail)),
  ];
}

function durableObject(env, name, className) {
  return typeof env[name]?.idFromName === "function"
    ? []
    : [`the binding ${name} is missing: add {"name": "${name}", "class_name": "${className}"} to durable_objects.bindings in wrangler.jsonc and deploy again`];
}

function sealingKey(env) {
  const command = "`openssl rand -base64 32 | npx wrangler secret put SEALING_KEY`";
  if (typeof env.SEALING_KEY !== "string" || env.SEALING_KEY === "") {
    return [`the secret SEALING_KEY is missing: ${command} makes one; keep a copy, without it the signing keys are lost`];
  }
  return sealingKeyBytes(env.SEALING_KEY) === null ? [`the secret SEALING_KEY is no key: ${SEALING_KEY_HINT}`] : [];
}

/** `ISSUER` was not there when `doorward compose` checked the settings: what it says is in every token, and decides on cookies and HSTS. */
function issuer({ issuer: text }) {
  const url = URL.parse(text);
  const canonical = url?.href === text || url?.href === `${text}/`;
  const plain = url?.search === "" && /^[a-z0-9.:[\]-]+$/.test(url.host) && url.hash === "" && url.username === "" && url.password === "" && url.port !== "0";
  return canonical && plain && isHttps(text) && !text.endsWith("/")
    ? []
    : [`the issuer ${JSON.stringify(text)} is no https URL in its shortest form, without user, query and slash at the end: set ISSUER in vars of wrangler.jsonc`];
}

function mail(env, { service, url }) {
  const problems = [];
  if (!MAIL_SERVICES.includes(service)) {
    problems.push(`mail.service in the settings is none of ${MAIL_SERVICES.join(", ")}: correct it and compose again`);
  }
  if (!isHttps(url)) {
    problems.push("mail.url in the settings is no https URL: correct it and compose again");
  }
  if (typeof env.MAIL_TOKEN !== "string" || env.MAIL_TOKEN === "") {
    problems.push("the secret MAIL_TOKEN is missing, and the settings configure mail: `npx wrangler secret put MAIL_TOKEN` sets it");
  }
  return problems;
}

/** Whether nobody can listen on the way to `text`: https, or loopback, where nothing leaves the machine. */
export function isHttps(text) {
  const url = URL.parse(text);
  return url?.protocol === "https:" || (url?.protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname));
}
