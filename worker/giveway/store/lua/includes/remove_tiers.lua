-- A draining tier leaves when its lists, delays and leases are all empty, with all that was kept
-- about it.
local function is_empty(t)
  return call('EXISTS', tier_key(t), back_key(t), delayed_key(t), lease_key(t)) == 0
end

local function erase_tier(t)
  call('DEL', wake_key(t), batches_key(t), suspended_key(t))
  local fields = call('HKEYS', KEYS[3])
  for _, field in ipairs(fields) do
    if match(field, '^(.*):') == t then call('HDEL', KEYS[3], field) end
  end
end

local function without(field, t, pattern)
  local kept_words = {}
  for word in string.gmatch(call('HGET', KEYS[1], field) or '', '%S+') do
    if match(word, pattern) ~= t then kept_words[#kept_words + 1] = word end
  end
  if #kept_words > 0 then
    call('HSET', KEYS[1], field, table.concat(kept_words, ' '))
  else
    call('HDEL', KEYS[1], field)
  end
end

local function remove_empty_tiers()
  for _, t in ipairs(order) do
    if draining[t] and is_empty(t) then
      erase_tier(t)
      without('tiers', t, '^(.*)$')
      without('draining', t, '^(.*)$')
      without('paused', t, '^(.*)$')
      without('limits', t, '^(.*)=')
      call('HINCRBY', KEYS[1], 'version', 1)
    end
  end
end
