#!lua flags=allow-oom
-- Purpose: between two items of a batch: saves the cursor, renews the lease, tells of a cancellation,
--   and takes an urgent task along if the batch has to give way for one.
-- KEYS: control request stats dead done done:batches
-- ARGV: number owner lease_us id fence cursor sequence done total items x {item}
--   may_give_way inline tiers x {tier} active_us
--   (active_us: what the batch has worked since its last checkpoint; a worker of before sends none)
-- Returns: verdict (o OK, c CANCELLED, l LOST, g GIVE_WAY), interval_us, look_again_us,
--   urgent: flat, as the claimed of settle_claim
-- Invariants: a checkpoint is taken only under the batch's own fence and with a sequence larger than
--   the stored one. GIVE_WAY always carries a task that this step has claimed, so one urgent task
--   stops one batch and none stops in vain. Progress forgives attempts, crashes and losses.

-- @include instant
-- @include keys
-- @include request
-- @include control
-- @include fixed
-- @include counters
-- @include tiers
-- @include run

-- As in settle_claim: what this function takes from above costs nothing to capture below.
return (function()
-- @include moves
-- @include ending
-- @include housekeeping
-- @include arm

local owner, lease_us = ARGV[2], tonumber(ARGV[3])
local lease_end = now + lease_us
local id, fence, key = ARGV[4], ARGV[5], task_key(ARGV[4])
local items = tonumber(ARGV[10])
local served, n_served = {}, tonumber(ARGV[13 + items])
for i = 14 + items, 13 + items + n_served do served[ARGV[i]] = true end
serve_draining(served)
local may_give_way, inline = ARGV[11 + items] == '1', ARGV[12 + items] == '1'

local h = try('HMGET', key, 'run', 'tier', 'cancel', 'cursor_seq', 'done')
local mine = not failed(h) and held(h[1], fence, owner)
local own, running = h[2], 0

local function running_batches(t)
  local n = try('ZCARD', batches_key(t))
  return failed(n) and 0 or n
end

-- The batch stops: in memory below the urgent task, or it closes its frames.
local function stop_batch(urgent)
  local state = inline and 's' or 'u'
  call('HSET', key, 'run', state .. ':' .. fence .. ':' .. owner .. ':' .. now_s)
  forget_batch(id, own)
  if inline then try('ZADD', suspended_key(own), now, id) end
  if inline then count(own, 'preempted', 1) end
  touched[urgent] = true
end

-- Takes an urgent task along, or repeats that it did. Answers the verdict, when to look again, and
-- the claim as it is recorded and as it is answered. Made only when somebody more urgent waits.
local function urgent_work(triples)
-- @include claim
-- @include repeat_claim
-- @include give_way

  if triples then return #repeat_claims(triples) == 0 and 'g' or 'o', 0, '', claimed end
  local urgent, wait = give_way_to(served, own)
  if urgent then claim_tier(urgent, 1, 0, {}) end
  if #claims == 0 then return 'o', wait or 0, '', {} end
  stop_batch(urgent)
  return 'g', 0, table.concat(claims, ' '), claimed
end

local function somebody_waits()
  for _, t in ipairs(order) do
    if t == own then return false end
    if served[t] and not paused[t] and opened[t] and back_len[t] + tier_len[t] > 0 then return true end
  end
end

if replayed then
  local triples, verdict, interval, look = match(replayed, '^([^|]*)|(%l) (%d+) (%d+)$')
  if not mine then return { 'l', tonumber(interval), 0, {} } end
  local urgent = {}
  if verdict == 'g' then
    local _
    verdict, _, _, urgent = urgent_work(triples)
  end
  return { verdict, tonumber(interval), tonumber(look), urgent }
end
if not mine then
  record('', 'l 5000 0')
  return { 'l', 5000, 0, {} }
end
local sequence, done = tonumber(ARGV[7]), tonumber(ARGV[8])
if sequence <= tonumber(h[4] or 0) then
  return redis.error_reply('SEQUENCE ' .. ARGV[7] .. ' does not come after ' .. h[4])
end
if items > 0 and failed(try('LLEN', items_key(id))) then
  return redis.error_reply('CORRUPT ' .. items_key(id) .. ' holds a value of a wrong type')
end

call('HSET', key, 'run', 'r:' .. fence .. ':' .. owner .. ':' .. now_s, 'cursor', ARGV[6],
  'cursor_seq', ARGV[7], 'done', ARGV[8], 'total', ARGV[9])
local before, active_us = tonumber(h[5] or 0), tonumber(ARGV[14 + items + n_served])
if done > before then call('HDEL', key, 'attempts', 'crashes', 'losses') end
if active_us then -- both or neither: what an item takes is the one divided by the other
  count(own, 'items', max(0, done - before))
  count(own, 'items_us', active_us)
end
for i = 11, 10 + items, 1000 do
  call('RPUSH', items_key(id), unpack(ARGV, i, min(i + 999, 10 + items)))
end
try('ZADD', lease_key(own), lease_end, id) -- a wrong type there parks the tier, not its running work
try('ZADD', batches_key(own), now, id)
if byte(h[1]) ~= 114 then try('ZREM', suspended_key(own), id) end

for _, t in ipairs(order) do open_tier(t) end
housekeeping(lease_us)

-- Any fleet asks at most 5,000 times a second: a tenth of one core of Redis.
for _, t in ipairs(order) do running = running + running_batches(t) end
local interval, look_again, verdict = max(5000, running * 200), 0, 'o'
local claims, urgent = '', {}

if h[3] then
  verdict = 'c'
elseif may_give_way and somebody_waits() then
  verdict, look_again, claims, urgent = urgent_work()
end

write_endings()
arm_touched()
write_counts()
record(claims, verdict .. ' ' .. interval .. ' ' .. look_again)
ring()
return { verdict, interval, look_again, urgent }
end)()
