// Between the platform's requests and the records of `doorward:host/http-handler`.

import { Refusal } from "./refusal.mjs";

/** Longest path and query, in bytes. */
const MAX_TARGET_BYTES = 16 * 1024;
/** Most bytes in the names and values of the header section, and most fields. */
const MAX_HEADER_BYTES = 32 * 1024;
const MAX_HEADERS = 100;
/** Largest body, in bytes. */
const MAX_BODY_BYTES = 64 * 1024;
/** Statuses that have no body (Fetch §2.2.3). */
const BODILESS = [204, 205, 304];

/** The record of `request`. Throws `Refusal`. The only header that says who asks is the one that the platform sets itself. */
export async function toRecord(request) {
  const target = targetOf(request.url);
  const headers = headerList(request.headers);
  return {
    method: request.method.toUpperCase(),
    target,
    headers,
    body: await readBody(request),
    clientAddress: clientAddress(request),
  };
}

/** The address that the platform saw, or undefined. */
export function clientAddress(request) {
  return request.headers.get("cf-connecting-ip") ?? undefined;
}

/** Path and query, as they came. */
function targetOf(url) {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const target = start < 0 ? "/" : url.slice(start).split("#")[0];
  if (!target.startsWith("/")) {
    throw new Refusal("malformedTarget");
  }
  if (target.length > MAX_TARGET_BYTES) {
    throw new Refusal("targetTooLong");
  }
  return target;
}

function headerList(headers) {
  const list = [...headers].map(([name, value]) => [name.toLowerCase(), fieldBytes(value)]);
  const size = list.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (list.length > MAX_HEADERS || size > MAX_HEADER_BYTES) {
    throw new Refusal("headerTooLarge");
  }
  return list;
}

/** Field values are bytes; the platform shows each byte as a character, or UTF-8 as what it says. */
function fieldBytes(value) {
  return /^[\x00-\x7f]*$/.test(value) ? Uint8Array.from(value, (character) => character.charCodeAt(0)) : new TextEncoder().encode(value);
}

async function readBody(request) {
  if (request.body === null) {
    return new Uint8Array();
  }
  if (Number(request.headers.get("content-length")) > MAX_BODY_BYTES) {
    throw new Refusal("bodyTooLarge");
  }
  const chunks = [];
  let size = 0;
  try {
    for await (const chunk of request.body) {
      size += chunk.byteLength;
      if (size > MAX_BODY_BYTES) {
        break;
      }
      chunks.push(chunk);
    }
  } catch {
    throw new Refusal("bodyIncomplete");
  }
  if (size > MAX_BODY_BYTES) {
    throw new Refusal("bodyTooLarge");
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** The platform's response for the core's. Throws `TypeError` or `RangeError` if that is outside HTTP. */
export function toResponse({ status, headers, body }, method) {
  const fields = new Headers();
  for (const [name, value] of headers) {
    fields.append(name, new TextDecoder().decode(value));
  }
  return new Response(method === "HEAD" || BODILESS.includes(status) ? null : body, { status, headers: fields });
}
