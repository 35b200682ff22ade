// What a key, a value, a listing and a time may be (`wit/host/host.wit`, interface `records`). Refusals are answers, not
// exceptions: the text goes into `invalid`, or nothing is wrong and the answer is null.

/** Longest key, in bytes. */
export const MAX_KEY_BYTES = 512;
/** Largest value, in bytes. */
export const MAX_VALUE_BYTES = 256 * 1024;
/** Most records of one listing. */
export const MAX_LIST_LIMIT = 1000;

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Why `key` is no key, or null. */
export function keyProblem(key) {
  return key === "" ? "the key is empty" : partProblem("key", key);
}

/** Why `part` can be neither a key nor the beginning of one, or null. It may be empty. */
export function partProblem(what, part) {
  if (!PRINTABLE_ASCII.test(part)) {
    return `the ${what} holds something other than printable ASCII`;
  }
  return part.length > MAX_KEY_BYTES ? `the ${what} is longer than ${MAX_KEY_BYTES} bytes` : null;
}

/** Why `value` cannot be stored, or null. */
export function valueProblem(value) {
  return value.byteLength > MAX_VALUE_BYTES ? `the value is larger than ${MAX_VALUE_BYTES} bytes` : null;
}

/** Why `limit` bounds no listing, or null. */
export function limitProblem(limit) {
  return limit >= 1 && limit <= MAX_LIST_LIMIT ? null : `the limit is not between 1 and ${MAX_LIST_LIMIT}`;
}
