"""Runs of cards, without looking at any process: what is known of one, and what follows from it."""
