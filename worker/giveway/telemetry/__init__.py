"""What a worker tells about itself: events now; metrics and probes have their room here."""
