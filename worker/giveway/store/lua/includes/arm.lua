-- Wake-up markers: as many members in `wake:<tier>` as there is claimable work, at most 16, none if
-- nothing is claimable or the tier is paused. Every verb that touched a tier ends with `arm_touched`:
-- a path that forgets it leaves work with nobody to wake.
-- `due` is a notice that the earliest due time has changed; it is never counted.
local bell = false

-- What waits in a tier, paused or not; the cancelled do not wait any more.
local function waiting(t) return max(0, back_len[t] + tier_len[t] - ghosts[t]) end

local function claimable(t) return paused[t] and 0 or waiting(t) end

-- How many markers there are, the notice aside.
local function markers(t)
  local have = try('ZCARD', wake_key(t))
  if failed(have) then return nil end
  if have > 0 and try('ZSCORE', wake_key(t), 'due') then have = have - 1 end
  return have
end

local function arm(t)
  local key, ready_now = wake_key(t), claimable(t)
  local want, have = min(16, ready_now), markers(t)
  if ready_now > 0 and (ready_before[t] or 0) <= 0 then bell = true end
  if not have then return end
  if have > want then call('ZREMRANGEBYRANK', key, want, have - 1) end -- `due` sorts last
  local member = 0
  while have < want and member < 16 do
    have = have + call('ZADD', key, 0, member)
    member = member + 1
  end
end

-- A list that was emptied behind our back takes its ghosts with it.
local function forget_ghosts(t)
  if back_len[t] + tier_len[t] == 0 and ghosts[t] ~= 0 then
    count(t, 'ghosts', -ghosts[t])
    ghosts[t] = 0
  end
end

local function arm_touched()
  for t in pairs(touched) do
    if opened[t] then
      forget_ghosts(t)
      arm(t)
    end
  end
end

-- The last thing a script does: an ACL that forbids the channel must not undo a claim's answer.
local function ring()
  if bell then try('PUBLISH', 'giveway:bell', match(KEYS[1], '{(.*)}')) end
end
