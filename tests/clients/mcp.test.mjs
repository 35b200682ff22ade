// `@modelcontextprotocol/sdk` as MCP clients have it: discovery, registration, PKCE with `resource`, refresh.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createServer } from "node:http";
import { auth, discoverAuthorizationServerMetadata, UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { createLocalJWKSet, jwtVerify } from "jose";
import { claims, freePort, Person, start } from "./person.mjs";

const REDIRECT_URI = "http://127.0.0.1:33418/callback";

/** An MCP server that takes access tokens of one issuer, for itself only (RFC 9728, RFC 9068). */
async function startMcpServer(port, issuer) {
  const resource = `http://127.0.0.1:${port}/mcp`;
  const metadata = `http://127.0.0.1:${port}/.well-known/oauth-protected-resource/mcp`;
  const keys = createLocalJWKSet(await fetch(`${issuer}/.well-known/jwks.json`).then((answer) => answer.json()));
  const server = createServer(async (request, answer) => {
    if (request.url === new URL(metadata).pathname) {
      answer.setHeader("content-type", "application/json");
      return answer.end(JSON.stringify({ resource, authorization_servers: [issuer], scopes_supported: ["notes:read"] }));
    }
    if (new URL(request.url, resource).pathname !== "/mcp") return answer.writeHead(404).end();
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    const verified = token && (await jwtVerify(token, keys, { issuer, audience: resource, typ: "at+jwt" }).catch(() => undefined));
    if (!verified) {
      return answer.writeHead(401, { "www-authenticate": `Bearer realm="OAuth", resource_metadata="${metadata}", scope="notes:read"` }).end();
    }
    const mcp = new McpServer({ name: "notes", version: "1.0.0" });
    mcp.registerTool("whoami", { description: "Says who is asking" }, () => ({ content: [{ type: "text", text: verified.payload.sub }] }));
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
    await mcp.connect(transport);
    await transport.handleRequest(request, answer);
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { resource, stop: () => new Promise((resolve) => server.close(resolve)) };
}

/** An application's own web server, known by name to this doorward alone: its Client ID Metadata Document. */
async function startApplication() {
  const url = "https://app.example/oauth/client.json";
  const metadata = { ...new Provider().clientMetadata, client_id: url, client_name: "A well-known client" };
  const server = createServer((request, answer) => {
    if (request.url !== new URL(url).pathname) return answer.writeHead(404).end();
    answer.setHeader("content-type", "application/json");
    answer.end(JSON.stringify(metadata));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url, port: server.address().port, stop: () => new Promise((resolve) => server.close(resolve)) };
}

/** What an application keeps for the SDK. */
class Provider {
  clientMetadata = { client_name: "An MCP client", redirect_uris: [REDIRECT_URI], grant_types: ["authorization_code", "refresh_token"], response_types: ["code"], token_endpoint_auth_method: "none", application_type: "native" };
  redirectUrl = REDIRECT_URI;

  constructor(information, clientMetadataUrl) {
    this.information = information;
    this.clientMetadataUrl = clientMetadataUrl;
  }

  state = () => "xyz";
  clientInformation = () => this.information;
  saveClientInformation = (information) => void (this.information = information);
  tokens = () => this.kept;
  saveTokens = (tokens) => void (this.kept = tokens);
  codeVerifier = () => this.verifier;
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  redirectToAuthorization = (url) => void (this.url = url);
  invalidateCredentials = (what) => {
    if (what === "all" || what === "client") this.information = undefined;
    if (what === "all" || what === "tokens") this.kept = undefined;
  };
}

/** From nothing to tokens, as an application with a callback does it. */
async function authorize(provider, person, serverUrl) {
  assert.equal(await auth(provider, { serverUrl, scope: "notes:read offline_access" }), "REDIRECT");
  const { url } = await person.open(provider.url);
  assert.equal(url.origin + url.pathname, REDIRECT_URI, url.href);
  assert.equal(url.searchParams.get("state"), "xyz");
  assert.equal(url.searchParams.get("iss"), person.doorward.issuer);
  assert.equal(await auth(provider, { serverUrl, authorizationCode: url.searchParams.get("code") }), "AUTHORIZED");
}

for (const path of ["", "/tenant"]) {
  describe(path === "" ? "an issuer without path" : "an issuer with a path", () => {
    let doorward, mcp, application;
    before(async () => {
      const port = await freePort();
      const resource = `http://127.0.0.1:${port}/mcp`;
      application = await startApplication();
      doorward = await start(
        `
resources = "declared"
[registration]
mode = "open"
profile = "mcp"
[client_id_metadata]
enabled = true
[dev.resolve]
"app.example" = "http://127.0.0.1:${application.port}"
[[resource]]
uri = "${resource}"
scopes = { "notes:read" = "Read your notes" }
[[client]]
client_id = "desk"
client_name = "Desk"
profile = "mcp"
redirect_uris = ["http://127.0.0.1/callback"]
scope = "openid offline_access notes:read"
`,
        path,
      );
      mcp = await startMcpServer(port, doorward.issuer);
    });
    after(async () => {
      await mcp?.stop();
      await doorward?.stop();
      await application?.stop();
    });

    test("discovery: every URL that clients try answers with this issuer, and others are 404", async () => {
      const metadata = await discoverAuthorizationServerMetadata(doorward.issuer);
      assert.equal(metadata.issuer, doorward.issuer);
      assert.ok(metadata.code_challenge_methods_supported.includes("S256"));
      const urls = [
        `${doorward.origin}/.well-known/oauth-authorization-server${path}`,
        `${doorward.origin}/.well-known/openid-configuration${path}`,
        `${doorward.issuer}/.well-known/openid-configuration`,
      ];
      for (const url of urls) {
        const answer = await fetch(url, { headers: { "mcp-protocol-version": "2025-11-25" } });
        assert.equal(answer.status, 200, url);
        assert.equal((await answer.json()).issuer, doorward.issuer, url);
        const only = await discoverAuthorizationServerMetadata(doorward.issuer, {
          fetchFn: (target, init) => (String(target) === url ? fetch(target, init) : Promise.resolve(new Response(null, { status: 404 }))),
        });
        assert.equal(only?.issuer, doorward.issuer, url);
      }
      const elsewhere = await fetch(`${doorward.origin}/.well-known/openid-configuration/elsewhere`);
      assert.equal(elsewhere.status, 404);
      assert.doesNotMatch(elsewhere.headers.get("content-type") ?? "", /html/);
    });

    test("a registered client: authorize with PKCE and resource, call a tool, refresh", async () => {
      const [provider, person] = [new Provider({ client_id: "desk" }), new Person(doorward)];
      await authorize(provider, person, mcp.resource);
      assert.equal(provider.url.searchParams.get("resource"), mcp.resource);
      assert.equal(claims(provider.kept.access_token).aud, mcp.resource);
      const first = provider.kept;
      assert.equal(await auth(provider, { serverUrl: mcp.resource }), "AUTHORIZED");
      assert.notEqual(provider.kept.refresh_token, first.refresh_token);
      const client = new Client({ name: "tests", version: "1.0.0" });
      await client.connect(new StreamableHTTPClientTransport(new URL(mcp.resource), { authProvider: provider }));
      const said = await client.callTool({ name: "whoami", arguments: {} });
      assert.equal(said.content[0].text, claims(first.access_token).sub);
      await client.close();
    });

    test("a client that registers itself (RFC 7591), once", async () => {
      const [provider, person] = [new Provider(), new Person(doorward)];
      await authorize(provider, person, mcp.resource);
      const { client_id: registered } = provider.information;
      assert.equal(typeof registered, "string");
      assert.equal(claims(provider.kept.access_token).client_id, registered);
      assert.equal(claims(provider.kept.access_token).aud, mcp.resource);
      assert.equal(await auth(provider, { serverUrl: mcp.resource }), "AUTHORIZED", "it refreshes");
      assert.equal(provider.information.client_id, registered);
    });

    test("a client whose id is the URL of its metadata", async () => {
      const [provider, person] = [new Provider(undefined, application.url), new Person(doorward)];
      await authorize(provider, person, mcp.resource);
      assert.equal(provider.information.client_id, application.url);
      assert.equal(claims(provider.kept.access_token).client_id, application.url);
      assert.equal(await auth(provider, { serverUrl: mcp.resource }), "AUTHORIZED", "it refreshes");
    });

    test("without tokens the transport is sent to the authorization server", async () => {
      const provider = new Provider({ client_id: "desk" });
      const client = new Client({ name: "tests", version: "1.0.0" });
      const transport = new StreamableHTTPClientTransport(new URL(mcp.resource), { authProvider: provider });
      await assert.rejects(client.connect(transport), UnauthorizedError);
      assert.equal(provider.url.searchParams.get("scope"), "notes:read");
      const { url } = await new Person(doorward).open(provider.url);
      await transport.finishAuth(url.searchParams.get("code"));
      assert.equal(claims(provider.kept.access_token).aud, mcp.resource);
    });

    test("windows that refresh at once all go on; a dead refresh token leads to a new authorization", async () => {
      const provider = new Provider({ client_id: "desk" });
      await authorize(provider, new Person(doorward), mcp.resource);
      const windows = Array.from({ length: 6 }, () => Object.assign(new Provider(provider.information), { kept: provider.kept }));
      const outcomes = await Promise.all(windows.map((window) => auth(window, { serverUrl: mcp.resource })));
      assert.deepEqual(outcomes, Array(6).fill("AUTHORIZED"));
      assert.equal(new Set(windows.map((window) => window.kept.refresh_token)).size, 1);
      const revoked = await fetch(`${doorward.issuer}/revoke`, {
        method: "POST",
        body: new URLSearchParams({ token: windows[0].kept.refresh_token, client_id: "desk" }),
      });
      assert.equal(revoked.status, 200);
      assert.equal(await auth(windows[0], { serverUrl: mcp.resource }), "REDIRECT");
      assert.equal(windows[0].kept, undefined, "invalid_grant: the SDK forgets its tokens");
      assert.equal(windows[0].information.client_id, "desk", "and keeps its registration");
    });

    test("a token for another resource is none for this one", async () => {
      const provider = new Provider({ client_id: "desk" });
      provider.validateResourceURL = async () => new URL("https://elsewhere.example/mcp");
      await auth(provider, { serverUrl: mcp.resource, scope: "notes:read" });
      const { url } = await new Person(doorward).open(provider.url);
      assert.equal(url.searchParams.get("error"), "invalid_target");
    });
  });
}
