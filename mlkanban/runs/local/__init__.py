"""Jobs on this machine as runs of cards: their folders, processes, logs, and how they end."""
