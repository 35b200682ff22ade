// npm run load [-- --flows 3000 --concurrent 32]
//
// Whole flows at once: 32 people with sessions ask for codes, redeem them, refresh, and refresh again, and every answer must
// be the right person's. Covers the core, the composed policy, instances under concurrency, keys and the shards; of the
// providers it covers registration, once for each person.

import { parseArgs } from "node:util";
import { authorize, newcomer, token } from "./flow.mjs";
import { startWorker } from "./worker.mjs";

const { values } = parseArgs({ options: { flows: { type: "string", default: "3000" }, concurrent: { type: "string", default: "32" } } });
const flows = Number(values.flows);
const concurrent = Number(values.concurrent);

const worker = await startWorker();
const wrong = [];
const started = performance.now();
try {
  const people = [];
  for (let index = 0; index < concurrent; index += 1) {
    people.push(await person(await newcomer(worker.issuer, worker.inbox)));
  }
  console.log(`${people.length} people registered in ${elapsed(started)} s`);
  const begun = performance.now();
  let left = flows;
  await Promise.all(people.map(async (someone) => {
    while (left > 0) {
      left -= 1;
      await flow(someone).catch((error) => wrong.push(error.message));
    }
  }));
  console.log(`${flows} flows (code, refresh, refresh) at ${concurrent} concurrent in ${elapsed(begun)} s: ${wrong.length} wrong`);
} finally {
  await worker.close();
}
wrong.slice(0, 5).forEach((problem) => console.error(problem));
process.exitCode = wrong.length === 0 ? 0 : 1;

async function person({ browser, email }) {
  const { body } = await token(worker.issuer, await authorize(worker.issuer, browser));
  return { browser, email, sub: claims(body.id_token).sub };
}

async function flow({ browser, email, sub }) {
  let answer = await token(worker.issuer, await authorize(worker.issuer, browser));
  const seen = new Set();
  for (let round = 0; round < 3; round += 1) {
    expect(answer.status === 200, `${answer.status} ${JSON.stringify(answer.body)}`);
    expect(claims(answer.body.access_token).sub === sub, "the access token is someone else's");
    expect(claims(answer.body.id_token).sub === sub && claims(answer.body.id_token).email === email, "the ID token is someone else's");
    expect(!seen.has(answer.body.refresh_token), "a refresh token came twice");
    seen.add(answer.body.refresh_token);
    if (round < 2) {
      answer = await token(worker.issuer, { grant_type: "refresh_token", client_id: "app", refresh_token: answer.body.refresh_token });
    }
  }
}

function claims(jwt) {
  return JSON.parse(Buffer.from(jwt.split(".")[1], "base64url").toString());
}

function expect(condition, problem) {
  if (!condition) {
    throw new Error(problem);
  }
}

function elapsed(since) {
  return ((performance.now() - since) / 1000).toFixed(1);
}
