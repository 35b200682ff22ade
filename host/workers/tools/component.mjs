// Reads what a composition embeds: `doorward compose` puts every component into it byte by byte.

import { createHash } from "node:crypto";

const COMPONENT_SECTION = 4;
/** Only the core exports this. */
const CORE_EXPORT = "doorward:host/administration@";

/** SHA-256, in hexadecimal digits, of the core inside `composition`; null if there is none. */
export function coreDigest(composition) {
  for (const embedded of embeddedComponents(composition)) {
    if (Buffer.from(embedded).includes(CORE_EXPORT)) {
      return createHash("sha256").update(embedded).digest("hex");
    }
  }
  return null;
}

function* embeddedComponents(bytes) {
  let at = 8; // magic and version
  while (at < bytes.length) {
    const id = bytes[at];
    const { value: length, next } = leb128(bytes, at + 1);
    if (id === COMPONENT_SECTION) {
      yield bytes.subarray(next, next + length);
    }
    at = next + length;
  }
}

function leb128(bytes, at) {
  let value = 0;
  let shift = 0;
  for (;;) {
    const byte = bytes[at];
    value += (byte & 0x7f) * 2 ** shift;
    at += 1;
    shift += 7;
    if (byte < 0x80) {
      return { value, next: at };
    }
  }
}
