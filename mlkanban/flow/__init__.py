"""Flow numbers: from the history of the cards to what the screen shows. Pure: no I/O, no clock."""
