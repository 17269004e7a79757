-- `run`, the one packed field that says where a task is: "<state>:<fence>:<owner>:<since>".
-- w waiting (came back), y delayed, c claimed, r running, s suspended, u unwinding,
-- d done, x dead, k cancelled. A task that was never touched has none. The fence stays when a task
-- goes back, so that it only ever grows. `since` of a delayed task is when it falls due. A ghost (cancelled, its list entry still there) has the
-- owner "!".
local HELD = { [99] = true, [114] = true, [115] = true, [117] = true } -- c r s u

-- Whether this run is a lease under that fence of that owner.
local function held(run, fence, owner)
  return run and find(run, ':' .. fence .. ':' .. owner .. ':', 2, true) == 2 and HELD[byte(run)]
end

local function fence_of(run) return tonumber(run and match(run, '^.:(%d+):') or 0) end

-- The next fence of a task: larger than every one before, and across a flush by the clock.
local function next_fence(run) return whole(max(fence_of(run) + 1, now)) end
