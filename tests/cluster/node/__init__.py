"""A Kubernetes node of our own: real kubelet, containers, Services and DNS, enclosed.

Problem: a node changes the machine that it runs on: bridges, nftables, mounts, cgroups, sysctls,
and container processes that outlive whoever started them. A test run must leave none of that
behind, not even one that is killed with -9.

Model: everything runs in a `capsule` of process, mount, network and cgroup namespaces. When the
capsule's first process ends, the kernel kills all that is in it, and what was mounted, bridged or
routed goes with the namespaces. The machine itself sees one network interface to reach pods and
Services by (`link`), one cgroup (`cgroups`) and one folder. `plan` says which addresses and names;
`inside` is what runs in the capsule: a control plane, and beside it the programs of `parts` with
the files that `containerd`, `network`, `kubelet`, `kube_proxy` and `coredns` write.
`node` is what others use. Linux, root and some Debian packages are needed: see `needs`.
"""
