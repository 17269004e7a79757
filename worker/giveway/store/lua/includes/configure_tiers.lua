-- Who may set which list of tiers. Needs `control`.
--   1. No list yet: the one that asks sets it.
--   2. An app whose tiers are all open, in this order: nothing to do. The same if some are draining
--      by somebody else's will: an app of before goes on running until it is replaced.
--   3. An app whose list extends, in order, a list that an app set: it becomes the queue's.
--   4. Any other app: CONFLICT, with the list there is.
--   5. The operator, or a person: their list stands. What vanishes drains.

local function is_subsequence(part, whole_list)
  local i = 1
  for _, word in ipairs(whole_list) do
    if word == part[i] then i = i + 1 end
  end
  return i > #part
end

-- The new list with every vanished tier behind the one that preceded it, and those vanished.
local function merge(asked, existing)
  local wanted, result, gone = set_of(asked), {}, {}
  for i, word in ipairs(asked) do result[i] = word end
  local place = 0
  for _, t in ipairs(existing) do
    if wanted[t] then
      for i, word in ipairs(result) do
        if word == t then place = i end
      end
    else
      place = place + 1
      table.insert(result, place, t)
      gone[#gone + 1] = t
    end
  end
  return result, gone
end

-- Answers the list and the draining part of it; nothing if all is well as it is; or the conflict.
local function settle_tiers(role, asked)
  local existing, leaving = words(control.tiers), set_of(words(control.draining))
  if #existing == 0 then return asked, {} end
  local open = {}
  for _, t in ipairs(existing) do
    if not leaving[t] then open[#open + 1] = t end
  end
  if role == 'app' then
    if is_subsequence(asked, open) then return nil end
    if control.owner ~= 'app' and is_subsequence(asked, existing) then return nil end
    if control.owner ~= 'app' or not is_subsequence(open, asked) then
      return nil, nil, table.concat(open, ' ')
    end
  end
  return merge(asked, existing)
end
