"""The program in a browser of this machine: textual-serve behind a key of its own."""
