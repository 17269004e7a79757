-- A tier is opened once per call: its four keys are read, which is also the check of their types.
-- A tier that cannot be read is parked: left out of everything, and named in the answer.
-- From there on the lengths are kept by whoever pushes and trims.
local back_len, tier_len, first_due, first_expiry = {}, {}, {}, {}
local ready_before, opened, touched, parked = {}, {}, {}, {}

local function open_tier(t)
  if opened[t] ~= nil then return opened[t] end
  local back, tier = try('LLEN', back_key(t)), try('LLEN', tier_key(t))
  local due = try('ZRANGE', delayed_key(t), 0, 0, 'WITHSCORES')
  local expiry = try('ZRANGE', lease_key(t), 0, 0, 'WITHSCORES')
  local wrong = failed(back) and back_key(t) or failed(tier) and tier_key(t)
    or failed(due) and delayed_key(t) or failed(expiry) and lease_key(t)
  opened[t] = not wrong
  if wrong then
    parked[#parked + 1] = wrong
    return false
  end
  back_len[t], tier_len[t] = back, tier
  ready_before[t] = paused[t] and 0 or back + tier - ghosts[t]
  first_due[t], first_expiry[t] = tonumber(due[2]), tonumber(expiry[2])
  return true
end

-- Microseconds until the next delayed task of the open tiers among `names`; -1 if there is none.
local function next_due(names)
  local first
  for _, t in ipairs(names) do
    local at = opened[t] and not paused[t] and first_due[t]
    if at and (not first or at < first) then first = at end
  end
  return first and max(0, first - now) or -1
end
