"""What docs/operations.md gives to other programs, shown to those programs."""
