// The Worker, and beside it, at `/bench/plain`, plain JavaScript that does the same work for one token: the same reads of
// the store, the same signature by the same key. `/bench/reads` counts the reads of the store so far.

import worker from "../src/worker.mjs";
import { toBase64url, utf8 } from "../src/keys/encoding.mjs";
import { Keyring } from "../src/keys/keyring.mjs";
import { RecordsClient } from "../src/records/client.mjs";

export { Keys, Records } from "../src/worker.mjs";

let reads = 0;
const { get } = RecordsClient.prototype;
RecordsClient.prototype.get = function counted(key) {
  reads += 1;
  return get.call(this, key);
};

const base64url = (value) => toBase64url(utf8(JSON.stringify(value)));

async function plain(request, env, context) {
  const form = new URLSearchParams(await request.text());
  const keys = new Keyring(env, { algorithms: ["ES256", "RS256"], rotation_days: 90, publish_lead_s: 86_400 }, (work) => context.waitUntil(work));
  const records = new RecordsClient(env.RECORDS);
  for (let read = 0; read < Number(new URL(request.url).searchParams.get("reads")); read += 1) {
    await records.get("client/svc");
  }
  const iat = Math.floor(Date.now() / 1000);
  const kid = await keys.current("ES256");
  const claims = { iss: env.ISSUER, sub: "svc", aud: env.ISSUER, client_id: "svc", iat, exp: iat + 600, jti: crypto.randomUUID(), scope: "reports:read" };
  const input = `${base64url({ alg: "ES256", typ: "at+jwt", kid })}.${base64url(claims)}`;
  const signature = await keys.sign(kid, utf8(input));
  console.log(JSON.stringify({ event: "token.issued", grant_type: form.get("grant_type") }));
  return Response.json({ access_token: `${input}.${toBase64url(signature)}`, token_type: "Bearer", expires_in: 600 });
}

export default {
  fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    if (pathname === "/bench/reads") {
      return Response.json(reads);
    }
    return pathname === "/bench/plain" ? plain(request, env, context) : worker.fetch(request, env, context);
  },
};
