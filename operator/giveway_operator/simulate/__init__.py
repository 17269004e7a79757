"""What would it have cost? A queue, its pods and an autoscaler, in simulated time.

Problem: whoever chooses an autoscaler wants to know before installing it how many promises it would
have kept on *their* load, and for how many pod-hours.

Model: a trace (`trace`, `loads`, `recording`) is served by pods that take time to start (`fleet`)
and give way between two items (`service`), while a policy (`policies/`) looks at the queue now and
then (`sight`) and asks for replicas; `engine` joins them and `measures` says what came of it.
`tuning` gives every rival its best parameters, `standard` holds the loads.

Invariants: all policies are given the same arrivals, the same workers and the same start-up times;
a run is a function of trace, policy, settings and seed; every task is served exactly once.

What Kubernetes and Redis cost in time beside a pod's start-up (an API call, a claim) is not in it.
"""
