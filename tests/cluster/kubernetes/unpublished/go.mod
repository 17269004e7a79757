// Stands for the two staging modules that Kubernetes names and never publishes.
module unpublished

go 1.24
