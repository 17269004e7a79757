"""Floor 0: plain values and pure rules. Nothing here knows Redis, a clock, or another floor."""
