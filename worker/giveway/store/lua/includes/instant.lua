-- The clock, the shape of numbers, and the two ways of calling Redis.
-- Instants are the server's, in whole microseconds. They need 16 digits, and Lua's own tostring
-- keeps 14: every instant and fence is written with %.0f.
local call, try, fmt = redis.call, redis.pcall, string.format
local sub, byte, match, find = string.sub, string.byte, string.match, string.find
local min, max = math.min, math.max
local clock = call('TIME')
local now = clock[1] * 1000000 + clock[2]

local function whole(number) return fmt('%.0f', number) end

local now_s = whole(now)

-- What a pcall answers for a key of a wrong type (or any other refusal).
local function failed(reply) return type(reply) == 'table' and reply.err end

-- One command with many members: unpack of 8,000 values overflows Lua's stack, so in chunks.
local function variadic(command, key, list)
  local reply
  for i = 1, #list, 1000 do
    reply = call(command, key, unpack(list, i, min(i + 999, #list)))
  end
  return reply
end
