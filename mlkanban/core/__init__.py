"""The rules of the board: pure, no I/O, no clock; time comes in as an argument."""
