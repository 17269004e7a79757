-- Outcomes. A record is five values: id, fence, code, value, busy microseconds. The code is a
-- letter and its number or word (a capital: the task is a batch):
--   d<retain> done   r<delay µs> retry   x<reason> dead   k<retain> cancelled   u<seconds> unknown
-- First pass: read, and refuse what is not a lease of ours. Second pass: write.
-- Needs `owner`.
local RETRY_FLOOR, RETRY_CAP = 1000000, 30000000 -- an unknown name waits 1 to 30 s
local LETTER = { D = 'd', R = 'r', X = 'x', K = 'k', U = 'u' }
local accepted, refused, spent = {}, {}, {}

-- A retry needs its target; an outcome that ends the task does not touch the tier's lists.
local function acceptable(letter, h, guard)
  if failed(h) or not held(h[1], guard) then return false end
  return open_tier(h[3]) or letter == 'd' or letter == 'k' or letter == 'x'
end

local function read_settlement(i)
  local id, fence, code = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local first = sub(code, 1, 1)
  local letter = LETTER[first] or first
  local h
  if first == 'd' then
    h = try('HMGET', task_key(id), 'run', 'name', 'tier', 'at')
  else
    h = try('HMGET', task_key(id), 'run', 'name', 'tier', 'at', 'cancel', 'attempts',
      'unknown_since', 'done', 'total')
  end
  if spent[id] or not acceptable(letter, h, guard_of(fence, owner)) then
    refused[#refused + 1] = id
    return
  end
  spent[id] = true
  accepted[#accepted + 1] = { id, fence, letter, sub(code, 2), ARGV[i + 3], ARGV[i + 4], h,
    letter ~= first }
end

local settle = {}

-- The result is kept; the payload only for the dead items of a batch, which are replayed with it.
function settle.d(id, fence, retain, value, h, batch)
  local fields = { 'name', h[2] or '', 'tier', h[3], 'at', h[4] or now_s, 'result', value }
  if batch then
    local n = #fields
    fields[n + 1], fields[n + 2] = 'done', h[8] or '0'
    fields[n + 3], fields[n + 4] = 'total', h[9] or '0'
    if try('LLEN', items_key(id)) ~= 0 then
      fields[n + 5], fields[n + 6] = 'payload', call('HGET', task_key(id), 'payload') or ''
    end
  end
  keep(id, fence, 'd:' .. fence .. ':' .. owner .. ':' .. now_s, tonumber(retain), batch, fields)
  count(h[3], 'done', 1)
end

function settle.k(id, _, retain, _, h) settle_cancelled(id, h[1], tonumber(retain)) end

function settle.x(id, fence, reason, value, h)
  local t, attempts = h[3], tonumber(h[6] or 0)
  if reason == 'failed' then
    attempts = attempts + 1
    count(t, 'failed', 1)
  end
  bury(id, t, fence, owner, reason, 'error', value, 'attempts', attempts)
end

-- Waits again: until its time, or at the tail of its tier.
local function put_off(id, fence, t, delay_us, ...)
  if delay_us > 0 then
    call('HSET', task_key(id), 'run', 'y:' .. fence .. '::' .. whole(now + delay_us), ...)
    delay(id, t, now + delay_us)
  else
    call('HSET', task_key(id), 'run', 'w:' .. fence .. '::' .. now_s, 'ready_at', now_s, ...)
    add(to_tier, t, id)
  end
end

function settle.r(id, fence, delay_us, value, h)
  local t = h[3]
  count(t, 'failed', 1)
  if h[5] then return settle_cancelled(id, h[1]) end
  call('HDEL', task_key(id), 'unknown_since')
  put_off(id, fence, t, tonumber(delay_us), 'attempts', tonumber(h[6] or 0) + 1, 'error', value)
  count(t, 'retried', 1)
end

-- Version skew: a newer worker may come, so this is no failed attempt; but not for ever.
function settle.u(id, fence, seconds, value, h)
  local since = tonumber(h[7] or now)
  if h[5] then return settle_cancelled(id, h[1]) end
  if now - since >= tonumber(seconds) * 1000000 then
    return bury(id, h[3], fence, owner, 'unknown_task', 'error', value)
  end
  put_off(id, fence, h[3], min(RETRY_CAP, max(RETRY_FLOOR, now - since)),
    'unknown_since', whole(since))
end

local function settle_all(from, n)
  for i = from, from + (n - 1) * 5, 5 do read_settlement(i) end
  for _, s in ipairs(accepted) do
    local id, h = s[1], s[7]
    local t = h[3]
    settle[s[3]](id, s[2], s[4], s[5], h, s[8])
    if s[3] ~= 'd' or s[8] then forget_batch(id, t) end
    count(t, 'busy_us', tonumber(s[6]))
    if opened[t] then add(unlease, t, id) end
  end
  write_moves()
end
