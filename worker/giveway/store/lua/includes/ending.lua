-- The end of a task: kept with its result for a while, or dead and kept until it is trimmed.
local kept, kept_batches, deaths = {}, {}, 0

-- Leaves of a settled task what people and handles ask for. DEL + HSET, not HDEL: a hash that held
-- one value over 64 bytes stays a hash table for good.
local function keep(id, fence, run, retain, batch, fields)
  local key = task_key(id)
  call('DEL', key)
  if retain <= 0 then
    call('DEL', items_key(id))
    return
  end
  call('HSET', key, 'run', run, unpack(fields))
  call('EXPIRE', key, retain)
  if batch then call('EXPIRE', items_key(id), retain) end
  local list = batch and kept_batches or kept
  list[#list + 1] = id .. ' ' .. fence
end

-- Settles a task as cancelled. 600 s: the default retention.
local function settle_cancelled(id, run, retain)
  local h = call('HMGET', task_key(id), 'name', 'tier', 'at', 'total', 'done')
  local t, fence = h[2], whole(fence_of(run))
  local fields = { 'name', h[1] or '', 'tier', t, 'at', h[3] or now_s }
  if h[4] then
    for _, value in ipairs({ 'total', h[4], 'done', h[5] or '0' }) do fields[#fields + 1] = value end
  end
  keep(id, fence, 'k:' .. fence .. '::' .. now_s, retain or 600, h[4], fields)
  count(t, 'cancelled', 1)
end

-- A dead task keeps everything: it can be redriven.
local function bury(id, t, fence, owner, reason, ...)
  local run = 'x:' .. fence .. ':' .. owner .. ':' .. now_s
  call('HSET', task_key(id), 'run', run, 'reason', reason, ...)
  call('ZADD', KEYS[4], now, id)
  deaths = deaths + 1
  count(t, 'dead', 1)
end

-- Trims a list of settled tasks to its length, a bounded step at a time. An id may live again
-- since: its hash goes only if it still says settled under that very fence.
local function trim_settled(key, excess)
  local entries = call('LRANGE', key, 0, excess - 1)
  local gone = {}
  for _, entry in ipairs(entries) do
    local id, fence = match(entry, '^(%S+) (%d+)$')
    local run = id and try('HGET', task_key(id), 'run')
    if type(run) == 'string' and match(run, '^[dk]:' .. fence .. ':[^!]*:') then
      gone[#gone + 1] = task_key(id)
      gone[#gone + 1] = items_key(id)
    end
  end
  for i = 1, #gone, 1000 do call('DEL', unpack(gone, i, min(i + 999, #gone))) end
  call('LTRIM', key, #entries, -1)
end

local function write_kept(key, list)
  if #list == 0 then return end
  local excess = variadic('RPUSH', key, list) - tonumber(conf[7] or 100000)
  if excess > 0 then trim_settled(key, min(excess, 2 * #list + 20)) end
end

-- The dead are kept by count and by age (90 days), 20 go at a time.
local function trim_dead()
  local excess = call('ZCARD', KEYS[4]) - tonumber(conf[8] or 10000)
  local oldest = call('ZRANGE', KEYS[4], 0, 19, 'WITHSCORES')
  for i = 1, #oldest, 2 do
    if excess > 0 or tonumber(oldest[i + 1]) < now - 7776000000000 then
      call('DEL', task_key(oldest[i]), items_key(oldest[i]))
      call('ZREM', KEYS[4], oldest[i])
      excess = excess - 1
    end
  end
end

local function write_endings()
  write_kept(KEYS[5], kept)
  write_kept(KEYS[6], kept_batches)
  if deaths > 0 then trim_dead() end
  kept, kept_batches, deaths = {}, {}, 0
end
