"""What acts: each file changes one kind of thing, and looks at it again before it does."""
