// The authorization code flow (RFC 6749 §4.1) with PKCE (RFC 7636), as the application `app` of `doorward.toml` runs it.

import { createHash, randomBytes } from "node:crypto";
import { Browser } from "./browser.mjs";

/** The redirect URI of `app`. */
const REDIRECT_URI = "http://127.0.0.1/callback";
const PASSWORD = "wharf-Lantern-52-gravel";
const random = () => randomBytes(32).toString("base64url");

/** The credentials of the client `svc` of `doorward.toml`. */
const SVC = `Basic ${btoa("svc:svc-secret-0123456789abcdef0123456789")}`;

/** What a service sends for a token of its own (RFC 6749 §4.4). */
export const CLIENT_CREDENTIALS = {
  method: "POST",
  headers: { authorization: SVC, "content-type": "application/x-www-form-urlencoded" },
  body: "grant_type=client_credentials",
};

/** Posts to the token endpoint. */
export async function token(issuer, parameters) {
  const response = await fetch(`${issuer}/token`, { method: "POST", body: new URLSearchParams(parameters) });
  return { status: response.status, body: await response.json() };
}

/** An authorization request: where it begins, and what redeems its code. */
export function request(issuer) {
  const verifier = random();
  const parameters = new URLSearchParams({
    response_type: "code",
    client_id: "app",
    redirect_uri: REDIRECT_URI,
    scope: "openid email offline_access",
    state: random(),
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const redemption = (code) => ({ grant_type: "authorization_code", client_id: "app", redirect_uri: REDIRECT_URI, code, code_verifier: verifier });
  return { url: `${issuer}/authorize?${parameters}`, state: parameters.get("state"), redemption };
}

/** Registers a new person with a password; the browser is signed in. */
export async function newcomer(issuer, inbox) {
  const browser = new Browser(issuer);
  const email = `p-${randomBytes(8).toString("hex")}@example.com`;
  const choice = await browser.get(request(issuer).url);
  const provider = await follow(browser, choice, "/password/authorize");
  const register = await follow(browser, provider, "/password/register");
  const verify = await browser.press(register, "register", { email, "new-password": PASSWORD });
  const consent = await browser.press(verify, "verify", { "one-time-code": await inbox.code(email) });
  if (!consent.forms.some(({ buttons }) => buttons.some(({ value }) => value === "allow"))) {
    throw new Error(`not signed in: ${consent.url} (${consent.status})\n${consent.body}`);
  }
  return { browser, email, password: PASSWORD };
}

/** Signs in again, in another browser. */
export async function signIn(issuer, { email, password }) {
  const browser = new Browser(issuer);
  const page = await follow(browser, await browser.get(request(issuer).url), "/password/authorize");
  await browser.press(page, "sign_in", { email, "current-password": password });
  return browser;
}

/** A code for the person in `browser`, and what redeems it. */
export async function authorize(issuer, browser) {
  const { url, state, redemption } = request(issuer);
  let page = await browser.get(url);
  if (page.url.origin === issuer) {
    page = await browser.press(page, "allow");
  }
  const code = page.url.searchParams.get("code");
  if (code === null || page.url.searchParams.get("state") !== state) {
    throw new Error(`no code for this request: ${page.url} (${page.status})\n${page.body}`);
  }
  return redemption(code);
}

async function follow(browser, page, path) {
  if (page.url.pathname === path) {
    return page;
  }
  const link = page.links.find(({ pathname }) => pathname === path);
  if (link === undefined) {
    throw new Error(`no link to ${path} at ${page.url} (${page.status}):\n${page.body}`);
  }
  return browser.get(link);
}
