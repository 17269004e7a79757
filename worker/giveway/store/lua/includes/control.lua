-- What `control` says: the tiers in order of urgency and their flags. Answers UNCONFIGURED where
-- there is none: nothing has been written yet, so the caller configures and sends the same again.
local conf = try('HMGET', KEYS[1], 'tiers', 'draining', 'paused', 'tick', 'grace', 'lease',
  'keep_done', 'keep_dead', 'limits', 'drain')
if failed(conf) then
  return redis.error_reply('CORRUPT ' .. KEYS[1] .. ' holds a value of a wrong type')
end
if not conf[1] then
  return redis.error_reply('UNCONFIGURED the queue has no tiers yet: configure it first')
end

local function flags(text)
  local set = {}
  for word in string.gmatch(text or '', '%S+') do set[word] = true end
  return set
end

local order, rank = {}, {}
for t in string.gmatch(conf[1], '%S+') do
  order[#order + 1] = t
  rank[t] = #order
end
local draining, paused = flags(conf[2]), flags(conf[3])

-- Who serves every open tier helps to empty those that are leaving: no app names them any more.
local function serve_draining(served)
  for _, t in ipairs(order) do
    if not draining[t] and not served[t] then return end
  end
  for t in pairs(draining) do served[t] = true end
end
