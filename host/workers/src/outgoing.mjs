// `wasi:http/outgoing-handler`, over `fetch`: requests of the core and of providers to other servers. Redirects are answers, nothing is kept in a
// cache, a body is read as far as the core asks for it, and whatever is dropped is ended. Which hosts may be asked the core decides
// by name, and for a provider its fence; that a name leads to no private address is the platform's part (`global_fetch_strictly_public` in `wrangler.jsonc`).

import { Pollable } from "./poll.mjs";
import { InputStream, OutputStream } from "./streams.mjs";

/** Longest time from a request to its header, in milliseconds, whatever the core asks for. */
const MAX_TIME_MS = 10_000;
/** Largest request body, in bytes. */
const MAX_BODY_BYTES = 64 * 1024;
/** What the platform writes itself. */
const PLATFORM_FIELDS = ["content-length", "host"];

/** A host, perhaps with a port: no user information, no beginning of a path. */
const AUTHORITY = /^(?:[\w.-]+|\[[\da-fA-F:.]+\])?(?::\d+)?$/;

/** What a setter throws that refuses: a `result` without a payload. */
const invalid = { payload: undefined };

const error = (tag, val) => ({ payload: { tag, val } });

class Fields {
  #entries;

  constructor(entries = []) {
    this.#entries = entries;
  }
  static fromList(entries) {
    return new Fields(entries.map(([name, value]) => [name.toLowerCase(), value]));
  }
  entries() {
    return this.#entries;
  }
}

/** Bodies of requests: the bytes are sent when it is finished. */
class OutgoingBody {
  #chunks = [];
  #size = 0;
  #finish;
  /** The bytes, once it is finished; undefined if it never is. */
  content = new Promise((resolve) => {
    this.#finish = resolve;
  });

  write() {
    return new OutputStream((contents) => {
      this.#size += contents.length;
      if (this.#size > MAX_BODY_BYTES) {
        throw error("closed");
      }
      this.#chunks.push(contents.slice());
    });
  }
  static async bytes(body) {
    return new Uint8Array(await new Blob(await body.content).arrayBuffer());
  }
  static finish(body) {
    body.#finish(body.#chunks);
  }
}

class OutgoingRequest {
  #fields;
  #body;
  #method = "GET";
  #scheme = "https:";
  #authority = "";
  #path = "/";

  constructor(fields) {
    this.#fields = fields;
  }
  body() {
    this.#body = new OutgoingBody();
    return this.#body;
  }
  setMethod({ tag }) {
    this.#method = tag.toUpperCase();
  }
  scheme() {
    return { tag: this.#scheme === "http:" ? "HTTP" : "HTTPS" };
  }
  setScheme(scheme) {
    this.#scheme = scheme?.tag === "HTTP" ? "http:" : "https:";
  }
  authority() {
    return this.#authority;
  }
  // Whoever decides by the authority where a request may go must be told the one that `fetch` is told: nothing else ends it, nor
  // goes on with it.
  setAuthority(authority = "") {
    if (!AUTHORITY.test(authority)) {
      throw invalid;
    }
    this.#authority = authority;
  }
  setPathWithQuery(path = "/") {
    if (!path.startsWith("/")) {
      throw invalid;
    }
    this.#path = path;
  }

  /** What `fetch` takes. */
  static async init(request) {
    const headers = new Headers();
    for (const [name, value] of request.#fields.entries()) {
      if (!PLATFORM_FIELDS.includes(name)) {
        headers.append(name, new TextDecoder().decode(value));
      }
    }
    const body = request.#body && (await OutgoingBody.bytes(request.#body));
    return [`${request.#scheme}//${request.#authority}${request.#path}`, { method: request.#method, headers, body }];
  }
}

class RequestOptions {
  timeMs = MAX_TIME_MS;

  setConnectTimeout() {}
  setFirstByteTimeout(nanoseconds) {
    this.timeMs = nanoseconds === undefined ? MAX_TIME_MS : Math.min(MAX_TIME_MS, Number(nanoseconds / 1_000_000n));
  }
  setBetweenBytesTimeout() {}
}

class FutureIncomingResponse {
  #settled;
  #done;
  #taken = false;
  #abort = new AbortController();

  constructor(request, options) {
    this.#done = this.#send(request, options?.timeMs ?? MAX_TIME_MS);
  }

  async #send(request, timeMs) {
    const timer = setTimeout(() => this.#abort.abort(new DOMException("late", "TimeoutError")), timeMs);
    try {
      const [url, init] = await OutgoingRequest.init(request);
      const response = await fetch(url, { ...init, redirect: "manual", cache: "no-store", signal: this.#abort.signal });
      this.#settled = { tag: "ok", val: { tag: "ok", val: new IncomingResponse(response, this.#abort) } };
    } catch (problem) {
      const tag = problem?.name === "TimeoutError" ? "HTTP-response-timeout" : "destination-unavailable";
      this.#settled = { tag: "ok", val: { tag: "err", val: { tag } } };
    } finally {
      clearTimeout(timer);
    }
  }

  subscribe() {
    return this.#settled === undefined ? new Pollable(this.#done) : new Pollable();
  }

  get() {
    if (this.#taken) {
      return { tag: "err", val: undefined };
    }
    this.#taken = this.#settled !== undefined;
    return this.#settled;
  }

  [Symbol.dispose]() {
    if (!this.#taken) {
      this.#abort.abort();
    }
  }
}

class IncomingResponse {
  #response;
  #abort;

  constructor(response, abort) {
    this.#response = response;
    this.#abort = abort;
  }
  status() {
    return this.#response.status;
  }
  headers() {
    return new Fields([...this.#response.headers].map(([name, value]) => [name, new TextEncoder().encode(value)]));
  }
  consume() {
    return new IncomingBody(this.#response.body, this.#abort);
  }
}

class IncomingBody {
  #readable;
  #abort;

  constructor(readable, abort) {
    this.#readable = readable ?? undefined;
    this.#abort = abort;
  }
  stream() {
    return new InputStream(this.#readable);
  }
  [Symbol.dispose]() {
    this.#abort?.abort();
  }
}

// The core has an export for hosts that speak `wasi:http`, and its types come along. Nothing here ever calls it.
class FutureTrailers {}
class IncomingRequest {}
class OutgoingResponse {}
class ResponseOutparam {}

/** `wasi:http/types`. */
export const httpTypes = {
  Fields,
  FutureIncomingResponse,
  FutureTrailers,
  IncomingBody,
  IncomingRequest,
  IncomingResponse,
  OutgoingBody,
  OutgoingRequest,
  OutgoingResponse,
  RequestOptions,
  ResponseOutparam,
};

/** `wasi:http/outgoing-handler`. */
export const outgoingHandler = { handle: (request, options) => new FutureIncomingResponse(request, options) };
