-- Outcomes. A record is five values: id, fence, code, value, busy microseconds. The code is a
-- letter and its number or word (a capital: the task is a batch):
--   d<retain> done   r<delay µs> retry   x<reason> dead   k<retain> cancelled   u<seconds> unknown
-- First pass: read, and refuse what is not a lease of ours. Second pass: write. The common case, a
-- task that is done, is written out; the others are `settle_other`.
-- Needs `owner`.
local RETRY_FLOOR, RETRY_CAP = 1000000, 30000000 -- an unknown name waits 1 to 30 s
local refused = {}

-- A retry needs its tier's lists; an outcome that ends the task does not.
local function readable(letter, t)
  return open_tier(t) or letter ~= 'r' and letter ~= 'u'
end

-- The hash if this record is a lease of ours, else nil. What was claimed and is done before a renewal
-- still says exactly what the claim wrote: one comparison.
local last_fence, last_claim
local function read_settlement(i)
  local fence, code, h = ARGV[i + 1], ARGV[i + 2], nil
  if byte(code) == 100 then -- d
    h = try('HMGET', TASK .. ARGV[i], 'run', 'name', 'tier', 'at')
  else
    h = try('HMGET', TASK .. ARGV[i], 'run', 'name', 'tier', 'at', 'cancel', 'attempts',
      'unknown_since')
  end
  if fence ~= last_fence then
    last_fence, last_claim = fence, 'c:' .. fence .. ':' .. owner .. ':' .. fence
  end
  if h.err or h[1] ~= last_claim and not held(h[1], fence, owner) then return nil end
  return readable(string.lower(sub(code, 1, 1)), h[3]) and h
end

-- Tasks that are done: DEL of all in one call, then what is kept of each.
local function settle_done(list, hashes)
  local keys = {}
  for n, i in ipairs(list) do keys[n] = TASK .. ARGV[i] end
  for n = 1, #keys, 1000 do call('DEL', unpack(keys, n, min(n + 999, #keys))) end
  local tail, n_kept = ':' .. owner .. ':' .. now_s, #kept
  for n, i in ipairs(list) do
    local key, h, fence, retain = keys[n], hashes[i], ARGV[i + 1], sub(ARGV[i + 2], 2)
    if retain ~= '0' then
      call('HSET', key, 'run', 'd:' .. fence .. tail, 'name', h[2] or '', 'tier', h[3],
        'at', h[4] or now_s, 'result', ARGV[i + 3])
      call('EXPIRE', key, retain)
      n_kept = n_kept + 1
      kept[n_kept] = ARGV[i] .. ' ' .. fence
    end
  end
end

-- All that is rarer than a task that is done. Made only when it is needed: a function costs a call
-- that does not need it up to 0.4 us.
local function settle_rest(list, hashes)
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

  -- Done batches keep their progress, and the payload if some items are dead: they are replayed
  -- with it.
  local function settle_batch(id, fence, retain, value, h)
    local more = call('HMGET', task_key(id), 'done', 'total', 'payload')
    local fields = { 'name', h[2] or '', 'tier', h[3], 'at', h[4] or now_s, 'result', value,
      'done', more[1] or '0', 'total', more[2] or '0' }
    if call('EXISTS', items_key(id)) == 1 then
      fields[13], fields[14] = 'payload', more[3] or ''
    end
    keep(id, fence, 'd:' .. fence .. ':' .. owner .. ':' .. now_s, retain, true, fields)
    forget_batch(id, h[3])
  end

  local function settle_dead(id, fence, reason, value, h)
    local t, attempts = h[3], tonumber(h[6] or 0)
    if reason == 'failed' then
      attempts = attempts + 1
      count(t, 'failed', 1)
    end
    bury(id, t, fence, owner, reason, 'error', value, 'attempts', attempts)
  end

  -- Version skew: a newer worker may come, so this is no failed attempt; but not for ever.
  local function settle_unknown(id, fence, seconds, value, h)
    local since = tonumber(h[7] or now)
    if now - since >= seconds * 1000000 then
      return bury(id, h[3], fence, owner, 'unknown_task', 'error', value)
    end
    put_off(id, fence, h[3], min(RETRY_CAP, max(RETRY_FLOOR, now - since)),
      'unknown_since', whole(since))
  end

  local function settle_retry(id, fence, delay_us, value, h)
    call('HDEL', task_key(id), 'unknown_since')
    put_off(id, fence, h[3], delay_us, 'attempts', tonumber(h[6] or 0) + 1, 'error', value)
    count(h[3], 'retried', 1)
  end

  -- What was cancelled does not run again: a retry of it is its end. The batch's traces go with it.
  local function settle_other(id, fence, letter, rest, value, h)
    local t = h[3]
    if letter == 'r' then count(t, 'failed', 1) end
    if letter == 'x' then
      settle_dead(id, fence, rest, value, h)
    elseif letter == 'k' or h[5] then
      settle_cancelled(id, h[1], letter == 'k' and tonumber(rest) or nil)
    elseif letter == 'r' then
      settle_retry(id, fence, tonumber(rest), value, h)
    else
      settle_unknown(id, fence, tonumber(rest), value, h)
    end
    forget_batch(id, t)
  end

  local function settle_slowly(i, h)
    local id, fence, code, value = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
    local letter, rest = sub(code, 1, 1), sub(code, 2)
    if letter == 'D' then
      settle_batch(id, fence, tonumber(rest), value, h)
      count(h[3], 'done', 1)
    else
      settle_other(id, fence, string.lower(letter), rest, value, h)
    end
  end

  for _, i in ipairs(list) do settle_slowly(i, hashes[i]) end
end

local function settle_all(from, n)
  local hashes, spent, fast, slow = {}, {}, {}, {}
  for i = from, from + (n - 1) * 5, 5 do
    local id = ARGV[i]
    local h = not spent[id] and read_settlement(i)
    if h then
      spent[id], hashes[i] = true, h
      local list = byte(ARGV[i + 2]) == 100 and fast or slow
      list[#list + 1] = i
    else
      refused[#refused + 1] = id
    end
  end
  local busy, finished = {}, {}
  for i, h in pairs(hashes) do
    local t = h[3]
    busy[t] = (busy[t] or 0) + tonumber(ARGV[i + 4])
    -- Of a parked tier too, if only its lists are unreadable: a lease left behind would expire over
    -- the head of whoever has this id by then.
    if opened[t] then add(unlease, t, ARGV[i]) else try('ZREM', lease_key(t), ARGV[i]) end
    if byte(ARGV[i + 2]) == 100 then finished[t] = (finished[t] or 0) + 1 end
  end
  settle_done(fast, hashes)
  if #slow > 0 then settle_rest(slow, hashes) end
  for t, us in pairs(busy) do
    count(t, 'busy_us', us)
    count(t, 'done', finished[t] or 0)
  end
  write_moves()
end
