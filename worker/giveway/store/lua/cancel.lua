#!lua flags=allow-oom
-- Purpose: cancels tasks: what waits is settled at once, what runs is told.
-- KEYS: control request stats dead done done:batches
-- ARGV: number {id} ...
-- Returns: one word an id: CANCELLED REQUESTED FINISHED GONE
-- Invariants: what was cancelled never starts. A waiting one leaves its list entry behind (a ghost)
--   for the claim that meets it: taking it out of the middle of a list of a million would block
--   Redis. Until then its hash stays, without a TTL.

-- @include instant
-- @include keys
-- @include request
-- @include words
-- @include control
-- @include fixed
-- @include counters
-- @include tiers
-- @include run
-- @include moves
-- @include ending
-- @include arm

if replayed then return words(sub(replayed, 2)) end

local function cancel_waiting(id, h)
  local t, fence = h[3], next_fence(h[1])
  call('DEL', task_key(id))
  call('HSET', task_key(id), 'name', h[2], 'tier', t, 'at', h[4] or now_s,
    'run', 'k:' .. fence .. ':!:' .. now_s)
  call('DEL', items_key(id))
  ghosts[t] = ghosts[t] + 1
  count(t, 'ghosts', 1)
  count(t, 'cancelled', 1)
  touched[t] = true
  return 'CANCELLED'
end

local function cancel_delayed(id, h)
  try('ZREM', delayed_key(h[3]), id)
  settle_cancelled(id, 'k:' .. next_fence(h[1]) .. '::')
  return 'CANCELLED'
end

local function cancel_one(id)
  local h = try('HMGET', task_key(id), 'run', 'name', 'tier', 'at')
  if failed(h) or not h[2] then return 'GONE' end
  local state = h[1] and byte(h[1]) or 119
  if state == 119 then return cancel_waiting(id, h) end
  if state == 121 then return cancel_delayed(id, h) end
  if not HELD[state] then return 'FINISHED' end
  call('HSET', task_key(id), 'cancel', 1)
  return 'REQUESTED'
end

local answer = {}
for _, t in ipairs(order) do open_tier(t) end
for i = 2, #ARGV do answer[i - 1] = cancel_one(ARGV[i]) end
write_endings()
arm_touched()
write_counts()
record('', table.concat(answer, ' '))
return answer
