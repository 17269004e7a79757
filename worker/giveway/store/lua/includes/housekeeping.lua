-- What every worker's call does for the queue first: promote what is due, recover what has expired.
-- Bounded: 20 per tier and call. After a silence of 6 s, or of half a lease if that is less (the
-- server was away, or nobody was there) nothing is recovered for one lease, so that an outage does
-- not make everything run twice. Not after less than 2 s: a tick may be that old.
local DUE_LIMIT, EXPIRED_LIMIT, LOSS_LIMIT = 20, 20, 10

-- `tick` says that somebody looked; `lease` is the workers' own (a claim behind a wait has a
-- shorter one).
local function look_around(lease_us)
  local tick, grace = tonumber(conf[4] or now), tonumber(conf[5] or 0)
  local lease = max(lease_us, tonumber(conf[6] or 0))
  if now - tick > max(2000000, min(6000000, lease / 2)) then
    grace = now + lease
    call('HSET', KEYS[1], 'grace', whole(grace))
  end
  if not conf[4] or now - tick > 1000000 or tick > now then call('HSET', KEYS[1], 'tick', now_s) end
  -- A grace from before a step of the clock must not last for ever: an hour is no lease.
  return now < grace and grace < now + 3600000000
end

-- Promotes and recovers. Made only when there is something to do: a function costs a call that does
-- not need it up to 0.4 us.
local function tidy(grace)
  -- Due tasks join the tail of their tier in the order in which they fell due. `ready_at` is now, not
  -- the due time: an idle consumer gets its chance before a batch is stopped for it.
  local function promote(t)
    local due = call('ZRANGEBYSCORE', delayed_key(t), '-inf', now_s, 'LIMIT', 0, DUE_LIMIT)
    for _, id in ipairs(due) do
      local run = try('HGET', task_key(id), 'run')
      if type(run) == 'string' and byte(run) == 121 then -- y
        call('HSET', task_key(id), 'run', 'w:' .. whole(fence_of(run)) .. '::' .. now_s,
          'ready_at', now_s)
        add(to_tier, t, id)
      end
    end
    write_moves()
    variadic('ZREM', delayed_key(t), due)
    first_due[t] = tonumber(call('ZRANGE', delayed_key(t), 0, 0, 'WITHSCORES')[2])
    touched[t] = true
  end

  -- Only a task that ran on top of its slot loses a life; what was unstarted, suspended or unwinding
  -- is innocent of the silence.
  local function recover_one(t, id)
    local h = try('HMGET', task_key(id), 'run', 'losses', 'cancel')
    local run = not failed(h) and h[1]
    forget_batch(id, t)
    if not (run and HELD[byte(run)]) then
      add(unlease, t, id)
      return
    end
    local fence, lost = whole(fence_of(run)), byte(run) == 114
    local losses = tonumber(h[2] or 0) + (lost and 1 or 0)
    count(t, 'recovered', 1)
    if lost then count(t, 'lost', 1) end
    if h[3] then
      settle_cancelled(id, run)
      add(unlease, t, id)
    elseif lost and losses >= LOSS_LIMIT then
      bury(id, t, fence, '', 'lost', 'losses', losses)
      add(unlease, t, id)
    elseif lost then
      go_back(id, t, fence, 'losses', losses)
    else
      go_back(id, t, fence)
    end
  end

  local function recover(t)
    local expired = call('ZRANGEBYSCORE', lease_key(t), '-inf', now_s, 'LIMIT', 0, EXPIRED_LIMIT)
    for _, id in ipairs(expired) do recover_one(t, id) end
    write_moves()
  end

  for _, t in ipairs(order) do
    if opened[t] then
      if first_due[t] and first_due[t] <= now then promote(t) end
      if not grace and first_expiry[t] and first_expiry[t] <= now then recover(t) end
    end
  end
end

local function housekeeping(lease_us)
  local grace, work = look_around(lease_us), false
  for _, t in ipairs(order) do
    work = open_tier(t) and min(first_due[t] or now + 1, first_expiry[t] or now + 1) <= now or work
  end
  if work then tidy(grace) end
end
