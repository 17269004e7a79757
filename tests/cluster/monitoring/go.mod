// Where the definitions of ServiceMonitor, PodMonitor and PrometheusRule come from: the module is fetched, not built.
module giveway.dev/tests/monitoring

go 1.24.0

require github.com/prometheus-operator/prometheus-operator v0.89.0
