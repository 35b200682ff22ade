// base64url without padding (RFC 4648 §5), read strictly.

/** The bytes of `text`, or null if it is not exactly one encoding of some bytes. */
export function fromBase64url(text) {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) {
    return null;
  }
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  // The bits that pad the last character must be zero.
  return toBase64url(bytes) === text ? bytes : null;
}

/** `bytes` as text. */
export function toBase64url(bytes) {
  let binary = "";
  for (const byte of bytes) {
    binary += String.fromCharCode(byte);
  }
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** `parts` one after the other. */
export function concatenate(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** UTF-8. */
export const utf8 = (text) => new TextEncoder().encode(text);
