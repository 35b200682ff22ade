//! The Lua scripts. `KEYS`: the record, the set of keys, the set of expiries. `ARGV`: the key, now, then what each says.
//!
//! Lua's numbers are exact to 2⁵³ only. Versions and sums are therefore strings, sums are added by Redis itself, and times
//! past 2⁵³ mean "never". Versions and times are decimal digits; two times are compared as numbers.

/// Whether the record is live, and what keeps the sets in step. `tidy` removes a few of those long expired: with two per
/// write they never pile up, since a write adds one.
macro_rules! script {
    ($body:literal) => {
        concat!(
            "
local function live()
  local n, e = unpack(redis.call('HMGET', KEYS[1], 'n', 'e'))
  if not n then return false end
  if e and tonumber(e) <= tonumber(ARGV[2]) then return false end
  return n, e
end
local function expire(at)
  redis.call('ZADD', KEYS[2], 0, ARGV[1])
  if at == '' then
    redis.call('HDEL', KEYS[1], 'e')
    redis.call('ZREM', KEYS[3], ARGV[1])
  else
    redis.call('HSET', KEYS[1], 'e', at)
    redis.call('ZADD', KEYS[3], at, ARGV[1])
  end
end
local function forget(record, key)
  redis.call('DEL', record)
  redis.call('ZREM', KEYS[2], key)
  redis.call('ZREM', KEYS[3], key)
end
local function tidy()
  local root = string.sub(KEYS[1], 1, #KEYS[1] - #ARGV[1])
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', tonumber(ARGV[2]) - 60, 'LIMIT', 0, 2)) do
    forget(root .. key, key)
  end
end
",
            $body
        )
    };
}

/// Answers the version, then `v` or `c`, then the bytes; nothing if there is no live record.
pub(crate) const GET: &str = script!(
    "
local n = live()
if not n then return {} end
local v = redis.call('HGET', KEYS[1], 'v')
if v then return {n, 'v', v} end
return {n, 'c', redis.call('HGET', KEYS[1], 'c')}
"
);

/// Version, expiry, value. Answers 1 if it was written, 0 if a live record is there.
pub(crate) const INSERT: &str = script!(
    "
if live() then return 0 end
tidy()
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'n', ARGV[3], 'v', ARGV[5])
expire(ARGV[4])
return 1
"
);

/// Version, expiry, value, old version. Answers 1 if it was written.
pub(crate) const REPLACE: &str = script!(
    "
if live() ~= ARGV[6] then return 0 end
tidy()
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'n', ARGV[3], 'v', ARGV[5])
expire(ARGV[4])
return 1
"
);

/// Old version, or nothing for any. Answers 1 if it is gone.
pub(crate) const REMOVE: &str = script!(
    "
if ARGV[3] ~= '' and live() ~= ARGV[3] then return 0 end
forget(KEYS[1], ARGV[1])
return 1
"
);

/// Version, expiry, by. Answers the sum, or nothing if there is no counter that could take it.
pub(crate) const INCREMENT: &str = script!(
    "
local n, e = live()
if n then
  if redis.call('HEXISTS', KEYS[1], 'c') == 0 then return {} end
  local sum = redis.pcall('HINCRBY', KEYS[1], 'c', ARGV[5])
  if type(sum) == 'table' then
    if string.find(sum.err, 'overflow') then return {} end
    return sum
  end
  redis.call('HSET', KEYS[1], 'n', ARGV[3])
else
  tidy()
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'n', ARGV[3], 'c', ARGV[5])
  expire(ARGV[4])
end
return {redis.call('HGET', KEYS[1], 'c')}
"
);

/// In place of the key the prefix; then from, to (as `ZRANGEBYLEX` has them), limit. Answers key, version, `v` or `c`, bytes
/// for each record.
pub(crate) const LIST: &str = "
local root, from, left, answer = KEYS[1], ARGV[3], tonumber(ARGV[5]), {}
while left > 0 do
  local keys = redis.call('ZRANGEBYLEX', KEYS[2], from, ARGV[4], 'LIMIT', 0, left + 100)
  for _, key in ipairs(keys) do
    from = '(' .. key
    local n, e, v, c = unpack(redis.call('HMGET', root .. key, 'n', 'e', 'v', 'c'))
    if left > 0 and n and not (e and tonumber(e) <= tonumber(ARGV[2])) then
      answer[#answer + 1] = key
      answer[#answer + 1] = n
      answer[#answer + 1] = v and 'v' or 'c'
      answer[#answer + 1] = v or c
      left = left - 1
    end
  end
  if #keys == 0 then break end
end
return answer
";
