-- The types of the fixed keys that a verb is going to write (KEYS[3..6] = stats, dead, done,
-- done:batches). There is no rollback: a WRONGTYPE in the middle would leave half an effect, so
-- every type is read before the first write.
-- The ghosts of every tier come with it: ids whose task was cancelled while it waited and whose
-- list entry is still there.
local STATS, DEAD, DONE, DONE_BATCHES = KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local ghosts = setmetatable({}, { __index = function() return 0 end })
do
  local fields = {}
  for i, t in ipairs(order) do fields[i] = t .. ':ghosts' end
  local found = try('HMGET', STATS, unpack(fields))
  local wrong = failed(found) and STATS
    or DEAD and failed(try('ZCARD', DEAD)) and DEAD
    or DONE and failed(try('LLEN', DONE)) and DONE
    or DONE_BATCHES and failed(try('LLEN', DONE_BATCHES)) and DONE_BATCHES
  if wrong then
    return redis.error_reply('CORRUPT ' .. wrong .. ' holds a value of a wrong type')
  end
  for i, t in ipairs(order) do ghosts[t] = tonumber(found[i] or 0) end
end
