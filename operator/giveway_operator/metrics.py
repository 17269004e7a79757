"""The catalogue: every metric of the operator, with the question that it answers.

Rules, form and exposition are those of `giveway.telemetry.metrics`; docs/metrics.md is written from
both. A queue's labels are the namespace and name of its resource and its tiers; its series go with
its resource. Numbers come from `tallies`.
"""

from giveway.core.buckets import RUN_BUCKETS
from giveway.telemetry.metric import Metric
from giveway.telemetry.metrics import QUEUE, TIER

NAMESPACE, NAME = "namespace", "name"
_QUEUE, _TIER = (NAMESPACE, NAME), (NAMESPACE, NAME, TIER)

# -- the queues, as the operator sees them: also those that no worker is there for ----------------

QUEUE_DEPTH = Metric(
    "giveway_operator_queue_depth",
    "gauge",
    "Tasks that wait in a tier.",
    "How much is waiting, and where? Also while the queue is at zero workers.",
    _TIER,
)
QUEUE_OLDEST = Metric(
    "giveway_operator_queue_oldest_seconds",
    "gauge",
    "For how long the oldest waiting task of a tier has been waiting.",
    "Is the promise of this tier kept? Compare with giveway_operator_queue_slo_seconds.",
    _TIER,
)
QUEUE_SLO = Metric(
    "giveway_operator_queue_slo_seconds",
    "gauge",
    "What the resource promises: a task of this tier waits at most so long.",
    "What was promised?",
    _TIER,
)
QUEUE_INFLIGHT = Metric(
    "giveway_operator_queue_inflight",
    "gauge",
    "Tasks of a tier that are under a lease, in all workers.",
    "How much is being worked on, and for which tier?",
    _TIER,
)
QUEUE_SUSPENDED = Metric(
    "giveway_operator_queue_suspended",
    "gauge",
    "Batches that wait in a worker's memory below a more urgent task.",
    "Is urgent work running on the back of batches just now?",
    _TIER,
)
QUEUE_DELAYED = Metric(
    "giveway_operator_queue_delayed",
    "gauge",
    "Tasks that are to run later: delayed by their producer, or between two tries.",
    "Is a wave of retries coming back, or a schedule coming due?",
    _TIER,
)
QUEUE_PAUSED = Metric(
    "giveway_operator_queue_paused",
    "gauge",
    "1 if somebody has paused this tier.",
    "Does nothing run because nothing may?",
    _TIER,
)
QUEUE_ARRIVED = Metric(
    "giveway_operator_queue_arrived",
    "counter",
    "Tasks that came into a tier: enqueued, pushed raw, or run again from the dead.",
    "How much work comes in? Also while the queue is at zero workers.",
    _TIER,
)
QUEUE_ARRIVALS = Metric(
    "giveway_operator_queue_arrivals_per_second",
    "gauge",
    "Tasks of a tier that arrive in a second, as the control law reckons with them.",
    "What does the law believe about the load?",
    _TIER,
)
QUEUE_SERVICE = Metric(
    "giveway_operator_queue_service_seconds",
    "gauge",
    "How long a task of a tier is worked at, as the control law reckons with it.",
    "What does the law believe about the tasks?",
    _TIER,
)
QUEUE_DEAD = Metric(
    "giveway_operator_queue_dead",
    "gauge",
    "Tasks that have failed for good and are kept (`giveway dead`).",
    "Does a person have to look at something?",
    _QUEUE,
)
QUEUE_WORKERS = Metric(
    "giveway_operator_queue_workers",
    "gauge",
    "Workers that Redis has heard of lately.",
    "Is anybody there to do the work?",
    _QUEUE,
)
QUEUE_NAMED = Metric(
    "giveway_operator_queue",
    "info",
    "What the queue of a resource is called in Redis, and in the metrics of its workers.",
    "Which workers' series are those of this resource? Join by it.",
    (*_QUEUE, QUEUE),
)
QUEUE_READABLE = Metric(
    "giveway_operator_queue_readable",
    "gauge",
    "1 if the last look at the queue in Redis succeeded.",
    "For which queues is the operator blind, and holds what there is?",
    _QUEUE,
)
QUEUE_CONDITION = Metric(
    "giveway_operator_queue_condition",
    "gauge",
    "1 if a condition of the resource is True, 0 if False; absent while it is Unknown.",
    "What do the resources complain of, without asking the API server?",
    (*_QUEUE, "type"),
)
REPLICAS = Metric(
    "giveway_operator_replicas",
    "gauge",
    "Replicas of a queue's workers.",
    "Does the cluster give what was asked for, and does it keep up?",
    (*_QUEUE, "kind"),
    words=(
        ("desired", "what the law, or a person who pinned it, asks for"),
        ("current", "what the Deployment's spec says"),
        ("ready", "pods that are ready"),
    ),
)

# -- the operator itself --------------------------------------------------------------------------

