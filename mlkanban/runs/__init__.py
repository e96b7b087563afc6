"""Runs of cards, from what is known of one to the jobs, schedulers and trackers it comes from."""
