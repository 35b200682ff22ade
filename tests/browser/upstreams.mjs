// GitHub and Google as their users and their clients meet them, on this machine: the pages that people are sent to, in the browser, and the
// endpoints that the plugins ask, behind `[dev.resolve]`.
import { createHash, createSign, generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";

const json = (answer, body, status = 200) => answer.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
const base64url = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

async function form(request) {
  return new URLSearchParams(Buffer.concat(await request.toArray()).toString());
}

/** Starts both. @returns `{config, routes, stop}`: `routes(context)` has a browser meet their pages. */
export async function startUpstreams() {
  const codes = new Map();
  // A code for whoever was sent to the authorization endpoint, bound to what they were sent with.
  const authorize = (url, further) => {
    const asked = Object.fromEntries(url.searchParams);
    const code = randomBytes(16).toString("hex");
    codes.set(code, asked);
    const back = new URL(asked.redirect_uri);
    for (const [name, value] of Object.entries({ code, state: asked.state, ...further })) back.searchParams.set(name, value);
    return back.href;
  };
  // What a code was given for: once, to who has the verifier of the challenge and the secret.
  const redeem = (given, secret) => {
    const asked = codes.get(given.get("code"));
    codes.delete(given.get("code"));
    const challenge = createHash("sha256").update(given.get("code_verifier") ?? "").digest("base64url");
    const right = asked?.code_challenge === challenge && asked.redirect_uri === given.get("redirect_uri") && secret === "upstream-secret";
    return right ? asked : undefined;
  };

  const tokens = new Set();
  const github = createServer(async (request, answer) => {
    const path = new URL(request.url, "https://github.com").pathname;
    if (path === "/login/oauth/access_token") {
      const given = await form(request);
      // As GitHub does: 200, whatever is wrong.
      if (!redeem(given, given.get("client_secret"))) return json(answer, { error: "bad_verification_code" });
      const token = `gho_${randomBytes(12).toString("hex")}`;
      tokens.add(token);
      return json(answer, { access_token: token, token_type: "bearer", scope: "read:user,user:email" });
    }
    const token = request.headers.authorization?.replace(/^(Bearer|token) /i, "");
    if (!tokens.has(token)) return json(answer, { message: "Bad credentials" }, 401);
    if (path === "/user") return json(answer, { id: 583231, login: "octocat", name: "Mona Octocat", email: "shown@elsewhere.example" });
    if (path === "/user/emails") {
      return json(answer, [
        { email: "old@octo.example", primary: false, verified: true, visibility: null },
        { email: "mona@octo.example", primary: true, verified: true, visibility: "private" },
      ]);
    }
    return json(answer, { message: "Not Found" }, 404);
  });

  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const google = createServer(async (request, answer) => {
    const path = new URL(request.url, "https://accounts.google.com").pathname;
    if (path === "/.well-known/openid-configuration") {
      return json(answer, {
        issuer: "https://accounts.google.com",
        authorization_endpoint: "https://accounts.google.com/o/oauth2/v2/auth",
        token_endpoint: "https://oauth2.googleapis.com/token",
        jwks_uri: "https://www.googleapis.com/oauth2/v3/certs",
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
        code_challenge_methods_supported: ["plain", "S256"],
      });
    }
    if (path === "/oauth2/v3/certs") return json(answer, { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "g1", alg: "RS256", use: "sig" }] });
    if (path === "/token") {
      const given = await form(request);
      const [, basic] = /^Basic (.*)$/.exec(request.headers.authorization ?? "") ?? [];
      const secret = basic ? Buffer.from(basic, "base64").toString().split(":")[1] : given.get("client_secret");
      const asked = redeem(given, secret);
      if (!asked) return json(answer, { error: "invalid_grant" }, 400);
      const now = Math.floor(Date.now() / 1000);
      const signed = `${base64url({ alg: "RS256", kid: "g1", typ: "JWT" })}.${base64url({
        iss: "https://accounts.google.com", azp: asked.client_id, aud: asked.client_id, sub: "110248495921238986420",
        email: "lin@gmail.com", email_verified: true, nonce: asked.nonce, iat: now, exp: now + 3600, name: "Lin",
      })}`;
      const signature = createSign("RSA-SHA256").update(signed).sign(privateKey, "base64url");
      return json(answer, { access_token: "ya29.x", expires_in: 3599, scope: "openid email", token_type: "Bearer", id_token: `${signed}.${signature}` });
    }
    return json(answer, { error: "not_found" }, 404);
  });

  const port = (server) => new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
  const [githubPort, googlePort] = [await port(github), await port(google)];
  const there = (name, at) => `"${name}" = "http://127.0.0.1:${at}"\n`;
  const config = `
[[provider]]
id = "github"
builtin = "github"
outbound_hosts = ["github.com", "api.github.com"]
settings = { client_id = "Ov23abc", client_secret = "upstream-secret" }
[[provider]]
id = "google"
builtin = "google"
outbound_hosts = ["accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com"]
settings = { client_id = "1234-abc.apps.googleusercontent.com", client_secret = "upstream-secret" }
[dev.resolve]
${["github.com", "api.github.com"].map((name) => there(name, githubPort)).join("")}${["accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com"].map((name) => there(name, googlePort)).join("")}`;
  const routes = async (context) => {
    const consent = (title, further) => (route) => {
      const back = authorize(new URL(route.request().url()), further);
      return route.fulfill({ contentType: "text/html", body: `<!doctype html><title>${title}</title><h1>${title}</h1><a href="${back.replaceAll("&", "&amp;")}">Authorize</a>` });
    };
    await context.route("https://github.com/login/oauth/authorize?*", consent("GitHub", { iss: "https://github.com/login/oauth" }));
    await context.route("https://accounts.google.com/o/oauth2/v2/auth?*", consent("Google", {}));
  };
  const stop = () => [github, google].forEach((server) => server.close());
  return { config, routes, stop };
}
