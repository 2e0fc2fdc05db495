"""Family COD."""
