"""Runs of cards: what is known of a run, and the jobs, schedulers and trackers it comes from."""
