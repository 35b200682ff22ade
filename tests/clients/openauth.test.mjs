// `@openauthjs/openauth` 0.4.3 as its users have it, against a client with the profile `openauth`.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient } from "@openauthjs/openauth/client";
import { InvalidAuthorizationCodeError, InvalidRefreshTokenError } from "@openauthjs/openauth/error";
import { createSubjects } from "@openauthjs/openauth/subject";
import { claims, Person, start } from "./person.mjs";

const CALLBACK = "https://app.example/callback";
const CONFIG = `
[[client]]
client_id = "app"
client_name = "An OpenAuth app"
profile = "openauth"
redirect_uris = ["${CALLBACK}"]

# The library refreshes when an access token has less than 30 seconds left: these are born so.
[[client]]
client_id = "brief"
profile = "openauth"
redirect_uris = ["${CALLBACK}"]
access_token_lifetime_s = 3
subject_properties = "account"

[[client]]
client_id = "strict"
token_endpoint_auth_method = "none"
grant_types = ["authorization_code", "refresh_token"]
redirect_uris = ["${CALLBACK}"]
scope = "openid"
`;

/** A schema as \`subjects\` take it (Standard Schema): an object with a string \`id\` and a string \`email\`. */
const person = {
  "~standard": {
    version: 1,
    vendor: "doorward-tests",
    validate: (value) =>
      typeof value?.id === "string" && typeof value?.email === "string"
        ? { value }
        : { issues: [{ message: "id and email must be strings" }] },
  },
};
const subjects = createSubjects({ user: person, account: person });

let doorward;
before(async () => (doorward = await start(CONFIG)));
after(() => doorward?.stop());

const clientOf = (clientID) => createClient({ clientID, issuer: doorward.issuer });

/** The whole way of an app with PKCE: its link, a person, its callback, its tokens. */
async function signIn(clientID, visitor = new Person(doorward)) {
  const client = clientOf(clientID);
  const { challenge, url } = await client.authorize(CALLBACK, "code", { pkce: true });
  const { url: answer } = await visitor.open(url);
  assert.equal(answer.origin + answer.pathname, CALLBACK);
  assert.equal(answer.searchParams.get("state"), challenge.state);
  const exchanged = await client.exchange(answer.searchParams.get("code"), CALLBACK, challenge.verifier);
  assert.equal(exchanged.err, false);
  return { client, tokens: exchanged.tokens, email: visitor.email, visitor };
}

test("authorize, exchange, verify", async () => {
  const { client, tokens, email } = await signIn("app");
  assert.equal(typeof tokens.refresh, "string");
  assert.ok(tokens.expiresIn > 0);
  const verified = await client.verify(subjects, tokens.access);
  assert.equal(verified.err, undefined);
  assert.equal(verified.aud, "app");
  assert.equal(verified.subject.type, "user");
  assert.equal(verified.subject.properties.email, email);
  assert.equal(verified.subject.properties.id, claims(tokens.access).sub);
  assert.equal(verified.tokens, undefined, "a live token is not refreshed");
});

test("pkce(): the same flow without state", async () => {
  const client = clientOf("app");
  const [verifier, url] = await client.pkce(CALLBACK);
  const { url: answer } = await new Person(doorward).open(url);
  assert.equal(answer.searchParams.has("state"), false);
  const exchanged = await client.exchange(answer.searchParams.get("code"), CALLBACK, verifier);
  assert.equal(exchanged.err, false);
});

test("refresh by the token alone; a live access token makes no request", async () => {
  const { client, tokens } = await signIn("app");
  assert.deepEqual(await client.refresh(tokens.refresh, { access: tokens.access }), { err: false });
  const refreshed = await client.refresh(tokens.refresh);
  assert.equal(refreshed.err, false);
  assert.notEqual(refreshed.tokens.refresh, tokens.refresh);
  assert.equal((await client.verify(subjects, refreshed.tokens.access)).subject.type, "user");
  assert.equal(claims(refreshed.tokens.access).sub, claims(tokens.access).sub);
});

