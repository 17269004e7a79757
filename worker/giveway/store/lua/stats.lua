#!lua flags=no-writes,allow-oom
-- Purpose: one atomic look at a queue: every tier, the dead, the workers.
-- KEYS: control stats dead workers
-- ARGV: (none)
-- Returns: now_us, dead, workers, next_due_us (-1: none), parked, tiers: each
--   (name open paused depth oldest_us inflight suspended batches delayed due items_left counters),
--   counters flat (name value …)
-- Invariants: writes nothing, not even an adoption: a raw element at a head has no age yet. Depth
--   leaves out what was cancelled while it waited. What batches have left is looked up for at most
--   20 that run and 20 that are suspended a tier, and taken for the rest as for these.

-- @include instant
-- @include keys
-- @include control

local stats = try('HGETALL', KEYS[2])
local dead, workers = try('ZCARD', KEYS[3]), try('HLEN', KEYS[4])
local wrong = failed(stats) and KEYS[2] or failed(dead) and KEYS[3] or failed(workers) and KEYS[4]
if wrong then return redis.error_reply('CORRUPT ' .. wrong .. ' holds a value of a wrong type') end

local LOOK = 20 -- entries of a list that are looked at for one that really waits
local counters, ghosts, parked, first_due = {}, {}, {}, nil
for i = 1, #stats, 2 do
  local t, what = match(stats[i], '^(.*):([a-z_]+)$')
  if what == 'ghosts' then
    ghosts[t] = tonumber(stats[i + 1])
  elseif t then
    counters[t] = counters[t] or {}
    table.insert(counters[t], what)
    table.insert(counters[t], stats[i + 1])
  end
end

-- Since when the first task of a list that really waits has waited.
local function head_since(key)
  for _, element in ipairs(call('LRANGE', key, 0, LOOK - 1)) do
    if byte(element) == 123 then return now end
    local h = try('HMGET', task_key(element), 'run', 'ready_at', 'at')
    if not failed(h) and h[3] and (not h[1] or byte(h[1]) == 119) then
      return tonumber(h[2] or h[3])
    end
  end
  return now
end

local READS = { { 'LLEN', back_key }, { 'LLEN', tier_key }, { 'ZCARD', lease_key },
  { 'ZCARD', suspended_key }, { 'ZCARD', batches_key }, { 'ZCARD', delayed_key },
  { 'ZCARD', wake_key } }

-- The sizes of a tier's keys; a key that cannot be read counts 0 and is named.
local function sizes(t)
  local found, readable = {}, true
  for i, read in ipairs(READS) do
    local reply = try(read[1], read[2](t))
    if failed(reply) then
      parked[#parked + 1] = read[2](t)
      reply, readable = 0, readable and i > 6
    end
    found[i] = reply
  end
  return found, readable
end

-- The items that the batches of a set have before them; one that does not know its total counts 0.
local function items_left(key, n)
  if n == 0 then return 0 end
  local left, ids = 0, call('ZRANGE', key, 0, LOOK - 1)
  for _, id in ipairs(ids) do
    local h = try('HMGET', task_key(id), 'total', 'done')
    if not failed(h) then left = left + max(0, tonumber(h[1] or 0) - tonumber(h[2] or 0)) end
  end
  return math.ceil(left * n / #ids)
end

local function tier_row(t)
  local n, readable = sizes(t)
  local oldest, due = now, 0
  if readable then
    oldest = min(head_since(back_key(t)), head_since(tier_key(t)))
    due = call('ZCOUNT', delayed_key(t), '-inf', now_s)
    local first = tonumber(call('ZRANGE', delayed_key(t), 0, 0, 'WITHSCORES')[2])
    if first and (not first_due or first < first_due) then first_due = first end
  end
  return { t, draining[t] and 0 or 1, paused[t] and 1 or 0, max(0, n[1] + n[2] - (ghosts[t] or 0)),
    max(0, now - oldest), n[3], n[4], n[5], n[6], due,
    items_left(batches_key(t), n[5]) + items_left(suspended_key(t), n[4]), counters[t] or {} }
end

local rows = {}
for i, t in ipairs(order) do rows[i] = tier_row(t) end
return { now, dead, workers, first_due and max(0, first_due - now) or -1, parked, rows }
