"""The quality scale, the state of a fleet on it, and its site."""
