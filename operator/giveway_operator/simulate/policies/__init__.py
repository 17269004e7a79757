"""The policies that are compared: Giveway's law, its rivals, and a fleet of fixed size."""
