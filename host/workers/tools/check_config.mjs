// npm run check-config [-- --env production] [-- --local]
//
// Stops before `wrangler` starts or uploads anything that could not serve: names what is missing, and how to set it.
// Secrets of a deployment are known to Cloudflare only, and are asked for by name; with `--local` they are in `.dev.vars`.

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs, parseEnv, promisify } from "node:util";
import { experimental_readRawConfig as readRawConfig } from "wrangler";
import { bindingProblems } from "../src/bindings.mjs";
import { Settings } from "../src/settings.mjs";

const HERE = fileURLToPath(new URL("..", import.meta.url));
const SECRETS = ["SEALING_KEY", "MAIL_TOKEN"];

/** The bindings that a Worker would see, as far as they can be known before it runs. */
export function expectedEnv(config, secrets) {
  const objects = Object.fromEntries((config.durable_objects?.bindings ?? []).map(({ name }) => [name, { idFromName() {} }]));
  return { ...objects, ...config.vars, ...secrets };
}

/** What is wrong with `config`, the section of one environment, beside its bindings. */
export function configProblems(config, settings, local) {
  const problems = [];
  const classes = (config.migrations ?? []).flatMap(({ new_sqlite_classes: names }) => names ?? []);
  for (const name of ["Records", "Keys"].filter((wanted) => !classes.includes(wanted))) {
    problems.push(`the class ${name} is in no migration: add it to new_sqlite_classes in migrations of wrangler.jsonc`);
  }
  if (!local && !settings.issuer.startsWith("https://")) {
    problems.push(`the issuer ${settings.issuer} is no https URL: set ISSUER in vars of wrangler.jsonc`);
  }
  if (!local && settings.issuer.endsWith(".example")) {
    problems.push(`the issuer ${settings.issuer} is the placeholder: set ISSUER in vars, and the pattern in routes, of wrangler.jsonc`);
  }
  if (!local && (config.triggers?.crons ?? []).length === 0) {
    problems.push(`no cron trigger looks after the signing keys: add "triggers": {"crons": ["17 * * * *"]} to wrangler.jsonc`);
  }
  return problems;
}

/** Names of the secrets of a deployment, with values that stand for them: only that they are there can be known. */
async function deployedSecrets(environment) {
  const { stdout } = await promisify(execFile)("wrangler", ["secret", "list", "--env", environment, "--format", "json"], { cwd: HERE });
  const names = JSON.parse(stdout).map(({ name }) => name);
  return Object.fromEntries(SECRETS.filter((name) => names.includes(name)).map((name) => [name, name === "SEALING_KEY" ? "0".repeat(64) : "set"]));
}

async function localSecrets() {
  return parseEnv(await readFile(`${HERE}.dev.vars`, "utf8").catch(() => ""));
}

async function main() {
  const { values } = parseArgs({ options: { env: { type: "string" }, local: { type: "boolean", default: false } } });
  const { rawConfig } = readRawConfig({ config: `${HERE}wrangler.jsonc` });
  const config = values.env === undefined ? rawConfig : rawConfig.env?.[values.env];
  if (config === undefined) {
    return [`wrangler.jsonc has no environment ${values.env}`];
  }
  const document = await readFile(`${HERE}dist/settings.json`, "utf8").catch(() => null);
  if (document === null) {
    return ["there is no build: `doorward compose --for workers --config doorward.toml --out composed`, then `npm run build -- composed`"];
  }
  const settings = new Settings(document, config.vars?.ISSUER);
  const wrong = configProblems(config, settings, values.local);
  if (wrong.length > 0) {
    return wrong;
  }
  const secrets = values.local ? await localSecrets() : await deployedSecrets(values.env);
  return bindingProblems(expectedEnv(config, secrets), settings).map((problem) => cure(problem, values));
}

/** The command that cures `problem`, where it is about a secret, for this environment. */
function cure(problem, { local, env }) {
  return local
    ? problem.replace(/\| npx wrangler secret put (\w+)/, "| sed s/^/$1=/ >> .dev.vars").replace(/npx wrangler secret put (\w+)/, "echo $1=… >> .dev.vars")
    : problem.replaceAll("wrangler secret put", `wrangler secret put --env ${env}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = await main();
  problems.forEach((problem) => console.error(`error: ${problem}`));
  process.exitCode = problems.length > 0 ? 1 : 0;
}
