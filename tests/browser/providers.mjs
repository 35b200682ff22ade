// node providers.mjs PATH/TO/doorward [DIRECTORY FOR SCREENSHOTS]
//
// Ways to sign in that need more than a form: GitHub and Google as fakes with their quirks, a passkey in an authenticator of the browser's
// own, and a password with an authenticator app; in every theme, or in those of `THEMES=default,terminal`.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { chromium } from "playwright-core";
import { startApplication, startDoorward } from "./server.mjs";
import { startUpstreams } from "./upstreams.mjs";
import { inspect, watch } from "./watch.mjs";

const binary = process.argv[2] ?? process.env.DOORWARD_BIN ?? "../../target/debug/doorward";
const shots = process.argv[3] ?? "shots/providers";
const THEMES = process.env.THEMES?.split(",") ?? ["default", "minimal", "terminal", "contrast"];
const PASSWORD = "quiet lantern over water";

const CLIENT = `
service_name = "Harbour"
[scopes]
"notes:write" = "Read and change your notes"
[[client]]
client_id = "notes"
client_name = "Lumen Notes"
token_endpoint_auth_method = "none"
redirect_uris = ["http://127.0.0.1/callback"]
grant_types = ["authorization_code", "refresh_token"]
scope = "openid profile email offline_access notes:write"
[[provider]]
id = "password"
builtin = "password"
`;
const PASSKEY = `${CLIENT}
[[provider]]
id = "passkey"
builtin = "passkey"
`;
const TOTP = `${CLIENT}
[[provider]]
id = "totp"
builtin = "totp"
[[confirmations]]
after = ["password"]
by = ["totp"]
required = true
`;

const complaints = [];
// The theme that is looked at.
let theme;
await mkdir(shots, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function visitor() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  await context.route((url) => !["127.0.0.1", "localhost"].includes(url.hostname), (route) => {
    complaints.push(`a request to ${route.request().url()}`);
    return route.abort();
  });
  return context;
}

async function open(context, url) {
  const page = await context.newPage();
  watch(page, complaints);
  await page.goto(url);
  return page;
}

const look = (page, name) => page.screenshot({ path: `${shots}/${theme}-${name}.png`, fullPage: true });

async function code(doorward, email, not) {
  for (let tries = 0; tries < 400; tries++) {
    const mail = (await doorward.mails()).find((mail) => mail.to === email && mail.code);
    if (mail && mail.code !== not) return mail.code;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`no code for ${email}`);
}

const press = (page) => page.getByRole("button").first().click();
const allow = (page) => page.locator("button[name=decision][value=allow]").click();
const greeted = (page, email) => page.getByRole("heading", { name: `Hello ${email}` }).waitFor();

/** Registers with a password, as far as what comes after it. */
async function register(doorward, page, email) {
  await page.getByRole("link", { name: /create account/i }).click();
  await page.locator("input[type=email]").fill(email);
  await page.locator("input[type=password]").fill(PASSWORD);
  await press(page);
  await page.locator("input[autocomplete=one-time-code]").fill(await code(doorward, email));
  await press(page);
}

