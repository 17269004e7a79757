-- One numbered request of a requester (ARGV[1] = the number). The same number again finds its
-- answer in `replayed`; a lower one answers STALE and has no effect.
-- `ans` is "<claims>|<the rest>"; claims are "id fence tier" triples that `release` can undo.
-- "VOID|" stands for a request that was taken back before it arrived: it must do nothing.
local number = tonumber(ARGV[1])
local recorded = try('HMGET', KEYS[2], 'seq', 'ans')
if failed(recorded) then
  return redis.error_reply('CORRUPT ' .. KEYS[2] .. ' holds a value of a wrong type')
end
local last = tonumber(recorded[1] or 0)
local replayed = number == last and recorded[2]
if number < last or replayed == 'VOID|' then
  return redis.error_reply('STALE request ' .. ARGV[1] .. ' comes after ' .. whole(last))
end

-- Ten minutes outlive every retry; a requester is never used again.
local function record(claims, rest)
  call('HSET', KEYS[2], 'seq', ARGV[1], 'ans', claims .. '|' .. rest)
  call('PEXPIRE', KEYS[2], 600000)
end
