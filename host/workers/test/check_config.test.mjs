// `npm run check-config`: each thing that is missing is named, with its cure.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { experimental_readRawConfig as readRawConfig } from "wrangler";
import { bindingProblems } from "../src/bindings.mjs";
import { Settings } from "../src/settings.mjs";
import { configProblems, expectedEnv } from "../tools/check_config.mjs";

const SECRETS = { SEALING_KEY: "0".repeat(64), MAIL_TOKEN: "set" };
const CONFIG = {
  vars: { ISSUER: "https://id.doorward.test" },
  durable_objects: { bindings: [{ name: "RECORDS" }, { name: "KEYS" }] },
  migrations: [{ tag: "v1", new_sqlite_classes: ["Records", "Keys"] }],
  triggers: { crons: ["17 * * * *"] },
};
const settings = (mail, issuer = CONFIG.vars.ISSUER) => new Settings(JSON.stringify({ sections: { server: { issuer: "https://other.test" } }, mail }), issuer);
const { rawConfig: SHIPPED } = readRawConfig({ config: fileURLToPath(new URL("../wrangler.jsonc", import.meta.url)) });
const MAIL = { service: "postmark", url: "https://api.postmarkapp.com/email", from: "a@b.test" };

test("a complete configuration has no problem", () => {
  assert.deepEqual(configProblems(CONFIG, settings(MAIL), false), []);
  assert.deepEqual(bindingProblems(expectedEnv(CONFIG, SECRETS), settings(MAIL)), []);
});

test("without mail no token is asked for", () => {
  assert.deepEqual(bindingProblems(expectedEnv(CONFIG, { SEALING_KEY: SECRETS.SEALING_KEY }), settings(null)), []);
});

for (const [what, config, secrets, mail, expected] of [
  ["a binding", { ...CONFIG, durable_objects: { bindings: [{ name: "KEYS" }] } }, SECRETS, null, /binding RECORDS .*durable_objects\.bindings/],
  ["the sealing key", CONFIG, {}, null, /secret SEALING_KEY is missing: .*openssl rand/],
  ["the mail token", CONFIG, { SEALING_KEY: SECRETS.SEALING_KEY }, MAIL, /secret MAIL_TOKEN is missing.*wrangler secret put MAIL_TOKEN/],
  ["a mail service", CONFIG, SECRETS, { ...MAIL, service: "pigeon" }, /mail\.service .* resend, postmark/],
  ["https to the mail service", CONFIG, SECRETS, { ...MAIL, url: "http://mail.test/" }, /mail\.url .* no https URL/],
]) {
  test(`it misses ${what}`, () => {
    const problems = bindingProblems(expectedEnv(config, secrets), settings(mail));
    assert.equal(problems.length, 1);
    assert.match(problems[0], expected);
  });
}

for (const [what, config, issuer, expected] of [
  ["a class", { ...CONFIG, migrations: [{ new_sqlite_classes: ["Records"] }] }, undefined, /class Keys .*new_sqlite_classes/],
  ["a cron trigger", { ...CONFIG, triggers: {} }, undefined, /cron trigger/],
  ["https", CONFIG, "http://id.doorward.test", /no https URL: set ISSUER/],
  ["an issuer of the operator's", CONFIG, "https://id.example", /placeholder: set ISSUER/],
]) {
  test(`it misses ${what}`, () => {
    const problems = configProblems(config, settings(null, issuer), false);
    assert.equal(problems.length, 1);
    assert.match(problems[0], expected);
  });
}

for (const issuer of [
  "http://id.doorward.test", "https://id.doorward.test/", "https://id.doorward.test?x", "https://id.doorward.test/?x", "https://id.doorward.test/a#b",
  "https://ann@id.doorward.test", "https://ID.doorward.test", "https://id.doorward.test:0", "id.doorward.test", " https://id.doorward.test", "https://id.doorward.test\",\"x",
]) {
  test(`a Worker whose ISSUER is ${JSON.stringify(issuer)} serves nobody`, () => {
    const problems = bindingProblems(expectedEnv(CONFIG, SECRETS), settings(null, issuer));
    assert.equal(problems.length, 1);
    assert.match(problems[0], /issuer .* ISSUER/);
  });
}

test("an issuer may have a port and a path, and http on this machine", () => {
  for (const issuer of ["https://id.doorward.test:8443/tenant", "http://127.0.0.1:8787", "http://[::1]:8787", "http://localhost:8787"]) {
    assert.deepEqual(bindingProblems(expectedEnv(CONFIG, SECRETS), settings(null, issuer)), [], issuer);
  }
});

test("the platform keeps the lines that Doorward writes, and no URLs and header fields of requests", () => {
  for (const section of [SHIPPED, ...Object.values(SHIPPED.env)]) {
    const { logs, redact_query_string: redacted } = section.observability ?? SHIPPED.observability;
    assert.equal(redacted, true);
    assert.deepEqual(logs, { enabled: true, head_sampling_rate: 1, invocation_logs: false });
  }
});

test("a deployment without an environment touches no environment's Worker and store", () => {
  const names = [SHIPPED, ...Object.values(SHIPPED.env)].map(({ name }) => name);
  assert.equal(new Set(names).size, names.length, names.join(", "));
});
