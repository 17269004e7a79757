#!lua
-- Purpose: adds tasks, all of a chunk or none. The only verb without allow-oom: at maxmemory Redis
--   refuses it before its first write.
-- KEYS: control request stats
-- ARGV: number tasks x {id name tier payload options}
--   (options: "" or "<delay_us> <unique_seconds|-> <front 0|1> <trace|-> <cursor>", the cursor being
--   any bytes)
-- Returns: one word a task: OK DUPLICATE FULL UNKNOWN_TIER WRONG_TYPE REFUSED
-- Invariants: if any answer is FULL, UNKNOWN_TIER or WRONG_TYPE nothing was queued, and a task that
--   is not at fault itself answers REFUSED. An id that a user gave is known at most once: while its
--   hash lives and while its `unique` key does. A draining tier accepts nothing.

-- @include instant
-- @include keys
-- @include request

local LETTERS = { OK = 'o', DUPLICATE = 'd', FULL = 'f', UNKNOWN_TIER = 'u', WRONG_TYPE = 'w',
  REFUSED = 'r' }
local WORDS = {}
for word, letter in pairs(LETTERS) do WORDS[letter] = word end

if replayed then
  local answer = {}
  for letter in string.gmatch(sub(replayed, 2), '.') do answer[#answer + 1] = WORDS[letter] end
  return answer
end

-- @include control
-- @include fixed
-- @include counters
-- @include tiers
-- @include run
-- @include moves
-- @include arm

local limits = {}
for t, limit in string.gmatch(conf[9] or '', '(%S+)=(%d+)') do limits[t] = tonumber(limit) end

local tasks, answer, seen, depth = tonumber(ARGV[2]), {}, {}, {}
local refused = false

local function read_options(text)
  if text == '' then return 0, '-', false, '-', '' end
  local delay_us, unique, front, trace, cursor = match(text, '^(%d+) (%S+) (%d) (%S+) (.*)$')
  return tonumber(delay_us), unique, front == '1', trace, cursor
end

local function depth_of(t)
  if not depth[t] then depth[t] = waiting(t) + call('ZCARD', delayed_key(t)) end
  return depth[t]
end

local function judge(id, t, unique)
  if not rank[t] or draining[t] then return 'UNKNOWN_TIER' end
  if not open_tier(t) then return 'WRONG_TYPE' end
  if unique ~= '-' then
    if seen[id] or call('EXISTS', task_key(id), unique_key(id)) > 0 then return 'DUPLICATE' end
  end
  if limits[t] and depth_of(t) >= limits[t] then return 'FULL' end
  if limits[t] then depth[t] = depth[t] + 1 end
  -- Only now: an id that was refused above is not a task of which a second one is a duplicate.
  if unique ~= '-' then seen[id] = true end
  return 'OK'
end

for i = 1, tasks do
  local base = 3 + (i - 1) * 5
  local _, unique = read_options(ARGV[base + 4])
  local word = judge(ARGV[base], ARGV[base + 2], unique)
  answer[i] = word
  if word ~= 'OK' and word ~= 'DUPLICATE' then refused = true end
end

local to_front = {}

local function write_task(id, name, t, payload, options)
  local delay_us, unique, front, trace, cursor = read_options(options)
  local key = task_key(id)
  if delay_us == 0 and trace == '-' and cursor == '' then
    call('HSET', key, 'name', name, 'payload', payload, 'tier', t, 'at', now_s)
  else
    -- `run` says that there is more to read than a fresh task has.
    local run = (delay_us > 0 and 'y' or 'w') .. ':0::' .. whole(now + delay_us)
    call('HSET', key, 'name', name, 'payload', payload, 'tier', t, 'at', now_s, 'run', run)
    if cursor ~= '' then call('HSET', key, 'cursor', cursor) end
    if trace ~= '-' then call('HSET', key, 'trace', trace) end
  end
  if unique ~= '-' and unique ~= '0' then call('SET', unique_key(id), 1, 'EX', unique) end
  count(t, 'enqueued', 1)
  if delay_us > 0 then
    delay(id, t, now + delay_us)
  else
    add(front and to_front or to_tier, t, id)
  end
end

if refused then
  for i, word in ipairs(answer) do
    if word == 'OK' then answer[i] = 'REFUSED' end
  end
else
  for i = 1, tasks do
    local base = 3 + (i - 1) * 5
    if answer[i] == 'OK' then write_task(unpack(ARGV, base, base + 4)) end
  end
  write_moves()
  for t, ids in pairs(to_front) do tier_len[t] = variadic('LPUSH', tier_key(t), ids) end
  arm_touched()
  write_counts()
end

local letters = {}
for i, word in ipairs(answer) do letters[i] = LETTERS[word] end
record('', table.concat(letters))
ring()
return answer
