"""A real Kubernetes for the tests: etcd, kube-apiserver and kube-controller-manager as processes.

`components` says what there is and `build` makes it (once, with Go, into the user's cache);
`programs` finds it. `control_plane` runs it on free loopback ports in a folder of its own, `keeper`
shares one between the processes of a test run, and `cluster` is what a test holds: a kubeconfig,
`kubectl`, and requests that do not go through the client under test. Fixtures: tests/reconcile.
"""
