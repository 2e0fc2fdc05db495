"""The tests of an integration, run by its own pytest."""
