"""What is seen of queues: in Redis (`queues`, `bells`) and in the cluster (`cluster`)."""
