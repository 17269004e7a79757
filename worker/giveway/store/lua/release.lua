#!lua flags=allow-oom
-- Purpose: gives leases back: a batch that gave way, work that was not started, a crash. Undoes the
--   claim of a requester that is gone.
-- KEYS: control request stats dead done done:batches voided
--   voided: the request record of the one that is gone (the own one if there is none)
-- ARGV: number owner givebacks x {id fence why error max_crashes} void_number
--   keep x {id fence}
--   (why: y yield, r release, c crash; void_number 0: nothing to undo)
-- Returns: the ids that were refused, because they are not held by this owner under that fence
-- Invariants: what lives goes to the tail of what comes back, in the order given; a yield and a
--   release count nothing. A claim that has not arrived yet does nothing when it does.

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

local VOIDED, owner = KEYS[7], ARGV[2]
local n = tonumber(ARGV[3])
local at = 4 + n * 5
local void_number = tonumber(ARGV[at])
local voided = try('HMGET', VOIDED, 'seq', 'ans')
if failed(voided) then
  return redis.error_reply('CORRUPT ' .. VOIDED .. ' holds a value of a wrong type')
end

local accepted, refused, spent = {}, {}, {}

local function read_giveback(id, fence, why, error, max_crashes)
  local h = try('HMGET', task_key(id), 'run', 'tier', 'cancel', 'crashes', 'yields')
  spent[id .. ' ' .. fence] = true
  if failed(h) or not held(h[1], fence, owner) or spent[id] or not open_tier(h[2]) then
    return false
  end
  spent[id] = true
  accepted[#accepted + 1] = { id, fence, why, error, tonumber(max_crashes), h }
  return true
end

local function crash(id, fence, error, max_crashes, h)
  local t, crashes = h[2], tonumber(h[4] or 0) + 1
  count(t, 'crashed', 1)
  if crashes < max_crashes then return go_back(id, t, fence, 'crashes', crashes) end
  bury(id, t, fence, owner, 'crashed', 'error', error, 'crashes', crashes)
  add(unlease, t, id)
end

local function give_back(id, fence, why, error, max_crashes, h)
  local t = h[2]
  forget_batch(id, t)
  if why == 'c' and not h[3] then return crash(id, fence, error, max_crashes, h) end
  if h[3] then -- what was cancelled never starts again
    settle_cancelled(id, h[1])
    return add(unlease, t, id)
  end
  if why == 'y' then
    go_back(id, t, fence, 'yields', tonumber(h[5] or 0) + 1)
    count(t, 'yielded', 1)
  else
    go_back(id, t, fence)
    count(t, 'released', 1)
  end
end

for i = 0, n - 1 do
  local id = ARGV[4 + i * 5]
  if not read_giveback(unpack(ARGV, 4 + i * 5, 8 + i * 5)) then refused[#refused + 1] = id end
end

-- Taking a request back: the same number has run (undo its claims) or a lower one was the last (it
-- is still on its way, or never was sent: it finds its number taken).
local undo = nil
if void_number > 0 then
  local last_seq = tonumber(voided[1] or 0)
  for i = at + 2, at + 1 + tonumber(ARGV[at + 1]) * 2, 2 do
    spent[ARGV[i] .. ' ' .. ARGV[i + 1]] = true
  end
  if last_seq == void_number then
    for id, fence in string.gmatch(match(voided[2] or '', '^[^|]*'), '(%S+) (%d+) %S+') do
      if not spent[id .. ' ' .. fence] then read_giveback(id, fence, 'r', '', 0) end
    end
  end
  undo = last_seq < void_number
end

for _, g in ipairs(accepted) do give_back(unpack(g)) end
if undo then
  call('HSET', VOIDED, 'seq', void_number, 'ans', 'VOID|')
  call('PEXPIRE', VOIDED, 600000)
end
write_moves()
write_endings()
arm_touched()
write_counts()
record('', table.concat(refused, ' '))
ring()
return refused
