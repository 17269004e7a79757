"""Mutants of tiers: markers, bell, limits, pause, draining, parked keys."""

from tests.mutants.mutant import Mutant

ARM, ENQUEUE, CONFIGURE = "includes/arm.lua", "enqueue.lua", "configure.lua"

TIERS = (
    Mutant(
        "not-armed",
        ARM,
        "forget_ghosts(t)\narm(t)\n",
        "forget_ghosts(t)\n",
        "S11: work is ready and nobody is woken",
    ),
    Mutant(
        "return-not-armed",
        "includes/moves.lua",
        "  list[#list + 1] = id\n  touched[t] = true\n",
        "  list[#list + 1] = id\n",
        "S11: the path that BullMQ forgot most often: work comes back and nobody is woken",
    ),
    Mutant(
        "claim-does-not-rearm",
        "includes/claim.lua",
        "    count(t, 'wait_us', waited)\n    touched[t] = true\n",
        "    count(t, 'wait_us', waited)\n",
        "S11: a claim that leaves work wakes nobody for it",
    ),
    Mutant(
        "one-marker-too-many",
        ARM,
        "min(16, ready_now)",
        "min(16, ready_now + 1)",
        "S11: consumers are woken in vain",
    ),
    Mutant(
        "markers-not-taken-away",
        ARM,
        "if have > want then",
        "if false then",
        "S11: consumers are woken in vain",
    ),
    Mutant(
        "paused-is-armed",
        ARM,
        "return paused[t] and 0 or waiting(t)",
        "return waiting(t)",
        "S11: consumers of a paused tier are woken in vain",
    ),
    Mutant(
        "seventeen-markers",
        ARM,
        "min(16, ready_now)",
        "min(17, ready_now)",
        "S11: one marker more than there are members",
        equivalent="the loop that adds markers ends at member 15 by itself, and the one that takes "
        "them away can never find seventeen",
    ),
    Mutant("bell-not-rung", ARM, "bell = true", "bell = false", "the operator sleeps"),
    Mutant(
        "bell-rung-always",
        ARM,
        "if ready_now > 0 and (ready_before[t] or 0) <= 0 then",
        "if ready_now > 0 then",
        "every enqueue wakes the operator",
    ),
    Mutant(
        "resume-does-not-arm",
        CONFIGURE,
        "    touched[t] = true\n",
        "",
        "S11: a resumed tier waits for the next poll",
    ),
    Mutant(
        "draining-accepts",
        ENQUEUE,
        "if not rank[t] or draining[t] then",
        "if not rank[t] then",
        "a tier that was removed is never empty",
    ),
    Mutant(
        "limit-one-more",
        ENQUEUE,
        "depth_of(t) >= limits[t]",
        "depth_of(t) > limits[t]",
        "`>` for `>=`: one task more than the limit",
    ),
    Mutant(
        "limit-ignores-delayed",
        ENQUEUE,
        "waiting(t) + call('ZCARD', delayed_key(t))",
        "waiting(t)",
        "delayed tasks pass the limit",
    ),
    Mutant(
        "limit-ignores-chunk",
        ENQUEUE,
        "if limits[t] then depth[t] = depth[t] + 1 end",
        "",
        "a chunk passes the limit whole",
    ),
    Mutant(
        "parked-is-used",
        "includes/tiers.lua",
        "opened[t] = not wrong",
        "opened[t] = true",
        "a key of a wrong type stops every worker",
    ),
    Mutant(
        "leased-tier-removed",
        "includes/remove_tiers.lua",
        "delayed_key(t), lease_key(t)) == 0",
        "delayed_key(t)) == 0",
        "S1: a tier leaves while its tasks run",
    ),
)
