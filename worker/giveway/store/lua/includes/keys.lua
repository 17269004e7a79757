-- The keys of tiers and tasks. The same as core/keys.py; tests/contract compares them.
-- The prefix is KEYS[1] without its last word, "control".
local P = string.sub(KEYS[1], 1, -8)
local function tier_key(t) return P .. 'tier:' .. t end
local function back_key(t) return P .. 'back:' .. t end
local function lease_key(t) return P .. 'lease:' .. t end
local function batches_key(t) return P .. 'batches:' .. t end
local function suspended_key(t) return P .. 'suspended:' .. t end
local function delayed_key(t) return P .. 'delayed:' .. t end
local function wake_key(t) return P .. 'wake:' .. t end
local TASK = P .. 'task:'
local function task_key(id) return TASK .. id end
local function items_key(id) return P .. 'items:' .. id end
local function unique_key(id) return P .. 'unique:' .. id end
