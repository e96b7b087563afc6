"""What other limits would do: the board's own cards, played again under them."""
