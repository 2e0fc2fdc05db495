"""The types and helpers that all rooms use; standard library only."""
