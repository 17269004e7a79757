"""The catalogue: every metric of a worker, with the question that it answers.

The only place where a metric gets a name. docs/metrics.md is written from it, and what is exposed
refers to it, so that neither can say something else.

Rules:
1. a label's values are known when the worker starts: tiers that it serves, tasks of its app, words
   of ours; what it does not know is `unknown`. Never an id, never what a user sent;
2. whatever can be rated exists from the start, zero included: for `rate` and `increase`, a series
   that begins at one has never risen;
3. seconds and bytes, never anything finer or rounder.
"""

from giveway.core.buckets import RUN_BUCKETS, WAIT_BUCKETS
from giveway.telemetry.metric import Metric

QUEUE, TIER, TASK = "queue", "tier", "task"

# -- the queue, from one atomic look at Redis; every worker of a queue says the same --------------

QUEUE_DEPTH = Metric(
    "giveway_queue_depth",
    "gauge",
    "Tasks that wait in a tier.",
    "How much is waiting, and where?",
    (QUEUE, TIER),
)
QUEUE_OLDEST = Metric(
    "giveway_queue_oldest_seconds",
    "gauge",
    "For how long the oldest waiting task of a tier has been waiting.",
    "Do we keep our promise for this tier? Zero if nothing waits. The one to alert on.",
    (QUEUE, TIER),
)
QUEUE_INFLIGHT = Metric(
    "giveway_queue_inflight",
    "gauge",
    "Tasks of a tier that are under a lease, in all workers.",
    "How much is being worked on, and for which tier?",
    (QUEUE, TIER),
)
QUEUE_SUSPENDED = Metric(
    "giveway_queue_suspended",
    "gauge",
    "Batches that wait in a worker's memory below a more urgent task.",
    "Is urgent work running on the back of batches just now? For long: too few workers.",
    (QUEUE, TIER),
)
QUEUE_DELAYED = Metric(
    "giveway_queue_delayed",
    "gauge",
    "Tasks that are to run later: delayed by their producer, or between two tries.",
    "Is a wave of retries coming back, or a schedule coming due?",
    (QUEUE, TIER),
)
QUEUE_PAUSED = Metric(
    "giveway_queue_paused",
    "gauge",
    "1 if somebody has paused this tier.",
    "Does nothing run because nothing may?",
    (QUEUE, TIER),
)
QUEUE_ARRIVED = Metric(
    "giveway_queue_arrived",
    "counter",
    "Tasks that came into a tier: enqueued, pushed raw, or run again from the dead.",
    "How much work comes in? Each try again and each return of a batch is no arrival.",
    (QUEUE, TIER),
)
QUEUE_DEAD = Metric(
    "giveway_queue_dead",
    "gauge",
    "Tasks that have failed for good and are kept (`giveway dead`).",
    "Does a person have to look at something?",
    (QUEUE,),
)
QUEUE_WORKERS = Metric(
    "giveway_queue_workers",
    "gauge",
    "Workers that Redis has heard of lately.",
    "Is anybody there to do the work?",
    (QUEUE,),
)

# -- what this worker has done --------------------------------------------------------------------

TASKS = Metric(
    "giveway_tasks",
    "counter",
    "Runs of tasks that ended, by how they ended.",
    "What gets done, and what fails?",
    (QUEUE, TIER, TASK, "outcome"),
    words=(
        ("done", "it returned"),
        ("retry", "it failed, and is tried again"),
        ("dead", "it failed for good"),
        ("cancelled", "somebody cancelled it while it ran"),
        ("unknown", "this worker does not know its name; another one may"),
        ("lost", "its report came too late: somebody else had the task by then"),
        ("yield", "a batch gave way and returned to its tier"),
        ("release", "it went back with nothing counted: its process was replaced, or stopped"),
        ("crash", "its process died while it ran"),
    ),
)
TASK_WAIT = Metric(
    "giveway_task_wait_seconds",
    "histogram",
    "From the moment a task could run until a worker claimed it.",
    "How long do tasks of this tier wait, and how long do the unlucky ones?",
    (QUEUE, TIER),
    WAIT_BUCKETS,
)
TASK_RUN = Metric(
    "giveway_task_run_seconds",
    "histogram",
    "How long one run took; of a batch without the time in which it was suspended.",
    "Which task has become slow?",
    (QUEUE, TASK),
    RUN_BUCKETS,
)
PREEMPTIONS = Metric(
    "giveway_preemptions",
    "counter",
    "Batches that stopped for a more urgent task.",
    "Who gives way for whom, and how often?",
    (QUEUE, "from_tier", "to_tier", "mode"),
    words=(
        ("inline", "it waits in memory below the urgent task"),
        ("yield", "it closes its frames and returns to its tier"),
    ),
)
YIELD = Metric(
    "giveway_yield_seconds",
    "histogram",
    "From the arrival of an urgent task until a batch had stopped for it.",
    "How fast is preemption? Slow: items that take long, or a batch that is slow to close.",
    (QUEUE, TIER),
    WAIT_BUCKETS,
)
LEASES_LOST = Metric(
    "giveway_leases_lost",
    "counter",
    "Leases that were gone when this worker renewed them.",
    "Do tasks run twice because workers or Redis are away for too long? Anything but zero: look.",
    (QUEUE,),
)

