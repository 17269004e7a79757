-- The claim: the head of a tier under a lease. Hash and lease are written before an id leaves its
-- list. Needs `owner` and `lease_us`.
local MISSES = 100 -- entries that are no task: a million cancelled ids would block Redis for 1.1 s
local fresh_run = 'c:' .. now_s .. ':' .. owner .. ':' .. now_s
local claimed, claims, misses, adopted = {}, {}, 0, 0

local function raw_id()
  adopted = adopted + 1
  return 'raw-' .. now_s .. '-' .. adopted
end

-- Gives an element that is not an id a task of its own: its bytes are the payload.
local function adopt(element, t, run)
  local id = raw_id()
  call('HSET', task_key(id), 'name', '', 'payload', element, 'tier', t, 'at', now_s, 'run', run)
  count(t, 'adopted', 1)
  return id
end

-- An entry of a list that is not a ready task: a ghost, an id in another state, or rubbish.
local function drop(element, t, run)
  misses = misses + 1
  touched[t] = true
  if not run then
    local id = adopt(element, t, 'w:' .. now_s .. '::' .. now_s)
    bury(id, t, now_s, '', 'malformed')
  elseif sub(run, 1, 1) == 'k' and match(run, ':!:') then
    local fence = whole(fence_of(run))
    call('HSET', task_key(element), 'run', 'k:' .. fence .. '::' .. now_s)
    call('EXPIRE', task_key(element), 600)
    kept[#kept + 1] = element .. ' ' .. fence
    ghosts[t] = ghosts[t] - 1
    count(t, 'ghosts', -1)
  end
end

-- The hash of an entry if it is ready, else nil and its run (false if it is no task's id at all).
local function ready(element)
  local h = try('HMGET', task_key(element), 'run', 'name', 'payload', 'at')
  if failed(h) or not h[2] then return nil, false end
  if not h[1] or byte(h[1]) == 119 then return h end -- w
  return nil, h[1]
end

-- What a task brings along that was in hand before: eight values, '' for what it never had.
local function past(id)
  local h = call('HMGET', task_key(id), 'attempts', 'crashes', 'losses', 'yields', 'cursor',
    'cursor_seq', 'done', 'total', 'ready_at')
  for i = 1, 8 do h[i] = h[i] or '' end
  return h
end

-- Seven values a task, flat: id, fence, tier, name, payload, enqueued, past.
local function answer_claim(id, fence, t, h, before)
  local n = #claimed
  claimed[n + 1], claimed[n + 2], claimed[n + 3] = id, fence, t
  claimed[n + 4], claimed[n + 5], claimed[n + 6] = h[2], h[3] or '', h[4] or now_s
  if before then before[9] = nil end
  claimed[n + 7] = before or ''
  n = #claims
  claims[n + 1], claims[n + 2], claims[n + 3] = id, fence, t
end

-- Takes one ready task; answers how long it waited. A task without `run` was never touched: its
-- fence is now, and it has no past to read.
local function take(id, t, h)
  local run, fence, before = fresh_run, now_s, nil
  if h[1] then
    fence = next_fence(h[1])
    run = 'c:' .. fence .. ':' .. owner .. ':' .. now_s
    before = past(id)
  end
  call('HSET', task_key(id), 'run', run)
  local since = before and before[9] or h[4]
  answer_claim(id, fence, t, h, before)
  return max(0, now - tonumber(since or now))
end

local function take_raw(element, t)
  local id = adopt(element, t, fresh_run)
  answer_claim(id, now_s, t, { false, '', element, now_s })
  return id
end

-- Claims from the head of one list: up to `count` of any kind, then up to `ahead` whose name is
-- short. Answers what is left of both, and whether the claim ends here.
local function claim_list(key, length, t, wanted, ahead, short)
  local position, waited, leases, stop = 0, 0, {}, false
  while not stop and position < length and wanted + ahead > 0 do
    local elements = call('LRANGE', key, position, position + wanted + ahead - 1)
    if #elements == 0 then break end
    for _, element in ipairs(elements) do
      local raw = byte(element) == 123 -- {
      local h, run
      if not raw then h, run = ready(element) end
      if (raw or h) and wanted == 0 and (raw or not short[h[2]]) then
        stop = true
        break
      end
      if raw or h then
        local id = element
        if raw then id = take_raw(element, t) else waited = waited + take(id, t, h) end
        leases[#leases + 1] = lease_end
        leases[#leases + 1] = id
        if wanted > 0 then wanted = wanted - 1 else ahead = ahead - 1 end
      else
        drop(element, t, run)
      end
      position = position + 1
      if misses >= MISSES then
        stop = true
        break
      end
    end
  end
  if #leases > 0 then
    variadic('ZADD', lease_key(t), leases)
    count(t, 'claimed', #leases / 2)
    count(t, 'wait_us', waited)
    touched[t] = true
  end
  if position > 0 then call('LTRIM', key, position, -1) end
  return position, wanted, ahead, stop
end

-- What came back first, then new work.
local function claim_tier(t, wanted, ahead, short)
  local gone, stop = 0, false
  if back_len[t] > 0 then
    gone, wanted, ahead, stop = claim_list(back_key(t), back_len[t], t, wanted, ahead, short)
    back_len[t] = back_len[t] - gone
  end
  if tier_len[t] > 0 and not stop and wanted + ahead > 0 then
    gone, wanted, ahead, stop = claim_list(tier_key(t), tier_len[t], t, wanted, ahead, short)
    tier_len[t] = tier_len[t] - gone
  end
  return wanted, ahead, stop
end
