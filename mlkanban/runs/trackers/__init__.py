"""Runs as experiment trackers keep them, read from their files and never written."""
