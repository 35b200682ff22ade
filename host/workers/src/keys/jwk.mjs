// Public keys as JWKs (RFC 7517, RFC 7518 §6, RFC 8037), and verification of JWS signatures by them.
//
// Strict on purpose: the kind of key decides which algorithm it verifies, and a key that says otherwise, is malformed, weak
// or private is refused. `none` and symmetric algorithms do not exist here.

import { fromBase64url, toBase64url, utf8 } from "./encoding.mjs";
import { membersOf } from "./members.mjs";

/** Longest JWK that is looked at, in bytes: an 8192-bit RSA key with a certificate chain fits. */
const MAX_JWK_BYTES = 16 * 1024;
/** RFC 7518 §3.3 asks for 2048 bits or more. */
const RSA_MODULUS_BYTES = { least: 256, most: 1024 };

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const P384 = { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" };
const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
// RFC 7518 §3.5: the salt is as long as the hash.
const RSA_PSS = { name: "RSA-PSS", hash: "SHA-256", saltLength: 32 };
const ED25519 = { name: "Ed25519" };

/** Parameters of WebCrypto for importing, signing and verifying, by JOSE name. */
export const ALGORITHMS = { ES256: P256, RS256: RSA, ES384: P384, PS256: RSA_PSS, EdDSA: ED25519, Ed25519: ED25519 };

/**
 * The `y` coordinates of the points of small order on edwards25519, without the sign of `x`, also those that are not reduced, in
 * hexadecimal digits: by a key like this a signature can be right that nobody made (RFC 8032 §5.1.7 lets verifiers differ).
 */
const SMALL_ORDER = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

const unsupported = (why) => ({ tag: "unsupported", val: why });

/**
 * The members that a JWK for verifying by `alg` must have, and no others, in the order of RFC 7638 §3.2.
 * Throws the failure `unsupported`.
 */
export function readPublicJwk(text, alg) {
  if (!Object.hasOwn(ALGORITHMS, alg)) {
    throw unsupported("the algorithm is not ES256, ES384, RS256, PS256 or EdDSA");
  }
  if (text.length > MAX_JWK_BYTES) {
    throw unsupported("the JWK is too large");
  }
  const jwk = membersOf(text);
  if (jwk === null) {
    throw unsupported("the JWK is malformed");
  }
  checkPurpose(jwk, alg);
  if (jwk.kty === "EC" && jwk.crv === "P-256" && alg === "ES256") {
    return { crv: "P-256", kty: "EC", x: exactly(32, jwk.x), y: exactly(32, jwk.y) };
  }
  if (jwk.kty === "EC" && jwk.crv === "P-384" && alg === "ES384") {
    return { crv: "P-384", kty: "EC", x: exactly(48, jwk.x), y: exactly(48, jwk.y) };
  }
  if (jwk.kty === "OKP" && jwk.crv === "Ed25519" && (alg === "EdDSA" || alg === "Ed25519")) {
    return { crv: "Ed25519", kty: "OKP", x: ofLargeOrder(exactly(32, jwk.x)) };
  }
  if (jwk.kty === "RSA" && jwk.crv === undefined && (alg === "RS256" || alg === "PS256")) {
    return { e: exponent(jwk.e), kty: "RSA", n: modulus(jwk.n) };
  }
  throw unsupported("the key is not of the kind that the algorithm needs");
}

/** What the key says it is for (RFC 7517 §4.2 to §4.4) must include verifying by `alg`. */
function checkPurpose(jwk, alg) {
  if (jwk.d !== undefined || jwk.k !== undefined) {
    throw unsupported("the JWK holds a secret");
  }
  // RFC 9864 §2.2 gives EdDSA over Ed25519 a second name.
  if (jwk.alg !== undefined && !(typeof jwk.alg === "string" && Object.hasOwn(ALGORITHMS, jwk.alg) && ALGORITHMS[jwk.alg] === ALGORITHMS[alg])) {
    throw unsupported("the key is for another algorithm");
  }
  const verifies = jwk.key_ops === undefined || (Array.isArray(jwk.key_ops) && jwk.key_ops.includes("verify"));
  if (!verifies || (jwk.use !== undefined && jwk.use !== "sig")) {
    throw unsupported("the key is not for signatures");
  }
}

function exactly(length, member) {
  if (fromBase64url(member)?.length !== length) {
    throw unsupported("a member of the JWK is missing or has the wrong length");
  }
  return member;
}

function ofLargeOrder(member) {
  const y = fromBase64url(member);
  y[31] &= 0x7f; // The top bit is the sign of x.
  if (SMALL_ORDER.has(Array.from(y, (byte) => byte.toString(16).padStart(2, "0")).join(""))) {
    throw unsupported("the JWK is a point of small order");
  }
  return member;
}

/** RFC 7518 §2, Base64urlUInt: no leading zeros. */
function modulus(member) {
  const n = fromBase64url(member);
  const { least, most } = RSA_MODULUS_BYTES;
  if (n === null || n.length < least || n.length > most || n[0] === 0 || (n.length === least && n[0] < 0x80)) {
    throw unsupported("the RSA modulus is not 2048 to 8192 bits");
  }
  return member;
}

/** An exponent of 1 signs everything; a huge one is only there to be slow. */
function exponent(member) {
  const e = fromBase64url(member);
  if (e === null || e.length < 1 || e.length > 4 || e[0] === 0 || e.at(-1) % 2 === 0 || (e.length === 1 && e[0] === 1)) {
    throw unsupported("the RSA exponent is not an odd number from 3 to 2^32");
  }
  return member;
}

/** The JWK thumbprint (RFC 7638) of what `readPublicJwk` returned. */
export async function thumbprint(members) {
  return toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(JSON.stringify(members)))));
}

/** What `readPublicJwk` returned, ready for verifying. Throws the failure `unsupported`: no point on the curve. */
export async function importPublic(members, alg) {
  try {
    return await crypto.subtle.importKey("jwk", members, ALGORITHMS[alg], false, ["verify"]);
  } catch {
    throw unsupported("the JWK is no valid public key");
  }
}

/** Whether `signature` is one of `message` by `jwk`. Throws the failure `unsupported`. */
export async function verify(jwk, alg, message, signature) {
  const key = await importPublic(readPublicJwk(jwk, alg), alg);
  return crypto.subtle.verify(ALGORITHMS[alg], key, signature, message);
}