QUEUES = Metric(
    "giveway_operator_queues",
    "gauge",
    "PriorityQueues that this operator knows.",
    "Does it watch all of them?",
)
LEADER = Metric(
    "giveway_operator_leader",
    "gauge",
    "1 if this operator holds the Lease, and therefore acts.",
    "Is there exactly one? The sum over all pods is to be 1.",
)
DECISION = Metric(
    "giveway_operator_decision_seconds",
    "histogram",
    "From the snapshot of a queue until what it asked for had been done.",
    "Is the operator quick, or is the API server in its way?",
    (),
    RUN_BUCKETS,
)
DECISION_AGE = Metric(
    "giveway_operator_decision_age_seconds",
    "gauge",
    "Age of the oldest look at any queue.",
    "Does the loop keep up with the number of queues? More than two polls: no.",
)
RECONCILES = Metric(
    "giveway_operator_reconciles",
    "counter",
    "Looks at a queue, by how they ended.",
    "Does the loop do its work, and what keeps it from it?",
    ("result",),
    words=(
        ("steady", "nothing to do"),
        ("acted", "something was written: replicas, a Deployment, a drain, the status"),
        ("held", "something was to be done and may not be: a pause, a dry run, a conflict"),
        ("blind", "the queue, or its Deployment, could not be read: what there is was held"),
        ("retried", "the API server or Redis refused for now; tried again later"),
        ("watched", "another operator leads: judged, and nothing done"),
        ("failed", "a fault of the operator's own, logged with its traceback; tried again later"),
    ),
)
SCALINGS = Metric(
    "giveway_operator_scalings",
    "counter",
    "Replica counts that were written.",
    "Does the number flap?",
    ("direction",),
    words=(("up", "more replicas"), ("down", "fewer")),
)
STATUS_WRITES = Metric(
    "giveway_operator_status_writes",
    "counter",
    "Statuses of PriorityQueues that were written.",
    "What does the operator cost the API server? It writes on change only.",
)
API_REQUESTS = Metric(
    "giveway_operator_api_requests",
    "counter",
    "Requests to the API server, by the class of its answer.",
    "What does the operator cost the API server, and does that refuse it?",
    ("verb", "result"),
    words=(
        ("ok", "2xx"),
        ("conflict", "409: somebody else was quicker; read again, tried again"),
        ("refused", "any other 4xx"),
        ("throttled", "429: it was told to wait, and did"),
        ("failed", "5xx"),
        ("silent", "no answer, or no connection"),
    ),
)
WATCH_GAPS = Metric(
    "giveway_operator_watch_gaps",
    "counter",
    "Changes of PriorityQueues that the watch had not told of when the list was read.",
    "Does the watch fall silent? Anything but zero: look at what stands before the API server.",
)
BELL = Metric(
    "giveway_operator_bell",
    "counter",
    "Pushes to an empty tier that Redis told of.",
    "Is a queue at zero seen at once, or only at the next poll?",
)
CONNECTIONS = Metric(
    "giveway_operator_connections_recycled",
    "counter",
    "Connections of workers that the operator closed on the server.",
    "Do workers or the network leave connections behind?",
    (*_QUEUE, "reason"),
    words=(
        ("owner-gone", "its worker has left, or its pod is not there any more"),
        ("owner-silent", "nothing has been heard of its worker for half a minute"),
        ("overslept", "it waited for longer than any wait lasts"),
    ),
)
PODS = Metric(
    "giveway_operator_pods_recycled",
    "counter",
    "Pods that the operator deleted, so that their Deployment makes new ones.",
    "Do workers hang?",
    (*_QUEUE, "reason"),
    words=(
        ("consumer-stuck", "its heartbeat went on, a claim loop of it did not"),
        ("silent", "it ran, and nothing was heard of it"),
    ),
)
BUILD = Metric(
    "giveway_operator_build",
    "info",
    "The versions of this operator.",
    "Which version runs where?",
    ("version", "python"),
)

CATALOGUE: tuple[Metric, ...] = (
    QUEUE_DEPTH,
    QUEUE_OLDEST,
    QUEUE_SLO,
    QUEUE_INFLIGHT,
    QUEUE_SUSPENDED,
    QUEUE_DELAYED,
    QUEUE_PAUSED,
    QUEUE_ARRIVED,
    QUEUE_ARRIVALS,
    QUEUE_SERVICE,
    QUEUE_DEAD,
    QUEUE_WORKERS,
    QUEUE_NAMED,
    QUEUE_READABLE,
    QUEUE_CONDITION,
    REPLICAS,
    QUEUES,
    LEADER,
    DECISION,
    DECISION_AGE,
    RECONCILES,
    SCALINGS,
    STATUS_WRITES,
    API_REQUESTS,
    WATCH_GAPS,
    BELL,
    CONNECTIONS,
    PODS,
    BUILD,
)
