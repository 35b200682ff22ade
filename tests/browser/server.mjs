// The doorward under test, and the application that signs people in with it.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CONFIG = `
service_name = "Harbour"
[scopes]
"notes:write" = "Read and change your notes"
[[client]]
client_id = "notes"
client_name = "Lumen Notes"
token_endpoint_auth_method = "none"
redirect_uris = ["http://127.0.0.1/callback"]
post_logout_redirect_uris = ["http://127.0.0.1/signed-out"]
grant_types = ["authorization_code", "refresh_token"]
scope = "openid profile email offline_access notes:write"
[[client]]
client_id = "player"
client_name = "Lumen Player"
token_endpoint_auth_method = "none"
grant_types = ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]
scope = "openid email offline_access notes:write"
`;

// Starts doorward on a free port with this configuration; resolves when it answers. `further`: arguments of `doorward dev`. `directory`: one
// where the configuration lies already.
export async function startDoorward(binary, config = CONFIG, further = ["--listen", "127.0.0.1:0"], directory = undefined) {
  if (directory === undefined) {
    directory = await mkdtemp(join(tmpdir(), "doorward-browser-"));
    await writeFile(join(directory, "doorward.toml"), config);
  }
  const child = spawn(binary, ["dev", ...further, "--data", join(directory, "data"), "--config", join(directory, "doorward.toml")], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const issuer = await new Promise((resolve, reject) => {
    const read = (chunk) => {
      output += chunk;
      const found = output.match(/http:\/\/(?:127\.0\.0\.1|localhost):\d+/);
      if (found) resolve(found[0]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("exit", (code) => reject(new Error(`doorward ended with ${code}:\n${output}`)));
  });
  for (let tries = 0; ; tries++) {
    const ready = await fetch(`${issuer}/readyz`).then((answer) => answer.ok, () => false);
    if (ready) break;
    if (tries > 2400) throw new Error(`doorward does not get ready:\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const mails = async () => (await fetch(`${issuer}/dev/outbox`, { headers: { accept: "application/json" } })).json();
  const stop = async () => {
    const ended = new Promise((resolve) => child.on("exit", resolve));
    child.kill("SIGTERM");
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  return { issuer, mails, stop, output: () => output };
}

// An application with a callback: redeems the code as a public client with PKCE and shows who it is.
export async function startApplication(issuer) {
  const flows = new Map();
  const server = createServer(async (request, answer) => {
    const url = new URL(request.url, "http://127.0.0.1");
    answer.setHeader("content-type", "text/html; charset=utf-8");
    if (url.pathname === "/signed-out") return answer.end("<title>App</title><h1>Signed out</h1>");
    const flow = flows.get(url.searchParams.get("state"));
    if (url.pathname !== "/callback" || !flow) return answer.writeHead(404).end();
    if (url.searchParams.get("iss") !== issuer) return answer.writeHead(400).end("wrong issuer");
    if (url.searchParams.has("error")) return answer.end(`<title>App</title><h1>${url.searchParams.get("error")}</h1>`);
    const tokens = await fetch(`${issuer}/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "authorization_code",
        client_id: "notes",
        code: url.searchParams.get("code"),
        redirect_uri: flow.redirectUri,
        code_verifier: flow.verifier,
      }),
    }).then((reply) => reply.json());
    const who = await fetch(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    flow.tokens = tokens;
    answer.end(`<title>App</title><h1>Hello ${(await who.json()).email}</h1>`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const home = `http://127.0.0.1:${server.address().port}`;
  // A link that starts a sign-in, with further parameters.
  const begin = (further = {}) => {
    const [state, verifier] = [randomBytes(8).toString("hex"), randomBytes(32).toString("base64url")];
    const flow = { verifier, redirectUri: `${home}/callback` };
    flows.set(state, flow);
    flow.url = `${issuer}/authorize?${new URLSearchParams({
      response_type: "code",
      client_id: "notes",
      redirect_uri: flow.redirectUri,
      scope: "openid email offline_access notes:write",
      state,
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
      ...further,
    })}`;
    return flow;
  };
  return { home, begin, stop: () => server.close() };
}

// A device without a browser (RFC 8628): what it shows, and what it is told each time it asks.
export async function startDevice(issuer) {
  const post = (path, form) => fetch(`${issuer}${path}`, { method: "POST", body: new URLSearchParams({ client_id: "player", ...form }) });
  const shown = await (await post("/device_authorization", { scope: "openid email offline_access notes:write" })).json();
  const poll = async () => {
    const answer = await post("/token", { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: shown.device_code });
    return answer.json();
  };
  return { ...shown, poll };
}
