-- Leaving one place for another. What moves is collected and written together: first the lists
-- that take an id up, then those that let it go.
local to_back, to_tier, unlease = {}, {}, {}

local function add(lists, t, id)
  local list = lists[t]
  if not list then
    list = {}
    lists[t] = list
  end
  list[#list + 1] = id
  touched[t] = true
end

-- Returns a task that was in hand to the tail of what comes back. Its hash is written at once.
local function go_back(id, t, fence, ...)
  call('HSET', task_key(id), 'run', 'w:' .. fence .. '::' .. now_s, 'ready_at', now_s, ...)
  add(to_back, t, id)
  add(unlease, t, id)
end

-- `batches` and `suspended` hold no task, only what is known of one: a wrong type there must not
-- stop the move.
local function forget_batch(id, t)
  try('ZREM', batches_key(t), id)
  try('ZREM', suspended_key(t), id)
end

local function write_moves()
  for t, ids in pairs(to_back) do back_len[t] = variadic('RPUSH', back_key(t), ids) end
  for t, ids in pairs(to_tier) do tier_len[t] = variadic('RPUSH', tier_key(t), ids) end
  for t, ids in pairs(unlease) do variadic('ZREM', lease_key(t), ids) end
  to_back, to_tier, unlease = {}, {}, {}
end

-- Puts a task off. A new earliest due time wakes one consumer, which then waits for less.
local function delay(id, t, due_at)
  call('ZADD', delayed_key(t), due_at, id)
  if not first_due[t] or due_at < first_due[t] then
    first_due[t] = due_at
    try('ZADD', wake_key(t), 0, 'due')
  end
end
