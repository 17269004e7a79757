#!lua flags=allow-oom
-- Purpose: the one way to change `control`: tiers, pause, limits, drain requests, what is kept.
-- KEYS: control request stats
-- ARGV: number mode {argument} ...
--   (tiers: role, tiers; pause: 0|1, tiers; limit: tier, max_length|-; drain: 0|1, incarnations;
--   keep: done|-, dead|-; hand_back: none)
-- Returns: the fields of control, flat
-- Invariants: the version rises with every change and with nothing else. An app extends its own
--   queue in order, and only reads one that somebody else owns. A tier that vanishes drains and
--   keeps its place until it is empty.

-- @include instant
-- @include keys
-- @include request

local function read_control()
  local h = try('HGETALL', KEYS[1])
  if failed(h) then return nil end
  local fields = {}
  for i = 1, #h, 2 do fields[h[i]] = h[i + 1] end
  return fields, h
end

local control, flat = read_control()
if not control then
  return redis.error_reply('CORRUPT ' .. KEYS[1] .. ' holds a value of a wrong type')
end
if replayed then return flat end
local mode = ARGV[2]
if mode ~= 'tiers' and not control.tiers then
  return redis.error_reply('UNCONFIGURED the queue has no tiers yet: configure it first')
end

-- @include words
-- @include configure_tiers

local function change(field, value)
  if (control[field] or '') == value then return end
  if value == '' then call('HDEL', KEYS[1], field) else call('HSET', KEYS[1], field, value) end
  control.changed = true
end

local function rest(from)
  local list = {}
  for i = from, #ARGV do list[#list + 1] = ARGV[i] end
  return list
end

-- The words of a list without some, then with them again if they are wanted.
local function with(text, list, wanted)
  local some, result = set_of(list), {}
  for _, word in ipairs(words(text)) do
    if not some[word] then result[#result + 1] = word end
  end
  if wanted then
    for _, word in ipairs(list) do result[#result + 1] = word end
  end
  return table.concat(result, ' ')
end

local function unknown(names)
  local known = set_of(words(control.tiers))
  for _, t in ipairs(names) do
    if not known[t] then return redis.error_reply('UNKNOWN_TIER ' .. t .. ' ' .. control.tiers) end
  end
end

local modes = {}

function modes.tiers()
  local role, asked = ARGV[3], rest(4)
  local tiers, gone, conflict = settle_tiers(role, asked)
  if conflict then return redis.error_reply('CONFLICT ' .. conflict) end
  if not tiers then return end
  change('tiers', table.concat(tiers, ' '))
  change('draining', table.concat(gone, ' '))
  change('owner', role)
end

function modes.pause()
  local names = rest(4)
  local problem = unknown(names)
  if problem then return problem end
  change('paused', with(control.paused, names, ARGV[3] == '1'))
end

function modes.limit()
  local problem = unknown({ ARGV[3] })
  if problem then return problem end
  local kept = {}
  for t, limit in string.gmatch(control.limits or '', '(%S+)=(%d+)') do
    if t ~= ARGV[3] then kept[#kept + 1] = t .. '=' .. limit end
  end
  if ARGV[4] ~= '-' then kept[#kept + 1] = ARGV[3] .. '=' .. ARGV[4] end
  change('limits', table.concat(kept, ' '))
end

function modes.drain() change('drain', with(control.drain, rest(4), ARGV[3] == '1')) end

function modes.keep()
  if ARGV[3] ~= '-' then change('keep_done', ARGV[3]) end
  if ARGV[4] ~= '-' then change('keep_dead', ARGV[4]) end
end

-- The operator's resource is gone: apps may extend the tiers again, and nobody goes on draining.
function modes.hand_back()
  if control.owner == 'operator' then change('owner', 'app') end
  change('drain', '')
end

local was_paused = set_of(words(control.paused))
local problem = modes[mode]()
if problem then return problem end
if control.changed then call('HINCRBY', KEYS[1], 'version', 1) end

-- @include control
-- @include fixed
-- @include counters
-- @include tiers
-- @include arm
-- @include remove_tiers

-- Pausing disarms a tier, resuming arms it: somebody may wait for exactly this.
for _, t in ipairs(order) do
  if open_tier(t) then
    touched[t] = true
    if was_paused[t] then ready_before[t] = 0 end
  end
end
arm_touched()
write_counts()
remove_empty_tiers()
record('', '')
ring()
return call('HGETALL', KEYS[1])
