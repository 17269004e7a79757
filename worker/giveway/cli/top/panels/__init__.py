"""The parts of the screen, from top to bottom, each drawn from a moment and a number of lines."""