test("tabs that refresh at once get the same successor, and all of them go on", async () => {
  const { client, tokens } = await signIn("app");
  const tabs = await Promise.all(Array.from({ length: 8 }, () => client.refresh(tokens.refresh)));
  assert.deepEqual(tabs.map(({ err }) => err), Array(8).fill(false));
  assert.equal(new Set(tabs.map((tab) => tab.tokens.refresh)).size, 1);
  assert.equal((await client.refresh(tabs[7].tokens.refresh)).err, false);
});

test("verify refreshes a token that expired, and says so", async () => {
  const { client, tokens, email } = await signIn("brief");
  while (Date.now() < claims(tokens.access).exp * 1000) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.notEqual((await client.verify(subjects, tokens.access)).err, undefined, "expired, and nothing to refresh it with");
  const verified = await client.verify(subjects, tokens.access, { refresh: tokens.refresh });
  assert.equal(verified.err, undefined);
  assert.equal(verified.subject.type, "account");
  assert.equal(verified.subject.properties.email, email);
  assert.notEqual(verified.tokens.refresh, tokens.refresh);
});

test("provider: straight to the provider's own page", async () => {
  const client = clientOf("app");
  const { url } = await client.authorize(CALLBACK, "code", { pkce: true, provider: "password" });
  const { url: page } = await new Person(doorward).browser.get(url);
  assert.equal(page.pathname, "/password/authorize");
});

test("a code works once, and only with its verifier", async () => {
  const client = clientOf("app");
  const { challenge, url } = await client.authorize(CALLBACK, "code", { pkce: true });
  const { url: answer } = await new Person(doorward).open(url);
  const code = answer.searchParams.get("code");
  assert.ok((await client.exchange(code, CALLBACK)).err instanceof InvalidAuthorizationCodeError, "an empty code_verifier is none");
  assert.ok((await client.exchange(code, "https://app.example/other", challenge.verifier)).err instanceof InvalidAuthorizationCodeError);
  const exchanged = await client.exchange(code, CALLBACK, challenge.verifier);
  assert.equal(exchanged.err, false);
  assert.ok((await client.exchange(code, CALLBACK, challenge.verifier)).err instanceof InvalidAuthorizationCodeError);
  assert.ok((await client.refresh(exchanged.tokens.refresh)).err instanceof InvalidRefreshTokenError, "a replayed code ends the grant");
});

test("what is stricter than OpenAuth: no flow without PKCE, no implicit flow, no foreign redirect", async () => {
  const visitor = new Person(doorward);
  const client = clientOf("app");
  const bare = await visitor.open((await client.authorize(CALLBACK, "code")).url);
  assert.equal(bare.url.searchParams.get("error"), "invalid_request");
  const implicit = await visitor.open((await client.authorize(CALLBACK, "token")).url);
  assert.equal(implicit.url.searchParams.get("error"), "unsupported_response_type");
  const foreign = await visitor.open((await client.authorize("https://evil.example/callback", "code", { pkce: true })).url);
  assert.equal(foreign.url.origin, doorward.origin);
  assert.equal(foreign.status, 400);
});

test("a refresh token of a strict client names nobody by itself", async () => {
  const visitor = new Person(doorward);
  const { tokens } = await signIn("strict", visitor);
  assert.ok((await clientOf("strict").refresh(tokens.refresh)).err instanceof InvalidRefreshTokenError);
  const named = await fetch(`${doorward.issuer}/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: tokens.refresh, client_id: "strict" }),
  });
  assert.equal(named.status, 200, "and is as good as before");
});

test("every answer of the token endpoint is JSON", async () => {
  for (const body of ["", "grant_type=password", "grant_type=authorization_code&client_id=app", "%ff", "grant_type=refresh_token&refresh_token=x:y"]) {
    const answer = await fetch(`${doorward.issuer}/token`, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body });
    assert.ok(answer.status >= 400 && answer.status < 500, `${body}: ${answer.status}`);
    assert.equal(typeof (await answer.json()).error, "string", body);
  }
});
