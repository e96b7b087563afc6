"""Jobs of the SLURM scheduler as runs of cards."""
