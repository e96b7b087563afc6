"""How long each of the programs of SLURM may take to answer, in seconds."""

COMMAND_SECONDS = 5.0
"""While a person waits for a command."""
PATIENT_SECONDS = 20.0
"""Beside the screen, and where a command waits anyway."""
