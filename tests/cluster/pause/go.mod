// What holds a pod's namespaces: the one container that every pod has.
module giveway.dev/tests/pause

go 1.24.0
