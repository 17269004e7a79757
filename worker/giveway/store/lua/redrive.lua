#!lua flags=allow-oom
-- Purpose: gives dead tasks another life, lets delayed ones go at once, or drops dead ones for good.
-- KEYS: control request stats dead done done:batches
-- ARGV: number drop {id} ...
-- Returns: 1 or 0 an id: 0 if it is neither dead nor delayed, or its tier is no more
-- Invariants: a redriven task begins anew (attempts, crashes and losses forgotten) but keeps its
--   cursor; it joins the tail of its tier.

-- @include instant
-- @include keys
-- @include request
-- @include control
-- @include fixed
-- @include counters
-- @include tiers
-- @include run
-- @include moves
-- @include arm

local answer = {}
if replayed then
  for digit in string.gmatch(sub(replayed, 2), '%d') do answer[#answer + 1] = tonumber(digit) end
  return answer
end

local function revive(id, run, t)
  if not rank[t] or not open_tier(t) then return 0 end
  call('HDEL', task_key(id), 'attempts', 'crashes', 'losses', 'unknown_since', 'error', 'reason',
    'cancel')
  call('HSET', task_key(id), 'run', 'w:' .. next_fence(run) .. '::' .. now_s, 'ready_at', now_s)
  add(to_tier, t, id)
  if byte(run) == 120 then
    call('ZREM', DEAD, id)
    count(t, 'redriven', 1)
  else
    try('ZREM', delayed_key(t), id)
  end
  return 1
end

local function drop(id)
  call('DEL', task_key(id), items_key(id))
  call('ZREM', DEAD, id)
  return 1
end

local function redrive_one(id)
  local h = try('HMGET', task_key(id), 'run', 'tier')
  local state = not failed(h) and h[1] and byte(h[1])
  if state == 120 and ARGV[2] == '1' then return drop(id) end
  if state == 120 or state == 121 and ARGV[2] == '0' then return revive(id, h[1], h[2]) end
  return 0
end

for i = 3, #ARGV do answer[i - 2] = redrive_one(ARGV[i]) end
write_moves()
arm_touched()
write_counts()
record('', table.concat(answer))
ring()
return answer
