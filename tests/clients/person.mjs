// The doorward under test, and the people who sign in to it: by posting its forms, as a browser without JavaScript does.
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { Browser } from "../../host/workers/test/browser.mjs";
import { startDoorward } from "../browser/server.mjs";

const binary = process.env.DOORWARD_BIN ?? fileURLToPath(new URL("../../target/debug/doorward", import.meta.url));
/** Compiled components, kept for the next start. */
const cache = process.env.DOORWARD_CACHE === undefined ? [] : ["--cache", process.env.DOORWARD_CACHE];

/** A free port of this machine. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts `doorward dev`; with a `path`, its issuer has that path. */
export async function start(config, path = "") {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const doorward = await startDoorward(binary, config, ["--listen", `127.0.0.1:${port}`, "--issuer", origin + path, ...cache]);
  return { ...doorward, origin, issuer: origin + path };
}

/** The code in the newest mail to an address. */
async function mailedCode({ origin }, email) {
  for (let tries = 0; tries < 400; tries += 1) {
    const mails = await fetch(`${origin}/dev/outbox`, { headers: { accept: "application/json" } }).then((answer) => answer.json());
    const mail = mails.find(({ to, code }) => to === email && code);
    if (mail !== undefined) return mail.code;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`no mail to ${email}`);
}

const has = (page, value) => page.forms.some(({ buttons }) => buttons.some((button) => button.value === value));

/** One person with a browser of their own. */
export class Person {
  constructor(doorward) {
    this.doorward = doorward;
    this.email = `p-${randomBytes(8).toString("hex")}@example.com`;
    this.browser = new Browser(doorward.origin);
  }

  /** Opens the URL of an application, signs in if asked, allows if asked. Returns where the browser was sent, or the page where it stays. */
  async open(url) {
    let page = await this.browser.get(url);
    for (let steps = 0; steps < 8; steps += 1) {
      if (page.url.origin !== this.doorward.origin) return page;
      const pin = page.links.find((link) => /\/pin\/authorize$/.test(link.pathname));
      if (has(page, "allow")) page = await this.browser.press(page, "allow");
      else if (has(page, "verify")) page = await this.browser.press(page, "verify", { "one-time-code": await mailedCode(this.doorward, this.email) });
      else if (page.forms.length > 0) page = await this.browser.press(page, page.forms[0].buttons[0].value, { email: this.email });
      else if (pin !== undefined) page = await this.browser.get(pin);
      else return page;
    }
    throw new Error(`still at ${page.url}:\n${page.body}`);
  }
}

/** The claims of a JWT, unverified. */
export const claims = (jwt) => JSON.parse(Buffer.from(jwt.split(".")[1], "base64url"));
