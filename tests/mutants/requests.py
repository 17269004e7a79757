"""Mutants of requests: what repeated, late and undone requests do."""

from tests.mutants.mutant import Mutant

REQUEST, REPEAT, ENQUEUE, RELEASE = (
    "includes/request.lua",
    "includes/repeat_claim.lua",
    "enqueue.lua",
    "release.lua",
)

REQUESTS = (
    Mutant(
        "request-not-recorded",
        REQUEST,
        "call('HSET', KEYS[2], 'seq', ARGV[1], 'ans', claims .. '|' .. rest)",
        "local _ = claims .. rest",
        "S10: a lost reply makes everything happen twice",
    ),
    Mutant(
        "repeat-runs-again",
        REQUEST,
        "local replayed = number == last and recorded[2]",
        "local replayed = false",
        "S10: a lost reply makes everything happen twice",
    ),
    Mutant(
        "late-request-runs",
        REQUEST,
        "if number < last or",
        "if",
        "S10: a copy that was on its way for long does harm",
    ),
    Mutant(
        "void-request-runs",
        REQUEST,
        "or replayed == 'VOID|' then",
        "then",
        "the claim of a dead child takes work that nobody will run",
    ),
    Mutant(
        "requests-for-ever",
        REQUEST,
        "call('PEXPIRE', KEYS[2], 600000)",
        "local _ = KEYS[2]",
        "S13: every producer leaves a key for ever",
    ),
    Mutant(
        "refusals-not-repeated",
        "settle_claim.lua",
        "record(table.concat(claims, ' '), table.concat(refused, ' ') .. '|'",
        "record(table.concat(claims, ' '), '|'",
        "S10: a repeated settlement hides that it was refused",
    ),
    Mutant(
        "repeat-gives-lost-leases",
        REPEAT,
        "held(h[1], fence, owner)",
        "h[1]",
        "S2: a repeated claim hands out what another worker has by now",
    ),
    Mutant(
        "checkpoint-repeat-forgets-urgent",
        "checkpoint.lua",
        "record(claims, verdict",
        "record('', verdict",
        "S10: a lost reply loses the urgent task for a lease",
    ),
    Mutant(
        "undo-forgets-the-kept",
        RELEASE,
        "if not spent[id .. ' ' .. fence] then",
        "if true then",
        "S2: what is on the slot board is given back while it runs",
    ),
    Mutant(
        "undo-of-an-older-claim",
        RELEASE,
        "if last_seq == void_number then",
        "if last_seq >= void_number then",
        "a later claim of the same loop is undone instead",
    ),
    Mutant(
        "undo-before-arrival-forgotten",
        RELEASE,
        "undo = last_seq < void_number",
        "undo = false",
        "the claim of a dead child arrives late and takes work that nobody will run",
    ),
    Mutant(
        "partial-chunk",
        ENQUEUE,
        "if word ~= 'OK' and word ~= 'DUPLICATE' then refused = true end",
        "",
        "a chunk of which one task is refused goes in in part",
    ),
    Mutant(
        "unique-not-set",
        ENQUEUE,
        "if unique ~= '-' and unique ~= '0' then",
        "if false then",
        "an id is not unique for as long as was asked",
    ),
    Mutant(
        "unique-key-ignored",
        ENQUEUE,
        "call('EXISTS', task_key(id), unique_key(id)) > 0",
        "call('EXISTS', task_key(id)) > 0",
        "an id is not unique for as long as was asked",
    ),
    Mutant(
        "twice-in-one-chunk",
        ENQUEUE,
        "if unique ~= '-' then seen[id] = true end",
        "",
        "S1: an id that stands twice in a chunk is queued twice",
    ),
    Mutant(
        "front-at-tail",
        ENQUEUE,
        "add(front and to_front or to_tier, t, id)",
        "add(to_tier, t, id)",
        "what was asked to be first is last",
    ),
)
