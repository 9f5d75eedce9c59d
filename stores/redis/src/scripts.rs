//! The scripts. Each runs atomically and touches one key, `KEYS[1]`.
//!
//! Versions are passed as text: Lua's numbers could not hold them, and they are only compared. An empty argument stands for
//! "none".

use std::time::{Duration, SystemTime};

/// Writes a new row. Arguments: version, owner, subjects, milliseconds until its end or none, content. Returns 1, or 0 if the key
/// exists.
pub(crate) const INSERT: &str = r"
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'o', ARGV[2], 'u', ARGV[3], 's', ARGV[5])
if ARGV[4] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
return 1
";

/// Replaces a row if its version is the expected one. Arguments: those of [`INSERT`], and the expected version. Returns owner and
/// subjects as they were, or nil if nothing was changed.
pub(crate) const REPLACE: &str = r"
local was = redis.call('HMGET', KEYS[1], 'v', 'o', 'u')
if was[1] ~= ARGV[6] then return false end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'o', ARGV[2], 'u', ARGV[3], 's', ARGV[5])
if ARGV[4] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[4]) else redis.call('PERSIST', KEYS[1]) end
return {was[2], was[3]}
";

/// Deletes a row. Arguments: the expected version or none, and the expected owner or none. Returns owner and subjects as they
/// were, or nil if nothing was changed.
pub(crate) const DELETE: &str = r"
local was = redis.call('HMGET', KEYS[1], 'v', 'o', 'u')
if not was[1] then return false end
if ARGV[1] ~= '' and was[1] ~= ARGV[1] then return false end
if ARGV[2] ~= '' and was[2] ~= ARGV[2] then return false end
redis.call('DEL', KEYS[1])
return {was[2], was[3]}
";

/// Adds a member to a set. Arguments: the member, and its milliseconds until its end or none. The set expires with its last member, or
/// never if a member has no end.
pub(crate) const INDEX: &str = r"
redis.call('SADD', KEYS[1], ARGV[1])
if ARGV[2] == '' then redis.call('PERSIST', KEYS[1]) return 1 end
local left = redis.call('PTTL', KEYS[1])
if left == -1 and redis.call('SCARD', KEYS[1]) > 1 then return 1 end
if left < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
";

/// Returns the content of a lease slot, and the time of Redis in seconds and microseconds.
pub(crate) const LEASE_SLOT: &str = r"
local now = redis.call('TIME')
return {redis.call('GET', KEYS[1]), now[1], now[2]}
";

/// Replaces the content of a lease slot. Arguments: the expected content, and the new content; both may be none. Returns 1, or 0
/// if the content is another one. A slot expires an hour after it was written.
pub(crate) const SWAP_LEASE: &str = r"
local is = redis.call('GET', KEYS[1]) or ''
if is ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', 3600000) end
return 1
";

/// Names a lease slot with the time of Redis, and drops names of slots that expired long ago. Argument: the key of the slot.
pub(crate) const NAME_LEASE: &str = r"
local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 7200)
redis.call('PEXPIRE', KEYS[1], 7200000)
return 1
";

/// The milliseconds from now until a time, by the clock of this machine, which is the one that the time comes from: Redis is told
/// how long to keep a key and not until when, because its clock may be another. A minute is added, so that a clock that is a
/// little ahead forgets nothing early. `0` if the time has come.
pub(crate) fn left(time: SystemTime) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "the time that is left is measured by the machine's clock"
    )]
    let now = SystemTime::now();
    let left = time.duration_since(now);
    let kept = left.map_or(Duration::ZERO, |left| left + MARGIN);
    kept.as_millis().to_string()
}

/// How much longer than asked for a key is kept.
const MARGIN: Duration = Duration::from_secs(60);
