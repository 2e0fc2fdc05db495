"""Environments in which an integration's locked tools run: made once with uv, shared, checked, swept."""
