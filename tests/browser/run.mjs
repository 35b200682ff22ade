// node run.mjs PATH/TO/doorward [DIRECTORY FOR SCREENSHOTS]
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { chromium } from "playwright-core";
import { startApplication, startDevice, startDoorward } from "./server.mjs";
import { inspect, watch } from "./watch.mjs";

const binary = process.argv[2] ?? process.env.DOORWARD_BIN ?? "../../target/debug/doorward";
const shots = process.argv[3] ?? "shots";
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };
const NARROW = { width: 320, height: 640 };

const complaints = [];
await mkdir(shots, { recursive: true });
const doorward = await startDoorward(binary);
const application = await startApplication(doorward.issuer);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function visitor(viewport, colorScheme = "light") {
  const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: 2 });
  // Nothing may leave this machine.
  await context.route((url) => url.hostname !== "127.0.0.1", (route) => {
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

async function look(page, name) {
  await inspect(page, name);
  await page.screenshot({ path: `${shots}/${name}.png` });
}

async function newestCode(email, not) {
  for (let tries = 0; tries < 200; tries++) {
    const mail = (await doorward.mails()).find((mail) => mail.to === email && mail.code);
    if (mail && mail.code !== not) return mail.code;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`no code for ${email}`);
}

// From the choice to the application, by code.
async function byPin(page, email, suffix) {
  if (suffix !== undefined) await look(page, `choose${suffix}`);
  await page.getByRole("link", { name: /e-mail code/i }).click();
  const address = page.locator("input[type=email]");
  assert.equal(await address.getAttribute("autocomplete"), "username");
  await address.fill(email);
  if (suffix !== undefined) await look(page, `pin${suffix}`);
  const before = (await doorward.mails())[0]?.code;
  await page.getByRole("button").first().click();
  const code = page.locator("input[autocomplete=one-time-code]");
  await code.waitFor();
  assert.equal(await code.getAttribute("inputmode"), "numeric");
  if (suffix !== undefined) await look(page, `code${suffix}`);
  await code.fill(await newestCode(email, before));
  await page.getByRole("button").first().click();
}

async function allow(page, suffix) {
  await page.locator('button[name=decision][value=allow]').waitFor();
  await page.getByText("Lumen Notes").first().waitFor();
  await page.getByText("Read and change your notes").waitFor();
  if (suffix !== undefined) await look(page, `consent${suffix}`);
  await page.locator('button[name=decision][value=allow]').click();
}

async function greeted(page, email) {
  await page.getByRole("heading", { name: `Hello ${email}` }).waitFor();
}

const steps = {
  async "sign in by code, at every width and in both schemes"() {
    const kinds = [["", DESKTOP, "light"], ["-dark", DESKTOP, "dark"], ["-phone", PHONE, "light"], ["-dark-phone", PHONE, "dark"], ["-narrow", NARROW, "light"]];
    for (const [suffix, viewport, scheme] of kinds) {
      const context = await visitor(viewport, scheme);
      const page = await open(context, application.begin().url);
      const email = `ada${suffix}@example.org`;
      await byPin(page, email, suffix);
      await allow(page, suffix);
      await greeted(page, email);
      await context.close();
    }
  },

  async "see and remove what was given, at every width and in both schemes"() {
    const kinds = [["", DESKTOP, "light"], ["-dark", DESKTOP, "dark"], ["-phone", PHONE, "light"], ["-narrow", NARROW, "light"]];
    for (const [suffix, viewport, scheme] of kinds) {
      const context = await visitor(viewport, scheme);
      const page = await open(context, application.begin().url);
      const email = `account${suffix}@example.org`;
      await byPin(page, email);
      await allow(page);
      await greeted(page, email);
      await page.goto(`${doorward.issuer}/account`);
      await page.getByRole("heading", { name: "Your account" }).waitFor();
      await page.getByText("Read and change your notes").waitFor();
      await page.getByText(/on Linux/).first().waitFor();
      await look(page, `account${suffix}`);
      await page.getByRole("button", { name: /remove all access of Lumen Notes/i }).click();
      await page.getByRole("status").waitFor();
      assert.equal(await page.getByText("Lumen Notes").count(), 0);
      await look(page, `account-removed${suffix}`);
      await page.getByRole("button", { name: "Sign out everywhere" }).click();
      await page.getByRole("heading", { name: "You are signed out" }).waitFor();
      await context.close();
    }
  },

  async "register, sign out, sign in and reset by password"() {
    const email = "grace@example.org";
    const context = await visitor(DESKTOP);
    const page = await open(context, application.begin().url);
    await page.getByRole("link", { name: /password/i }).click();
    await look(page, "password");
    await page.getByRole("link", { name: /create account/i }).click();
    await page.locator("input[autocomplete=new-password]").waitFor();
    await look(page, "register");
    const fresh = page.locator("input[type=password]");
    assert.equal(await fresh.getAttribute("autocomplete"), "new-password");
    await page.locator("input[type=email]").fill(email);
    await fresh.fill("password1");
    await page.getByRole("button").first().click();
    await page.locator("[aria-invalid=true]").waitFor(); // Too common.
    await look(page, "password-refused");
    await page.locator("input[type=password]").fill("quiet lantern over water");
    await page.getByRole("button").first().click();
    await page.locator("input[autocomplete=one-time-code]").fill(await newestCode(email));
    await page.getByRole("button").first().click();
    await allow(page);
    await greeted(page, email);

    await page.goto(`${doorward.issuer}/logout`);
    await look(page, "sign-out");
    await page.getByRole("button", { name: /sign out/i }).click();
    await look(page, "signed-out");

    await page.goto(application.begin().url);
    await page.getByRole("link", { name: /password/i }).click();
    await page.locator("input[type=email]").fill(email);
    const password = page.locator("input[type=password]");
    assert.equal(await password.getAttribute("autocomplete"), "current-password");
    await password.fill("wrong lantern over water");
    await page.getByRole("button").first().click();
    await page.getByRole("alert").first().waitFor();
    await look(page, "password-wrong");
    await page.locator("input[type=password]").fill("quiet lantern over water");
    await page.getByRole("button").first().click();
    await allow(page);
    await greeted(page, email);

    const forgetful = await visitor(PHONE);
    const reset = await open(forgetful, application.begin().url);
    await reset.getByRole("link", { name: /password/i }).click();
    await reset.getByRole("link", { name: /forgot/i }).click();
    await reset.locator("input[type=email]").fill(email);
    const before = (await doorward.mails())[0].code;
    await reset.getByRole("button").first().click();
    await reset.locator("input[autocomplete=one-time-code]").fill(await newestCode(email, before));
    await reset.getByRole("button").first().click();
    await reset.locator("input[autocomplete=new-password]").fill("another lantern on land");
    await look(reset, "reset-phone");
    await reset.getByRole("button").first().click();
    await allow(reset);
    await greeted(reset, email);

    // The reset ended the session of the first browser.
    await page.goto(application.begin({ prompt: "none" }).url);
    await page.getByRole("heading", { name: "login_required" }).waitFor();
    await context.close();
    await forgetful.close();
  },

  async "two sign-ins in two tabs of one browser"() {
    const context = await visitor(DESKTOP);
    const first = await open(context, application.begin().url);
    const second = await open(context, application.begin().url);
    await byPin(second, "tab@example.org");
    await first.getByRole("link", { name: /e-mail code/i }).click();
    await first.locator("input[type=email]").fill("tab@example.org");
    await allow(second);
    await greeted(second, "tab@example.org");
    const before = (await doorward.mails())[0].code;
    await first.getByRole("button").first().click();
    await first.locator("input[autocomplete=one-time-code]").fill(await newestCode("tab@example.org", before));
    await first.getByRole("button").first().click();
    await allow(first);
    await greeted(first, "tab@example.org");
    await context.close();
  },

  async "two people in two tabs of one browser"() {
    const context = await visitor(DESKTOP);
    const first = await open(context, application.begin().url);
    const second = await open(context, application.begin().url);
    await byPin(first, "tab-one@example.org");
    await first.locator("button[name=decision]").first().waitFor();
    await byPin(second, "tab-two@example.org");
    // Each tab goes on as the person who signed in in it, whoever came last.
    await allow(first);
    await greeted(first, "tab-one@example.org");
    await allow(second);
    await greeted(second, "tab-two@example.org");
    await context.close();
  },

  async "with the keyboard alone"() {
    const context = await visitor(DESKTOP);
    const page = await open(context, application.begin().url);
    const tabTo = async (matches) => {
      for (let presses = 0; presses < 20; presses++) {
        await page.keyboard.press("Tab");
        const focused = await page.evaluate(() => {
          const e = document.activeElement;
          const outline = getComputedStyle(e);
          return { text: e.textContent, name: e.getAttribute("name"), value: e.getAttribute("value"), visible: outline.outlineStyle !== "none" || outline.boxShadow !== "none" };
        });
        if (matches(focused)) return assert.ok(focused.visible, "the focus is to be seen");
      }
      throw new Error(`not reached by Tab on ${page.url()}`);
    };
    await tabTo((e) => /e-mail code/i.test(e.text));
    await page.keyboard.press("Enter");
    await page.locator("input[type=email]:focus").waitFor(); // It has the focus by itself.
    await page.keyboard.type("keys@example.org");
    await page.keyboard.press("Enter");
    await page.locator("input[autocomplete=one-time-code]:focus").waitFor();
    await page.keyboard.type(await newestCode("keys@example.org"));
    await page.keyboard.press("Enter");
    await page.locator("button[name=decision]").first().waitFor();
    await tabTo((e) => e.name === "decision" && e.value === "allow");
    await page.keyboard.press("Enter");
    await greeted(page, "keys@example.org");
    await context.close();
  },

  async "let a device in, at every width and in both schemes"() {
    const kinds = [["", DESKTOP, "light"], ["-dark", DESKTOP, "dark"], ["-phone", PHONE, "light"], ["-narrow", NARROW, "light"]];
    for (const [suffix, viewport, scheme] of kinds) {
      const device = await startDevice(doorward.issuer);
      const context = await visitor(viewport, scheme);
      const page = await open(context, device.verification_uri);
      const code = page.locator("input[name=user_code]:focus"); // It has the focus by itself.
      await code.waitFor();
      await look(page, `device${suffix}`);
      // As people type: another case, other spaces.
      await code.fill(` ${device.user_code.toLowerCase().replace("-", " ")}`);
      await page.keyboard.press("Enter");
      await byPin(page, `player${suffix}@example.org`);
      await page.getByText(device.user_code).first().waitFor();
      for (const words of ["Lumen Player", "Does your device show this code?", "Read and change your notes", "Allow it only if you have the device in front of you"]) {
        await page.getByText(words).first().waitFor();
      }
      await look(page, `device-consent${suffix}`);
      assert.equal((await device.poll()).error, "authorization_pending");
      await page.locator("button[name=decision][value=allow]").click();
      await page.getByRole("heading", { name: "Your device is connected" }).waitFor();
      await look(page, `device-connected${suffix}`);
      assert.equal((await device.poll()).token_type, "Bearer");
      await context.close();
    }
  },

  async "a link with the code in it only fills in the form"() {
    const device = await startDevice(doorward.issuer);
    const context = await visitor(PHONE);
    const page = await open(context, device.verification_uri_complete);
    const code = page.locator("input[name=user_code]");
    assert.equal(await code.inputValue(), device.user_code);
    await page.getByText("Go on only if your device shows exactly this code").waitFor();
    await look(page, "device-filled-phone");
    assert.equal((await device.poll()).error, "authorization_pending");
    await page.getByRole("button", { name: "Continue" }).click();
    await byPin(page, "link@example.org");
    await page.locator("button[name=decision][value=deny]").click();
    await page.getByRole("heading", { name: "The device got nothing" }).waitFor();
    await look(page, "device-denied-phone");
    assert.equal((await device.poll()).error, "access_denied");
    await context.close();
  },

  async "a code that no device shows"() {
    const context = await visitor(DESKTOP);
    const page = await context.newPage();
    // The answer is 400, which the console of the browser reports; watched for everything else.
    await page.goto(`${doorward.issuer}/device`);
    await page.locator("input[name=user_code]").fill("BBBB-BBBB");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("alert").waitFor();
    assert.equal(await page.locator("input[name=user_code]").getAttribute("aria-invalid"), "true");
    await look(page, "device-unknown");
    await context.close();
  },

  async "saying no"() {
    const context = await visitor(PHONE);
    const page = await open(context, application.begin().url);
    await byPin(page, "no@example.org");
    await page.locator("button[name=decision][value=deny]").click();
    await page.getByRole("heading", { name: "access_denied" }).waitFor();
    await context.close();
  },

  async "a request that makes no sense"() {
    const context = await visitor(DESKTOP);
    const page = await context.newPage();
    // The answer is 400, which the console of the browser reports; watched for everything else.
    const answer = await page.goto(application.begin({ redirect_uri: "https://evil.example/" }).url);
    assert.equal(answer.status(), 400);
    await look(page, "error");
    await context.close();
  },
};

let failed = 0;
for (const [name, step] of Object.entries(steps)) {
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
application.stop();
await doorward.stop();
if (failed) console.log(doorward.output().slice(-4000));
process.exit(failed ? 1 : 0);
