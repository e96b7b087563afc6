"""Use cases for the runs of cards in the store; the service offers them beside its own."""
