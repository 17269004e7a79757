#!lua flags=allow-oom
-- Purpose: extends leases, tells how they are held, and that this worker lives.
-- KEYS: control request stats dead done done:batches workers workers:seen
-- ARGV: number owner lease_us first worker leases x {id fence holding}
--   (worker: what it says of itself, '' from a child that only renews; holding: c claimed,
--   r running on top, s suspended, u unwinding)
-- Returns: verdicts (a letter a lease: o OK, c CANCELLED, l LOST), drain (0|1), next_due_us (-1:
--   none), parked, engine_reset (0|1)
-- Invariants: a lease that has expired and that nobody took is revived. Only `r` can lose a life by
--   an expiry. Workers unseen for ten minutes and draining tiers that are empty leave here.

-- @include instant
-- @include keys
-- @include request
-- @include control
-- @include fixed
-- @include counters
-- @include tiers
-- @include run
-- @include moves
-- @include ending
-- @include housekeeping
-- @include arm
-- @include remove_tiers

local WORKERS, SEEN, GONE_US = KEYS[7], KEYS[8], 600000000
local owner, lease_us = ARGV[2], tonumber(ARGV[3])
local is_draining = string.find(' ' .. (conf[10] or '') .. ' ', ' ' .. owner .. ' ', 1, true)
local drain = is_draining and 1 or 0

if replayed then return { sub(replayed, 2, -2), drain, -1, {}, tonumber(sub(replayed, -1)) } end
if failed(try('HLEN', WORKERS)) or failed(try('ZCARD', SEEN)) then
  return redis.error_reply('CORRUPT ' .. WORKERS .. ' or ' .. SEEN .. ' holds a value of a wrong type')
end
for _, t in ipairs(order) do open_tier(t) end

-- `batches` and `suspended` follow the holding; only a batch is in either.
local function hold(id, t, before, holding)
  if holding == 'r' then
    if try('ZREM', suspended_key(t), id) == 1 then try('ZADD', batches_key(t), now, id) end
  elseif holding == 's' then
    if try('ZREM', batches_key(t), id) == 1 then try('ZADD', suspended_key(t), now, id) end
  elseif before ~= 'c' then
    forget_batch(id, t)
  end
end

local function renew_one(id, fence, holding)
  local h = try('HMGET', task_key(id), 'run', 'tier', 'cancel')
  if failed(h) or not held(h[1], fence, owner) then return 'l' end
  local before = sub(h[1], 1, 1)
  if before ~= holding then
    call('HSET', task_key(id), 'run', holding .. ':' .. fence .. ':' .. owner .. ':' .. now_s)
    hold(id, h[2], before, holding)
  end
  -- A wrong type there parks the tier, not its running work.
  try('ZADD', lease_key(h[2]), now + lease_us, id)
  return h[3] and 'c' or 'o'
end

-- A worker that has been silent for ten minutes is forgotten, and with it a request to drain.
local function forget_workers()
  local gone = call('ZRANGEBYSCORE', SEEN, '-inf', whole(now - GONE_US), 'LIMIT', 0, 20)
  if #gone == 0 then return end
  variadic('HDEL', WORKERS, gone)
  variadic('ZREM', SEEN, gone)
  if not conf[10] then return end
  local forgotten, kept_drain = {}, {}
  for _, incarnation in ipairs(gone) do forgotten[incarnation] = true end
  for word in string.gmatch(conf[10], '%S+') do
    if not forgotten[word] then kept_drain[#kept_drain + 1] = word end
  end
  call('HSET', KEYS[1], 'drain', table.concat(kept_drain, ' '))
end

-- Keys that hold no task are looked at here only, so that the hot path need not.
local function report_hints()
  for _, t in ipairs(order) do
    for _, key in ipairs({ wake_key(t), batches_key(t), suspended_key(t) }) do
      if failed(try('ZCARD', key)) then parked[#parked + 1] = key end
    end
  end
end

local letters = {}
for i = 0, tonumber(ARGV[6]) - 1 do
  letters[i + 1] = renew_one(ARGV[7 + i * 3], ARGV[8 + i * 3], ARGV[9 + i * 3])
end
local verdicts = table.concat(letters)

-- An emptied or replaced server does not know a worker that has registered before.
local reset = 0
if ARGV[5] ~= '' then
  reset = ARGV[4] == '0' and call('HEXISTS', WORKERS, owner) == 0 and 1 or 0
  call('HSET', WORKERS, owner, ARGV[5])
  call('ZADD', SEEN, now, owner)
end
if conf[6] ~= ARGV[3] then call('HSET', KEYS[1], 'lease', ARGV[3]) end
forget_workers()
housekeeping(lease_us)
report_hints()
write_endings()
arm_touched()
write_counts()
remove_empty_tiers()
record('', verdicts .. reset)
ring()
return { verdicts, drain, next_due(order), parked, reset }
