"""What people are told of a queue: its conditions, its status, its events."""