# -- this worker itself ---------------------------------------------------------------------------

SLOTS = Metric(
    "giveway_slots",
    "gauge",
    "Slots of this worker by what their top task does.",
    "Are the workers busy?",
    (QUEUE, "state"),
    words=(
        ("idle", "nothing"),
        ("running", "it runs"),
        ("unwinding", "a batch closes its frames for an urgent task"),
        ("suspended", "a batch waits, and nothing above it runs just now"),
    ),
)
CHILDREN = Metric(
    "giveway_children",
    "gauge",
    "Child processes: wanted by the settings, and alive.",
    "Is this worker complete, or does it fail to keep its children?",
    (QUEUE, "state"),
    words=(
        ("wanted", "by the settings"),
        ("alive", "there; one more than wanted for as long as one relieves another"),
    ),
)
CHILDREN_ENDED = Metric(
    "giveway_children_ended",
    "counter",
    "Child processes that ended, by why.",
    "Do tasks kill their process?",
    (QUEUE, "reason"),
    words=(
        ("asked", "it was told to end"),
        ("recycled", "it had reached --max-tasks, --max-memory or --max-age"),
        ("signal", "something killed it: the kernel, for want of memory; a crash in C; a person"),
        ("exit", "it ended by itself, which it should not"),
        ("timeout", "the worker killed it: a task was beyond its timeout"),
        ("lease", "the worker killed it: a lease was about to end while Redis was away"),
        ("stuck", "the worker killed it: its claim loop did not get on, or it was stopped"),
    ),
)
CHILD_MEMORY = Metric(
    "giveway_child_resident_memory_bytes",
    "gauge",
    "Resident memory of a child process, by its place.",
    "Does a task leak? What to set --max-memory to.",
    (QUEUE, "child"),
)
CHILD_TICK = Metric(
    "giveway_consumer_idle_seconds",
    "gauge",
    "For how long a child's claim loop has not got on although it should; 0 while a task runs.",
    "Is a claim loop stuck? It never exceeds some 20 seconds: then its connection is closed.",
    (QUEUE, "child"),
)
CONNECTIONS = Metric(
    "giveway_connections_recycled",
    "counter",
    "Connections of claim loops that were closed and opened anew.",
    "Is the network, or a failover, cutting us off?",
    (QUEUE, "reason"),
    words=(
        ("error", "a call failed, for whatever reason"),
        ("stuck", "the claim loop did not get on, and its connection was closed by force"),
    ),
)
REDIS_UP = Metric(
    "giveway_redis_up",
    "gauge",
    "1 if Redis has answered this worker's last renewals.",
    "Can this worker work at all?",
    (QUEUE,),
)
REDIS_SILENT = Metric(
    "giveway_redis_silent_seconds",
    "gauge",
    "For how long Redis has not answered this worker's renewals.",
    "How near are the leases to their end? At three quarters of a lease tasks are stopped.",
    (QUEUE,),
)
EVICTION_UNSAFE = Metric(
    "giveway_redis_eviction_policy_unsafe",
    "gauge",
    "1 if Redis may delete keys when it is full; absent if this worker's user may not ask.",
    "Will tasks vanish without a word? 1: CONFIG SET maxmemory-policy noeviction, now.",
    (QUEUE,),
)
REDIS_MEMORY = Metric(
    "giveway_redis_memory_used_bytes",
    "gauge",
    "Memory that Redis uses, by its own words; absent if this worker's user may not ask.",
    "How near is Redis to refusing new tasks?",
    (QUEUE,),
)
REDIS_LIMIT = Metric(
    "giveway_redis_memory_limit_bytes",
    "gauge",
    "Redis's maxmemory; 0: it has no limit, and the kernel may kill it.",
    "How much may wait at most?",
    (QUEUE,),
)
ENGINE_RESETS = Metric(
    "giveway_engine_resets",
    "counter",
    "How often Redis came back without anything in it.",
    "Have tasks been lost with Redis? Anything but zero: look at its log and its persistence.",
    (QUEUE,),
)
BUILD = Metric(
    "giveway_build",
    "info",
    "The versions of this worker.",
    "Which version runs where?",
    ("version", "python"),
)

CATALOGUE: tuple[Metric, ...] = (
    QUEUE_DEPTH,
    QUEUE_OLDEST,
    QUEUE_INFLIGHT,
    QUEUE_SUSPENDED,
    QUEUE_DELAYED,
    QUEUE_PAUSED,
    QUEUE_ARRIVED,
    QUEUE_DEAD,
    QUEUE_WORKERS,
    TASKS,
    TASK_WAIT,
    TASK_RUN,
    PREEMPTIONS,
    YIELD,
    LEASES_LOST,
    SLOTS,
    CHILDREN,
    CHILDREN_ENDED,
    CHILD_MEMORY,
    CHILD_TICK,
    CONNECTIONS,
    REDIS_UP,
    REDIS_SILENT,
    EVICTION_UNSAFE,
    REDIS_MEMORY,
    REDIS_LIMIT,
    ENGINE_RESETS,
    BUILD,
)
