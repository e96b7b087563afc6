"""Import and export: what comes from elsewhere, and what goes there."""
