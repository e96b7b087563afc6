"""Texts that a person writes: in an editor of their own, and as drafts until they are saved."""
