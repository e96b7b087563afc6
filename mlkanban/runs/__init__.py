"""Runs: jobs that are started for a card, watched over, and told of to the board."""
