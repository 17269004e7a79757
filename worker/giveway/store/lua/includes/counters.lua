-- Counters, added up per call: one HINCRBY each at the end. A garbled counter loses its count, not
-- the work: hence the pcall.
local counts = {}
local function count(t, what, n)
  local field = t .. ':' .. what
  counts[field] = (counts[field] or 0) + n
end

local function write_counts()
  for field, n in pairs(counts) do
    if n ~= 0 then try('HINCRBY', KEYS[3], field, n) end
  end
end
