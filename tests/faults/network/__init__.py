"""Networks that fail for real: namespaces, half-open flows, load balancers, TLS, passwords."""