/** RFC 6238, as an app does it. */
function totp(base32, at) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...base32.replace(/[^A-Z2-7]/g, "")].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  return String((hash.readUInt32BE(hash[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function withDoorward(config, further, use) {
  const doorward = await startDoorward(binary, `${config}\n[theme]\nname = "${theme}"\n`, further);
  const application = await startApplication(doorward.issuer);
  try {
    await use(doorward, application);
  } catch (error) {
    console.log(doorward.output().slice(-3000));
    throw error;
  } finally {
    application.stop();
    await doorward.stop();
  }
}

const ANYWHERE = ["--listen", "127.0.0.1:0"];

const steps = {
  async "sign in by GitHub and by Google"() {
    const upstreams = await startUpstreams();
    await withDoorward(`${CLIENT}${upstreams.config}`, ANYWHERE, async (doorward, application) => {
      for (const [name, email] of [["GitHub", "mona@octo.example"], ["Google", "lin@gmail.com"]]) {
        const context = await visitor();
        await upstreams.routes(context);
        const page = await open(context, application.begin().url);
        await inspect(page, "choose");
        await look(page, `choose-${name}`);
        await page.getByRole("link", { name: new RegExp(name) }).click();
        await page.getByRole("heading", { name }).waitFor();
        await page.getByRole("link", { name: "Authorize" }).click();
        await page.getByText("Lumen Notes").first().waitFor();
        await look(page, `consent-${name}`);
        await allow(page);
        await greeted(page, email);
        await context.close();
      }
    });
    upstreams.stop();
  },

  async "add a passkey, and sign in by it"() {
    const port = await freePort();
    const there = ["--listen", `127.0.0.1:${port}`, "--issuer", `http://localhost:${port}`];
    await withDoorward(PASSKEY, there, async (doorward, application) => {
      const context = await visitor();
      const page = await open(context, application.begin().url);
      const devtools = await context.newCDPSession(page);
      await devtools.send("WebAuthn.enable");
      const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
      const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
      await page.getByRole("link", { name: /password/i }).click();
      await register(doorward, page, "kit@example.org");
      await allow(page);
      await greeted(page, "kit@example.org");

      await page.goto(`${doorward.issuer}/account`);
      await look(page, "account");
      await page.getByRole("button", { name: /passkey/i }).or(page.getByRole("link", { name: /passkey/i })).first().click();
      await page.getByRole("heading", { name: /passkey/i }).waitFor();
      await look(page, "passkey-add");
      await press(page);
      await page.getByRole("heading", { name: "Your account" }).waitFor();
      await look(page, "passkey-added");
      const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
      assert.equal(credentials.length, 1);
      assert.equal(credentials[0].rpId, "localhost");

      // Nobody is signed in any more; the authenticator is the same.
      await context.clearCookies();
      await page.goto(application.begin().url);
      await page.getByRole("link", { name: /passkey/i }).click();
      await page.getByRole("heading", { name: /passkey/i }).waitFor();
      await look(page, "passkey-sign-in");
      await press(page);
      await allow(page);
      await greeted(page, "kit@example.org");

      // Who does not unlock it is not signed in.
      await context.clearCookies();
      await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
      await page.goto(application.begin().url);
      await page.getByRole("link", { name: /passkey/i }).click();
      await press(page);
      await page.getByRole("alert").waitFor();
      await look(page, "passkey-refused");
      await context.close();
    });
  },

  async "a password, then a code of an app"() {
    await withDoorward(TOTP, ANYWHERE, async (doorward, application) => {
      const context = await visitor();
      const page = await open(context, application.begin().url);
      await register(doorward, page, "two@example.org");
      await page.locator("input[autocomplete=one-time-code]").waitFor();
      await inspect(page, "totp-enroll");
      await look(page, "totp-enroll");
      const link = await page.locator('a[href^="otpauth:"]').getAttribute("href");
      const secret = new URL(link).searchParams.get("secret");
      await page.locator("input[autocomplete=one-time-code]").fill(totp(secret, Date.now()));
      await press(page);
      await page.locator("code").first().waitFor();
      await look(page, "totp-recovery-codes");
      await press(page);
      await allow(page);
      await greeted(page, "two@example.org");

      await context.clearCookies();
      await page.goto(application.begin().url);
      await page.locator("input[type=email]").fill("two@example.org");
      await page.locator("input[type=password]").fill(PASSWORD);
      await press(page);
      await page.locator("input[autocomplete=one-time-code]").waitFor();
      await inspect(page, "totp-code");
      await look(page, "totp-code");
      // That of a moment ago is used up; the next one is good already.
      await page.locator("input[autocomplete=one-time-code]").fill(totp(secret, Date.now() + 30_000));
      await press(page);
      await allow(page);
      await greeted(page, "two@example.org");
      await context.close();
    });
  },
};

let failed = 0;
for (const [name, step] of THEMES.flatMap((name) => Object.entries(steps).map(([step, run]) => [`${name}: ${step}`, () => ((theme = name), run())]))) {
  const started = Date.now();
  try {
    await step();
    assert.deepEqual(complaints.splice(0), [], "complaints of the browser");
    console.log(`ok      ${name} (${Date.now() - started} ms)`);
  } catch (error) {
    failed++;
    complaints.length = 0;
    console.log(`FAILED  ${name}\n${error.stack}`);
    for (const context of browser.contexts()) {
      for (const page of context.pages()) console.log(`        at ${page.url()}: ${(await page.title().catch(() => "?"))}`);
      await context.close();
    }
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
