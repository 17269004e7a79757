-- Whether a batch gives way, and for which task. The rules, in this order:
--   1. Candidate: of the tiers that this worker serves, that are more urgent than the batch's own
--      and not paused, the first that has anything waiting.
--   2. With m less urgent tiers that run batches (m > 0) the head must be m * 25 ms old: the least
--      urgent of the batches that reach a checkpoint stops first.
--   3. Else, if a marker of the tier is still armed, no idle consumer has come for the head: 1 ms.
--      If none is, somebody was woken and is on the way: 5 ms.
--   4. Too young by less than 1 ms under rule 3: the batch may look again when that has passed.
-- Age counts from `ready_at`, else `at`. A raw element is adopted where it stands, at its first
-- sight, so that it has an age from then on.
local LOWER_US, ARMED_US, WOKEN_US = 25000, 1000, 5000

local function candidate(served, own)
  for _, t in ipairs(order) do
    if t == own then return nil end
    if served[t] and not paused[t] and opened[t] and back_len[t] + tier_len[t] > 0 then return t end
  end
end

local function lower_with_batches(own)
  local n = 0
  for i = (rank[own] or #order) + 1, #order do
    if running_batches(order[i]) > 0 then n = n + 1 end
  end
  return n
end

-- Somebody pushed it without a marker: the tier is touched, so that an idle consumer is woken for it
-- before a batch has to stop.
local function adopt_in_place(key, element, t)
  local id = adopt(element, t, 'w:' .. now_s .. '::' .. now_s)
  call('LSET', key, 0, id)
  touched[t] = true
  return id
end

-- The first entry of a list that is ready, what is not dropped on the way, and since when it waits.
local function head(key, length, t)
  local dropped = 0
  local since
  while dropped < length and misses < MISSES and not since do
    local element = call('LINDEX', key, 0)
    if not element then break end
    if byte(element) == 123 then
      adopt_in_place(key, element, t)
      since = now
    else
      local h = try('HMGET', task_key(element), 'run', 'name', 'payload', 'at')
      local is_ready, run = ready(h)
      if is_ready then
        since = tonumber(call('HGET', task_key(element), 'ready_at') or h[4] or now)
      else
        drop(element, t, run)
        call('LPOP', key)
        dropped = dropped + 1
      end
    end
  end
  return since, length - dropped
end

local function head_of_tier(t)
  local since
  since, back_len[t] = head(back_key(t), back_len[t], t)
  if since or misses >= MISSES then return since end
  since, tier_len[t] = head(tier_key(t), tier_len[t], t)
  return since
end

local function required_age(t, own)
  local m = lower_with_batches(own)
  if m > 0 then return m * LOWER_US, false end
  if (markers(t) or 0) > 0 then return ARMED_US, true end
  return WOKEN_US, false
end

-- The tier to take from, or nil and how long to wait before looking again (0: do not).
local function give_way_to(served, own)
  local t = candidate(served, own)
  while t do
    local since = head_of_tier(t)
    if misses >= MISSES then return nil, 0 end
    if since then
      local required, armed = required_age(t, own)
      local short_of = required - (now - since)
      if short_of <= 0 then return t end
      return nil, armed and min(short_of, ARMED_US) or 0
    end
    t = candidate(served, own) -- nothing but ghosts was there
  end
  return nil, 0
end
