"""Cards, events, runs and numbers in words, the same on every surface."""
