"""What is done with the runs of cards in the store; the service offers it with the rest."""
