"""A terminal Kanban board for machine-learning work."""

__version__ = "0.1.0"
