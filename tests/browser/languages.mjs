// node languages.mjs PATH/TO/doorward [js] [python] [rust]
//
// The life of a plugin as its author and its operator have it, in each language: new, build, inspect, add, and somebody signs in. Fetches what the
// languages are built with, from npm and PyPI.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { startApplication, startDoorward } from "./server.mjs";
import { inspect, watch } from "./watch.mjs";

const binary = resolve(process.argv[2] ?? process.env.DOORWARD_BIN ?? "../../target/debug/doorward");
const languages = process.argv.length > 3 ? process.argv.slice(3) : ["rust", "js", "python"];
const sdk = resolve(dirname(fileURLToPath(import.meta.url)), "../../providers/sdk");
const WORD = "harbour lights at low tide";

const CONFIG = `
service_name = "Harbour"
[scopes]
"notes:write" = "Read and change your notes"
[[client]]
client_id = "notes"
client_name = "Lumen Notes"
token_endpoint_auth_method = "none"
redirect_uris = ["http://127.0.0.1/callback"]
grant_types = ["authorization_code", "refresh_token"]
scope = "openid email offline_access notes:write"
`;

/** What each language needs before it builds. */
const TOOLS = {
  rust: () => {},
  js: (project) => run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], project),
  python: (project) => {
    run("python3", ["-m", "venv", ".venv"], project);
    run(join(project, ".venv/bin/pip"), ["install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"], project);
  },
};

function run(command, given, cwd) {
  // Node's own folder first: `npm` and componentize-js want the one that runs this.
  const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
  return execFileSync(command, given, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, PATH } });
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

for (const language of languages) {
  const started = Date.now();
  const directory = await mkdtemp(join(tmpdir(), "doorward-languages-"));
  const file = join(directory, "doorward.toml");
  await writeFile(file, CONFIG, { mode: 0o600 });
  const project = join(directory, "door");
  run(binary, ["provider", "new", "door", "--lang", language, ...(language === "rust" ? ["--sdk", sdk] : [])], directory);
  TOOLS[language](project);
  run(binary, ["provider", "build"], project);
  const plugin = join(project, "plugin.wasm");
  const found = JSON.parse(run(binary, ["provider", "inspect", plugin, "--json"], project));
  assert.equal(found.contract, "0.1.0");
  run(binary, ["provider", "add", plugin, "--id", "door", "--yes", "--append", "--config", file], directory);
  // What was appended ends in the settings, with what they may be in comments.
  await appendFile(file, `word = "${WORD}"\n`);

  const complaints = [];
  const doorward = await startDoorward(binary, undefined, ["--listen", "127.0.0.1:0"], directory);
  const application = await startApplication(doorward.issuer);
  const context = await browser.newContext();
  const page = await context.newPage();
  watch(page, complaints);
  try {
    await page.goto(application.begin().url);
    const word = page.locator("input[type=password]");
    await inspect(page, language);
    await word.fill("open sesame, please");
    await page.getByRole("button").first().click();
    await page.getByRole("alert").waitFor();
    await page.locator("input[type=password]").fill(WORD);
    await page.getByRole("button").first().click();
    await page.locator("button[name=decision][value=allow]").click();
    await page.getByRole("heading", { name: /Hello/ }).waitFor();
    // The application is not looked at.
    assert.deepEqual(complaints.filter((complaint) => !complaint.includes(application.home)), []);
  } catch (error) {
    console.log(`FAILED  ${language}, at ${page.url()}\n${doorward.output().slice(-3000)}`);
    throw error;
  } finally {
    await context.close();
    application.stop();
    // It takes the directory with it.
    await doorward.stop();
  }
  await rm(directory, { recursive: true, force: true });
  console.log(`ok      ${language} (${Date.now() - started} ms)`);
}
await browser.close();
