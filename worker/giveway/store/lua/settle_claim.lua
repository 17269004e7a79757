#!lua flags=allow-oom
-- Purpose: the hot path. Settles any number of tasks in hand, then claims from the most urgent tier
--   that has work.
-- KEYS: control request stats dead done done:batches
-- ARGV: number owner lease_us settlements x {id fence code value busy_us}
--   count ahead above tiers x {tier} names x {short_name}
-- Returns: lost, parked, again (0|1), next_due_us (-1: none), lost_claims, claimed: flat, seven
--   values a task (id fence tier name payload enqueued_at_us past)
-- Invariants: an outcome counts only under the fence and the owner of its lease. A tier is claimed
--   from only if every more urgent one of those asked for, unless paused, is empty at this instant.
--   Own leases come before housekeeping: what we settle late, but before anybody took it, counts.

-- @include instant
-- @include keys
-- @include request
-- @include control
-- @include fixed
-- @include counters
-- @include tiers
-- A function of its own: what it takes from above costs nothing to capture below, whereas Lua looks
-- for every captured local of the same level in a list. 10 us a call, measured.
return (function()
-- @include run
-- @include moves
-- @include ending
-- @include housekeeping

local owner, lease_us = ARGV[2], tonumber(ARGV[3])
local lease_end = now + lease_us

-- @include claim
-- @include repeat_claim
-- @include settle
-- @include arm
-- @include words

if replayed then
  local triples, lost, again = match(replayed, '^([^|]*)|([^|]*)|(%d)$')
  return { words(lost), {}, tonumber(again), -1, repeat_claims(triples), claimed }
end

local settlements = tonumber(ARGV[4])
local at = 5 + settlements * 5
local count_wanted, ahead_wanted, above = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), ARGV[at + 2]
local asked = tonumber(ARGV[at + 3])
local served = {}
for i = at + 4, at + 3 + asked do served[ARGV[i]] = true end
serve_draining(served)
at = at + 4 + asked
local short = {}
for i = at + 1, at + tonumber(ARGV[at]) do short[ARGV[i]] = true end

for _, t in ipairs(order) do open_tier(t) end
settle_all(5, settlements)
housekeeping(lease_us)

local tiers, again = {}, false
for _, t in ipairs(order) do
  if t == above then break end
  if served[t] then tiers[#tiers + 1] = t end
end
for _, t in ipairs(tiers) do
  if opened[t] and not paused[t] then
    local stop
    count_wanted, ahead_wanted, stop = claim_tier(t, count_wanted, ahead_wanted, short)
    if misses >= MISSES then again = true end
    if stop or count_wanted + ahead_wanted == 0 then break end
  end
end

write_endings()
arm_touched()
write_counts()
record(table.concat(claims, ' '), table.concat(refused, ' ') .. '|' .. (again and 1 or 0))
ring()
return { refused, parked, again and 1 or 0, next_due(tiers), {}, claimed }
end)()
