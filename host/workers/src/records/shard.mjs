// Which Durable Object holds a key. The number of shards and this hash are part of the stored format: with another number,
// or another hash, records would be looked for where they are not.

/** How many Durable Objects the records are spread over. Never change it under an existing store. */
export const SHARDS = 64;

/** The name of shard `number`. */
export function shardName(number) {
  return `records-${number}`;
}

/** The shard of `key`: FNV-1a over its bytes (ASCII), then mixed, because only six bits of it are used. */
export function shardOf(key) {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash ^= hash >>> 13;
  return (hash >>> 0) % SHARDS;
}
