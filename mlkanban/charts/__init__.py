"""Charts: from flow numbers to pictures made of text."""
