-- The claim: the head of a tier under a lease. Hash and lease are written before an id leaves its
-- list. Needs `owner`, `lease_end`.
-- The common case, a task that was never touched, is written out in `claim_list`: per task one
-- read, one write, one table. All that is rarer is a function.
local MISSES = 100 -- entries that are no task: a million cancelled ids would block Redis for 1.1 s
local fresh_run = 'c:' .. now_s .. ':' .. owner .. ':' .. now_s
local claimed, claims, n_claims, misses, adopted = {}, {}, 0, 0, 0

-- Seven values a task, flat: id, fence, tier, name, payload, enqueued, past.
local function answer_claim(id, fence, t, name, payload, at, before)
  local n = n_claims * 7
  claimed[n + 1], claimed[n + 2], claimed[n + 3], claimed[n + 4] = id, fence, t, name
  claimed[n + 5], claimed[n + 6], claimed[n + 7] = payload, at, before
  n = n_claims * 3
  claims[n + 1], claims[n + 2], claims[n + 3] = id, fence, t
  n_claims = n_claims + 1
end

-- Gives an element that is not an id a task of its own: its bytes are the payload.
local function adopt(element, t, run)
  adopted = adopted + 1
  local id = 'raw-' .. now_s .. '-' .. adopted
  call('HSET', TASK .. id, 'name', '', 'payload', element, 'tier', t, 'at', now_s, 'run', run)
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
  elseif find(run, ':!:', 1, true) then
    local fence = whole(fence_of(run))
    call('HSET', TASK .. element, 'run', 'k:' .. fence .. '::' .. now_s)
    call('EXPIRE', TASK .. element, 600)
    kept[#kept + 1] = element .. ' ' .. fence
    ghosts[t] = ghosts[t] - 1
    count(t, 'ghosts', -1)
  end
end

-- Whether what was read of an entry says that it is ready, or else why not: its run (false if it is
-- no task's id at all).
local function ready(h)
  if failed(h) or not h[2] then return false, false end
  if not h[1] or byte(h[1]) == 119 then return true end -- w
  return false, h[1]
end

-- What a task brings along that is more than fresh: ten values, '' for what it never had; and since
-- when it waits.
local function past(id)
  local h = call('HMGET', TASK .. id, 'attempts', 'crashes', 'losses', 'yields', 'cursor',
    'cursor_seq', 'done', 'total', 'trace', 'ready_at')
  local since = h[10]
  for i = 1, 10 do h[i] = h[i] or '' end
  return h, since
end

-- Takes a task that was in hand before; answers since when it waited.
local function take_again(id, t, h)
  local fence = next_fence(h[1])
  local before, since = past(id)
  call('HSET', TASK .. id, 'run', 'c:' .. fence .. ':' .. owner .. ':' .. now_s)
  answer_claim(id, fence, t, h[2], h[3] or '', h[4] or now_s, before)
  return since or h[4]
end

-- Claims from the head of one list: up to `wanted` of any kind, then up to `ahead` whose name is
-- short. Answers how many entries went, what is left of both, and whether the claim ends here.
local function claim_list(key, length, t, wanted, ahead, short)
  local position, waited, leases, n, stop = 0, 0, {}, 0, false
  while not stop and position < length and wanted + ahead > 0 do
    local elements = call('LRANGE', key, position, position + wanted + ahead - 1)
    if #elements == 0 then break end
    for _, element in ipairs(elements) do
      local raw = byte(element) == 123 -- {
      local h = not raw and try('HMGET', TASK .. element, 'run', 'name', 'payload', 'at')
      local is_ready, why = true, nil
      if h then is_ready, why = ready(h) end
      if is_ready and wanted == 0 and (raw or not short[h[2]]) then
        stop = true
        break
      end
      local id = element
      if not is_ready then
        drop(element, t, why)
        stop = misses >= MISSES
      elseif raw then
        id = adopt(element, t, fresh_run)
        answer_claim(id, now_s, t, '', element, now_s, '')
      elseif h[1] then
        waited = waited + max(0, now - (tonumber(take_again(id, t, h)) or now))
      else
        call('HSET', TASK .. id, 'run', fresh_run)
        answer_claim(id, now_s, t, h[2], h[3] or '', h[4] or now_s, '')
        waited = waited + max(0, now - (tonumber(h[4]) or now))
      end
      if is_ready then
        leases[n + 1], leases[n + 2] = lease_end, id
        n = n + 2
        if wanted > 0 then wanted = wanted - 1 else ahead = ahead - 1 end
      end
      position = position + 1
      if stop then break end
    end
  end
  if n > 0 then
    variadic('ZADD', lease_key(t), leases)
    count(t, 'claimed', n / 2)
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
