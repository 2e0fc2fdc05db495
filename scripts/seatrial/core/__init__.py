"""The words that all rooms use. The standard library only."""
