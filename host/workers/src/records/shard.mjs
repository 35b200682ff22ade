// Which Durable Object holds a key. The number of shards, this hash and what lies together are part of the stored format: with another
// number, or another hash, records would be looked for where they are not.

/** How many Durable Objects the records are spread over. Never change it under an existing store. */
export const SHARDS = 64;

/**
 * Kinds of keys, `<kind>/<whose>/…`, of which all that are somebody's are listed together, and are few: they lie in one shard, so that a page
 * about one person asks one shard for each kind and not all of them.
 */
const TOGETHER = new Set(["granted", "signed-in", "consent"]);

/** The name of shard `number`. */
export function shardName(number) {
  return `records-${number}`;
}

/** The shard of `key`. */
export function shardOf(key) {
  return spread(together(key) ?? key);
}

/** The one shard that holds every key that begins with `prefix`; undefined: any shard may hold some. */
export function shardOfAll(prefix) {
  const whose = together(prefix);
  return whose === undefined ? undefined : spread(whose);
}

/** The part of a key that all that lies together has in common, with the slash that ends it; undefined: it lies by itself. */
function together(key) {
  const end = key.indexOf("/", key.indexOf("/") + 1);
  return end > 0 && TOGETHER.has(key.slice(0, key.indexOf("/"))) ? key.slice(0, end + 1) : undefined;
}

/** FNV-1a over the bytes (ASCII), then mixed, because only six bits of it are used. */
function spread(text) {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash ^= hash >>> 13;
  return (hash >>> 0) % SHARDS;
}
