//! The scripts. Each touches one key. Versions travel as text: they are compared, never counted.

use std::time::{SystemTime, UNIX_EPOCH};

/// `KEYS[1]` row; version, owner, subjects, end in milliseconds or nothing, content. 1 if it is new.
pub(crate) const INSERT: &str = r"
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'o', ARGV[2], 'u', ARGV[3], 's', ARGV[5])
if ARGV[4] ~= '' then redis.call('PEXPIREAT', KEYS[1], ARGV[4]) end
return 1
";

/// The same, and the expected version. Gives owner and subjects as they were, or nothing.
pub(crate) const REPLACE: &str = r"
local was = redis.call('HMGET', KEYS[1], 'v', 'o', 'u')
if was[1] ~= ARGV[6] then return false end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'o', ARGV[2], 'u', ARGV[3], 's', ARGV[5])
if ARGV[4] ~= '' then redis.call('PEXPIREAT', KEYS[1], ARGV[4]) else redis.call('PERSIST', KEYS[1]) end
return {was[2], was[3]}
";

/// The expected version or nothing, and the expected owner or nothing. Gives owner and subjects as they were, or nothing.
pub(crate) const DELETE: &str = r"
local was = redis.call('HMGET', KEYS[1], 'v', 'o', 'u')
if not was[1] then return false end
if ARGV[1] ~= '' and was[1] ~= ARGV[1] then return false end
if ARGV[2] ~= '' and was[2] ~= ARGV[2] then return false end
redis.call('DEL', KEYS[1])
return {was[2], was[3]}
";

/// Adds a member to a set that lives at least until an end, in milliseconds, or for ever.
pub(crate) const INDEX: &str = r"
redis.call('SADD', KEYS[1], ARGV[1])
if ARGV[2] == '' then redis.call('PERSIST', KEYS[1]) return 1 end
local ends = redis.call('PEXPIRETIME', KEYS[1])
if ends == -1 and redis.call('SCARD', KEYS[1]) > 1 then return 1 end
if ends < tonumber(ARGV[2]) then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end
return 1
";

/// What stands in a lease's slot, and the time in seconds and microseconds.
pub(crate) const LEASE_SLOT: &str = r"
local now = redis.call('TIME')
return {redis.call('GET', KEYS[1]), now[1], now[2]}
";

/// Expected content, new content; empty is nothing. 1 if it was written.
pub(crate) const SWAP_LEASE: &str = r"
local is = redis.call('GET', KEYS[1]) or ''
if is ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', 3600000) end
return 1
";

/// Milliseconds since 1970, rounded up: a row does not end before its time.
pub(crate) fn millis(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_micros().div_ceil(1000).to_string()
}
