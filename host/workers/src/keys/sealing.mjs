// The sealing key, and authenticated encryption under it. The layout is the native server's.
//
// Each purpose has a key of its own, derived by HKDF-SHA-256, and so has each message: 24 random bytes in front of the
// ciphertext go into the derivation of its AES-256-GCM key and nonce, so that no number of messages makes two of them share
// both. Layout: format (1 byte, `1`) ‖ salt (24) ‖ ciphertext ‖ tag (16).

import { concatenate, utf8 } from "./encoding.mjs";

const FORMAT = 1;
const SALT_BYTES = 24;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

const FORGED = Object.freeze({ tag: "forged" });

/** What to do about a sealing key that is none. Does not repeat it. */
export const SEALING_KEY_HINT =
  "it must be 32 bytes, as 64 hexadecimal digits or as base64; `openssl rand -base64 32` makes one";

/** The 32 bytes that `text` says: 64 hexadecimal digits, base64 or base64url, with or without padding; or null. */
export function sealingKeyBytes(text) {
  const trimmed = text.trim();
  if (/^[0-9a-fA-F]{64}$/.test(trimmed)) {
    return Uint8Array.from(trimmed.match(/../g), (pair) => Number.parseInt(pair, 16));
  }
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) {
    return null;
  }
  const binary = atob(trimmed.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** Seals and opens for one purpose. What one purpose sealed, another cannot open. */
export class Envelope {
  #master;
  #purpose;

  /** @param bytes of the sealing key; not kept. */
  static async create(bytes, purpose) {
    const envelope = new Envelope();
    envelope.#master = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
    envelope.#purpose = utf8(purpose);
    return envelope;
  }

  /** Encrypts `plaintext`, and authenticates it and `associatedData`. */
  async seal(plaintext, associatedData) {
    const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
    const { key, parameters } = await this.#derive(salt, associatedData, "encrypt");
    const sealed = await crypto.subtle.encrypt(parameters, key, plaintext);
    return concatenate(Uint8Array.of(FORMAT), salt, new Uint8Array(sealed));
  }

  /** Undoes `seal`. Throws the failure `forged`: another key, purpose or associated data, or not what was sealed. */
  async open(sealed, associatedData) {
    if (sealed[0] !== FORMAT || sealed.length < 1 + SALT_BYTES + TAG_BYTES) {
      throw FORGED;
    }
    const { key, parameters } = await this.#derive(sealed.subarray(1, 1 + SALT_BYTES), associatedData, "decrypt");
    try {
      return new Uint8Array(await crypto.subtle.decrypt(parameters, key, sealed.subarray(1 + SALT_BYTES)));
    } catch {
      throw FORGED;
    }
  }

  async #derive(salt, additionalData, usage) {
    const hkdf = { name: "HKDF", hash: "SHA-256", salt: utf8("doorward"), info: concatenate(this.#purpose, salt) };
    const derived = new Uint8Array(await crypto.subtle.deriveBits(hkdf, this.#master, 8 * (KEY_BYTES + NONCE_BYTES)));
    const key = await crypto.subtle.importKey("raw", derived.subarray(0, KEY_BYTES), "AES-GCM", false, [usage]);
    return { key, parameters: { name: "AES-GCM", iv: derived.slice(KEY_BYTES), additionalData, tagLength: 8 * TAG_BYTES } };
  }
}
