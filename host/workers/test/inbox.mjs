// A mail service on loopback that takes messages as Resend does.

import { once } from "node:events";
import { createServer } from "node:http";

/** A message that is not there by then was never sent. */
const PATIENCE_MS = 30_000;

/** Starts it. `url` is where messages go, `code(to)` waits for a message to an address, takes it, and answers its code; `peek(to)` leaves it. */
export async function startInbox() {
  const messages = [];
  const waiting = [];
  const server = createServer(async (request, response) => {
    const chunks = await Array.fromAsync(request);
    messages.push({ headers: request.headers, path: request.url, body: JSON.parse(Buffer.concat(chunks).toString()) });
    waiting.splice(0).forEach((wake) => wake());
    response.writeHead(200, { "content-type": "application/json" }).end('{"id":"1"}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const next = async (to) => {
    for (;;) {
      const found = messages.find(({ body }) => body.to[0] === to);
      if (found !== undefined) {
        return found;
      }
      await new Promise((wake, fail) => {
        const late = setTimeout(() => fail(new Error(`no message to ${to}; there are ${messages.length} to others`)), PATIENCE_MS);
        waiting.push(() => {
          clearTimeout(late);
          wake();
        });
      });
    }
  };
  const codeIn = ({ body }) => /\b\d{6,8}\b/.exec(body.text)[0];
  const code = async (to) => {
    const message = await next(to);
    messages.splice(messages.indexOf(message), 1);
    return codeIn(message);
  };
  const peek = async (to) => codeIn(await next(to));
  return { url: `http://127.0.0.1:${server.address().port}/emails`, messages, code, peek, close: () => { server.close(); server.closeAllConnections(); } };
}
