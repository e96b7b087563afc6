"""Lists of cards that other tools export."""
