"""The model of runs: what is known of a run, and what follows from it, without looking at
processes."""
