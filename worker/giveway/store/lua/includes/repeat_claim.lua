-- The claims of a recorded answer once more: payloads are read again, a lease that is not held any
-- more under that fence is named as lost. The lease runs since the first time: it is not extended.
local function repeat_claims(text)
  local lost = {}
  for id, fence, t in string.gmatch(text, '(%S+) (%d+) (%S+)') do
    local h = try('HMGET', task_key(id), 'run', 'name', 'payload', 'at')
    if not failed(h) and held(h[1], fence, owner) then
      answer_claim(id, fence, t, h[2] or '', h[3] or '', h[4] or now_s, (past(id)))
    else
      lost[#lost + 1] = id
    end
  end
  return lost
end
