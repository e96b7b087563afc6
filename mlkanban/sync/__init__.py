"""Stores of several machines that exchange their events, through files that each writes once."""
